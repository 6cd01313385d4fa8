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

it('reads no more of what was typed than a name can have', () => {
  expect(nearestName(`${'a'.repeat(64)}${'b'.repeat(100_000)}`, ['a'.repeat(64)])).toBe('a'.repeat(64));
});
