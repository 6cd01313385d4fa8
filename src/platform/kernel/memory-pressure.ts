import { closeSync, existsSync, openSync, writeSync } from 'node:fs';
import { pressureTrigger } from '../../domain/pressure-variables.ts';

/** Which cgroups below `root`, the mount point of the cgroup v2 tree, may be watched for memory pressure by the user's programs. */
export interface MemoryPressure {
  /**
   * The pressure file of a cgroup that is there or will be, absolute. Undefined where the kernel has no PSI, or does not let us set a
   * trigger on the cgroup above it, which is made by the same hand.
   */
  fileOf(cgroup: string): string | undefined;
}

/** Tries it once for real. */
export function openMemoryPressure(root: string): MemoryPressure {
  let isKnownToWork = false;
  return {
    fileOf(cgroup) {
      const above = `${root}${cgroup.slice(0, cgroup.lastIndexOf('/'))}/${fileName}`;
      isKnownToWork ||= takesTrigger(above);
      return isKnownToWork ? `${root}${cgroup}/${fileName}` : undefined;
    },
  };
}

const fileName = 'memory.pressure';

/** The trigger is gone with the descriptor. */
function takesTrigger(file: string): boolean {
  if (!existsSync(file)) return false;
  let fd: number | undefined;
  try {
    fd = openSync(file, 'r+');
    writeSync(fd, pressureTrigger);
    return true;
  } catch {
    return false;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}
