import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isRingfenceError } from '../../../src/domain/errors.ts';
import {
  bytesAsWritten,
  type LimitName,
  limitNames,
  parseLimit,
  readLimit,
  resolveLimit,
} from '../../../src/domain/limits.ts';

const host = { memoryBytes: 8n * 2n ** 30n, swapBytes: 2n ** 30n, taskCeiling: 32_000n };
const amount = (name: LimitName, text: string) => resolveLimit(parseLimit(name, text), host);
const code = (name: LimitName, text: string) => {
  try {
    amount(name, text);
    return 'accepted';
  } catch (error) {
    return isRingfenceError(error) ? error.code : String(error);
  }
};

describe('limits', () => {
  it.each<[LimitName, string, bigint | 'infinity']>([
    ['memory-max', '4G', 4n * 2n ** 30n],
    ['memory-max', '4GB', 4n * 2n ** 30n],
    ['memory-max', '4GiB', 4n * 2n ** 30n],
    ['memory-high', '1.5MiB', 3n * 2n ** 19n],
    ['memory-swap-max', '512KB', 2n ** 19n],
    ['memory-max', '65536B', 65_536n],
    ['memory-max', '4294967296', 2n ** 32n],
    ['memory-max', '1.5G', 3n * 2n ** 29n],
    ['memory-max', '512K', 2n ** 19n],
    ['memory-max', '1T', 2n ** 40n],
    ['memory-max', '70%', (8n * 2n ** 30n * 7n) / 10n],
    ['memory-max', '12.5%', 2n ** 30n],
    ['memory-max', '100%', 8n * 2n ** 30n],
    ['memory-max', 'infinity', 'infinity'],
    ['memory-high', '3G', 3n * 2n ** 30n],
    ['memory-high', '64K', 65_536n],
    ['memory-max', '64K', 65_536n],
    ['memory-max', '4611686018427387904', 2n ** 62n],
    ['memory-max', '1.0625G', 17n * 2n ** 26n],
    ['memory-swap-max', '12.3456%', (2n ** 30n * 123_456n) / 1_000_000n],
    ['tasks-max', '12.25%', 3920n],
    ['memory-swap-max', '0', 0n],
    ['memory-swap-max', '0%', 0n],
    ['memory-swap-max', '25%', 2n ** 28n],
    ['cpu-quota', '100%', 1_000_000n],
    ['cpu-quota', '300%', 3_000_000n],
    ['cpu-quota', '6400%', 64_000_000n],
    ['cpu-quota', '12.5%', 125_000n],
    ['cpu-quota', '0.1%', 1000n],
    ['cpu-quota', 'infinity', 'infinity'],
    ['cpu-weight', '1', 1n],
    ['cpu-weight', '10000', 10_000n],
    ['io-weight', '50', 50n],
    ['tasks-max', '1', 1n],
    ['tasks-max', '4194304', 4_194_304n],
    ['tasks-max', '10%', 3200n],
    ['tasks-max', 'infinity', 'infinity'],
  ])('%s = %s', (name, text, expected) => {
    expect(amount(name, text)).toBe(expected);
  });

  it.each<[LimitName, string]>([
    ['memory-max', 'lots'],
    ['memory-max', ''],
    ['memory-max', ' 4G'],
    ['memory-max', '4GIB'],
    ['memory-max', '4iB'],
    ['memory-max', '4gb'],
    ['memory-max', '4BB'],
    ['cpu-quota', '4GB'],
    ['tasks-max', '4B'],
    ['memory-max', '-1'],
    ['memory-max', '0'],
    ['memory-max', '0%'],
    ['memory-max', '4095'],
    ['memory-max', '0.00001G'],
    ['memory-max', '101%'],
    ['memory-max', '1e9'],
    ['memory-max', '0x1000000'],
    ['memory-max', '9223372036854775808'],
    ['memory-max', '99999999999999999999999999T'],
    ['memory-max', '4G\n'],
    ['memory-max', 'Infinity'],
    ['memory-high', '0'],
    ['memory-high', '49% of memory-max'],
    ['memory-high', '100% of memory-max'],
    ['memory-high', '98 % of memory-max'],
    ['memory-high', '198% of memory-max'],
    ['memory-high', 'a 98% of memory-max'],
    ['memory-high', '98% of memory-max too'],
    ['memory-high', '98.x% of memory-max'],
    ['memory-high', '98.12345% of memory-max'],
    ['memory-high', '98% of memory-high'],
    ['memory-max', '98% of memory-max'],
    ['memory-swap-max', '98% of memory-max'],
    ['memory-swap-max', '18446744073709551615'],
    ['cpu-quota', '2'],
    ['cpu-quota', '0%'],
    ['cpu-quota', '0.01%'],
    ['cpu-quota', '-5%'],
    ['cpu-quota', '50%x'],
    ['cpu-quota', '50.12345%'],
    ['cpu-quota', '99999999999999999999%'],
    ['cpu-weight', '0'],
    ['cpu-weight', '10001'],
    ['cpu-weight', '50%'],
    ['cpu-weight', 'infinity'],
    ['io-weight', '1.5'],
    ['tasks-max', '0'],
    ['tasks-max', '0%'],
    ['tasks-max', '4194305'],
    ['tasks-max', '1K'],
    ['tasks-max', '0.001%'],
  ])('%s = %j is refused', (name, text) => {
    expect(code(name, text)).toBe('InvalidLimit');
  });

  it('refuses a number of any length at once', () => {
    for (const name of limitNames) expect(code(name, '9'.repeat(100_000))).toBe('InvalidLimit');
  });

  it('says what it expected, in the words of the caller', () => {
    expect(() => parseLimit('memory-max', 'lots')).toThrow(
      'cannot set memory-max to "lots": expected bytes like 4G, a share like 70%, or infinity',
    );
    expect(() => parseLimit('memory-max', '0')).toThrow(/would kill the app at once/);
  });

  it.each<[LimitName, string, string]>([
    ['memory-max', '65535', 'less than 64K would kill the app at once'],
    ['memory-max', '4', 'less than 64K would kill the app at once (4 is bytes; did you mean 4G?)'],
    ['memory-high', '4', 'less than 64K would bring the app to a halt (4 is bytes; did you mean 4G?)'],
    ['memory-high', '65535', 'less than 64K would bring the app to a halt'],
    ['memory-high', '4611686018427387905', 'the number is too large (write infinity for no limit)'],
    ['memory-max', '0.0001%', 'less than 64K would kill the app at once'],
    ['memory-max', '100.0001%', 'a share cannot be more than 100%'],
    [
      'memory-swap-max',
      'no',
      'expected bytes like 4G (0 for no swap), a share of the swap space like 25%, or infinity',
    ],
    ['cpu-quota', '0.09%', 'less than 0.1% cannot be held by the kernel, and nothing would run'],
    ['cpu-quota', '2', 'expected CPU time like 50% or 300% (100% is one core), or infinity'],
    ['cpu-weight', '0', 'expected a weight from 1 to 10000 (100 is the usual)'],
    ['io-weight', '50%', 'expected a weight from 1 to 10000 (100 is the usual)'],
    ['tasks-max', '0', 'expected at least 1, or the app could not start'],
    ['tasks-max', '0%', 'expected at least 1, or the app could not start'],
    ['tasks-max', '4194305', 'expected at most 4194304, the most a kernel has (or infinity)'],
    ['tasks-max', '1K', 'expected a number of tasks like 4096, a share like 10%, or infinity'],
  ])('says what is wrong with %s = %s', (name, text, problem) => {
    const small = { ...host, memoryBytes: 2n ** 30n };
    expect(() => resolveLimit(parseLimit(name, text), small)).toThrow(
      expect.objectContaining({ code: 'InvalidLimit', message: `cannot set ${name} to "${text}": ${problem}` }),
    );
  });

  it('shows no more than 60 characters of what was written', () => {
    const message = (text: string) => `cannot set memory-max to "${text}": `;
    expect(() => parseLimit('memory-max', 'x'.repeat(60))).toThrow(message('x'.repeat(60)));
    expect(() => parseLimit('memory-max', 'x'.repeat(61))).toThrow(message(`${'x'.repeat(60)}…`));
  });

  it('tells an amount from a share before there is a machine', () => {
    expect(parseLimit('memory-max', '12.5%')).toEqual({
      name: 'memory-max',
      text: '12.5%',
      kind: 'share',
      millionths: 125_000n,
    });
    expect(parseLimit('cpu-quota', '50%')).toEqual({
      name: 'cpu-quota',
      text: '50%',
      kind: 'amount',
      amount: 500_000n,
    });
    expect(parseLimit('tasks-max', 'infinity')).toEqual({ name: 'tasks-max', text: 'infinity', kind: 'infinity' });
  });

  it('takes every text without anything but InvalidLimit, and never yields what the kernel would read as no limit', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...limitNames),
        fc.oneof(fc.string(), fc.stringMatching(/^\d{0,30}(\.\d{0,6})?[KMGT%]?$/)),
        (name, text) => {
          const read = readLimit(name, text);
          const outcome = code(name, text);
          expect(outcome).toBe('problem' in read || outcome === 'InvalidLimit' ? 'InvalidLimit' : 'accepted');
          if (outcome === 'InvalidLimit') return;
          const value = amount(name, text);
          expect(value === 'infinity' || (value >= 0n && value < 2n ** 63n - 65_536n)).toBe(true);
          expect(value === 'infinity').toBe(text === 'infinity');
        },
      ),
    );
  });

  it('reads bytes as the product of number and suffix', () => {
    fc.assert(
      fc.property(fc.bigInt(65_536n, 2n ** 31n), fc.constantFrom('', 'K', 'M', 'G'), (number, suffix) => {
        const factor = 1024n ** BigInt(['', 'K', 'M', 'G'].indexOf(suffix));
        const expected = number * factor > 2n ** 62n ? 'InvalidLimit' : 'accepted';
        expect(code('memory-max', `${number}${suffix}`)).toBe(expected);
        if (expected === 'accepted') expect(amount('memory-max', `${number}${suffix}`)).toBe(number * factor);
      }),
    );
  });

  it('takes a share of memory-max to four digits behind the point', () => {
    const most = 1_000_000_000n;
    expect(resolveLimit(parseLimit('memory-high', '98.7654% of memory-max'), host, most)).toBe(987_654_000n);
    expect(resolveLimit(parseLimit('memory-high', '50% of memory-max'), host, most)).toBe(500_000_000n);
    expect(resolveLimit(parseLimit('memory-high', '98% of memory-max'), host, 'infinity')).toBe('infinity');
  });
});

it.each([
  [0n, '0'],
  [1023n, '1023'],
  [1024n, '1K'],
  [2n ** 30n, '1G'],
  [2n ** 30n - 1n, '1023.9M'],
  [3n * 2n ** 39n, '1.5T'],
  [5_872_025_600n, '5.4G'],
])('%d bytes are written %s', (bytes, text) => {
  expect(bytesAsWritten(bytes)).toBe(text);
  expect(readLimit('memory-swap-max', text)).toMatchObject({ kind: 'amount' });
});
