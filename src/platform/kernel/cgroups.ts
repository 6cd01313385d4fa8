import { existsSync, readdirSync, statSync, writeFile, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { isShortage } from '../../domain/errno-text.ts';
import { readKernelFile } from './kernel-file.ts';
import { killCgroup } from './kill-cgroup.ts';
import { watchLimitHits } from './limit-hits.ts';
import type { OomListener, OomWatch } from './oom-kills.ts';
import { countOomKills } from './oom-kills.ts';

/** The kernel's side of a scope: its cgroup's files. */
export interface Cgroups {
  /** The cgroup v2 path of a process ("/user.slice/…"), undefined when it is gone or a zombie. */
  of(pid: number): string | undefined;
  /** A cgroup file's text, undefined when it is not there. */
  read(cgroup: string, file: string): string | undefined;
  /** Writes a cgroup file. @throws what node throws where it is not there or the kernel refuses */
  write(cgroup: string, file: string, text: string): void;
  /** The same for what the kernel may take its time for: memory.max, below what is in use, is written when all is reclaimed or killed for. */
  writeAndWait(cgroup: string, file: string, text: string): Promise<void>;
  pids(cgroup: string): number[];
  /** A number that no other cgroup has until the machine is started anew, also of the same name; undefined when it is not there. */
  id(cgroup: string): string | undefined;
  /** Ends all processes at once, those included that are being forked. @throws what node throws where the kernel refuses */
  kill(cgroup: string): Promise<void>;
  /** Calls back when the kernel killed processes for memory. */
  watchOomKills(cgroup: string, listener: OomListener): OomWatch;
  /** Calls back when the kernel refused a new process or thread at pids.max, with the count so far; returns the way of ending it. */
  watchRefusedTasks(cgroup: string, listener: (count: number) => void): () => void;
  /** Calls back when the cgroup's own memory.max was reached, with the count so far: memory is reclaimed first, and then killed for. */
  watchFullMemory(cgroup: string, listener: (count: number) => void): () => void;
}

/** The cgroup v2 tree below `root` (cgroups(7), Documentation/admin-guide/cgroup-v2.rst), and /proc. */
export function openCgroups(root: string): Cgroups {
  const read = (cgroup: string, file: string) => readText(`${root}${cgroup}/${file}`);
  const watchKills = countOomKills();
  return {
    read,

    // No other flag: what is not there is not to be made.
    write: (cgroup, file, text) => writeFileSync(`${root}${cgroup}/${file}`, text, { flag: 'r+' }),

    writeAndWait: (cgroup, file, text) => promisify(writeFile)(`${root}${cgroup}/${file}`, text, { flag: 'r+' }),

    of(pid) {
      // A process that has ended stays in its cgroup until it is reaped.
      if (/\) [ZX] [^)]*$/.test(readText(`/proc/${pid}/stat`) ?? '')) return undefined;
      const line = readText(`/proc/${pid}/cgroup`)
        ?.split('\n')
        .find((entry) => entry.startsWith('0::'));
      return line?.slice('0::'.length);
    },

    pids(cgroup) {
      const pids = read(cgroup, 'cgroup.procs')?.split('\n').filter(Boolean).map(Number) ?? [];
      return [...pids, ...childCgroups(root, cgroup).flatMap((child) => this.pids(`${cgroup}/${child}`))];
    },

    // The kernel's own (kernfs_node id), which it counts up.
    id: (cgroup) => statSync(`${root}${cgroup}`, { bigint: true, throwIfNoEntry: false })?.ino.toString(),

    kill: (cgroup) => killCgroup(`${root}${cgroup}`),

    watchOomKills: (cgroup, listener) => watchKills(`${root}${cgroup}`, listener),

    watchRefusedTasks: (cgroup, listener) => watchLimitHits(`${root}${cgroup}/pids.events`, listener),

    watchFullMemory: (cgroup, listener) => watchLimitHits(`${root}${cgroup}/memory.events.local`, listener),
  };
}

function readText(file: string): string | undefined {
  // On the path of a click, an exception of node's costs as much as four calls.
  if (!existsSync(file)) return undefined;
  return readKernelFile(file)?.trimEnd();
}

// A browser may divide its own scope (a delegated one); its processes count as well.
function childCgroups(root: string, cgroup: string): string[] {
  try {
    // Two links and one for each folder in it (kernfs_refresh_inode): that there is none is told by one call.
    if (statSync(`${root}${cgroup}`, { throwIfNoEntry: false })?.nlink === 2) return [];
    return readdirSync(`${root}${cgroup}`, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
  } catch (error) {
    if (isShortage(error)) throw error;
    return [];
  }
}
