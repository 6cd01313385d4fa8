import { RingfenceError } from './errors.ts';

/** The limits a caller or a config may set, by their config names. Nothing else reaches systemd from outside. */
export const limitNames = [
  'memory-max',
  'memory-high',
  'memory-swap-max',
  'cpu-quota',
  'cpu-weight',
  'io-weight',
  'tasks-max',
] as const;

export type LimitName = (typeof limitNames)[number];

/** Whether `text` is the config name of a limit. */
export function isLimitName(text: string): text is LimitName {
  return (limitNames as readonly string[]).includes(text);
}

/**
 * A limit as it was written, checked but not yet tied to a machine. `amount` is in the limit's own unit: bytes, CPU
 * microseconds per second, a weight, or tasks. `share` is in millionths of what the machine has, `of-max` in those of memory-max.
 */
export type ParsedLimit = { readonly name: LimitName; readonly text: string } & (
  | { readonly kind: 'amount'; readonly amount: bigint }
  | { readonly kind: 'share' | 'of-max'; readonly millionths: bigint }
  | { readonly kind: 'infinity' }
);

/** What a machine has, as far as a share like `70%` needs it. Bytes, bytes, tasks. */
export interface HostAmounts {
  readonly memoryBytes: bigint;
  readonly swapBytes: bigint;
  readonly taskCeiling: bigint;
}

/** Reads one limit. Throws `InvalidLimit`, which says what was expected. */
export function parseLimit(name: LimitName, text: string): ParsedLimit {
  const read = readLimit(name, text);
  if ('problem' in read) {
    throw new RingfenceError('InvalidLimit', `cannot set ${name} to ${quote(text)}: ${read.problem}`);
  }
  return read;
}

/** As {@link parseLimit}, for a reader that words the error itself. */
export function readLimit(name: LimitName, text: string): ParsedLimit | { readonly problem: string } {
  const form = forms[name];
  if (text === 'infinity' && form.infinity) return { name, text, kind: 'infinity' };
  const ofMax = name === 'memory-high' ? /^(\d{1,2})(?:\.(\d{1,4}))?% of memory-max$/.exec(text) : null;
  if (ofMax !== null) return readShareOfMax(name, text, millionths(ofMax[1] ?? '', ofMax[2] ?? ''));
  const percent = /^(\d{1,20})(?:\.(\d{1,4}))?%$/.exec(text);
  if (percent !== null && form.percent !== 'none') {
    return readPercent(name, text, millionths(percent[1] ?? '', percent[2] ?? ''));
  }
  const amount = form.bytes ? readBytes(text) : form.plain ? readWhole(text) : undefined;
  if (amount === undefined) return { problem: `expected ${form.expected}` };
  const problem = form.check(amount);
  if (problem === undefined) return { name, text, kind: 'amount', amount };
  // A number without a unit is bytes, and so few are never meant.
  const isBare = form.bytes && /^[1-9]\d{0,2}$/.test(text);
  return { problem: isBare ? `${problem} (${text} is bytes; did you mean ${text}G?)` : problem };
}

/**
 * What a limit amounts to on this machine: bytes, CPU microseconds per second (1,000,000 is one core), a weight or a
 * number of tasks. Shares are rounded down. Throws `InvalidLimit` for a share that leaves nothing to run in. `memoryMax`: what
 * memory-max amounts to, which a memory-high may be a share of.
 */
export function resolveLimit(
  parsed: ParsedLimit,
  host: HostAmounts,
  memoryMax: bigint | 'infinity' = 'infinity',
): bigint | 'infinity' {
  if (parsed.kind === 'infinity') return 'infinity';
  if (parsed.kind === 'amount') return parsed.amount;
  if (parsed.kind === 'of-max') return shareOfMax(parsed.millionths, memoryMax);
  const form = forms[parsed.name];
  const whole = form.whole?.(host) ?? 0n;
  const amount = (whole * parsed.millionths) / oneWhole;
  const problem = form.check(amount);
  if (problem !== undefined) {
    throw new RingfenceError('InvalidLimit', `cannot set ${parsed.name} to ${quote(parsed.text)}: ${problem}`);
  }
  return amount;
}

/** Whether a memory-high can never act: memory is reclaimed above it, and killed for at memory-max. */
export function isBeyond(memoryHigh: bigint | 'infinity', memoryMax: bigint | 'infinity'): boolean {
  return memoryHigh !== 'infinity' && memoryMax !== 'infinity' && memoryHigh >= memoryMax;
}

/** Whether a value is written as a share of memory-max: it follows when that changes. */
export function followsMemoryMax(name: LimitName, text: string): boolean {
  const read = readLimit(name, text);
  return 'kind' in read && read.kind === 'of-max';
}

const oneWhole = 1_000_000n;
/** The largest page of any Linux machine. The kernel rounds down to pages, so less than one page means nothing at all. */
const largestPage = 65_536n;
/** Below 2^63, where the kernel's page counter (LONG_MAX) would take the number for "no limit". */
const mostBytes = 2n ** 62n;
/** PID_MAX_LIMIT of a 64-bit kernel: pids.max refuses more. */
const mostTasks = 4_194_304n;
/** systemd stretches the period up to 1 s for 1 ms of quota, the kernel's minimum (cgroup_cpu_adjust_period). */
const leastQuota = 1_000n;
const mostQuota = 2n ** 43n;

interface LimitForm {
  readonly expected: string;
  readonly infinity: boolean;
  /** What `%` means: a share of what the host has, CPU time (100% is one core), or nothing. */
  readonly percent: 'share' | 'cpu-time' | 'none';
  readonly bytes: boolean;
  readonly plain: boolean;
  readonly whole?: (host: HostAmounts) => bigint;
  readonly check: (amount: bigint) => string | undefined;
}

const bytesExpected = 'bytes like 4G, a share like 70%, or infinity';
const memoryForm = { infinity: true, percent: 'share', bytes: true, plain: false } as const;
const weightExpected = 'a weight from 1 to 10000 (100 is the usual)';
const weightForm: LimitForm = {
  expected: weightExpected,
  infinity: false,
  percent: 'none',
  bytes: false,
  plain: true,
  check: (amount) => between(amount, 1n, 10_000n, `expected ${weightExpected}`),
};

const forms: Readonly<Record<LimitName, LimitForm>> = {
  'memory-max': {
    ...memoryForm,
    expected: bytesExpected,
    whole: (host) => host.memoryBytes,
    check: (amount) => {
      if (amount < largestPage) return 'less than 64K would kill the app at once';
      return tooLarge(amount, mostBytes);
    },
  },
  'memory-high': {
    ...memoryForm,
    expected: 'bytes like 4G, a share like 70%, "98% of memory-max", or infinity',
    whole: (host) => host.memoryBytes,
    check: (amount) => {
      if (amount < largestPage) return 'less than 64K would bring the app to a halt';
      return tooLarge(amount, mostBytes);
    },
  },
  'memory-swap-max': {
    ...memoryForm,
    expected: 'bytes like 4G (0 for no swap), a share of the swap space like 25%, or infinity',
    whole: (host) => host.swapBytes,
    check: (amount) => tooLarge(amount, mostBytes),
  },
  'cpu-quota': {
    expected: 'CPU time like 50% or 300% (100% is one core), or infinity',
    infinity: true,
    percent: 'cpu-time',
    bytes: false,
    plain: false,
    check: (amount) => {
      if (amount < leastQuota) return 'less than 0.1% cannot be held by the kernel, and nothing would run';
      return tooLarge(amount, mostQuota);
    },
  },
  'cpu-weight': weightForm,
  'io-weight': weightForm,
  'tasks-max': {
    expected: 'a number of tasks like 4096, a share like 10%, or infinity',
    infinity: true,
    percent: 'share',
    bytes: false,
    plain: true,
    whole: (host) => host.taskCeiling,
    check: (amount) => {
      if (amount < 1n) return 'expected at least 1, or the app could not start';
      return between(amount, 1n, mostTasks, `expected at most ${mostTasks}, the most a kernel has (or infinity)`);
    },
  },
};

function readPercent(name: LimitName, text: string, parts: bigint): ParsedLimit | { problem: string } {
  const form = forms[name];
  if (form.percent === 'cpu-time') {
    const problem = form.check(parts);
    return problem === undefined ? { name, text, kind: 'amount', amount: parts } : { problem };
  }
  if (parts > oneWhole) return { problem: 'a share cannot be more than 100%' };
  if (parts === 0n && name !== 'memory-swap-max') return { problem: form.check(0n) ?? 'a share cannot be nothing' };
  return { name, text, kind: 'share', millionths: parts };
}

function readShareOfMax(name: LimitName, text: string, parts: bigint): ParsedLimit | { problem: string } {
  if (parts < oneWhole / 2n) return { problem: 'expected a share of memory-max from 50% to 99.9999%' };
  return { name, text, kind: 'of-max', millionths: parts };
}

/** No limit without a memory-max, and below the least that a memory-high may be: an app so small has nothing to give back. */
function shareOfMax(parts: bigint, memoryMax: bigint | 'infinity'): bigint | 'infinity' {
  if (memoryMax === 'infinity') return 'infinity';
  const amount = (memoryMax * parts) / oneWhole;
  return amount < largestPage ? 'infinity' : amount;
}

/** 12.5 % is 125000 millionths; the fraction has at most four digits. */
function millionths(whole: string, fraction: string): bigint {
  return BigInt(whole) * 10_000n + BigInt(fraction.padEnd(4, '0'));
}

/** Bytes as people write such a limit: "1G", "1.5G"; to a tenth of its unit where it is no whole number of them. */
export function bytesAsWritten(bytes: bigint): string {
  const [suffix, unit] = Object.entries(suffixes)
    .reverse()
    .find(([, size]) => bytes >= size) ?? ['', 1n];
  const tenths = (bytes * 10n) / unit;
  return `${tenths / 10n}${tenths % 10n === 0n ? '' : `.${tenths % 10n}`}${suffix}`;
}

const suffixes: Readonly<Record<string, bigint>> = { K: 2n ** 10n, M: 2n ** 20n, G: 2n ** 30n, T: 2n ** 40n };

/**
 * As systemd's parse_size with base 1024 (systemd.resource-control(5)), without its sums such as `1G 512M`; and with the units
 * spelt out. GB is GiB, as for memory limits elsewhere (`docker run --memory 1gb`), and as memory is sold.
 */
function readBytes(text: string): bigint | undefined {
  const match = /^(\d{1,40})(?:\.(\d{1,20}))?(?:([KMGT])(?:i?B)?|B)?$/.exec(text);
  if (match === null) return undefined;
  const unit = suffixes[match[3] ?? ''] ?? 1n;
  const fraction = match[2] ?? '';
  return BigInt(match[1] ?? '') * unit + (BigInt(`0${fraction}`) * unit) / 10n ** BigInt(fraction.length);
}

function readWhole(text: string): bigint | undefined {
  return /^\d{1,40}$/.test(text) ? BigInt(text) : undefined;
}

function between(amount: bigint, least: bigint, most: bigint, problem: string): string | undefined {
  return amount < least || amount > most ? problem : undefined;
}

function tooLarge(amount: bigint, most: bigint): string | undefined {
  return amount > most ? 'the number is too large (write infinity for no limit)' : undefined;
}

function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
