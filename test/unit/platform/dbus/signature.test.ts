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

it.each([
  ['z', "invalid signature 'z': 'z' at 0 is no type"],
  ['sz', "invalid signature 'sz': 'z' at 1 is no type"],
  ['a', "invalid signature 'a': it ends too early"],
  ['(s', "invalid signature '(s': it ends too early"],
  ['()', "invalid signature '()': an empty struct"],
  ['a{vs}', "invalid signature 'a{vs}': a dictionary entry is a basic key and one value"],
  ['a{s}', "invalid signature 'a{s}': a dictionary entry is a basic key and one value"],
  ['y'.repeat(256), `invalid signature '${'y'.repeat(40)}…': longer than 255 bytes`],
  [`${'a'.repeat(33)}y`, `invalid signature '${'a'.repeat(33)}y': arrays nested too deeply`],
  [`${'('.repeat(33)}y)`, `invalid signature '${'('.repeat(33)}y)': structs nested too deeply`],
])('says of %j what is wrong', (signature, message) => {
  expect(() => parseSignature(signature)).toThrow(new TypeError(message));
});

it('says what is no single type', () => {
  expect(() => parseSingleType('ss')).toThrow(new TypeError("invalid signature 'ss': not one complete type"));
  expect(parseSingleType('a{sv}').signature).toBe('a{sv}');
});

it('counts an entry of a dictionary as an array and a struct', () => {
  const dictionaries = (count: number) => `${'a{s'.repeat(count)}y${'}'.repeat(count)}`;
  expect(parseSignature(dictionaries(32))).toHaveLength(1);
  expect(() => parseSignature(dictionaries(33))).toThrow('arrays nested too deeply');
  expect(parseSignature(`a{s${'('.repeat(31)}y${')'.repeat(31)}}`)).toHaveLength(1);
  expect(() => parseSignature(`a{s${'('.repeat(32)}y${')'.repeat(32)}}`)).toThrow('structs nested too deeply');
  expect(parseSignature(`a{s${'a'.repeat(31)}y}`)).toHaveLength(1);
  expect(() => parseSignature(`a{s${'a'.repeat(32)}y}`)).toThrow('arrays nested too deeply');
  expect(parseSignature(`${'a'.repeat(16)}${'('.repeat(32)}${'a'.repeat(16)}y${')'.repeat(32)}`)).toHaveLength(1);
});

it('parses a signature once, but does not remember more than 256 of them', () => {
  const first = parseSignature('(ssssb)');
  expect(parseSignature('(ssssb)')).toBe(first);
  for (let count = 1; count <= 256; count += 1)
    parseSignature(`${'y'.repeat(count % 200)}${'n'.repeat(count > 199 ? 50 : 0)}`);
  expect(parseSignature('(ssssb)')).toEqual(first);
  expect(parseSignature('(ssssb)')).not.toBe(first);
});
