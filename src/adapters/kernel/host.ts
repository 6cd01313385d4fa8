import { existsSync, readFileSync } from 'node:fs';
import { totalmem } from 'node:os';

/** The mount point of the cgroup v2 tree: /sys/fs/cgroup, or its "unified" folder where v1 holds the controllers. */
export function cgroupRoot(): string {
  return existsSync('/sys/fs/cgroup/cgroup.controllers') ? '/sys/fs/cgroup' : '/sys/fs/cgroup/unified';
}

/** RAM and swap in bytes (/proc/meminfo, proc(5)), and how many tasks the kernel allows at most. */
export function memoryAndTasks(): { memoryBytes: bigint; swapBytes: bigint; taskCeiling: bigint } {
  const swap = /^SwapTotal:\s+(\d+) kB$/m.exec(text('/proc/meminfo'))?.[1] ?? '0';
  const [pidMax, threadsMax] = ['pid_max', 'threads-max'].map((name) =>
    BigInt(text(`/proc/sys/kernel/${name}`).trim() || 4194304),
  );
  return {
    memoryBytes: BigInt(totalmem()),
    swapBytes: BigInt(swap) * 1024n,
    taskCeiling: (pidMax ?? 0n) < (threadsMax ?? 0n) ? (pidMax ?? 0n) : (threadsMax ?? 0n),
  };
}

/** The controllers that the user manager may set for its units: its own cgroup's cgroup.controllers. */
export function delegatedControllers(root: string, managerCgroup: string): Set<string> {
  return new Set(text(`${root}${managerCgroup}/cgroup.controllers`).trim().split(' ').filter(Boolean));
}

function text(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
