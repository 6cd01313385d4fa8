import { expect, it } from 'vitest';
import { bytesText, limitNumber, limitText, useOfLimit } from '../../../../src/window/pure/amounts.ts';

const gigabyte = 1024 ** 3;

it('tells bytes with one decimal where it says something', () => {
  expect([0, 1000, 1023 * 1024, 2.1 * gigabyte, 4 * gigabyte, 300 * gigabyte].map(bytesText)).toEqual([
    '0 B',
    '1000 B',
    '1023 KiB',
    '2.1 GiB',
    '4 GiB',
    '300 GiB',
  ]);
});

it('tells bytes and KiB, and what has three digits before the point, without decimals', () => {
  expect(bytesText(1536)).toBe('2 KiB');
  expect(bytesText(2.5 * 1024 ** 2)).toBe('2.5 MiB');
  expect(bytesText(150.4 * gigabyte)).toBe('150 GiB');
});

it('takes the next unit for what would be rounded up to 1024', () => {
  expect(bytesText(1023.9 * 1024 ** 2)).toBe('1 GiB');
  expect(bytesText(1023.5 * 1024)).toBe('1 MiB');
  expect(bytesText(1023.4 * 1024)).toBe('1023 KiB');
});

it('has no unit above PiB', () => {
  expect(bytesText(5 * 1024 ** 6)).toBe('5120 PiB');
});

it('tells use in the unit of its limit', () => {
  expect(useOfLimit(2.1 * gigabyte, 4 * gigabyte)).toEqual({ use: '2.1', limit: '4 GiB' });
  expect(useOfLimit(300 * 1024 ** 2, 4 * gigabyte)).toEqual({ use: '0.3', limit: '4 GiB' });
  expect(useOfLimit(0.1 * gigabyte, 4 * gigabyte)).toEqual({ use: '0.1', limit: '4 GiB' });
});

it('tells use in its own unit where it would be nothing in that of the limit', () => {
  expect(useOfLimit(20 * 1024 ** 2, 4 * gigabyte)).toEqual({ use: '20 MiB', limit: '4 GiB' });
  expect(useOfLimit(0, 4 * gigabyte)).toEqual({ use: '0', limit: '4 GiB' });
});

it.each([
  ['memory-max', '4G', 4 * gigabyte],
  ['memory-max', '1.5GiB', 1.5 * gigabyte],
  ['memory-max', '1.25G', 1.25 * gigabyte],
  ['memory-max', '4294967296', 4 * gigabyte],
  ['memory-max', 'infinity', Number.POSITIVE_INFINITY],
  ['cpu-quota', '150%', 150],
  ['tasks-max', '4096', 4096],
  ['memory-max', 'lots', undefined],
  ['memory-max', '-4G', undefined],
  ['memory-max', '4G or so', undefined],
  ['memory-max', '70%', undefined],
])('reads %s %s', (name, text, amount) => {
  expect(limitNumber(name, text)).toBe(amount);
});

it('reads a share of an amount that is known', () => {
  expect(limitNumber('memory-max', '25%', 8 * gigabyte)).toBe(2 * gigabyte);
});

it('writes limits as the configuration takes them', () => {
  expect(limitText('memory-max', 4 * gigabyte)).toBe('4G');
  expect(limitText('memory-max', 1.5 * gigabyte)).toBe('1536M');
  expect(limitText('cpu-quota', 150)).toBe('150%');
  expect(limitText('tasks-max', 512)).toBe('512');
  expect(limitText('memory-max', Number.POSITIVE_INFINITY)).toBe('infinity');
});
