import { existsSync } from 'node:fs';
import { readKernelFile } from './kernel-file.ts';

/** The mount point of the cgroup v2 tree: /sys/fs/cgroup, or its "unified" folder where v1 holds the controllers. */
export function cgroupRoot(): string {
  return existsSync('/sys/fs/cgroup/cgroup.controllers') ? '/sys/fs/cgroup' : '/sys/fs/cgroup/unified';
}

/** RAM and swap in bytes (/proc/meminfo, proc(5)), and how many tasks the kernel allows at most. */
export function memoryAndTasks(): { memoryBytes: bigint; swapBytes: bigint; readonly taskCeiling: bigint } {
  const meminfo = text('/proc/meminfo');
  const bytes = (name: string) => BigInt(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(meminfo)?.[1] ?? '0') * 1024n;
  return {
    memoryBytes: bytes('MemTotal'),
    swapBytes: bytes('SwapTotal'),
    // Of use for shares of it alone: two files less to read at a click.
    get taskCeiling() {
      const [pidMax = 0n, threadsMax = 0n] = ['pid_max', 'threads-max'].map((name) =>
        BigInt(text(`/proc/sys/kernel/${name}`).trim() || 4194304),
      );
      return pidMax < threadsMax ? pidMax : threadsMax;
    },
  };
}

/** What can still be had without swapping, in bytes, as the kernel estimates it (/proc/meminfo, MemAvailable). */
export function availableMemory(): bigint {
  return BigInt(/^MemAvailable:\s+(\d+) kB$/m.exec(text('/proc/meminfo'))?.[1] ?? '0') * 1024n;
}

/** The controllers that the user manager may set for its units: its own cgroup's cgroup.controllers. */
export function delegatedControllers(root: string, managerCgroup: string): Set<string> {
  return new Set(text(`${root}${managerCgroup}/cgroup.controllers`).trim().split(' ').filter(Boolean));
}

function text(file: string): string {
  return readKernelFile(file) ?? '';
}
