import { describe, expect, it } from 'vitest';
import { readAssignments, readConfigWords, readKeys } from '../../../../../src/clients/cli/pure/config-words.ts';

const app = (name: string) => ({ kind: 'app', name });
const profile = (name: string) => ({ kind: 'profile', name });

describe('the words of ringfence config', () => {
  it.each([
    ['firefox memory-max 4G', app('firefox'), true, ['memory-max', '4G']],
    ['org.gnome.gedit', app('org.gnome.gedit'), true, []],
    ['firefox.memory-max 4G', app('firefox'), true, ['memory-max', '4G']],
    ['app.firefox memory-max 4G', app('firefox'), false, ['memory-max', '4G']],
    ['app."firefox.desktop".memory-max 4G', app('firefox.desktop'), false, ['memory-max', '4G']],
    ['profile.browser base=relaxed', profile('browser'), false, ['base=relaxed']],
    ['profile.browser.cpu-quota 300%', profile('browser'), false, ['cpu-quota', '300%']],
    ['profile.a.base tasks-max 3', profile('a.base'), false, ['tasks-max', '3']],
    ['profile.relaxed', profile('relaxed'), false, []],
    ['desktop apps-memory-max 80%', { kind: 'desktop' }, false, ['apps-memory-max', '80%']],
    ['desktop.apps-memory-max=80%', { kind: 'desktop' }, false, ['apps-memory-max=80%']],
    ['desktop', { kind: 'desktop' }, false, []],
    ['notifications cpu-limit false', { kind: 'notifications' }, false, ['cpu-limit', 'false']],
    ['notifications.cpu-limit=false', { kind: 'notifications' }, false, ['cpu-limit=false']],
    ['default-profile strict', { kind: 'top' }, false, ['default-profile', 'strict']],
    ['default-profile=strict', { kind: 'top' }, false, ['default-profile=strict']],
  ])('%s', (line, section, isLoose, rest) => {
    expect(readConfigWords('set', line.split(' '))).toEqual({ section, isLoose, rest });
  });

  it.each([
    [
      'set',
      [],
      'cannot set: no app or profile given; try "ringfence config set firefox memory-max 4G", or for all apps "ringfence config set profile.relaxed memory-max 4G"',
    ],
    [
      'set',
      ['tasks-max=4'],
      'cannot set: no app or profile given; try "ringfence config set firefox tasks-max VALUE", or for all apps "ringfence config set profile.relaxed tasks-max VALUE"',
    ],
    [
      'get',
      ['network'],
      'cannot get: no app or profile given; try "ringfence config get firefox network", or for all apps "ringfence config get profile.relaxed network"',
    ],
    ['unset', ['profile.'], 'cannot unset: profile. names no profile'],
    ['unset', ['app.""', 'network'], 'cannot unset: app."" names no app'],
  ])('to %s, %j are refused', (verb, words, message) => {
    expect(() => readConfigWords(verb, words)).toThrow(expect.objectContaining({ code: 'InvalidArgument', message }));
  });

  it('may quote a name, whole', () => {
    const nameOf = (word: string) => readConfigWords('get', [word]).section;
    expect(nameOf("app.'a.b'")).toEqual(app('a.b'));
    expect(nameOf('app."a')).toEqual(app('"a'));
    expect(nameOf('app.a"')).toEqual(app('a"'));
    expect(nameOf('app.x"a"')).toEqual(app('x"a"'));
    expect(nameOf(`app."a'`)).toEqual(app(`"a'`));
    expect(nameOf('app."a"b')).toEqual(app('"a"b'));
    expect(nameOf("app.'a'b")).toEqual(app("'a'b"));
    expect(nameOf("app.b'a'")).toEqual(app("b'a'"));
    expect(readConfigWords('get', ['my.app.x'])).toEqual({ section: app('my.app.x'), isLoose: true, rest: [] });
    expect(nameOf('app.network')).toEqual(app('network'));
    expect(nameOf('.network')).toEqual(app('.network'));
  });

  it('say whose settings they are', () => {
    for (const words of [[], ['memory-max', '4G'], ['memory-max=4G']]) {
      expect(() => readConfigWords('set', words)).toThrow('no app or profile given; try ');
    }
    expect(() => readConfigWords('set', ['profile.', 'base', 'x'])).toThrow('names no profile');
  });

  it('are one key and its value, or many', () => {
    const section = { kind: 'app', name: 'x' } as const;
    expect(readAssignments(section, ['memory-max', '4G'])).toEqual([{ section, key: 'memory-max', value: '4G' }]);
    expect(readAssignments(section, ['shared-folders', '~/a=b', '~/c'])).toEqual([
      { section, key: 'shared-folders', value: ['~/a=b', '~/c'] },
    ]);
    expect(readAssignments(section, ['tasks-max=7', 'own-names=a.b', 'own-names=c.d', 'network=true'])).toEqual([
      { section, key: 'tasks-max', value: 7n },
      { section, key: 'own-names', value: ['a.b', 'c.d'] },
      { section, key: 'network', value: true },
    ]);
    expect(readAssignments({ kind: 'top' }, ['default-profile=strict'])).toEqual([
      { section: { kind: 'top' }, key: 'default-profile', value: 'strict' },
    ]);
    for (const words of [[], ['memory-max=4G', 'x'], ['nope=1'], ['base', 'relaxed']]) {
      expect(() => readAssignments(section, words)).toThrow(expect.objectContaining({ code: 'InvalidArgument' }));
    }
    const desktop = { kind: 'desktop' } as const;
    expect(readAssignments(desktop, ['session-memory-low=0'])).toEqual([
      { section: desktop, key: 'session-memory-low', value: 0n },
    ]);
    expect(() => readAssignments(desktop, ['memory-max=4G'])).toThrow('apps-memory-max, apps-swap-max');
    expect(readKeys(section, ['network', 'x11'])).toHaveLength(2);
    expect(readKeys(section, ['network'])).toEqual([{ section, key: 'network' }]);
    expect(() => readKeys(section, ['nope'])).toThrow('cannot use the key "nope"');
    expect(() => readAssignments(section, ['network=true', 'x11'])).toThrow(
      'cannot set: expected KEY=VALUE, not "x11"',
    );
    expect(() => readAssignments(section, ['Xtasks-max=7'])).toThrow('cannot use the key "Xtasks-max=7"');
    expect(() => readAssignments(desktop, [])).toThrow(
      'cannot set: no key given (known: apps-memory-max, apps-swap-max, session-memory-low)',
    );
    expect(() => readAssignments({ kind: 'top' }, [])).toThrow('cannot set: no key given (known: default-profile)');
    expect(readAssignments(section, ['tasks-max=7', 'tasks-max=8'])).toEqual([
      { section, key: 'tasks-max', value: 8n },
    ]);
    expect(readAssignments(section, ['own-names=a.b\nc.d'])).toEqual([
      { section, key: 'own-names', value: ['a.b\nc.d'] },
    ]);
  });
});
