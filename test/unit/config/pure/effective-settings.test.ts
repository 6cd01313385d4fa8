import { describe, expect, it } from 'vitest';
import { warnOfMootLimits, warnOfShares, warnOfUnknownApps } from '../../../../src/config/pure/config-warnings.ts';
import { effectiveSettings, writtenSettings } from '../../../../src/config/pure/effective-settings.ts';
import { readConfig } from '../../../../src/domain/config/read-config.ts';
import { describeOrigin } from '../../../../src/domain/config/setting.ts';

const { config } = readConfig([
  { path: '/etc', text: '[profile.strict]\nshared-folders = ["/srv"]\n[app.firefox]\ncpu-weight = 50\n' },
  {
    path: '/own',
    text: [
      'default-profile = "browser"',
      '[profile.browser]',
      'base = "strict"',
      'memory-max = "4G"',
      'network = false',
      '[app."firefox.desktop"]',
      'tasks-max = 100',
      'network = true',
      'shared-folders = ["~/Music"]',
    ].join('\n'),
  },
]);
const rows = (all: ReturnType<typeof writtenSettings>) =>
  all.map(({ key, value, origin }) => `${key} ${value} ${describeOrigin(origin)}`);

describe('effective settings', () => {
  it('are an app’s own, then its profile’s, then those of its bases', () => {
    expect(rows(effectiveSettings(config, { kind: 'app', name: 'firefox' }))).toEqual([
      'profile browser /own:1',
      'memory-max 4G /own:4',
      'memory-high 98% of memory-max built-in',
      'memory-swap-max 25% built-in',
      'cpu-weight 50 /etc:4',
      'tasks-max 100 /own:7',
      'network true /own:8',
      'shared-folders ~/Music /own:9',
      'shared-folders /srv /etc:2',
    ]);
  });

  it('of a profile have its base', () => {
    expect(rows(effectiveSettings(config, { kind: 'profile', name: 'browser' })).slice(0, 2)).toEqual([
      'base strict /own:3',
      'memory-max 4G /own:4',
    ]);
    expect(rows(effectiveSettings(config, { kind: 'top' }))).toEqual(['default-profile browser /own:1']);
    expect(() => effectiveSettings(config, { kind: 'profile', name: 'nope' })).toThrow('no such profile');
  });

  it('of the desktop are its budget', () => {
    const { config: own } = readConfig([{ path: '/own', text: '[desktop]\napps-swap-max = "1G"\n' }]);
    expect(rows(effectiveSettings(own, { kind: 'desktop' }))).toEqual([
      'apps-memory-max 90% built-in',
      'apps-swap-max 1G /own:2',
      'session-memory-low 10% built-in',
    ]);
    expect(writtenSettings(own).map(({ section, key }) => [section.kind, key])).toEqual([['desktop', 'apps-swap-max']]);
  });

  it('of notifications are all kinds', () => {
    const { config: own } = readConfig([{ path: '/own', text: '[notifications]\ncpu-limit = false\n' }]);
    expect(rows(effectiveSettings(own, { kind: 'notifications' }))).toEqual([
      'memory-limit true built-in',
      'tasks-limit true built-in',
      'cpu-limit false /own:2',
    ]);
    expect(writtenSettings(own).map(({ section, key }) => [section.kind, key])).toEqual([
      ['notifications', 'cpu-limit'],
    ]);
  });

  it('of an app begin with its own profile, else with the one that it was enabled with, else with the default', () => {
    const { config: own } = readConfig([
      { path: '/own', text: '[app.a]\nprofile = "strict"\n[app.b]\ncpu-weight = 5\n' },
    ]);
    const enabled = { value: 'strict', origin: { kind: 'request' } } as const;
    const first = (name: string, ...more: [typeof enabled] | []) =>
      rows(effectiveSettings(own, { kind: 'app', name }, ...more))[0];
    expect(first('a')).toBe('profile strict /own:2');
    expect(first('a.desktop', enabled)).toBe('profile strict /own:2');
    expect(first('b', enabled)).toBe(`profile strict ${describeOrigin(enabled.origin)}`);
    expect(first('b')).toBe('profile relaxed built-in');
    expect(first('c')).toBe('profile relaxed built-in');
    expect(writtenSettings(own).map(({ key, value }) => `${key} ${value}`)).toEqual(['profile strict', 'cpu-weight 5']);
  });

  it('of an app and of a profile by the same name are not mixed up', () => {
    const text = '[profile.x]\nbase = "strict"\nnetwork = false\n[app.x]\nprofile = "x"\nx11 = true\ntasks-max = 9\n';
    const { config: own } = readConfig([{ path: '/own', text }]);
    const fromFile = (kind: 'app' | 'profile') =>
      rows(effectiveSettings(own, { kind, name: 'x' })).filter((row) => row.includes('/own'));
    expect(fromFile('profile')).toEqual(['base strict /own:2', 'network false /own:3']);
    expect(fromFile('app')).toEqual([
      'profile x /own:5',
      'tasks-max 9 /own:7',
      'network false /own:3',
      'x11 true /own:6',
    ]);
  });

  it('are told from those that files set', () => {
    expect(writtenSettings(config).map(({ section, key }) => [section.kind, key])).toEqual([
      ['top', 'default-profile'],
      ['profile', 'shared-folders'],
      ['profile', 'base'],
      ['profile', 'memory-max'],
      ['profile', 'network'],
      ['app', 'cpu-weight'],
      ['app', 'tasks-max'],
      ['app', 'network'],
      ['app', 'shared-folders'],
    ]);
    expect(writtenSettings(readConfig([]).config)).toEqual([]);
  });
});

describe('apps that are not installed', () => {
  it.each([
    [['firefox'], []],
    [['firefox-esr'], ['/own:6: no app firefox is installed; did you mean firefox-esr?']],
    [['org.mozilla.firefox'], ['/own:6: no app firefox is installed; did you mean org.mozilla.firefox?']],
    [['fierfox'], ['/own:6: no app firefox is installed; did you mean fierfox?']],
    [['gimp'], ['/own:6: no app firefox is installed']],
    [['org.mozilla.Firefox'], ['/own:6: no app firefox is installed; did you mean org.mozilla.Firefox?']],
    [['firefox-esr', 'org.x.firefox'], ['/own:6: no app firefox is installed; did you mean org.x.firefox?']],
    [['a.firefox.b', 'my-firefox'], ['/own:6: no app firefox is installed']],
  ])('where there are %j', (installed, messages) => {
    for (const { app } of warnOfUnknownApps(config, installed)) expect(app).toBe('firefox');
    expect(warnOfUnknownApps(config, installed).map(({ message }) => message)).toEqual(messages);
  });
});

describe('warnings', () => {
  const configOf = (text: string) => readConfig([{ path: '/own', text }]).config;

  it('of shared folders come with their place and the reason, once', () => {
    const judged: string[] = [];
    const judge = (words: readonly string[]) => {
      judged.push(words.join(' '));
      return words.map((word) =>
        word === '/srv' || (word === '~/a/b:ro' && words.includes('~/a')) ? 'it is bad' : undefined,
      );
    };
    const rest = 'it is bad; strict starts are refused';
    expect(warnOfShares(config, judge)).toEqual([
      { message: `/etc:2: shared-folders: "/srv": ${rest}`, profile: 'strict' },
    ]);
    // Shared folders alone, and where there are some.
    expect(new Set(judged)).toEqual(new Set(['/srv', '~/Music /srv']));
    const inner = configOf(
      '[profile.strict]\nshared-folders = ["~/a"]\n[app.x]\nprofile = "strict"\nshared-folders = ["~/a/b:ro"]\n',
    );
    expect(warnOfShares(inner, judge)).toEqual([{ message: `/own:5: shared-folders: "~/a/b:ro": ${rest}`, app: 'x' }]);
  });

  const host = { memoryBytes: 10n * 2n ** 30n, swapBytes: 0n, taskCeiling: 100n };
  it.each([
    ['[app.x]\nmemory-high = "8G"', ['/own:2 app x']],
    ['[app.x]\nmemory-high = "80%"', ['/own:2 app x']],
    ['[app.x]\nmemory-max = "1G"\nmemory-high = "1G"', ['/own:3 app x']],
    ['[profile.p]\nbase = "strict"\nmemory-high = "6G"\n[app.x]\nprofile = "p"\nmemory-max = "1G"', ['/own:3 app x']],
    ['[profile.p]\nbase = "strict"\nmemory-high = "8G"\n[app.x]\nprofile = "p"', ['/own:3 profile p']],
    ['[app.x]\nmemory-max = "1G"', []],
    ['[app.x]\nmemory-high = "6G"', []],
    ['[app.x]\nmemory-high = "8G"\nmemory-max = "infinity"', []],
    ['[app.x]\nmemory-high = "infinity"', []],
  ])('of limits that never act, for %j: %j', (text, places) => {
    const found = warnOfMootLimits(configOf(text), host);
    expect(
      found.map(
        ({ message, app, profile }) =>
          `${message.split(':', 2).join(':')} ${app ? `app ${app}` : `profile ${profile}`}`,
      ),
    ).toEqual(places);
    for (const { message } of found) expect(message).toMatch(/memory-high \(.*\) never acts below memory-max \(.*\)/);
  });
});
