import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgePathText } from '../../../../src/domain/config/path-text.ts';
import type { PathKey } from '../../../../src/domain/sandbox-choices.ts';
import type { PathFact } from '../../../../src/strict/pure/model.ts';
import { expandPath, judgePaths } from '../../../../src/strict/pure/paths.ts';
import { home, hostWith } from './example-host.ts';

describe('judgePathText', () => {
  it.each(['/srv/data', '~/Documents', '~/a b', '/ü', '~/..a', '/a..b', '~/'])('takes %j', (text) => {
    expect(judgePathText(text)).toBeUndefined();
  });

  it.each([
    '',
    'Documents',
    '~',
    '~anna/x',
    './x',
    '/a/../b',
    '~/..',
    '/a/./b',
    '/a:b',
    '/a\nb',
    '~/a\rb',
    '/a\0b',
    '/a\u007f',
    '/a*',
    '~/[ab]',
    '~/?',
  ])('refuses %j', (text) => {
    expect(judgePathText(text)).toEqual(expect.any(String));
  });
});

it('refuses what no path can hold', () => {
  expect(judgePathText(`/${'x'.repeat(5000)}`)).toContain('longer');
});

describe('expandPath', () => {
  it.each([
    ['~/a/', `${home}/a`],
    ['//srv//data///', '/srv/data'],
    ['/', '/'],
    ['~/', home],
  ])('%s → %s', (text, path) => {
    expect(expandPath(text, home)).toBe(path);
  });

  it('gives a plain absolute path for whatever passed, and the same one again', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', '/', ' ', '~', '.', 'é', '..'), { maxLength: 12 }), (parts) => {
        const text = `~/${parts.join('')}`;
        if (judgePathText(text) !== undefined) return;
        const path = expandPath(text, home);
        expect(path === home || path.startsWith(`${home}/`)).toBe(true);
        expect(path).not.toMatch(/\/\/|.\/$|\/\.\.?(\/|$)/);
        expect(expandPath(path, home)).toBe(path);
      }),
    );
  });
});

describe('judgePaths', () => {
  const symlink = (target: string, targetKind: 'folder' | 'file' | 'missing' = 'folder'): PathFact => ({
    kind: 'symlink',
    target,
    targetKind,
  });
  const faults = (
    lists: Partial<Record<PathKey, readonly string[]>>,
    facts: Record<string, PathFact> = {},
  ): (readonly [string, string])[] => {
    const full = { 'read-write-paths': [], 'read-only-paths': [], 'inaccessible-paths': [], ...lists };
    const known = new Map<string, PathFact>(
      Object.values(full).flatMap((paths) => paths.map((path) => [path, { kind: 'folder' }])),
    );
    for (const [path, fact] of Object.entries(facts)) known.set(path, fact);
    return judgePaths(full, hostWith({}), known).map(({ key, path }) => [key, path]);
  };
  const rw = (path: string, facts?: Record<string, PathFact>): number =>
    faults({ 'read-write-paths': [path] }, facts).length;
  const ro = (path: string): number => faults({ 'read-only-paths': [path] }).length;
  const hide = (path: string): number => faults({ 'inaccessible-paths': [path] }).length;

  it.each([
    '/srv/data',
    '/mnt/disk',
    '/opt/app',
    '/run/cups',
    `${home}/.ssh`,
    `${home}/.ssh/known_hosts`,
    `${home}/Music`,
  ])('takes %s for writing', (path) => expect(rw(path)).toBe(0));

  it.each([
    ...[
      '/',
      '/home',
      home,
      '/usr',
      '/usr/local',
      '/etc',
      '/etc/ssh',
      '/boot',
      '/proc',
      '/sys/fs/cgroup',
      '/dev/dri',
      '/tmp',
    ],
    ...['/var/tmp/x', '/run', '/run/user', '/run/user/1000', '/run/user/1000/systemd', '/run/systemd/private', '/var'],
    ...[`${home}/.config/ringfence`, `${home}/.config/ringfence/config.toml`, `${home}/.local/share/applications`],
    ...[`${home}/.config/systemd/user`, `${home}/.local/share/dbus-1`],
  ])('refuses %s for writing', (path) => expect(rw(path)).toBe(1));

  it('takes parts of the system and guarded folders for reading, and not what is hidden for Ringfence', () => {
    expect([ro('/usr/share'), ro(`${home}/.local/share/applications`), ro(`${home}/Music`)]).toEqual([0, 0, 0]);
    expect([ro(`${home}/.config/ringfence`), ro('/'), ro('/run/user/1000')]).toEqual([1, 1, 1]);
  });

  it('hides what an app can do without', () => {
    expect([hide(`${home}/Private`), hide('/opt/secret'), hide('/etc/secret')]).toEqual([0, 0, 0]);
    expect(['/', '/usr', '/usr/bin', '/etc', '/lib', home, '/home', '/run/user'].map(hide)).toEqual([
      1, 1, 1, 1, 1, 1, 1, 1,
    ]);
  });

  it('wants a path to be there', () => {
    expect(rw('/srv/gone', { '/srv/gone': { kind: 'missing' } })).toBe(1);
    expect(
      judgePaths(
        { 'read-write-paths': ['/srv/x'], 'read-only-paths': [], 'inaccessible-paths': [] },
        hostWith({}),
        new Map(),
      ),
    ).toHaveLength(1);
  });

  it('follows a symlink to what it means', () => {
    const link = `${home}/link`;
    expect(rw(link, { [link]: symlink(`${home}/Music`) })).toBe(0);
    expect(rw(link, { [link]: symlink('/srv/data') })).toBe(1);
    expect(rw(link, { [link]: symlink(`${home}/.config/ringfence`) })).toBe(1);
    expect(rw(link, { [link]: symlink(link, 'missing') })).toBe(1);
    expect(rw('/srv/x', { '/srv/x': symlink('/etc') })).toBe(1);
    expect(rw('/srv/x', { '/srv/x': symlink('/srv/y') })).toBe(0);
  });

  it('refuses what contradicts itself', () => {
    const music = `${home}/Music`;
    expect(faults({ 'read-write-paths': [music], 'inaccessible-paths': [music] })).toHaveLength(2);
    expect(faults({ 'read-write-paths': [`${music}/a`], 'inaccessible-paths': [music] })).toEqual([
      ['read-write-paths', `${music}/a`],
    ]);
    expect(faults({ 'read-only-paths': [`${music}/a`], 'inaccessible-paths': [music] })).toEqual([
      ['read-only-paths', `${music}/a`],
    ]);
    expect(faults({ 'read-write-paths': [`${music}/a`], 'read-only-paths': [music] })).toEqual([]);
    expect(faults({ 'read-only-paths': [music], 'inaccessible-paths': [`${music}/a`] })).toEqual([]);
    expect(faults({ 'read-write-paths': [`${music}x`], 'inaccessible-paths': [music] })).toEqual([]);
  });
});
