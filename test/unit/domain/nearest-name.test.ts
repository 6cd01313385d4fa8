import fc from 'fast-check';
import { expect, it } from 'vitest';
import { nearestName } from '../../../src/domain/nearest-name.ts';

const known = ['launch', 'list', 'memory-max', 'memory-high', 'enable', 'disable'];

it.each([
  ['launch', 'launch'],
  ['lauch', 'launch'],
  ['luanch', 'launch'],
  ['launnch', 'launch'],
  ['lounch', 'launch'],
  ['LIST', 'list'],
  ['ist', 'list'],
  ['memory_max', 'memory-max'],
  ['memory-hgih', 'memory-high'],
  ['dance', undefined],
  ['x', undefined],
  ['', undefined],
  ['completely different', undefined],
])('%s most likely means %s', (typed, meant) => expect(nearestName(typed, known)).toBe(meant));

it('takes the nearest, and the first of two as near', () => {
  expect(nearestName('abcd', ['abxy', 'abcx', 'abcy'])).toBe('abcx');
  expect(nearestName('ab', [])).toBeUndefined();
});

it('counts a swap as one step, and no more than a third of the letters', () => {
  // Two swaps of four steps otherwise.
  expect(nearestName('badc', ['abcd'])).toBe('abcd');
  expect(nearestName('abcdef', ['abcxyz'])).toBeUndefined();
  expect(nearestName('abcdefghi', ['abcdefxyz'])).toBe('abcdefxyz');
  expect(nearestName('abcdefghi', ['abcdewxyz'])).toBeUndefined();
});

it('takes nothing for near that has more letters of its own than in common', () => {
  expect(nearestName('foo', ['top'])).toBeUndefined();
  expect(nearestName('tpo', ['top'])).toBe('top');
  expect(nearestName('1', ['sh'])).toBeUndefined();
  expect(nearestName('12', ['sh'])).toBeUndefined();
  expect(nearestName('hs', ['sh'])).toBe('sh');
});

it('reads no more of what was typed than a name can have', () => {
  expect(nearestName(`${'a'.repeat(64)}${'b'.repeat(100_000)}`, ['a'.repeat(64)])).toBe('a'.repeat(64));
});

/** The optimal string alignment distance as its definition has it, letter by letter. */
function alignment(a: string, b: string): number {
  if (a === '' || b === '') return a.length + b.length;
  const [x, y] = [a.slice(1), b.slice(1)];
  const steps = [alignment(x, b) + 1, alignment(a, y) + 1, alignment(x, y) + (a[0] === b[0] ? 0 : 1)];
  if (a.length > 1 && b.length > 1 && a[0] === b[1] && a[1] === b[0]) steps.push(alignment(a.slice(2), b.slice(2)) + 1);
  return Math.min(...steps);
}

it('takes the first of the nearest, by the definition of the distance', () => {
  const text = (least: number) => fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: least, maxLength: 5 });
  fc.assert(
    fc.property(text(0), fc.array(text(1), { minLength: 1, maxLength: 4 }), (typed, names) => {
      const distances = names.map((name) => alignment(typed, name));
      const least = Math.min(...distances);
      expect(nearestName(typed, names)).toBe(
        least > 2 || 2 * least > typed.length ? undefined : names[distances.indexOf(least)],
      );
    }),
    { numRuns: 200 },
  );
});
