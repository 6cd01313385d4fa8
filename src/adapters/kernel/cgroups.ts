import { type FSWatcher, readdirSync, readFileSync, watch } from 'node:fs';
import type { Cgroups } from '../../ports.ts';

/** The cgroup v2 tree below `root` (cgroups(7), Documentation/admin-guide/cgroup-v2.rst), and /proc. */
export function openCgroups(root: string): Cgroups {
  const read = (cgroup: string, file: string) => readText(`${root}${cgroup}/${file}`);
  /** Kills that the slices have counted, when a scope of theirs was last looked at. */
  const seenAbove = new Map<string, number>();
  return {
    read,

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

    watchOomKills(cgroup, listener) {
      const above = cgroup.slice(0, cgroup.lastIndexOf('/'));
      let known = oomKills(read(cgroup, 'memory.events'));
      seenAbove.set(above, oomKills(read(above, 'memory.events')));
      const look = () => {
        const countAbove = oomKills(read(above, 'memory.events'));
        const events = read(cgroup, 'memory.events');
        if (events === undefined) return;
        seenAbove.set(above, countAbove);
        const now = oomKills(events);
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
      return {
        look,
        end(wasKilled) {
          watcher?.close();
          // The kernel reports at most every 10 ms (CGROUP_FILE_NOTIFY_MIN_INTV), and a scope whose only process was killed
          // is gone before that. The counter of the slice, which includes it, has grown since any scope was last looked at.
          if (!wasKilled || known > 0) return;
          if (oomKills(read(above, 'memory.events')) > (seenAbove.get(above) ?? 0)) listener(1);
        },
      };
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
