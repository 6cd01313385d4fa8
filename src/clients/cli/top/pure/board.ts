/** An instance as it is in one sample. */
export interface Facts {
  /** Its object on the bus. */
  readonly path: string;
  /** What it goes by: its app's id or the command's name; safe to print. */
  readonly name: string;
  readonly app: string;
  readonly unit: string;
  readonly profile: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly isFrozen: boolean;
  readonly limits: ReadonlyMap<string, string>;
  /** By the keys of the property Usage. */
  readonly usage: ReadonlyMap<string, string>;
}

/** All instances at one moment. `at`: milliseconds of a clock that never jumps; `time`: since the epoch. */
export interface Sample {
  readonly at: number;
  readonly time: number;
  readonly instances: readonly Facts[];
  readonly desktop: Desktop;
}

/** What all apps together may have, and what they have. */
export interface Desktop {
  /** Bytes; undefined where nothing bounds the apps together. */
  readonly memoryMax: number | undefined;
  /** Bytes that all apps use; undefined where the daemon does not tell: then it is the sum of the instances. */
  readonly memoryCurrent: number | undefined;
}

/** An instance over time. Amounts are undefined where the kernel does not tell. */
export interface Row extends Facts {
  /** Percent of one core since the sample before. */
  readonly cpu: number | undefined;
  /** The same, of the samples so far, the newest last. */
  readonly history: readonly number[];
  /** Bytes. */
  readonly memory: number | undefined;
  readonly swap: number | undefined;
  readonly tasks: number | undefined;
  /** Microseconds of CPU time, and when that was so. */
  readonly cpuTime: number | undefined;
}

/** What is known after a number of samples. */
export interface Board {
  readonly at: number;
  readonly time: number;
  readonly rows: readonly Row[];
  readonly desktop: Desktop;
  /** Percent of one core, of all instances; undefined before there are two samples. */
  readonly cpu: number | undefined;
  readonly history: readonly number[];
  /** Bytes; undefined where the kernel counts none of them. */
  readonly memory: number | undefined;
  readonly tasks: number | undefined;
}

/** Samples that a sparkline can show. */
const longestHistory = 120;

/** Adds a sample. An instance that is not in it has ended. */
export function advance(before: Board | undefined, sample: Sample): Board {
  const known = new Map(before?.rows.map((row) => [row.path, row]));
  const elapsed = before === undefined ? 0 : sample.at - before.at;
  const rows = sample.instances.map((facts) => nextRow(known.get(facts.path), facts, elapsed));
  const told = rows.flatMap(({ cpu }) => cpu ?? []);
  const cpu = told.length > 0 || (before !== undefined && rows.length === 0) ? sum(told) : undefined;
  return {
    at: sample.at,
    time: sample.time,
    rows,
    desktop: sample.desktop,
    cpu,
    history: cpu === undefined ? (before?.history ?? []) : lengthened(before?.history ?? [], cpu),
    memory: sample.desktop.memoryCurrent ?? total(rows, ({ memory }) => memory),
    tasks: total(rows, ({ tasks }) => tasks),
  };
}

function nextRow(before: Row | undefined, facts: Facts, elapsed: number): Row {
  const amount = (key: string) => {
    const text = facts.usage.get(key);
    return text === undefined ? undefined : Number(text);
  };
  const cpuTime = amount('cpu-usage-usec');
  const cpu =
    cpuTime === undefined || before?.cpuTime === undefined || elapsed <= 0
      ? undefined
      : Math.max(0, (cpuTime - before.cpuTime) / (elapsed * 10));
  return {
    ...facts,
    cpu,
    history: cpu === undefined ? (before?.history ?? []) : lengthened(before?.history ?? [], cpu),
    memory: amount('memory-current'),
    swap: amount('memory-swap-current'),
    tasks: amount('tasks-current'),
    cpuTime,
  };
}

function lengthened(history: readonly number[], value: number): readonly number[] {
  return [...history.slice(1 - longestHistory), value];
}

function total(rows: readonly Row[], of: (row: Row) => number | undefined): number | undefined {
  const told = rows.flatMap((row) => of(row) ?? []);
  return told.length === 0 && rows.length > 0 ? undefined : sum(told);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** What rows can be sorted by. */
export const sortKeys = ['cpu', 'memory', 'tasks', 'name', 'age'] as const;
export type SortKey = (typeof sortKeys)[number];

/** The rows in order: the largest, the oldest or the first name on top, unless `reverse`. What is equal stays in the order of start. */
export function sorted(rows: readonly Row[], key: SortKey, reverse: boolean): Row[] {
  const byStart = [...rows].sort((a, b) => a.startedAt - b.startedAt || (a.path < b.path ? -1 : 1));
  const order = byStart.sort((a, b) => compare[key](a, b));
  return reverse ? order.reverse() : order;
}

const amountsFirst = (of: (row: Row) => number | undefined) => (a: Row, b: Row) => (of(b) ?? -1) - (of(a) ?? -1);
const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });
const compare: Readonly<Record<SortKey, (a: Row, b: Row) => number>> = {
  cpu: amountsFirst(({ cpu }) => cpu),
  memory: amountsFirst(({ memory }) => memory),
  tasks: amountsFirst(({ tasks }) => tasks),
  name: (a, b) => collator.compare(a.name, b.name),
  age: () => 0,
};

/** Bytes that an instance may have at most; undefined for no limit. */
export function memoryMax({ limits }: Facts): number | undefined {
  const text = limits.get('memory-max');
  return text === undefined || !/^\d+$/.test(text) ? undefined : Number(text);
}
