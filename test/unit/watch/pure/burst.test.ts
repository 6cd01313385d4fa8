import { describe, expect, it } from 'vitest';
import { type Burst, burstAfter, nextBurst, quietMs } from '../../../../src/watch/pure/burst.ts';

/** What is told of looks at a counter, one after the other. */
const told = (start: Burst, ...looks: (readonly [at: number, total: number])[]) => {
  let burst = start;
  return looks.map(([at, total]) => {
    const next = nextBurst(burst, total, at);
    burst = next.burst;
    return next.news;
  });
};

describe('a burst', () => {
  it('is told with its first, and what follows is counted for the next', () => {
    expect(told(burstAfter(0), [0, 1], [100, 2], [quietMs, 5], [3 * quietMs, 6])).toEqual([1, undefined, undefined, 5]);
  });

  it('lasts as long as it does not pause', () => {
    const looks = Array.from({ length: 10 }, (_, index) => [index * (quietMs - 1), index + 1] as const);
    expect(told(burstAfter(0), ...looks).filter((news) => news !== undefined)).toEqual([1]);
  });

  it('is over after a pause of ten seconds', () => {
    expect(quietMs).toBe(10_000);
    expect(told(burstAfter(0), [0, 1], [10_000, 2], [19_999, 3])).toEqual([1, 1, undefined]);
  });

  it('is none where the counter stands', () => {
    expect(told(burstAfter(3), [0, 3], [1, 3], [2, 4], [50_000, 4])).toEqual([undefined, undefined, 1, undefined]);
  });
});
