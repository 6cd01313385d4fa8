import { describe, expect, it } from 'vitest';
import { readConfig } from '../../../../src/domain/config/read-config.ts';
import { describeOrigin } from '../../../../src/domain/config/setting.ts';
import { RingfenceError } from '../../../../src/domain/errors.ts';
import { resolveProfile } from '../../../../src/domain/profile.ts';

const system = '/etc/xdg/ringfence/config.toml';
const own = '/home/u/.config/ringfence/config.toml';
const read = (...texts: string[]) =>
  readConfig(texts.map((text, index) => ({ path: index === texts.length - 1 ? own : system, text })));

/** The one error of a user's file. */
function errorOf(...texts: string[]): string {
  const { errors } = read(...texts);
  expect(errors.map((error) => error.code)).toEqual(['InvalidArgument']);
  return errors[0]?.message ?? '';
}

describe('config', () => {
  it('is the built-ins when there is no file', () => {
    const { config } = readConfig([]);
    expect(config.defaultProfile.value).toBe('relaxed');
    expect([...config.profiles.keys()]).toEqual(['relaxed', 'strict']);
    const texts = [...resolveProfile(config.profiles, 'strict').limits].map(([name, { value }]) => [name, value.text]);
    expect(texts).toEqual([
      ['memory-max', '70%'],
      ['memory-high', '98% of memory-max'],
      ['memory-swap-max', '25%'],
      ['tasks-max', '4096'],
    ]);
  });

  it('reads profiles, apps and integers, each with its line', () => {
    const { config, errors } = read(
      [
        'default-profile = "browser"',
        '[profile.browser]',
        'base = "relaxed"',
        'memory-max = 4294967296',
        '[app."firefox.desktop"]',
        'profile = "browser"',
        'cpu-quota = "300%"',
        '[app.gimp]',
        'cpu-weight = 50',
      ].join('\n'),
    );
    expect(errors).toEqual([]);
    expect(config.defaultProfile).toEqual({
      value: 'browser',
      origin: { kind: 'file', path: own, line: 1, key: 'default-profile' },
    });
    const memory = config.profiles.get('browser')?.limits.get('memory-max');
    expect(memory?.value).toMatchObject({ kind: 'amount', amount: 2n ** 32n });
    expect(memory?.origin).toMatchObject({ line: 4, key: 'profile.browser.memory-max' });
    expect(config.apps.get('firefox')?.profile?.value).toBe('browser');
    expect(config.apps.get('firefox')?.limits.get('cpu-quota')?.origin).toMatchObject({
      line: 7,
      key: 'app."firefox.desktop".cpu-quota',
    });
    expect(config.apps.get('gimp')?.limits.get('cpu-weight')?.value.text).toBe('50');
  });

  it('lays the user over the system key by key', () => {
    const { config, errors } = read(
      '[profile.browser]\nbase = "strict"\nmemory-max = "4G"\ntasks-max = 500\n[app.firefox]\nprofile = "browser"',
      '[profile.browser]\nmemory-max = "2G"\n[app.firefox]\ncpu-weight = 10\n[profile.relaxed]\nmemory-max = "1G"',
    );
    expect(errors).toEqual([]);
    const browser = resolveProfile(config.profiles, 'browser');
    expect(browser.mode).toBe('strict');
    expect(browser.limits.get('memory-max')).toMatchObject({ value: { text: '2G' }, origin: { path: own } });
    expect(browser.limits.get('tasks-max')).toMatchObject({ value: { text: '500' }, origin: { path: system } });
    expect(config.apps.get('firefox')?.profile?.value).toBe('browser');
    expect(config.apps.get('firefox')?.limits.size).toBe(1);
    expect(resolveProfile(config.profiles, 'relaxed').limits.get('memory-max')?.value.text).toBe('1G');
  });

  it('takes bases of bases', () => {
    const { config } = read(
      '[profile.a]\nbase = "b"\n[profile.b]\nbase = "c"\ncpu-weight = 5\n[profile.c]\nbase = "strict"',
    );
    const profile = resolveProfile(config.profiles, 'a');
    expect(profile.chain).toEqual(['a', 'b', 'c', 'strict']);
    expect(profile.mode).toBe('strict');
    expect(profile.limits.get('cpu-weight')?.value.text).toBe('5');
  });

  it.each([
    [
      '[profile.browser]\nbase = "relaxed"\n\nmemory-max = "lots"',
      'line 4: profile.browser.memory-max: expected bytes like 4G, a share like 70%, or infinity, not "lots"',
    ],
    [
      '[profile.browser]\nmemroy-max = "1G"',
      'line 2: profile.browser.memroy-max: unknown key, did you mean memory-max?',
    ],
    ['[app."a.desktop"]\nMemoryMax = 1', 'line 2: app."a.desktop".MemoryMax: unknown key, did you mean memory-max?'],
    ['[profil.x]', 'line 1: profil: unknown key, did you mean profile?'],
    ['\nnonsense = 1', 'line 2: nonsense: unknown key (known: default-profile, profile, app, desktop, notifications)'],
    ['[app.org.gnome.gedit]\nmemory-max = 1', 'line 1: app.org.gnome: write a name with dots in quotes: [app."a.b"]'],
    ['default-profile = "nope"', 'line 1: default-profile: there is no profile "nope" (known: relaxed, strict)'],
    ['[app.a]\nprofile = "nope"', 'line 2: app.a.profile: there is no profile "nope" (known: relaxed, strict)'],
    ['[app.a]\nnetwork = "no"', 'line 2: app.a.network: expected true or false'],
    ['[app.a]\nshared-folders = "~/x"', 'line 2: app.a.shared-folders: expected a list of texts, such as ["~/Music"]'],
    ['[app.a]\nshared-folders = ["~/x",\n"~/../y"]', 'line 2: app.a.shared-folders: "~/../y": it holds "." or ".."'],
    ['[app.a]\nshared-folders = ["x"]', 'line 2: app.a.shared-folders: "x": it must begin with "/" or "~/"'],
    ['[app.a]\nshared-folders = ["/a:b"]', 'line 2: app.a.shared-folders: "/a:b": it holds a ":"'],
    [
      '[app.a]\nread-write-paths = ["~/x"]',
      'line 2: app.a.read-write-paths: this key is gone: a strict app has a home of its own now; share folders with shared-folders = ["~/Music"]',
    ],
    [
      '[app.a]\nwayland = true',
      'line 2: app.a.wayland: expected "safe" (only where the compositor keeps programs apart) or "unsafe" (by any)',
    ],
    [
      '[app.a]\nhome = "shared"',
      'line 2: app.a.home: expected "own" (kept from start to start) or "none" (gone at the end)',
    ],
    [
      '[app.a]\npass-environment = ["LD_PRELOAD"]',
      'line 2: app.a.pass-environment: "LD_PRELOAD": strict sets or drops it itself',
    ],
    [
      '[app.a]\nown-names = ["org.freedesktop.systemd1"]',
      'line 2: app.a.own-names: "org.freedesktop.systemd1" would reach org.freedesktop.systemd1, which lets an app start programs outside the sandbox',
    ],
    [
      '[app.a]\nshared-folders = ["/a\\n"]',
      'line 2: app.a.shared-folders: "/a\\n": it holds a line break or another control character',
    ],
    [
      '[app.a]\ntalk-names = ["org.freedesktop.systemd1=org.freedesktop.systemd1.Manager.*@/x"]',
      'line 2: app.a.talk-names: "org.freedesktop.systemd1=org.freedesktop.systemd1.Manager.*…: "org.freedesktop.systemd1" would reach org.freedesktop.systemd1, which lets an app start programs outside the sandbox',
    ],
    ['[profile.a]\nbase = "b"', 'line 2: profile.a.base: there is no profile "b" (known: a, relaxed, strict)'],
    [
      '\n[profile.a]\nmemory-max = "1G"',
      'line 2: profile.a: a profile needs a base (write base = "relaxed" or base = "strict")',
    ],
    [
      '[profile.a]\nbase = "b"\n[profile.b]\nbase = "a"',
      'line 2: profile.a.base: its bases go round in a circle (a → b → a)',
    ],
    [
      '[profile.strict]\nbase = "relaxed"',
      'line 2: profile.strict.base: strict is built in and has no base (make a profile of your own on top of it)',
    ],
    ['[app.a]\n[app."a.desktop"]', 'line 2: app."a.desktop": a has a section already'],
    [
      '[app.a]\ncpu-weight = 1.5',
      'line 2: app.a.cpu-weight: expected a weight from 1 to 10000 (100 is the usual), in quotes',
    ],
    [
      '[app.a]\nmemory-max = true',
      'line 2: app.a.memory-max: expected bytes like 4G, a share like 70%, or infinity, in quotes',
    ],
    ['app = 7', 'line 1: app: expected a table'],
    ['[app]\nx = 7', 'line 2: app.x: expected a table'],
    [
      '[app.__proto__]\nmemory-max = "1G"',
      'line 1: app.__proto__: an app is named as its desktop file is, without a folder',
    ],
    [
      '[app.constructor]\nmemory-max = "1G"',
      'line 1: app.constructor: an app is named as its desktop file is, without a folder',
    ],
    ['[app.a]\nconstructor = 1', 'line 2: app.a.constructor: unknown key (known: profile, memory-max'],
    ['[[app]]', 'line 1: app: expected a table'],
    ['[app]\na = []', 'line 2: app.a: expected a table'],
    ['[[profile.a]]\nbase = "relaxed"', 'line 1: profile.a: expected a table'],
    ['default-profile = 3', 'line 1: default-profile: expected the name of a profile in quotes, such as "relaxed"'],
    ['default-profile = ""', 'line 1: default-profile: expected the name of a profile in quotes, such as "relaxed"'],
    [
      '[profile.x]\nbase = 5',
      'line 2: profile.x.base: expected the name of another profile in quotes, such as "relaxed"',
    ],
    ['[app.x]\nprofile = true', 'line 2: app.x.profile: expected the name of a profile in quotes'],
    [
      '[profile."a b"]\nbase = "relaxed"',
      'line 1: profile."a b": a profile name has letters, digits, and - _ . inside',
    ],
    ['[profile."-a"]\nbase = "relaxed"', 'line 1: profile.-a: a profile name has letters, digits, and - _ . inside'],
    [
      `[profile.${'a'.repeat(65)}]\nbase = "relaxed"`,
      `line 1: profile.${'a'.repeat(65)}: a profile name has letters, digits, and - _ . inside`,
    ],
    ['[profile.__proto__]\nbase = "relaxed"', 'line 1: profile.__proto__: a profile name has letters'],
    ['[profile.prototype]\nbase = "relaxed"', 'line 1: profile.prototype: a profile name has letters'],
    ['[profile.org.x]\nbase = "relaxed"', 'line 1: profile.org.x: write a name with dots in quotes: [profile."a.b"]'],
    ['[app."a/b"]', 'line 1: app."a/b": an app is named as its desktop file is, without a folder'],
    ['[app."a\\n"]', 'line 1: app."a\\n": an app is named as its desktop file is, without a folder'],
    ['[app.""]', 'line 1: app."": an app is named as its desktop file is, without a folder'],
    [
      `[app.${'a'.repeat(256)}]`,
      `line 1: app.${'a'.repeat(256)}: an app is named as its desktop file is, without a folder`,
    ],
    ['desktop = 3', 'line 1: desktop: expected a table'],
    ['[desktop]\napps-memory-mx = 3', 'line 2: desktop.apps-memory-mx: unknown key, did you mean apps-memory-max?'],
    ['[notifications]\ncpu-limit = "no"', 'line 2: notifications.cpu-limit: expected true or false'],
    ['[notifications]\ncpu-limits = false', 'line 2: notifications.cpu-limits: unknown key, did you mean cpu-limit?'],
    ['[desktop]\nx = 3', 'line 2: desktop.x: unknown key (known: apps-memory-max, apps-swap-max, session-memory-low)'],
    [
      '[desktop]\nsession-memory-low = "infinity"',
      'line 2: desktop.session-memory-low: expected bytes like 512M, a share like 10%, or 0 for no protection, not "infinity"',
    ],
    [
      '[app.a]\nshared-folders = ["/a", 1]',
      'line 2: app.a.shared-folders: expected a list of texts, such as ["~/Music"]',
    ],
    ['[app.a]\nshared-folders = ["/a:rw"]', 'line 2: app.a.shared-folders: "/a:rw": it holds a ":"'],
    ['[app.a]\nshared-folders = ["/a:ro/b"]', 'line 2: app.a.shared-folders: "/a:ro/b": it holds a ":"'],
    [
      `[app.a]\nshared-folders = ["${'x'.repeat(70)}"]`,
      `line 2: app.a.shared-folders: "${'x'.repeat(59)}…: it must begin with "/" or "~/"`,
    ],
    [
      '[app.a]\npass-environment = ["A", "B-C"]',
      'line 2: app.a.pass-environment: "B-C": it is not the name of a variable',
    ],
    [
      '[app.a]\nmemory-max = -1',
      'line 2: app.a.memory-max: expected bytes like 4G, a share like 70%, or infinity, not -1',
    ],
    [
      '[app.a]\ntasks-max = [1]',
      'line 2: app.a.tasks-max: expected a number of tasks like 4096, a share like 10%, or infinity, in quotes',
    ],
    ['network = true', 'line 1: network: unknown key'],
    ['read-write-paths = []', 'line 1: read-write-paths: unknown key'],
    ['[app.a]\nprofile = "x y"', 'line 2: app.a.profile: there is no profile "x y" (known: relaxed, strict)'],
  ])('%j is refused', (text, message) => {
    expect(errorOf(text)).toContain(`cannot read ${own}: ${message}`);
  });

  it('takes names of every allowed form, and integers that no double can hold', () => {
    const { config, errors } = read(
      [
        `[profile.${'a'.repeat(64)}]`,
        'base = "relaxed"',
        '[profile."A.b_c-9"]',
        'base = "relaxed"',
        'memory-max = 9007199254740993',
        `[app.${'b'.repeat(255)}]`,
        'shared-folders = ["/a:ro", "~/b"]',
        'home = "none"',
        'wayland = "unsafe"',
        '[app."c d".x11]',
      ]
        .slice(0, -1)
        .join('\n'),
    );
    expect(errors).toEqual([]);
    expect(config.profiles.get('A.b_c-9')?.limits.get('memory-max')?.value).toMatchObject({
      amount: 9_007_199_254_740_993n,
    });
    const sandbox = config.apps.get('b'.repeat(255))?.sandbox;
    expect(sandbox?.lists.get('shared-folders')?.map(({ value, origin }) => [value, describeOrigin(origin)])).toEqual([
      ['/a:ro', `${own}:7`],
      ['~/b', `${own}:7`],
    ]);
    expect(sandbox?.switches.get('home')).toMatchObject({ value: false, origin: { line: 8 } });
    expect(sandbox?.switches.get('wayland')).toMatchObject({ value: false, origin: { line: 9 } });
  });

  it('lays switches, lists, the desktop and places of apps over each other', () => {
    const { config, errors } = read(
      '[app.a]\nnetwork = false\nown-names = ["a.b"]\n[profile.relaxed]\nx11 = true\n[desktop]\napps-memory-max = "50%"\napps-swap-max = "60%"',
      '[app.a]\nx11 = true\n[app.b]\n[desktop]\napps-memory-max = "70%"',
    );
    expect(errors).toEqual([]);
    const app = config.apps.get('a');
    expect([...(app?.sandbox?.switches ?? [])].map(([key, { value }]) => [key, value]).sort()).toEqual([
      ['network', false],
      ['x11', true],
    ]);
    expect(app?.sandbox?.lists.get('own-names')?.map(({ value }) => value)).toEqual(['a.b']);
    expect(app?.origin).toEqual({ kind: 'file', path: own, line: 1, key: 'app.a' });
    expect(config.apps.get('b')).toEqual({
      limits: new Map(),
      origin: { kind: 'file', path: own, line: 3, key: 'app.b' },
    });
    expect(config.profiles.get('relaxed')).toMatchObject({ mode: 'relaxed' });
    expect(config.profiles.get('relaxed')?.sandbox?.switches.get('x11')?.value).toBe(true);
    expect([...config.desktop].map(([name, { value }]) => [name, value.text])).toEqual([
      ['apps-memory-max', '70%'],
      ['apps-swap-max', '60%'],
      ['session-memory-low', '10%'],
    ]);
    expect(config.defaultProfile).toEqual({ value: 'relaxed', origin: { kind: 'built-in' } });
  });

  it('lays what is told by notifications over each other', () => {
    const { config, errors } = read(
      '[notifications]\ncpu-limit = false\ntasks-limit = false',
      '[notifications]\ncpu-limit = true',
    );
    expect(errors).toEqual([]);
    expect([...config.notices].map(([name, { value, origin }]) => [name, value, describeOrigin(origin)])).toEqual([
      ['memory-limit', true, 'built-in'],
      ['tasks-limit', false, `${system}:3`],
      ['cpu-limit', true, `${own}:2`],
    ]);
  });

  it('keeps the default profile and bases of the file below', () => {
    const { config } = read('default-profile = "strict"\n[profile.a]\nbase = "strict"', '[profile.a]\ntasks-max = 5');
    expect(config.defaultProfile).toMatchObject({ value: 'strict', origin: { path: system } });
    expect(config.profiles.get('a')?.base).toMatchObject({ value: 'strict', origin: { path: system, line: 3 } });
    expect(Object.keys(config.profiles.get('a') ?? {}).sort()).toEqual(['base', 'limits']);
  });

  it('names line and column of what is no TOML', () => {
    expect(errorOf('a = 1\nb = = 2')).toMatch(/^cannot read \S+: line 2: column \d+: [^\n]+$/);
    expect(errorOf('[app.a]\nmemory-max = 2020-13-77')).toMatch(/: line 2: column \d+: [^\n]+$/);
  });

  it('reports the first of several errors', () => {
    expect(errorOf('[app.b]\nnope = 1\n[app.a]\nmemory-max = 0')).toContain('line 2: app.b.nope');
  });

  it('blames the file that brought the fault in, and leaves only that one out', () => {
    const { config, errors } = read('[profile.a]\nbase = "relaxed"', '[profile.relaxed]\nmemory-max = "1"');
    expect(errors).toHaveLength(1);
    expect(errors[0]?.message).toContain(own);
    expect(config.profiles.has('a')).toBe(true);
    expect(config.heldBack).toBeUndefined();
  });

  it.each([
    ['[app.a]\nprofile = "strict"\nmemory-max = 0', true],
    ['[app.a]\nprofile = strict', true],
    ['[app.a]\nprofile = "\\u0073trict"\nx = 1', true],
    ['[app.a]\nprofile = "strct"', true],
    ['[app.a]\nprofile = strct', true],
    ['app = { a = { profile = "locked" } }\nx = 1', true],
    ['"default-profile" = "locked"\nx = 1', true],
    ['[app.a]\nmemory-max = 0', false],
    ['[app.a]\nprofile = "relaxed"\nmemory-max = 0', false],
    ['[profile.b]\nbase = "relaxed"\n[app.a]\nprofile = "b"\nmemory-max = 0', false],
    ['[profile.locked]\nmemory-max = 0\n[app.a]\nprofile = "locked"', true],
    ['profile.b = { base = "relaxed" }\n[app.a\n', false],
  ])('%j holds launches back: %s', (text, heldBack) => {
    const { config, errors } = read('[profile.locked]\nbase = "strict"', text);
    expect(errors).toHaveLength(1);
    expect(config.heldBack === errors[0]).toBe(heldBack);
  });

  it('holds launches back for a file that cannot be read at all', () => {
    const error = new RingfenceError('InvalidArgument', `cannot read ${own}: permission denied`);
    expect(readConfig([{ path: own, error }]).config.heldBack).toBe(error);
  });
});
