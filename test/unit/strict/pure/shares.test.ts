import { describe, expect, it } from 'vitest';
import { parseMountinfo } from '../../../../src/domain/mounts.ts';
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

describe('the reason', () => {
  it.each([
    ['/', false, 'it is part of the system, or made anew inside (/)'],
    ['/usr/share', false, 'it is part of the system, or made anew inside (/usr)'],
    ['/var/tmp/x', true, 'it is part of the system, or made anew inside (/var/tmp)'],
    ['/run/mediators', true, 'it is part of the system, or made anew inside (/run)'],
    [home, false, 'it is the home itself'],
    ['/home', false, 'the home lies in it'],
    ['/mnt/again', false, 'the home lies in it'],
    ['/srv/backup', false, 'the home lies in it'],
    [`${home}/.local`, false, `it holds, or belongs to, what is Ringfence's own (${home}/.local/share/ringfence)`],
    ['/mnt/again/apps', false, `it holds, or belongs to, what is Ringfence's own (${home}/apps/ringfence/dist)`],
    [`${home}/.ssh`, true, 'it is hidden, and a hidden folder is let in only read-only (add ":ro")'],
    [`${home}/bin`, true, `programs outside take what they run or read at their start from ${home}/bin`],
    ['/mnt/again/tools', true, `programs outside take what they run or read at their start from ${home}/tools/bin`],
  ])('not to let %s in (for writing: %s) is that %s', (path, writable, reason) => {
    expect(judgeShare(path, writable, grounds)).toBe(reason);
  });

  it('is found without a list of mounts, by names alone', () => {
    const blind = { ...grounds, mounts: [] };
    expect(judgeShare('/home', false, blind)).toBe('the home lies in it');
    expect(judgeShare(`${home}/.config`, false, blind)).toMatch(/Ringfence's own/);
    expect(judgeShare(`${home}/bin/more`, true, blind)).toMatch(/^programs outside/);
    expect(judgeShare('/data', true, blind)).toBeUndefined();
  });

  it('is found in whatever is mounted below a folder', () => {
    const pooled = parseMountinfo('25 20 8:3 / /srv/pool/data rw - ext4 /dev/sdb1 rw');
    const around = { ...grounds, startPlaces: ['/data/tools'], mounts: [...grounds.mounts, ...pooled] };
    expect(judgeShare('/srv/pool', true, around)).toMatch(/from \/data\/tools$/);
    expect(judgeShare('/srv/pool', false, around)).toBeUndefined();
  });
});

it('takes a home below a hidden folder for a home', () => {
  const hidden = { ...grounds, home: '/srv/.homes/anna', ringfence: [], startPlaces: [] };
  expect(judgeShare('/srv/.homes/anna/Music', true, hidden)).toBeUndefined();
  expect(judgeShare('/srv/.homes/anna/.ssh', true, hidden)).toMatch(/^it is hidden/);
  expect(judgeShare('/srv/.homes/eve', true, hidden)).toMatch(/^it is hidden/);
  expect(judgeDocument('/srv/.homes/anna/a.txt', hidden)).toBe('read-write');
  expect(judgeDocument('/srv/.homes/eve/a.txt', hidden)).toBe('read-only');
});

it.each([
  ['/proc/1/mem', undefined],
  ['/sys/power/state', undefined],
  ['/dev/sda', undefined],
  ['/run/systemd/private', undefined],
  ['/var/run-1000/bus', undefined],
  ['/run/media/anna/stick/a.txt', 'read-write'],
  ['/sysadmin/a.txt', 'read-write'],
])('lets the opened file %s in: %s', (path, how) => {
  expect(judgeDocument(path, { ...grounds, runtimeDir: '/var/run-1000' })).toBe(how);
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
  expect(readShare('~', home)).toEqual({ path: home, writable: true });
  expect(readShare('~:ro', home)).toEqual({ path: home, writable: false });
  expect(readShare('/~x', home)).toEqual({ path: '/~x', writable: true });
  expect(readShare('/', home)).toEqual({ path: '/', writable: true });
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

it.each([
  ...['PATH', 'MANPATH', 'LD_LIBRARY_PATH', 'XDG_DATA_DIRS', 'XDG_CONFIG_HOME', 'XDG_STATE_HOME'],
  ...['BASH_ENV', 'ENV', 'ZDOTDIR', 'GOBIN', 'CARGO_HOME', 'PYTHONSTARTUP'],
])('looks at %s', (name) => {
  expect(startPlacesOf(new Map([[name, '/place']]), home)).toEqual(['/place', `${home}/bin`, `${home}/node_modules`]);
});

it.each([
  ...['HOME', 'PWD', 'PATHX', 'XDG_DATA_DIRS_OLD', 'MY_XDG_CONFIG_HOME', 'XDG_CONFIG_HOMES', 'MY_ENV', 'ENVIRONMENT'],
  ...['XDG_HOME', 'OLD_ZDOTDIR', 'CARGO_HOMES'],
])('does not look at %s', (name) => {
  expect(startPlacesOf(new Map([[name, '/place']]), home)).toEqual([`${home}/bin`, `${home}/node_modules`]);
});

it('takes absolute folders alone, each once, and neither the home nor the root', () => {
  const session = new Map([
    ['PATH', `:.:bin:/:${home}/:/a//b:/usr/bin:~/x`],
    ['MANPATH', '/usr/bin/'],
  ]);
  const own = [`${home}/bin`, `${home}/node_modules`];
  expect(startPlacesOf(session, home)).toEqual(['/a/b', '/usr/bin', ...own]);
});
