import type { Facts, Sample } from '../../../../../../src/clients/cli/top/pure/board.ts';

export const GiB = 2 ** 30;
export const now = Date.UTC(2026, 10, 28, 12, 0, 0);

/** An instance that started two minutes ago; `cpu` in microseconds, `memory` in bytes. */
export function facts(
  name: string,
  changes: Partial<Facts> & { cpu?: number; memory?: number; tasks?: number } = {},
): Facts {
  const { cpu = 0, memory = 0, tasks = 1, ...rest } = changes;
  return {
    path: `/i/${name}`,
    name,
    app: '',
    unit: `app-ringfence-${name}-1.scope`,
    profile: 'relaxed',
    startedAt: now - 120_000,
    isFrozen: false,
    limits: new Map(),
    usage: new Map([
      ['cpu-usage-usec', String(cpu)],
      ['memory-current', String(memory)],
      ['memory-swap-current', '0'],
      ['tasks-current', String(tasks)],
    ]),
    ...rest,
  };
}

/** All of them at a second. */
export function sample(second: number, ...instances: Facts[]): Sample {
  const desktop = { memoryMax: 14 * GiB, memoryCurrent: undefined };
  return { at: second * 1000, time: now + second * 1000, instances, desktop };
}
