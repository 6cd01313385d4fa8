import { type FSWatcher, lstatSync, readdirSync, readlinkSync, statSync, watch } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { askMounts, isSilent } from './silent-mounts.ts';

/** What is being watched. */
export interface PathWatch {
  /** Whether something cannot be watched, as this user has no inotify instance or watch left; it tries again first. */
  isBlind(): boolean;
  close(): void;
}

/**
 * Calls back some time after any of the files (absolute paths) may have changed, appeared or gone, also if their folders
 * do not exist yet or symbolic links lead to them. Works by inotify: no timer runs while nothing happens, and the
 * process is not kept alive. Many changes in a row, as an editor or a package manager makes them, are one call, a twentieth of a
 * second after the last and at most a second after the first. What inotify has no room for, or lies where nothing answers, is looked at every
 * five seconds. Mounts are asked before every look but the first, which is the caller's. `changed` must not throw.
 */
export function watchPaths(paths: readonly string[], changed: () => void): PathWatch {
  return watchPoints(paths, () => pointsOf(paths), { quietTime: 50, pollTime: 5000 }, changed);
}

/**
 * The same for all that is in these folders or below them, which need not exist yet; the call comes a tenth of a second after the last
 * change, and every minute where inotify has no room.
 */
export function watchFolders(folders: readonly string[], changed: () => void): PathWatch {
  const find = () => {
    const points = pointsOf(folders);
    for (const folder of folders) addTree(points, folder, 0);
    return points;
  };
  return watchPoints(folders, find, { quietTime: 100, pollTime: 60_000 }, changed);
}

/** Why this process cannot watch anything (more) now; undefined when it can. */
export function watchShortage(folder: string): 'instances' | 'watches' | undefined {
  try {
    watch(folder, { persistent: false }).close();
    return undefined;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    return code === 'ENOSPC' ? 'watches' : shortages.has(code) ? 'instances' : undefined;
  }
}

/** What inotify_init(2) and inotify_add_watch(2) say when a limit is reached. */
const shortages = new Set(['EMFILE', 'ENFILE', 'ENOSPC', 'ENOMEM']);
const longestWait = 1000;
const maxDepth = 8;

/** A folder and the names in it that matter; all of them when undefined. */
interface WatchPoint {
  readonly folder: string;
  names: Set<string> | undefined;
}

/** Keyed so that a folder put in another's place is another key. */
type WatchPoints = Map<string, WatchPoint>;

interface Watched {
  names: WatchPoint['names'];
  readonly watcher: FSWatcher;
}

function watchPoints(
  paths: readonly string[],
  find: () => WatchPoints,
  { quietTime, pollTime }: { readonly quietTime: number; readonly pollTime: number },
  changed: () => void,
): PathWatch {
  const watchers = new Map<string, Watched>();
  let timer: NodeJS.Timeout | undefined;
  let poll: NodeJS.Timeout | undefined;
  let firstEvent = 0;
  let blind = false;
  let isClosed = false;

  const settle = () => {
    timer = undefined;
    void askMounts(paths).then(() => {
      if (isClosed) return;
      follow();
      changed();
    });
  };
  const notice = () => {
    const now = performance.now();
    if (timer === undefined) firstEvent = now;
    else if (now - firstEvent > longestWait - quietTime) return;
    clearTimeout(timer);
    timer = setTimeout(settle, quietTime).unref();
  };

  /** Watching a folder and then finding that it has changed meanwhile is a race; it is over once a round adds nothing. */
  const follow = () => {
    addWatchers();
    clearTimeout(poll);
    if (blind || paths.some(isSilent)) poll = setTimeout(settle, pollTime).unref();
  };
  const addWatchers = () => {
    for (let round = 0; round < 5; round++) {
      const wanted = find();
      blind = false;
      for (const [key, watched] of watchers) {
        if (wanted.has(key)) continue;
        watched.watcher.close();
        watchers.delete(key);
      }
      let added = false;
      for (const [key, point] of wanted) {
        const present = watchers.get(key);
        if (present !== undefined) {
          present.names = point.names;
          continue;
        }
        const opened = watchPoint(point, notice, () => watchers.delete(key));
        if (opened === 'no room') blind = true;
        else if (opened !== undefined) watchers.set(key, opened);
        added = true;
      }
      if (!added || blind) return;
    }
  };

  follow();
  return {
    isBlind() {
      if (blind) follow();
      return blind;
    },
    close() {
      isClosed = true;
      clearTimeout(timer);
      clearTimeout(poll);
      for (const { watcher } of watchers.values()) watcher.close();
      watchers.clear();
    },
  };
}

/** Watches one folder until `lost` is called; undefined when it is gone again or not ours to read. */
function watchPoint(point: WatchPoint, notice: () => void, lost: () => void): Watched | 'no room' | undefined {
  try {
    const watched: Watched = { names: point.names, watcher: watch(point.folder, { persistent: false }) };
    watched.watcher.on('change', (_kind, file) => {
      const name = String(file);
      // A folder reports its own end under its own name.
      if (watched.names === undefined || watched.names.has(name) || name === basename(point.folder)) notice();
    });
    watched.watcher.on('error', () => {
      watched.watcher.close();
      lost();
      notice();
    });
    return watched;
  } catch (error) {
    return shortages.has((error as NodeJS.ErrnoException).code ?? '') ? 'no room' : undefined;
  }
}

/** Where it shows that one of the paths changes, appears or goes. */
function pointsOf(paths: readonly string[]): WatchPoints {
  const points: WatchPoints = new Map();
  const visited = new Set<string>();
  const visit = (path: string) => {
    if (path === dirname(path) || visited.has(path) || visited.size > 500) return;
    visited.add(path);
    const folder = dirname(path);
    const identity = identify(folder);
    if (identity === undefined) return visit(folder);
    const point = points.get(identity) ?? { folder, names: new Set() };
    point.names?.add(basename(path));
    points.set(identity, point);
    const target = linkTarget(path);
    if (target !== undefined) visit(target);
    // A link higher up can be turned to another folder as well.
    for (let above = folder; above !== dirname(above); above = dirname(above)) {
      if (linkTarget(above) !== undefined) visit(above);
    }
  };
  for (const path of paths) visit(path);
  return points;
}

/** A folder and all below it, with whatever is in them. */
function addTree(points: WatchPoints, folder: string, depth: number): void {
  const identity = identify(folder);
  if (identity === undefined || depth > maxDepth) return;
  points.set(identity, { folder, names: undefined });
  try {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.isDirectory()) addTree(points, join(folder, entry.name), depth + 1);
    }
  } catch {
    // Gone meanwhile, or not ours to read.
  }
}

function identify(folder: string): string | undefined {
  if (isSilent(folder)) return undefined;
  try {
    const { dev, ino } = statSync(folder);
    return join(folder, `:${dev}:${ino}`);
  } catch {
    return undefined;
  }
}

function linkTarget(path: string): string | undefined {
  if (isSilent(path)) return undefined;
  try {
    return lstatSync(path).isSymbolicLink() ? resolve(dirname(path), readlinkSync(path)) : undefined;
  } catch {
    return undefined;
  }
}
