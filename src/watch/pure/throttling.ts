/** How long a quota has to hold an app back, and how often one looks, in ms. */
export const throttleWindowMs = 30_000;
export const throttleLookMs = 10_000;

/** One look at a cgroup's cpu.stat and cpu.max (cgroup-v2.rst). */
export interface ThrottleSample {
  /** In ms of any clock. */
  readonly at: number;
  /** Periods in which the quota was used up. */
  readonly throttled: number;
  /** Length of a period, in ms. */
  readonly period: number;
}

/** What has been seen of one quota. */
export interface Throttling {
  /** The looks of one window, the oldest first. */
  readonly samples: readonly ThrottleSample[];
  /** Whether it has been told of since the quota began to hold the app back. */
  readonly isTold: boolean;
}

/** Nothing has been seen yet. */
export const noThrottling: Throttling = { samples: [], isTold: false };

/** Reads a look; undefined where no quota is in force. */
export function readThrottling(
  stat: string | undefined,
  max: string | undefined,
  at: number,
): ThrottleSample | undefined {
  const throttled = /^nr_throttled (\d+)$/m.exec(stat ?? '')?.[1];
  const [quota, period] = max?.trim().split(' ') ?? [];
  if (throttled === undefined || period === undefined || quota === 'max') return undefined;
  return { at, throttled: Number(throttled), period: Number(period) / 1000 };
}

/**
 * One more look. `seconds`: in so many seconds of the window the quota was used up, where that is more than half of it and has not been told;
 * it is told again once half of a window was without.
 */
export function nextThrottling(
  before: Throttling,
  sample: ThrottleSample,
): { readonly state: Throttling; readonly seconds?: number } {
  // The window begins with the last look that is as old as it.
  const all = [...before.samples, sample];
  const first = all.map(({ at }) => sample.at - at >= throttleWindowMs).lastIndexOf(true);
  const samples = first < 0 ? all : all.slice(first);
  const [oldest = sample] = samples;
  if (first < 0) return { state: { ...before, samples } };
  const heldMs = (sample.throttled - oldest.throttled) * sample.period;
  const isHeld = heldMs > (sample.at - oldest.at) / 2;
  const state = { samples, isTold: isHeld };
  return isHeld && !before.isTold ? { state, seconds: Math.round(heldMs / 1000) } : { state };
}
