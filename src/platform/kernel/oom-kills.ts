import { type FSWatcher, readdirSync, readFileSync, watch } from 'node:fs';

/** Watches a scope for processes that the kernel kills. */
export interface OomWatch {
  /** Looks now, without waiting for the kernel to tell. */
  look(): void;
  /** The scope is gone; `mayBeKilled`: its main process ended by SIGKILL, by whatever hand, or nobody knows how. */
  end(mayBeKilled: boolean): void;
}

/** Told the kills so far; `isOwnLimit`: whether the last of them came of the scope's own limit, and not of the slice's above it or of the machine's end. */
export type OomListener = (count: number, isOwnLimit: boolean) => void;

/** A scope that is watched, the kills that its listener has been told of, and how often its own limit was reached by then. */
interface Watched {
  readonly folder: string;
  known: number;
  reached: number;
}

/**
 * Counts the processes that the kernel kills at the memory limit of scopes, whose cgroups are folders. The kernel reports at
 * most every 10 ms (CGROUP_FILE_NOTIFY_MIN_INTV), and a scope whose only process was killed is gone before that, its counter
 * with it. But the slice above counts for good what happens below it (cgroup-v2.rst, memory.events is hierarchical): what it
 * has on top of the cgroups that are still there, and had not when all of ours were, belongs to one that has gone.
 */
export function countOomKills(): (folder: string, listener: OomListener) => OomWatch {
  /** Of each slice: its counter at the last look, and how much of it is told already or not of ours. */
  const settled = new Map<string, { all: number; inGone: number }>();
  /** Of each slice: how often its own limit was reached, at the last kill. */
  const reachedBySlice = new Map<string, number>();
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
    const entry: Watched = { folder, known: killsIn(folder) ?? 0, reached: ownReached(folder) ?? 0 };
    watched.add(entry);
    if (!reachedBySlice.has(slice)) reachedBySlice.set(slice, ownReached(slice) ?? 0);
    settleSoon(slice);
    const tell = (count: number) => {
      entry.known = count;
      listener(count, isOwnLimit(entry, reachedBySlice));
    };
    const look = () => {
      const now = killsIn(folder) ?? 0;
      if (now > entry.known) tell(now);
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
            if (killsInGone(slice) - before.inGone > told) tell(1);
          }
          before.inGone += entry.known;
        }
        settleSoon(slice);
      },
    };
  };
}

/** Whether the last kill in a scope came of its own limit; of one that is gone: unless the slice has reached its own since the last kill anywhere. */
function isOwnLimit(entry: Watched, reachedBySlice: Map<string, number>): boolean {
  const slice = sliceOf(entry.folder);
  const ofSlice = ownReached(slice) ?? 0;
  const hasSlice = ofSlice > (reachedBySlice.get(slice) ?? 0);
  reachedBySlice.set(slice, ofSlice);
  const own = ownReached(entry.folder);
  if (own === undefined) return !hasSlice;
  const hasOwn = own > entry.reached;
  entry.reached = own;
  return hasOwn;
}

/** How often there was nothing left to reclaim at the cgroup's own limit (memory.events.local, Linux 5.2); undefined when it is gone. */
function ownReached(folder: string): number | undefined {
  return countIn(`${folder}/memory.events.local`, 'oom');
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
  return countIn(`${folder}/memory.events`, 'oom_kill');
}

function countIn(file: string, key: string): number | undefined {
  try {
    return Number(new RegExp(`^${key} (\\d+)$`, 'm').exec(readFileSync(file, 'utf8'))?.[1] ?? 0);
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
