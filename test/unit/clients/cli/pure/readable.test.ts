import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesText, limitForPeople, spanText } from '../../../../../src/clients/cli/pure/readable.ts';

describe('units that people read', () => {
  it.each([
    [0, '0 B'],
    [1, '1 B'],
    [1023, '1023 B'],
    [1024, '1 KiB'],
    [1536, '1.5 KiB'],
    [10 * 1024 + 1, '10 KiB'],
    [2 ** 20 - 1, '1 MiB'],
    [310 * 2 ** 20, '310 MiB'],
    [1503238553, '1.4 GiB'],
    [9.97 * 2 ** 30, '10 GiB'],
    [1023.5 * 1024, '1 MiB'],
    [9.95 * 2 ** 30, '10 GiB'],
    [2 ** 62, '4 EiB'],
    [5 * 2 ** 70, '5120 EiB'],
  ])('%d bytes are %s', (bytes, text) => expect(bytesText(bytes)).toBe(text));

  it.each([
    [0, false, '0 s'],
    [59.9, false, '59 s'],
    [60, false, '1 min'],
    [125, false, '2 min 5 s'],
    [7500, false, '2 h 5 min'],
    [90_000, false, '1 d 1 h'],
    [86_400, false, '1 d'],
    [-5, false, '0 s'],
    [0.04, true, '0.0 s'],
    [3.44, true, '3.4 s'],
    [9.96, true, '10 s'],
    [9.95, true, '10 s'],
    [59.4, true, '59 s'],
    [59.5, true, '59 s'],
    [59.96, true, '59 s'],
    [61, true, '1 min 1 s'],
  ])('%d seconds (fine: %s) are %s', (seconds, fine, text) => expect(spanText(seconds, fine)).toBe(text));

  it.each([
    ['memory-max', '1503238553', '1.4 GiB'],
    ['memory-swap-max', '0', '0 B'],
    ['memory-high', 'infinity', 'no limit'],
    ['memory-max', undefined, 'no limit'],
    ['cpu-quota', '50%', '50 % of a core'],
    ['cpu-quota', '0.5%', '0.5 % of a core'],
    ['cpu-quota', '100%', '1 core'],
    ['cpu-quota', '150%', '1.5 cores'],
    ['cpu-quota', '300%', '3 cores'],
    ['cpu-quota', '12.25%', '12.25 % of a core'],
    ['cpu-quota', 'x50%', 'x50%'],
    ['cpu-quota', '50%x', '50%x'],
    ['tasks-max', '50%', '50%'],
    ['memory-max', 'x5', 'x5'],
    ['memory-max', '5x', '5x'],
    ['cpu-weight', '200', '200'],
    ['tasks-max', '4096', '4096'],
  ])('%s %s is %s', (name, value, text) => expect(limitForPeople(name, value)).toBe(text));

  it('are whole seconds unless told', () => expect(spanText(3.44)).toBe('3 s'));

  it('never show four figures but of bytes, and always a unit', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 2 ** 62, noNaN: true }), (bytes) => {
        expect(bytesText(Math.floor(bytes))).toMatch(/^(\d{1,3}|\d\.\d|10[0-2]\d) [KMGTPE]?i?B$/);
      }),
    );
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e9, noNaN: true }), fc.boolean(), (seconds, fine) => {
        expect(spanText(seconds, fine)).toMatch(/^\d+(\.\d)? (d|h|min|s)( \d+ (h|min|s))?$/);
      }),
    );
  });
});
