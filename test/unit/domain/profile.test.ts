import { describe, expect, it } from 'vitest';
import type { Setting } from '../../../src/domain/config/setting.ts';
import { parseLimit } from '../../../src/domain/limits.ts';
import { builtInProfiles, type ProfileDefinition, resolveProfile } from '../../../src/domain/profile.ts';

const set = <T>(value: T): Setting<T> => ({ value, origin: { kind: 'request' } });
const profile = (base: string | undefined, limits: Record<string, string> = {}): ProfileDefinition => ({
  ...(base === undefined ? {} : { base: set(base) }),
  limits: new Map(
    Object.entries(limits).map(([name, text]) => [name as 'memory-max', set(parseLimit(name as 'memory-max', text))]),
  ),
});
const resolve = (name: string, own: Record<string, ProfileDefinition>) =>
  resolveProfile(new Map([...builtInProfiles, ...Object.entries(own)]), name);

describe('resolveProfile', () => {
  it('fills in what the bases give, the nearest first', () => {
    const found = resolve('inner', {
      inner: profile('outer', { 'memory-max': '1G' }),
      outer: profile('strict', { 'memory-max': '2G', 'cpu-quota': '50%' }),
    });
    expect([found.name, found.mode, found.chain]).toEqual(['inner', 'strict', ['inner', 'outer', 'strict']]);
    expect([...found.limits].map(([name, { value }]) => [name, value.text]).sort()).toEqual([
      ['cpu-quota', '50%'],
      ['memory-high', '98% of memory-max'],
      ['memory-max', '1G'],
      ['memory-swap-max', '25%'],
      ['tasks-max', '4096'],
    ]);
    expect(found.sandbox).toEqual([]);
  });

  it.each<[what: string, name: string, own: Record<string, ProfileDefinition>, code: string, message: string]>([
    ['an unknown name', 'x', {}, 'NoSuchProfile', 'cannot use profile "x": no such profile (known: relaxed, strict)'],
    [
      'an unknown base',
      'b',
      { b: profile('x') },
      'NoSuchProfile',
      'cannot use profile "x": no such profile (known: b, relaxed, strict)',
    ],
    [
      'no base',
      'b',
      { b: profile('c'), c: profile(undefined) },
      'InvalidArgument',
      'cannot use profile "c": it needs a base ("relaxed" or "strict")',
    ],
    [
      'a circle behind it',
      'a',
      { a: profile('b'), b: profile('c'), c: profile('b') },
      'InvalidArgument',
      'cannot use profile "a": its bases go round in a circle (b → c → b)',
    ],
    [
      'itself as its base',
      'a',
      { a: profile('a') },
      'InvalidArgument',
      'cannot use profile "a": its bases go round in a circle (a → a)',
    ],
  ])('refuses %s', (_what, name, own, code, message) => {
    expect(() => resolve(name, own)).toThrow(expect.objectContaining({ code, message }));
  });
});
