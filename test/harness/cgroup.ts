import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { output } from './command.ts';

/** The process's cgroup v2 path (`/user.slice/…`), or undefined when there is no such process. */
export function cgroupOf(pid: number): string | undefined {
  try {
    return /^0::(.*)$/m.exec(readFileSync(`/proc/${pid}/cgroup`, 'utf8'))?.[1];
  } catch {
    return undefined;
  }
}

/** The folder below /sys/fs/cgroup of a user unit; rejects when the unit has none (any more). */
export async function cgroupFolder(unit: string): Promise<string> {
  const path = await output(['systemctl', '--user', 'show', '--property=ControlGroup', '--value', '--', unit]);
  if (path === '') throw new Error(`${unit} has no cgroup`);
  return join('/sys/fs/cgroup', path);
}

/** A file of a user unit's cgroup, trimmed: `readCgroup(unit, 'memory.max')`. Undefined when the file is not there. */
export async function readCgroup(unit: string, file: string): Promise<string | undefined> {
  const path = join(await cgroupFolder(unit), file);
  return existsSync(path) ? readFileSync(path, 'utf8').trim() : undefined;
}

/** The pids in a user unit's own cgroup, as the kernel has them. */
export async function pidsIn(unit: string): Promise<number[]> {
  const procs = await readCgroup(unit, 'cgroup.procs');
  return (procs ?? '').split('\n').filter(Boolean).map(Number);
}
