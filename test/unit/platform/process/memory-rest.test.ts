import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { openMemoryRest } from '../../../../src/platform/process/memory-rest.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('collects once the work is over, and then sleeps', () => {
  const collect = vi.fn();
  const { worked } = openMemoryRest(collect);
  worked(9 * 1024 * 1024);
  vi.advanceTimersByTime(1000);
  worked(1);
  vi.advanceTimersByTime(1000);
  expect(collect).not.toHaveBeenCalled();
  vi.advanceTimersByTime(60_000);
  expect(collect).toHaveBeenCalledTimes(2);
  expect(vi.getTimerCount()).toBe(0);
});

it('does nothing for little work', () => {
  const collect = vi.fn();
  const { worked } = openMemoryRest(collect);
  for (let call = 0; call < 100; call += 1) worked(10_000);
  expect(vi.getTimerCount()).toBe(0);
});
