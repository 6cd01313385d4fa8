import type { HostAmounts, LimitName } from '../../domain/limits.ts';

const GiB = 2n ** 30n;
const MiB = 2n ** 20n;

/** What the machine has: also how many processors. */
export interface SuggestHost extends HostAmounts {
  readonly processors: number;
}

/**
 * A higher value for a limit that was reached, as people would write it: at least a quarter more, a round number, and no more than
 * nine tenths of the machine. Undefined where there is none, or nothing was held to it.
 */
export function suggestLimit(name: LimitName, held: string | undefined, host: SuggestHost): string | undefined {
  if (name === 'cpu-quota') return suggestQuota(held, host.processors);
  if (held === undefined || !/^\d+$/.test(held)) return undefined;
  const value = BigInt(held);
  if (name === 'tasks-max') return value * 2n > host.taskCeiling ? undefined : String(value * 2n);
  if (name !== 'memory-max') return undefined;
  const most = (host.memoryBytes * 9n) / 10n;
  const higher = steps().find((step) => step * 4n >= value * 5n);
  if (higher === undefined || higher > most) return undefined;
  return higher % GiB === 0n ? `${higher / GiB}G` : `${higher / MiB}M`;
}

/** Twice as much, up to all processors. */
function suggestQuota(held: string | undefined, processors: number): string | undefined {
  const percent = Number(/^(\d+(?:\.\d+)?)%$/.exec(held ?? '')?.[1]);
  const most = processors * 100;
  return percent < most ? `${Number(Math.min(percent * 2, most).toFixed(4))}%` : undefined;
}

/** 128M, 192M, 256M, 384M … 8G, 12G, 16G …: powers of two, and half of the way between them. */
function steps(): bigint[] {
  return Array.from({ length: 20 }, (_, power) => 2n ** BigInt(power) * 128n * MiB).flatMap((step) => [
    step,
    step + step / 2n,
  ]);
}
