/** The notches of a slider from the least to the most that a limit may be, and one more at its end: no limit. */
export interface LimitScale {
  readonly name: 'memory-max' | 'cpu-quota' | 'tasks-max';
  /** The amounts of the notches, in the limit's own unit; the last is Infinity. */
  readonly notches: readonly number[];
}

const mebibyte = 1024 ** 2;

/** Memory, to all that the machine has: in steps of about a sixteenth, and each a round number. */
export function memoryScale(ram: number): LimitScale {
  const notches: number[] = [];
  for (let amount = 128 * mebibyte; amount < ram; amount += stepAt(amount)) notches.push(amount);
  return { name: 'memory-max', notches: [...notches, ram, Number.POSITIVE_INFINITY] };
}

/** An eighth of the power of two that the amount has reached, and at least 32 MiB. */
function stepAt(amount: number): number {
  return Math.max(32 * mebibyte, 2 ** Math.floor(Math.log2(amount)) / 8);
}

/** Processor time, from a tenth of a core to all of them. */
export function cpuScale(cores: number): LimitScale {
  const notches = Array.from({ length: cores * 10 }, (_, index) => (index + 1) * 10);
  return { name: 'cpu-quota', notches: [...notches, Number.POSITIVE_INFINITY] };
}

/** Processes and threads, from 32 to 32768. */
export function tasksScale(): LimitScale {
  const notches = Array.from({ length: 21 }, (_, index) => Math.round(32 * 2 ** (index / 2)));
  return { name: 'tasks-max', notches: [...notches, Number.POSITIVE_INFINITY] };
}

/** The notch that is nearest to an amount; undefined (not limited) is the last. */
export function notchOf({ notches }: LimitScale, amount: number | undefined): number {
  if (amount === undefined || amount === Number.POSITIVE_INFINITY) return notches.length - 1;
  let nearest = 0;
  for (const [index, notch] of notches.entries()) {
    if (Number.isFinite(notch) && Math.abs(notch - amount) < Math.abs((notches[nearest] ?? 0) - amount))
      nearest = index;
  }
  return nearest;
}

/** The amount of a notch. */
export function amountAt({ notches }: LimitScale, notch: number): number {
  return notches[Math.max(0, Math.round(notch))] ?? Number.POSITIVE_INFINITY;
}
