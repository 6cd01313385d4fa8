import { describe, expect, it } from 'vitest';
import { samePath, startsWithPath, tomlPlaces } from '../../../../src/domain/config/toml-places.ts';

/** Each place: its path and line, and the very text of it, its key's parts and its value. */
const places = (text: string) =>
  tomlPlaces(text).map((place) => {
    const shown = ({ start, end }: { start: number; end: number }) => text.slice(start, end);
    return place.kind === 'header'
      ? [place.path, place.line, shown(place)]
      : [place.path, place.line, shown(place), place.parts.map(shown), shown(place.value), place.within?.path];
  });

describe('places in a TOML document', () => {
  it('are told in its order, without what follows them on their lines', () => {
    expect(places('# top\n a . "b c" = 1 # why\n\n[ t . \'u\' ] # t\nx = "y"\n')).toEqual([
      [['a', 'b c'], 2, 'a . "b c" = 1', ['a', '"b c"'], '1', undefined],
      [['t', 'u'], 4, "[ t . 'u' ]"],
      [['t', 'u', 'x'], 5, 'x = "y"', ['x'], '"y"', undefined],
    ]);
  });

  it('have no place in an empty document, and none in comments', () => {
    for (const text of ['', '\n', '#', '# a = 1\n\t# [b]\r\n', '\uFEFF# a']) expect(tomlPlaces(text)).toEqual([]);
    expect(places('\uFEFFa = 1')).toEqual([[['a'], 1, 'a = 1', ['a'], '1', undefined]]);
  });

  it('are counted in lists of tables', () => {
    expect(
      places('[[a]]\nx = 1\n[[a]]\n[a.b]\n[[a.c]]\ny = 2\n[[a.c]]\n[[a]]\n[[a.c]]\n').map(([path]) => path),
    ).toEqual([
      ['a', 0],
      ['a', 0, 'x'],
      ['a', 1],
      ['a', 1, 'b'],
      ['a', 1, 'c', 0],
      ['a', 1, 'c', 0, 'y'],
      ['a', 1, 'c', 1],
      ['a', 2],
      ['a', 2, 'c', 0],
    ]);
    expect(places('[[ a ]] # x\n')).toEqual([[['a', 0], 1, '[[ a ]]']]);
  });

  it('are inside lists and inline tables too, which know what they stand in', () => {
    expect(places('a = { b = 1, c.d = [ 2, { e = 3 } ] }\n')).toEqual([
      [['a'], 1, 'a = { b = 1, c.d = [ 2, { e = 3 } ] }', ['a'], '{ b = 1, c.d = [ 2, { e = 3 } ] }', undefined],
      [['a', 'b'], 1, 'b = 1', ['b'], '1', ['a']],
      [['a', 'c', 'd'], 1, 'c.d = [ 2, { e = 3 } ]', ['c', 'd'], '[ 2, { e = 3 } ]', ['a']],
      [['a', 'c', 'd', 1, 'e'], 1, 'e = 3', ['e'], '3', ['a', 'c', 'd']],
    ]);
    expect(
      places('a = [\n  1, # ]\n  { b = 2 },\n]\nc = {}\nd = []\n').map(([path, line, text]) => [path, line, text]),
    ).toEqual([
      [['a'], 1, 'a = [\n  1, # ]\n  { b = 2 },\n]'],
      [['a', 1, 'b'], 3, 'b = 2'],
      [['c'], 5, 'c = {}'],
      [['d'], 6, 'd = []'],
    ]);
  });

  it.each([
    ['"a # \\" b"'],
    ["'a # \\'"],
    ['""'],
    ["''"],
    ['"""a\n[b]\n"c" = 1\n\\""""'],
    ['""""a""""'],
    ["'''\n'a'\n'''''"],
    ['1979-05-27 07:32:00Z'],
    ['-0.5e3'],
    ['[ "]", \'}\', [ { } ] ]'],
    ['{ a = "}", "b#" = 1 }'],
  ])('end with their values: %s', (value) => {
    for (const behind of ['', ' \t# x', '\r', ' \r']) {
      const text = `v = ${value}${behind}\nw = 1`;
      const [first, ...more] = places(text);
      expect(first?.slice(0, 5)).toEqual([['v'], 1, `v = ${value}`, ['v'], value]);
      expect(more.at(-1)?.slice(0, 3)).toEqual([['w'], text.split('\n').length, 'w = 1']);
    }
  });

  it('have keys as TOML reads them', () => {
    const path = (key: string) => tomlPlaces(`${key} = 1`)[0]?.path;
    expect(path('"\\b\\t\\n\\f\\r\\e\\"\\\\"')).toEqual(['\b\t\n\f\r\x1B"\\']);
    expect(path('"\\u00e9\\U0001F600\\x41"')).toEqual(['é😀A']);
    expect(path("'\\u00e9'")).toEqual(['\\u00e9']);
    expect(path('""."a.b".\'c.d\'.1_-Z')).toEqual(['', 'a.b', 'c.d', '1_-Z']);
    expect(path('a\t.\tb')).toEqual(['a', 'b']);
  });

  it('are refused where there is no key, which a parser has seen before', () => {
    expect(() => tomlPlaces('a = 1\n? = 2\n')).toThrow(new Error('toml-places: not a key at line 2'));
  });
});

it('compares paths, in which a position is no name', () => {
  expect(samePath(['a', 0], ['a', 0])).toBe(true);
  expect([samePath(['a', 0], ['a', '0']), samePath(['a'], ['a', 'b']), samePath(['a', 'b'], ['a'])]).toEqual([
    false,
    false,
    false,
  ]);
  expect(startsWithPath(['a', 'b'], ['a'])).toBe(true);
  expect(startsWithPath(['a'], [])).toBe(true);
  expect([startsWithPath(['a'], ['a', 'b']), startsWithPath(['b', 'a'], ['a'])]).toEqual([false, false]);
});
