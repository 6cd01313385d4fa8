import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import {
  longestSaid,
  proxyBoxArgs,
  proxyBoxPaths,
  sayingLess,
  toldChild,
} from '../../../../src/strict/pure/proxy-box.ts';

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

it('keeps what a program says below a size, and the program goes on', () => {
  const folder = mkdtempSync(join(tmpdir(), 'said-'));
  const file = join(folder, 'said');
  const fd = openSync(file, 'wx');
  const script = 'for n in 1 2 3 4; do head -c 50000 /dev/zero 2>/dev/null; done; echo it goes on >&2';
  const [program = '', ...words] = sayingLess(['/bin/sh', '-c', script]);
  const { status, stderr } = spawnSync(program, words, { stdio: ['ignore', fd, 'pipe'], encoding: 'utf8' });
  closeSync(fd);
  const { length } = readFileSync(file);
  rmSync(folder, { recursive: true });
  expect({ status, stderr }).toEqual({ status: 0, stderr: 'it goes on\n' });
  expect(length).toBeGreaterThanOrEqual(longestSaid);
  expect(length).toBeLessThanOrEqual(2 * longestSaid);
});
