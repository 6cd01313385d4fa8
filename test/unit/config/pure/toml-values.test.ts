import { describe, expect, it } from 'vitest';
import { deleteAt, sameToml, setAt } from '../../../../src/config/pure/toml-values.ts';

const date = (text: string) => new Date(text);

describe('a value is set', () => {
  const document = { a: { b: 1n, c: 'x' }, d: [1n], e: date('2026-01-01') };

  it.each<[unknown, string[], unknown]>([
    [document, ['a', 'b'], { a: { b: 'new', c: 'x' }, d: [1n], e: document.e }],
    [document, ['d'], { ...document, d: 'new' }],
    [document, ['f', 'g'], { ...document, f: { g: 'new' } }],
    [undefined, ['a'], { a: 'new' }],
    [{}, ['toString', 'x'], { toString: { x: 'new' } }],
    ['old', [], 'new'],
    [undefined, [], 'new'],
    [[1n], [], 'new'],
    [document.e, [], 'new'],
  ])('in %o at %j', (before, path, after) => {
    const copy = structuredClone(before);
    expect(setAt(before, path, 'new')).toEqual(after);
    expect(before).toEqual(copy);
  });

  it('under any name', () => {
    const set = setAt({}, ['__proto__', 'x'], 1n) as object;
    expect(Object.keys(set)).toEqual(['__proto__']);
  });

  it.each<[unknown, string[], string]>([
    [document, ['a'], 'it is a table'],
    [document, [], 'it is a table'],
    [document, ['a', 'b', 'z'], 'there is no z in it: it is no table'],
    [document, ['d', '0'], 'there is no 0 in it: it is no table'],
    [document, ['e', 'z'], 'there is no z in it: it is no table'],
    [null, ['z'], 'there is no z in it: it is no table'],
  ])('but not in %o at %j', (before, path, message) => {
    expect(() => setAt(before, path, 'new')).toThrow(message);
  });
});

describe('a value is taken out', () => {
  const document = { a: { b: { c: 1n }, d: {} }, e: [1n], f: 2n };

  it.each<[string[], unknown]>([
    [['f'], { a: document.a, e: [1n] }],
    [['a', 'b', 'c'], { a: { d: {} }, e: [1n], f: 2n }],
    [['a', 'b'], { a: { d: {} }, e: [1n], f: 2n }],
    [['a'], { e: [1n], f: 2n }],
  ])('at %j', (path, after) => expect(deleteAt(document, path)).toEqual(after));

  it('with the tables around it that are empty then, but for lists', () => {
    expect(deleteAt({ a: { b: { c: 1n } }, d: 1n }, ['a', 'b', 'c'])).toEqual({ d: 1n });
    expect(deleteAt({ a: { b: 1n, c: [] } }, ['a', 'b'])).toEqual({ a: { c: [] } });
  });

  it.each([[['z']], [['a', 'z']], [['e', '0']], [['f', 'z']], [[]], [['toString']]])(
    'not at %j, where there is none',
    (path) => expect(deleteAt(document, path)).toEqual(document),
  );

  it('not from what is no table', () => {
    for (const value of [undefined, null, 'abc', 1n, [1n], date('2026-01-01')]) {
      expect(deleteAt(value, ['length'])).toBe(value);
    }
  });
});

describe('two values are the same', () => {
  const same: unknown[] = [
    undefined,
    'a',
    1n,
    Number.NaN,
    true,
    [],
    {},
    [1n, ['x']],
    { a: { b: [1n] }, c: 2n },
    date('2026-01-01T00:00:00Z'),
  ];
  it.each(same.map((value, index) => [index, value]))('as a copy of themselves (%i)', (_index, value) => {
    expect(sameToml(value, structuredClone(value))).toBe(true);
  });

  it('in any order of keys', () => expect(sameToml({ a: 1n, b: 2n }, { b: 2n, a: 1n })).toBe(true));

  it.each<[unknown, unknown]>([
    [1n, 1],
    [1n, '1'],
    [0, -0],
    [[1n], [2n]],
    [[1n], [1n, 2n]],
    [[], {}],
    [{}, []],
    [['a'], 'a'],
    [{ a: 1n }, { a: 2n }],
    [{ a: 1n }, { b: 1n }],
    [{ a: 1n }, {}],
    [{}, { a: 1n }],
    [{ a: undefined }, { b: 1n }],
    [{ toString: undefined }, {}],
    [{ toString: undefined }, { x: 1n }],
    [{ a: 1n }, 1n],
    [null, {}],
    [date('2026-01-01'), date('2026-01-02')],
    [date('2026-01-01'), '2026-01-01'],
    [{}, date('2026-01-01')],
    [date('2026-01-01'), {}],
    [{ length: 0 }, []],
  ])('but not %o and %o', (one, other) => {
    expect(sameToml(one, other)).toBe(false);
    expect(sameToml(other, one)).toBe(false);
  });
});
