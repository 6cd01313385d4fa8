import { describe, expect, it } from 'vitest';
import {
  nextThrottling,
  noThrottling,
  readThrottling,
  type ThrottleSample,
} from '../../../../src/watch/pure/throttling.ts';

/** What is told, look after look; each is 10 s after the one before, in periods of 100 ms, with so many of them throttled since. */
function told(throttled: readonly number[], everyMs = 10_000): (number | undefined)[] {
  let state = noThrottling;
  let total = 7;
  return throttled.map((since, index) => {
    total += since;
    const sample: ThrottleSample = { at: index * everyMs, throttled: total, period: 100 };
    const next = nextThrottling(state, sample);
    state = next.state;
    return next.seconds;
  });
}
const _ = undefined;

describe('a quota that holds an app back', () => {
  it('is told after 30 seconds, of which it was more than half, and not before', () => {
    expect(told([0, 100, 100, 100])).toEqual([_, _, _, 30]);
    expect(told([500, 60, 60, 60])).toEqual([_, _, _, 18]);
    expect(told([0, 50, 50, 50, 50])).toEqual([_, _, _, _, _]);
    expect(told([0, 50, 50, 51])).toEqual([_, _, _, 15]);
    expect(told([0, 100, 100])).toEqual([_, _, _]);
  });

  it('is told once, until half of 30 seconds was without', () => {
    expect(told([0, 100, 100, 100, 100, 100, 0, 100])).toEqual([_, _, _, 30, _, _, _, _]);
    expect(told([0, 100, 100, 100, 0, 0, 100, 100])).toEqual([_, _, _, 30, _, _, _, 20]);
  });

  it('counts by the time that has passed, however late a look comes', () => {
    expect(told([0, 400, 10], 40_000)).toEqual([_, 40, _]);
    expect(told([0, 190], 40_000)).toEqual([_, _]);
  });

  it('is read from the kernel, where there is one', () => {
    const stat = 'usage_usec 9\nnr_periods 88\nnr_throttled 51\nthrottled_usec 77\n';
    expect(readThrottling(stat, '50000 250000\n', 3)).toEqual({ at: 3, throttled: 51, period: 250 });
    expect(readThrottling(stat, 'max 100000', 3)).toBeUndefined();
    expect(readThrottling(undefined, '50000 100000', 3)).toBeUndefined();
    expect(readThrottling('usage_usec 9\n', '50000 100000', 3)).toBeUndefined();
    expect(readThrottling(stat, undefined, 3)).toBeUndefined();
  });
});
