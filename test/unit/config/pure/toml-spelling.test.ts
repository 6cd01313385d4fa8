import { parse } from 'smol-toml';
import { expect, it } from 'vitest';
import { showPath, type TomlLiteral, tomlKey, tomlLiteral } from '../../../../src/config/pure/toml-spelling.ts';

it.each<[TomlLiteral, string]>([
  ['4G', '"4G"'],
  ['', '""'],
  ['a "b" \\ \n\t\u0001', '"a \\"b\\" \\\\ \\n\\t\\u0001"'],
  ['\x7f\x7f', '"\\u007f\\u007f"'],
  [true, 'true'],
  [false, 'false'],
  [0n, '0'],
  [9_007_199_254_740_993n, '9007199254740993'],
  [[], '[]'],
  [['~/a', 'b"'], '["~/a", "b\\""]'],
  [{ toml: "'4G'" }, "'4G'"],
])('%o is written %s, and read as it was', (value, text) => {
  expect(tomlLiteral(value)).toBe(text);
  const read = parse(`v = ${text}`, { integersAsBigInt: true })['v'];
  expect(read).toEqual(typeof value === 'object' && 'toml' in value ? '4G' : value);
});

it.each([
  ['memory-max', 'memory-max'],
  ['A_1', 'A_1'],
  ['', '""'],
  ['a.b', '"a.b"'],
  ['a b', '"a b"'],
  ['ä', '"ä"'],
  [' a', '" a"'],
])('the key %j is written %s', (name, text) => expect(tomlKey(name)).toBe(text));

it('a path is written part by part', () => {
  expect(showPath(['app', 'org.x', 'memory-max'])).toBe('app."org.x".memory-max');
  expect(showPath(['list', 0])).toBe('list.0');
});
