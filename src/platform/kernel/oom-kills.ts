import { type FSWatcher, readdirSync, readFileSync, watch } from 'node:fs';

/** Watches a scope for processes that the kernel kills. */
export interface OomWatch {
  /** Looks now, without waiting for the kernel to tell. */
  look(): void;
  /** The scope is gone; `mayBeKilled`: its main process ended by SIGKILL, by whatever hand, or nobody knows how. */
  end(mayBeKilled: boolean): void;
}

/** A scope that is watched, and the kills that its listener has been told of. */
interface Watched {
  readonly folder: string;
  known: number;
}

/**
 * Counts the processes that the kernel kills at the memory limit of scopes, whose cgroups are folders. The kernel reports at
 * most every 10 ms (CGROUP_FILE_NOTIFY_MIN_INTV), and a scope whose only process was killed is gone before that, its counter
 * with it. But the slice above counts for good what happens below it (cgroup-v2.rst, memory.events is hierarchical): what it
 * has on top of the cgroups that are still there, and had not when all of ours were, belongs to one that has gone.
 */
export function countOomKills(): (folder: string, listener: (count: number) => void) => OomWatch {
  /** Of each slice: its counter at the last look, and how much of it is told already or not of ours. */
  const settled = new Map<string, { all: number; inGone: number }>();
  const waiting = new Set<string>();
  const watched = new Set<Watched>();

  const ofSlice = (slice: string) => [...watched].filter(({ folder }) => sliceOf(folder) === slice);
  const settle = (slice: string) => {
    waiting.delete(slice);
    const look = { all: killsIn(slice) ?? 0, inGone: killsInGone(slice) };
    // While one of ours is gone and not yet ended, what is new may be its.
    if (ofSlice(slice).every(({ folder }) => killsIn(folder) !== undefined)) settled.set(slice, look);
  };
  // It reads a file of every cgroup there: once for all that start or end together, and while no app waits for it.
  const settleSoon = (slice: string) => {
    if (waiting.has(slice)) return;
    waiting.add(slice);
    if (settled.has(slice)) setTimeout(settle, 100, slice).unref();
    else setImmediate(settle, slice);
  };

  return (folder, listener) => {
    const slice = sliceOf(folder);
    const entry: Watched = { folder, known: killsIn(folder) ?? 0 };
    watched.add(entry);
    settleSoon(slice);
    const look = () => {
      const now = killsIn(folder) ?? 0;
      if (now <= entry.known) return;
      entry.known = now;
      listener(now);
    };
    let watcher: FSWatcher | undefined;
    let poll: NodeJS.Timeout | undefined;
    try {
      // The kernel reports each change of the counters to inotify: nothing runs here while nothing happens.
      watcher = watch(`${folder}/memory.events`, look);
      watcher.on('error', () => watcher?.close());
    } catch {
      // No inotify instance or watch is left. Or there is no memory controller here, or the scope is gone already.
      if (killsIn(folder) !== undefined) poll = setInterval(look, 5000).unref();
    }
    return {
      look,
      end(mayBeKilled) {
        watcher?.close();
        clearInterval(poll);
        look();
        watched.delete(entry);
        const before = settled.get(slice);
        if (before !== undefined && killsIn(folder) === undefined) {
          if (mayBeKilled && entry.known === 0 && (killsIn(slice) ?? 0) > before.all) {
            const gone = ofSlice(slice).filter((other) => killsIn(other.folder) === undefined);
            const told = gone.reduce((sum, other) => sum + other.known, 0);
            if (killsInGone(slice) - before.inGone > told) {
              entry.known = 1;
              listener(1);
            }
          }
          before.inGone += entry.known;
        }
        settleSoon(slice);
      },
    };
  };
}

/** Of the slice's own counter, what none of the cgroups below it has any more. */
function killsInGone(slice: string): number {
  // First the sum: what is killed meanwhile is seen the next time, and not taken for a kill in one that is gone.
  const all = killsIn(slice) ?? 0;
  return all - childFolders(slice).reduce((sum, child) => sum + (killsIn(child) ?? 0), 0);
}

function sliceOf(folder: string): string {
  return folder.slice(0, folder.lastIndexOf('/'));
}

/** Undefined when there is no such cgroup (any more), or no memory controller in it. */
function killsIn(folder: string): number | undefined {
  try {
    return Number(/^oom_kill (\d+)$/m.exec(readFileSync(`${folder}/memory.events`, 'utf8'))?.[1] ?? 0);
  } catch {
    return undefined;
  }
}

function childFolders(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => `${folder}/${entry.name}`);
  } catch {
    return [];
  }
}
