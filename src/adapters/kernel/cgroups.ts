import { type FSWatcher, readdirSync, readFileSync, watch } from 'node:fs';
import type { Cgroups } from '../../ports.ts';

/** The cgroup v2 tree below `root` (cgroups(7), Documentation/admin-guide/cgroup-v2.rst), and /proc. */
export function openCgroups(root: string): Cgroups {
  const read = (cgroup: string, file: string) => readText(`${root}${cgroup}/${file}`);
  return {
    read,

    of(pid) {
      const line = readText(`/proc/${pid}/cgroup`)
        ?.split('\n')
        .find((entry) => entry.startsWith('0::'));
      return line?.slice('0::'.length);
    },

    pids(cgroup) {
      const pids = read(cgroup, 'cgroup.procs')?.split('\n').filter(Boolean).map(Number) ?? [];
      return [...pids, ...childCgroups(root, cgroup).flatMap((child) => this.pids(`${cgroup}/${child}`))];
    },

    watchOomKills(cgroup, listener) {
      let known = oomKills(read(cgroup, 'memory.events'));
      const look = () => {
        const now = oomKills(read(cgroup, 'memory.events'));
        if (now > known) {
          known = now;
          listener(now);
        }
      };
      let watcher: FSWatcher | undefined;
      try {
        // The kernel reports each change of the counters to inotify: nothing runs here while nothing happens.
        watcher = watch(`${root}${cgroup}/memory.events`, look);
        watcher.on('error', () => watcher?.close());
      } catch {
        // No memory controller here, or the scope is already gone.
      }
      return () => watcher?.close();
    },
  };
}

function oomKills(events: string | undefined): number {
  return Number(/^oom_kill (\d+)$/m.exec(events ?? '')?.[1] ?? 0);
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trimEnd();
  } catch {
    return undefined;
  }
}

// A browser may divide its own scope (a delegated one); its processes count as well.
function childCgroups(root: string, cgroup: string): string[] {
  try {
    return readdirSync(`${root}${cgroup}`, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
  } catch {
    return [];
  }
}
