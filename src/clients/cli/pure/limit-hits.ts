import { bytesText } from './readable.ts';

/** What a scope's cgroup says about its limits at the end (cgroup-v2.rst): whole numbers, or "max". */
export interface LimitHits {
  /** `oom_kill` of memory.events: its processes that the kernel killed for memory, by whatever limit. */
  readonly killed: number;
  /** `oom` of memory.events: how often its own memory.max was reached and nothing could be reclaimed. */
  readonly reached: number;
  readonly memoryMax: string;
  /** `max` of pids.events: forks that were refused. */
  readonly refused: number;
  readonly tasksMax: string;
}

/** Reads them from the files of the cgroup. */
export function readLimitHits(read: (file: string) => string | undefined): LimitHits {
  const count = (file: string, key: string) =>
    Number(new RegExp(`^${key} (\\d+)$`, 'm').exec(read(file) ?? '')?.[1] ?? 0);
  return {
    killed: count('memory.events', 'oom_kill'),
    reached: count('memory.events', 'oom'),
    memoryMax: read('memory.max')?.trim() ?? 'max',
    refused: count('pids.events', 'max'),
    tasksMax: read('pids.max')?.trim() ?? 'max',
  };
}

/** What the fence did to a command, and the way out, a sentence each; `status`: its exit status as a shell has it. */
export function hitsInWords({ killed, reached, memoryMax, refused, tasksMax }: LimitHits, status: number): string[] {
  const says: string[] = [];
  if (killed > 0) {
    const many = killed === 1 ? 'one of its processes was killed' : `${killed} of its processes were killed`;
    const what = status === 137 ? 'killed' : many;
    const limit = /^\d+$/.test(memoryMax) ? bytesText(Number(memoryMax)) : undefined;
    says.push(
      reached > 0 && limit !== undefined
        ? `${what} at the memory limit (memory-max ${limit}); --memory-max sets another`
        : `${what} because all apps together, or this machine, had no memory left; see "ringfence status"`,
    );
  }
  if (refused > 0) {
    const times = refused === 1 ? 'a new process' : `${refused} new processes`;
    says.push(`refused ${times} at the task limit (tasks-max ${tasksMax}); --tasks-max sets another`);
  }
  return says;
}
