import type { Budget, BudgetName } from '../../domain/desktop-budget.ts';
import { controllerShortcoming, type HostFacts } from '../../domain/host-facts.ts';
import { resolveLimit } from '../../domain/limits.ts';

/** Where a part of the budget is set: the slice, systemd's property of it, and the kernel's files. */
export interface BudgetPlace {
  readonly name: BudgetName;
  readonly slice: 'app.slice' | 'session.slice';
  readonly property: 'MemoryMax' | 'MemorySwapMax' | 'MemoryLow';
  readonly file: string;
  readonly currentFile: string;
}

/** The one that follows what the rest of the machine leaves. */
export const memoryOfApps: BudgetPlace = {
  name: 'apps-memory-max',
  slice: 'app.slice',
  property: 'MemoryMax',
  file: 'memory.max',
  currentFile: 'memory.current',
};

/** In the order in which they are told. */
export const budgetPlaces: readonly BudgetPlace[] = [
  memoryOfApps,
  {
    name: 'apps-swap-max',
    slice: 'app.slice',
    property: 'MemorySwapMax',
    file: 'memory.swap.max',
    currentFile: 'memory.swap.current',
  },
  {
    name: 'session-memory-low',
    slice: 'session.slice',
    property: 'MemoryLow',
    file: 'memory.low',
    currentFile: 'memory.current',
  },
];

/** Why a part of the budget does not hold. */
export interface Reason {
  readonly reason: string;
  readonly fix: string;
}

/** What a part amounts to on this machine; undefined where it is turned off. */
export function budgetAmount(budget: Budget, name: BudgetName, host: HostFacts): bigint | undefined {
  const limit = budget.get(name)?.value;
  if (limit === undefined || limit.kind === 'infinity') return undefined;
  // A share of no swap space is no limit: there may be some later.
  if (name === 'apps-swap-max' && limit.kind === 'share' && host.swapBytes === 0n) return undefined;
  const amount = resolveLimit(limit, host);
  return amount === 'infinity' || (name === 'session-memory-low' && amount === 0n) ? undefined : amount;
}

/**
 * The built-in budget on a machine where more than a tenth of the memory is held by others than apps (the desktop itself, services, the kernel): what apps
 * hold already, and what is available but for a twentieth of all. With more, the machine runs out of memory before they run out of budget, and stands
 * still. At least half of the memory, as some of what counts as held can be had back (ZFS), and at most what was asked. It is never lowered to less than
 * a fiftieth above what apps hold: that would kill at once. In bytes; `before`: what is set now, which stays where it is nearly the same.
 */
export function roomForApps(
  asked: bigint,
  { total, available, held, before }: Record<'total' | 'available' | 'held' | 'before', bigint>,
): bigint {
  const little = total / 50n;
  const room = held + available - total / 20n;
  // Not raised for this: apps that are at their budget would have ever more of it, to the last of the memory.
  const alive = held + little < before ? held + little : before;
  const bounded = [total / 2n, alive].reduce((most, one) => (one > most ? one : most), room);
  const amount = bounded < asked ? bounded : asked;
  const change = amount > before ? amount - before : before - amount;
  return change < little && before <= asked ? before : amount;
}

/** Nothing of a budget can be had without the memory controller. */
export function budgetShortcoming(name: BudgetName, host: HostFacts): Reason | undefined {
  return controllerShortcoming(name, 'memory', host);
}

/**
 * Memory that cannot be had back without killing or swapping, from memory.stat (cgroup-v2.rst): what programs hold, what the kernel holds for them,
 * and what lies in files that are in memory alone. Undefined where it cannot be read.
 */
export function heldMemory(stat: string | undefined): bigint | undefined {
  const ofKey = (key: string) => new RegExp(`^${key} (\\d+)$`, 'm').exec(stat ?? '')?.[1];
  const parts = ['anon', 'shmem', 'kernel_stack', 'pagetables', 'percpu', 'sock', 'vmalloc', 'slab_unreclaimable'].map(
    ofKey,
  );
  if (parts[0] === undefined) return undefined;
  return parts.reduce((sum, text) => sum + BigInt(text ?? 0), 0n);
}

/** What apps hold already is more than the budget: set now, it would kill. */
export function tooSmall(name: BudgetName, held: bigint, amount: bigint): Reason {
  const megabytes = (bytes: bigint) => `${bytes / 1_048_576n} MiB`;
  return {
    reason: `apps hold ${megabytes(held)} already, and ${megabytes(amount)} would kill some of them`,
    fix: `close some; it is set once they hold less. Or raise ${name} in the section [desktop] of the configuration`,
  };
}

/** Another hand has limited the slice: that stays. */
export function foreignLimit({ slice, property }: BudgetPlace): Reason {
  return {
    reason: `${slice} has a ${property} that Ringfence did not set, and it stays`,
    fix: `see "systemctl --user cat ${slice}"`,
  };
}

/**
 * What the kernel protects of a cgroup is at most what is protected of each one above it (cgroup-v2.rst, memory.low).
 * `above`: memory.low of each, by its name, the root left out.
 */
export function unprotected(
  amount: bigint,
  above: readonly (readonly [unit: string, low: string])[],
): Reason | undefined {
  const less = above.filter(([, low]) => low !== 'max' && BigInt(low) < amount).map(([unit]) => unit);
  if (less.length === 0) return undefined;
  const units = less.join(' ');
  return {
    reason: `${less.join(', ')} above it ${less.length === 1 ? 'is' : 'are'} protected less, and the kernel goes by that`,
    fix: `as root, run "for unit in ${units}; do systemctl set-property $unit MemoryLow=${amount}; done"`,
  };
}
