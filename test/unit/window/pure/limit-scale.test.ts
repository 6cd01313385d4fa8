import fc from 'fast-check';
import { expect, it } from 'vitest';
import { amountAt, cpuScale, memoryScale, notchOf, tasksScale } from '../../../../src/window/pure/limit-scale.ts';

const gigabyte = 1024 ** 3;

it('rises from notch to notch, and ends with all there is and no limit', () => {
  fc.assert(
    fc.property(fc.integer({ min: 256 * 1024 ** 2, max: 4096 * gigabyte }), (ram) => {
      const { notches } = memoryScale(ram);
      expect(notches.slice(-2)).toEqual([ram, Number.POSITIVE_INFINITY]);
      for (const [index, notch] of notches.entries()) expect(notch).toBeGreaterThan(notches[index - 1] ?? 0);
      expect(notches.length).toBeLessThan(150);
    }),
  );
});

it('begins with 128 MiB in steps of 32 MiB, and has all memory once', () => {
  const { name, notches } = memoryScale(0.5 * gigabyte);
  expect(name).toBe('memory-max');
  expect(notches.slice(0, 5).map((amount) => amount / 1024 ** 2)).toEqual([128, 160, 192, 224, 256]);
  expect(notches.slice(-3).map((amount) => amount / 1024 ** 2)).toEqual([480, 512, Number.POSITIVE_INFINITY]);
});

it('has a notch for each round number of GiB that people write', () => {
  const scale = memoryScale(16 * gigabyte);
  for (const amount of [1, 2, 3, 4, 6, 8, 12, 16]) {
    expect(amountAt(scale, notchOf(scale, amount * gigabyte))).toBe(amount * gigabyte);
  }
});

it('shows no limit at its end, and the nearest notch for what lies between', () => {
  const scale = cpuScale(4);
  expect([scale.name, tasksScale().name]).toEqual(['cpu-quota', 'tasks-max']);
  expect([notchOf(scale, undefined), notchOf(scale, Number.POSITIVE_INFINITY)]).toEqual([40, 40]);
  expect([amountAt(scale, -1), amountAt(scale, 41)]).toEqual([10, Number.POSITIVE_INFINITY]);
  expect(amountAt(scale, notchOf(scale, undefined))).toBe(Number.POSITIVE_INFINITY);
  expect(amountAt(scale, notchOf(scale, 154))).toBe(150);
  expect(amountAt(scale, notchOf(scale, 9999))).toBe(400);
  expect(amountAt(tasksScale(), notchOf(tasksScale(), 4096))).toBe(4096);
});
