import { expect, it } from 'vitest';
import { linksInside } from '../../../../src/strict/pure/links.ts';

const link = (path: string, target = '/data') => ({ path, target });
const paths = (links: readonly string[], mounted: readonly string[] = []) =>
  linksInside(
    links.map((path) => link(path)),
    mounted,
  ).map(({ path }) => path);

it('keeps what stands beside all mounts', () => {
  expect(linksInside([link('/home/x/Papers', 'a'), link('/srv')], ['/home/x/Music'])).toEqual([
    link('/home/x/Papers', 'a'),
    link('/srv'),
  ]);
});

it.each([
  ['in what is mounted', ['/share/a', '/share'], ['/share']],
  ['around it', ['/home'], ['/home/x/own']],
  ['of the system', ['/usr/lib/a', '/proc/self', '/var/run', '/opt/a', '/tmp/a', '/bin'], []],
])('makes none %s', (_, links, mounted) => expect(paths(links, mounted)).toEqual([]));

it('makes each once, and none below another', () => {
  expect(paths(['/home/x/Papers/sub', '/home/x/Papers', '/home/x/Papers', '/home/x/Papers2'])).toEqual([
    '/home/x/Papers',
    '/home/x/Papers2',
  ]);
});
