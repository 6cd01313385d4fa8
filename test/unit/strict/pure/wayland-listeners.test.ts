import { expect, it } from 'vitest';
import { listenersAt, mutterPath } from '../../../../src/strict/pure/wayland-listeners.ts';

const table = `Num       RefCount Protocol Flags    Type St Inode Path
00000000c01779f4: 00000002 00000000 00010000 0001 01 55386010 /run/user/1000/wayland-0
00000000c01779f5: 00000003 00000000 00000000 0001 03   386011 /run/user/1000/wayland-0
00000000c01779f6: 00000002 00000000 00010000 0001 01   386012 /run/user/1000/wayland-0
00000000c01779f7: 00000002 00000000 00010000 0005 01   386013 /run/user/1000/wayland-0
00000000c01779f8: 00000002 00000000 00010000 0001 01   386014 /run/user/1000/wayland-0 x
00000000c01779f9: 00000003 00000000 00000000 0001 03   386015
00000000c01779fa: 00000002 00000000 00010000 0001 01   386016 @/run/user/1000/wayland-0
`;

it('finds everybody who listens at a path, and nobody who is only connected', () => {
  expect(listenersAt('/run/user/1000/wayland-0', table, [])).toEqual(['55386010', '386012']);
  expect(listenersAt('/run/user/1000/wayland-1', table, [])).toEqual([]);
});

// What a program that binds '\0x\n0000000000000000: 00000002 00000000 00010000 0001 01 386013 /run/user/1000/wayland-1' makes of it.
const forged = (inode: number) => `${table}00000000c01779fb: 00000002 00000000 00010000 0001 01 386017 @x
0000000000000000: 00000002 00000000 00010000 0001 01 ${inode} /run/user/1000/wayland-1
`;

it('counts no line that a path with a newline has made of a socket of somebody else', () => {
  const path = '/run/user/1000/wayland-1';
  for (const inode of [55386010, 386013, 386015]) expect(listenersAt(path, forged(inode), [])).toEqual([]);
  const netlink = `sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode
00000000c01779fc 15  1234       00000002 0        0        0     2        0        386018
`;
  expect(listenersAt(path, forged(386018), [netlink])).toEqual([]);
  expect(listenersAt(path, forged(386019), [netlink])).toEqual(['386019']);
});

it.each([
  ['/usr/bin/gnome-shell', '/usr/bin/gnome-shell'],
  ['/usr/bin/mutter (deleted)', '/usr/bin/mutter'],
  ['/nix/store/x-gnome-shell-46/bin/.gnome-shell-wrapped', '/nix/store/x-gnome-shell-46/bin/.gnome-shell-wrapped'],
  ['/usr/bin/gnome-shell-x', undefined],
  ['/usr/bin/kwin_wayland', undefined],
  ['/usr/bin/not-mutter', undefined],
  ['mutter', undefined],
])('takes %s for %s', (exe, path) => expect(mutterPath(exe)).toBe(path));
