/** How long nothing may happen until what happens next is news again, in ms. */
export const quietMs = 10_000;

/** What has been seen of one limit of one instance. */
export interface Burst {
  /** How often it was reached since the instance started, and how often of that has been told. */
  readonly total: number;
  readonly told: number;
  /** When it was reached last, in ms of any clock; undefined for never. */
  readonly lastAt: number | undefined;
}

/** Nothing has happened yet since the counter stood there. */
export function burstAfter(total: number): Burst {
  return { total, told: total, lastAt: undefined };
}

/**
 * One more look at the counter of a limit: whether it is to be told, with how many are new since it was told last. What follows within
 * `quietMs` of the one before is counted only.
 */
export function nextBurst(
  before: Burst,
  total: number,
  now: number,
): { readonly burst: Burst; readonly news?: number } {
  if (total <= before.total) return { burst: before };
  const isOpen = before.lastAt !== undefined && now - before.lastAt < quietMs;
  if (isOpen) return { burst: { total, told: before.told, lastAt: now } };
  return { burst: { total, told: total, lastAt: now }, news: total - before.told };
}
