import { describe, expect, expectTypeOf, it } from 'vitest';
import {
  type Args,
  parseSignature,
  parseSingleType,
  type Value,
  type Variant,
  variant,
} from '../../../../src/platform/dbus/signature.ts';

describe('Args', () => {
  it('types values by a signature', () => {
    expectTypeOf<Args<''>>().toEqualTypeOf<[]>();
    expectTypeOf<Args<'sasa{ss}'>>().toEqualTypeOf<[string, string[], Map<string, string>]>();
    expectTypeOf<Args<'ybnqiuxtdog'>>().toEqualTypeOf<
      [number, boolean, number, number, number, number, bigint, bigint, number, string, string]
    >();
    expectTypeOf<Args<'ssa(sv)a(sa(sv))'>>().toEqualTypeOf<
      [string, string, [string, Variant][], [string, [string, Variant][]][]]
    >();
    expectTypeOf<Value<'a{oa{sa{sv}}}'>>().toEqualTypeOf<Map<string, Map<string, Map<string, Variant>>>>();
    expectTypeOf<Value<'ay'>>().toEqualTypeOf<Uint8Array>();
    expectTypeOf<Args<string>>().toEqualTypeOf<unknown[]>();
    expectTypeOf(variant<'t'>)
      .parameter(1)
      .toEqualTypeOf<bigint>();
  });
});

describe('parseSignature', () => {
  it('tells the complete types apart', () => {
    const types = parseSignature('sa{sv}(ia(tt))aas');
    expect(types.map((type) => type.signature)).toEqual(['s', 'a{sv}', '(ia(tt))', 'aas']);
    expect(types[1]?.members[0]?.members.map((type) => type.signature)).toEqual(['s', 'v']);
    expect(parseSignature('')).toEqual([]);
  });

  it.each([
    'z',
    'a',
    '(',
    '(s',
    ')',
    '()',
    'a{s}',
    'a{sss}',
    'a{vs}',
    'a{(s)s}',
    '{ss}',
    'a{',
    '}',
    'a{ss',
    'm',
    's ',
    'ä',
    '\0',
    'y'.repeat(256),
    `${'a'.repeat(33)}y`,
    `${'('.repeat(33)}y${')'.repeat(33)}`,
  ])('refuses %j', (signature) => {
    expect(() => parseSignature(signature)).toThrow(TypeError);
  });

  it.each([`${'a'.repeat(32)}y`, `${'('.repeat(32)}y${')'.repeat(32)}`, 'y'.repeat(255)])(
    'takes the longest: %j',
    (signature) => {
      expect(
        parseSignature(signature)
          .map((type) => type.signature)
          .join(''),
      ).toBe(signature);
    },
  );
});

describe('parseSingleType', () => {
  it.each(['', 'ss', 'sa{sv}'])('refuses %j', (signature) => {
    expect(() => parseSingleType(signature)).toThrow(TypeError);
  });
});
