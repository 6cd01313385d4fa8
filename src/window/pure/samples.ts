/** What an instance used at one moment. Undefined is what the kernel does not tell. */
export interface Reading {
  /** Milliseconds of a clock that never jumps. */
  readonly at: number;
  /** Bytes. */
  readonly memory: number | undefined;
  /** Bytes; the most that it ever was. */
  readonly peak: number | undefined;
  /** Microseconds of processor time since the start. */
  readonly cpuTime: number | undefined;
  readonly tasks: number | undefined;
}

/** An instance's last minute. */
export interface History {
  readonly readings: readonly Reading[];
  /** Percent of one core between the last two readings; undefined before there are two. */
  readonly cpu: number | undefined;
}

/** How long a graph goes back, in ms. */
export const graphSpan = 60_000;

export const noHistory: History = { readings: [], cpu: undefined };

/** A reading from the daemon's dictionary (Usage in the D-Bus XML). Keys that are not known are skipped. */
export function readUsage(usage: Readonly<Record<string, string>>, at: number): Reading {
  const amount = (key: string) => {
    const text = usage[key];
    return text === undefined || !/^\d+$/.test(text) ? undefined : Number(text);
  };
  return {
    at,
    memory: amount('memory-current'),
    peak: amount('memory-peak'),
    cpuTime: amount('cpu-usage-usec'),
    tasks: amount('tasks-current'),
  };
}

/** The most memory that an instance had, in bytes: as the kernel tells it, or what it has now where it does not. */
export function peakOf(usage: Readonly<Record<string, string>> | undefined): number | undefined {
  const { memory, peak } = readUsage(usage ?? {}, 0);
  return peak ?? memory;
}

/** Adds a reading, and forgets what is older than the graph is long. One reading more is kept, for the line to begin at the edge. */
export function withReading({ readings }: History, next: Reading): History {
  const last = readings.at(-1);
  const first = readings.findIndex(({ at }) => at > next.at - graphSpan);
  const kept = first === -1 ? readings.slice(-1) : readings.slice(Math.max(0, first - 1));
  return { readings: [...kept, next], cpu: cpuBetween(last, next) };
}

/** Percent of one core. */
export function cpuBetween(before: Reading | undefined, after: Reading): number | undefined {
  if (before?.cpuTime === undefined || after.cpuTime === undefined || after.at <= before.at) return undefined;
  return Math.max(0, (after.cpuTime - before.cpuTime) / ((after.at - before.at) * 10));
}

/** A point of a graph: x from 0 (a minute ago) to 1 (now), y from 0 to 1. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A line, and where the limit runs through it; undefined where there is none in sight. */
export interface Graph {
  readonly points: readonly Point[];
  readonly limit: number | undefined;
}

/**
 * The graph of the memory or, where the kernel does not count it, of the processor. It is as high as the limit or the most that was
 * used, whichever is more, with a tenth of air above.
 * @param limit bytes, or percent of one core; undefined or Infinity for none
 */
export function graphOf({ readings }: History, of: 'memory' | 'cpu', limit: number | undefined): Graph {
  const now = readings.at(-1)?.at ?? 0;
  const values = readings.flatMap((reading, index) => {
    const value = of === 'memory' ? reading.memory : cpuBetween(readings[index - 1], reading);
    return value === undefined ? [] : [{ at: reading.at, value }];
  });
  const held = Number.isFinite(limit) ? limit : undefined;
  const most = Math.max(held ?? 0, ...values.map(({ value }) => value));
  if (most === 0)
    return { points: values.map(({ at }) => ({ x: 1 - (now - at) / graphSpan, y: 0 })), limit: undefined };
  const height = most * 1.1;
  return {
    points: values.map(({ at, value }) => ({ x: 1 - (now - at) / graphSpan, y: value / height })),
    limit: held === undefined ? undefined : held / height,
  };
}
