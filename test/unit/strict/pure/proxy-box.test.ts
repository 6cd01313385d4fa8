import { expect, it } from 'vitest';
import { proxyBoxArgs, proxyBoxPaths, toldChild } from '../../../../src/strict/pure/proxy-box.ts';

const sockets = '/run/user/1000/ringfence/sandboxes';
const args = proxyBoxArgs({
  proxy: '/usr/bin/xdg-dbus-proxy',
  system: [{ path: '/usr' }, { path: '/bin', link: 'usr/bin' }, { path: '/run' }],
  sockets,
});
const after = (word: string) => args.flatMap((one, at) => (one === word ? [args.slice(at + 1, at + 3)] : []));

it('lets the bus filter write nothing but its sockets', () => {
  expect(after('--bind')).toEqual([[sockets, sockets]]);
  expect(after('--ro-bind').map(([path]) => path)).toEqual(['/usr', '/run']);
  expect(after('--symlink')).toEqual([['usr/bin', '/bin']]);
  expect(after('--remount-ro').map(([path]) => path)).toEqual(['/']);
});

it('has the identity as a file of its own root', () => {
  expect(after('--file')).toEqual([['5', '/.flatpak-info']]);
  expect(args.indexOf('--file')).toBeLessThan(args.indexOf('--remount-ro'));
});

it('looks for buses where they may be, wherever the runtime folder is', () => {
  expect(proxyBoxPaths('/srv/run/ringfence/sandboxes')).toEqual(
    expect.arrayContaining(['/usr', '/run', '/tmp', '/srv']),
  );
});

it.each([
  ['{\n    "child-pid": 42,\n    "mnt-namespace": 7\n}\n', 42],
  ['{\n    "child-pid": 4', undefined],
  ['{}', undefined],
])('reads %j', (text, pid) => expect(toldChild(text)).toBe(pid));
