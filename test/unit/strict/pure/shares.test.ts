import { describe, expect, it } from 'vitest';
import { parseMountinfo } from '../../../../src/strict/pure/mounts.ts';
import {
  judgeDocument,
  judgeShare,
  readShare,
  type ShareGrounds,
  startPlacesOf,
} from '../../../../src/strict/pure/shares.ts';

const home = '/home/anna';
const grounds: ShareGrounds = {
  home,
  runtimeDir: '/run/user/1000',
  ringfence: [`${home}/.config/ringfence`, `${home}/.local/share/ringfence`, `${home}/apps/ringfence/dist`],
  startPlaces: [`${home}/.config`, `${home}/bin`, `${home}/tools/bin`],
  mounts: parseMountinfo(
    [
      '20 1 8:1 / / rw - ext4 /dev/sda1 rw',
      '21 20 8:2 / /home rw - ext4 /dev/sda2 rw',
      // The home a second time, and below a folder.
      '22 20 8:2 /anna /mnt/again rw - ext4 /dev/sda2 rw',
      '23 20 8:2 / /srv/backup/homes rw - ext4 /dev/sda2 rw',
      '24 20 8:3 / /data rw - ext4 /dev/sdb1 rw',
    ].join('\n'),
  ),
};

describe('judgeShare', () => {
  it.each([
    [`${home}/Music`, true],
    [`${home}/.gitconfig`, false],
    [`${home}/.ssh`, false],
    ['/data/photos', true],
    ['/run/media/anna/stick', true],
    ['/mnt/again/Music', true],
  ])('lets %s in (for writing: %s)', (path, writable) => {
    expect(judgeShare(path, writable, grounds)).toBeUndefined();
  });

  it.each([
    ['the home', home, false],
    ['a folder around it', '/home', false],
    ['the root', '/', false],
    ['the home under another name', '/mnt/again', false],
    ['a folder in which the home is mounted', '/srv/backup', false],
    ['a folder of the system', '/usr/share', false],
    ['the runtime folder', '/run/user/1000/x', false],
    ['a folder with temporary files', '/tmp/x', true],
    ['a hidden folder', `${home}/.mozilla`, true],
    ['a folder in a hidden one', `${home}/.local/lib`, true],
    ['a hidden one under another name', '/mnt/again/.ssh', true],
    ['a hidden one elsewhere', '/data/.git', true],
    ['a folder of programs', `${home}/bin`, true],
    ['a folder in it', `${home}/bin/more`, true],
    ['a folder around one', `${home}/tools`, true],
    ['one under another name', '/mnt/again/tools', true],
    ['Ringfence’s own', `${home}/.local/share/ringfence/homes/firefox`, false],
    ['a folder around that', `${home}/.local`, false],
    ['Ringfence’s own program', `${home}/apps`, false],
  ])('does not let in %s: %s (for writing: %s)', (_, path, writable) => {
    expect(judgeShare(path, writable, grounds)).toEqual(expect.any(String));
  });
});

it('lets a file in that is opened, and where it would run later, only to be read', () => {
  expect(judgeDocument(`${home}/Documents/a.txt`, grounds)).toBe('read-write');
  expect(judgeDocument('/tmp/a.pdf', grounds)).toBe('read-write');
  for (const name of ['.bashrc', '.config/autostart/x.desktop', 'bin/x', 'tools/bin/x']) {
    expect([name, judgeDocument(`${home}/${name}`, grounds)]).toEqual([name, 'read-only']);
  }
  expect(judgeDocument('/mnt/again/.bashrc', grounds)).toBe('read-only');
  expect(judgeDocument(`${home}/.config/ringfence/config.toml`, grounds)).toBeUndefined();
  expect(judgeDocument('/run/user/1000/bus', grounds)).toBeUndefined();
});

it('reads words of the config', () => {
  expect(readShare('~/Music', home)).toEqual({ path: `${home}/Music`, writable: true });
  expect(readShare('~//Music/:ro', home)).toEqual({ path: `${home}/Music`, writable: false });
  expect(readShare('/data/', home)).toEqual({ path: '/data', writable: true });
});

it('finds in the environment where programs outside look', () => {
  const session = new Map(
    Object.entries({
      PATH: `${home}/go/bin:/usr/bin`,
      PYTHONPATH: `${home}/py/`,
      ZDOTDIR: `${home}/zsh`,
      HOME: home,
      PWD: `${home}/x`,
      XDG_DATA_DIRS: `${home}//share`,
    }),
  );
  const found = startPlacesOf(session, home);
  for (const name of ['go/bin', 'py', 'zsh', 'share', 'bin']) expect(found).toContain(`${home}/${name}`);
  expect(found).not.toContain(home);
  expect(found).not.toContain(`${home}/x`);
});
