import { describe, expect, it } from 'vitest';
import {
  type ConfigKey,
  describeKey,
  literalOf,
  requireKey,
  sectionKeys,
} from '../../../../src/config/pure/config-key.ts';

const top = (key: string): ConfigKey => ({ section: { kind: 'top' }, key });
const app = (key: string): ConfigKey => ({ section: { kind: 'app', name: 'firefox' }, key });
const desktop = (key: string): ConfigKey => ({ section: { kind: 'desktop' }, key });
const notifications = (key: string): ConfigKey => ({ section: { kind: 'notifications' }, key });
const profile = (key: string): ConfigKey => ({ section: { kind: 'profile', name: 'web' }, key });

// docs/ringfence.toml.md.
const shared = [
  ...['memory-max', 'memory-high', 'memory-swap-max', 'cpu-quota', 'cpu-weight', 'io-weight', 'tasks-max'],
  ...[
    'network',
    'x11',
    'wayland',
    'sound',
    'gpu',
    'printing',
    'open-links',
    'home',
    'shared-folders',
    'pass-environment',
    'own-names',
    'talk-names',
  ],
];

describe('the keys of a section', () => {
  it('are those of the manual', () => {
    expect(sectionKeys('top')).toEqual(['default-profile']);
    expect(sectionKeys('desktop')).toEqual(['apps-memory-max', 'apps-swap-max', 'session-memory-low']);
    expect(sectionKeys('notifications')).toEqual(['memory-limit', 'tasks-limit', 'cpu-limit']);
    expect(sectionKeys('app')).toEqual(['profile', ...shared]);
    expect(sectionKeys('profile')).toEqual(['base', ...shared]);
  });

  it('are written as people write them', () => {
    expect(
      [top('default-profile'), desktop('apps-swap-max'), app('x11'), profile('base'), notifications('cpu-limit')].map(
        describeKey,
      ),
    ).toEqual([
      'default-profile',
      'desktop apps-swap-max',
      'firefox x11',
      'profile.web base',
      'notifications cpu-limit',
    ]);
  });

  it.each([top('default-profile'), app('profile'), profile('base'), app('memory-max')])('has %j', (key) => {
    expect(() => requireKey(key)).not.toThrow();
  });

  it.each([
    [app('memroy-max'), 'cannot use the key "memroy-max": did you mean memory-max?'],
    [profile('profile'), 'cannot use the key "profile": known: base, memory-max, '],
    [top('network'), 'cannot use the key "network": known: default-profile'],
    [top('x'.repeat(61)), `cannot use the key "${'x'.repeat(60)}": known: default-profile`],
    [app('base'), 'cannot use the key "base": known: profile, memory-max, '],
  ])('has no %j', (key, message) => {
    expect(() => requireKey(key)).toThrow(expect.objectContaining({ code: 'InvalidArgument' }));
    expect(() => requireKey(key)).toThrow(message);
  });
});

describe('a value from what was typed', () => {
  it.each<[ConfigKey, string[], unknown]>([
    [app('network'), ['true'], true],
    [app('sound'), ['false'], false],
    [app('home'), ['none'], 'none'],
    [app('profile'), ['strict'], 'strict'],
    [top('default-profile'), ['true'], 'true'],
    [app('memory-max'), ['4G'], '4G'],
    [app('tasks-max'), ['100'], 100n],
    [app('memory-swap-max'), ['0'], 0n],
    [app('tasks-max'), ['007'], '007'],
    [app('memory-max'), ['999999999999999'], 999_999_999_999_999n],
    [app('memory-max'), ['1000000000000000'], '1000000000000000'],
    [app('shared-folders'), ['~/a', '~/b:ro'], ['~/a', '~/b:ro']],
    [app('own-names'), ['a.b'], ['a.b']],
    [notifications('cpu-limit'), ['false'], false],
    [desktop('apps-memory-max'), ['90%'], '90%'],
    [desktop('session-memory-low'), ['0'], 0n],
    [app('memory-max'), ['65536'], 65_536n],
    [app('cpu-weight'), ['5'], 5n],
  ])('of %o is, for %o, %o', (key, words, value) => expect(literalOf(key, words)).toEqual(value));

  it.each<[ConfigKey, string[], string, string]>([
    [app('network'), [], 'InvalidArgument', 'cannot set firefox network: no value is given'],
    [app('shared-folders'), [], 'InvalidArgument', 'cannot set firefox shared-folders: no value is given'],
    [app('profile'), ['a', 'b'], 'InvalidArgument', 'cannot set firefox profile: it has one value, not 2'],
    [
      desktop('apps-memory-max'),
      ['lots'],
      'InvalidLimit',
      'cannot set apps-memory-max to "lots": expected bytes like 4G',
    ],
    [desktop('apps-swap-max'), [], 'InvalidArgument', 'cannot set desktop apps-swap-max: no value is given'],
    [profile('x11'), ['yes'], 'InvalidArgument', 'cannot set profile.web x11: expected true or false, not "yes"'],
    [
      notifications('cpu-limit'),
      ['off'],
      'InvalidArgument',
      'cannot set notifications cpu-limit: expected true or false, not "off"',
    ],
    [app('memory-max'), ['lots'], 'InvalidLimit', 'cannot set memory-max to "lots": expected bytes like 4G'],
  ])('is none for %j: %j', (key, words, code, message) => {
    expect(() => literalOf(key, words)).toThrow(expect.objectContaining({ code }));
    expect(() => literalOf(key, words)).toThrow(message);
  });
});
