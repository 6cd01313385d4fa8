import { type FSWatcher, readdirSync, statSync, watch } from 'node:fs';
import { join } from 'node:path';
import { watchPaths } from './watch-paths.ts';

/**
 * Calls back some time after anything in these folders or below them may have changed; they need not exist yet. Works by
 * inotify alone: no timer runs while nothing happens, and the process is not kept alive. Many changes in a row, as a package
 * manager makes them, are one call, at most `longestWait` after the first. `changed` must not throw.
 */
export function watchFolders(folders: readonly string[], changed: () => void): { close: () => void } {
  const watchers = new Map<string, FSWatcher>();
  let timer: NodeJS.Timeout | undefined;
  let firstEvent = 0;

  const settle = () => {
    timer = undefined;
    follow();
    changed();
  };
  const notice = () => {
    const now = performance.now();
    if (timer === undefined) firstEvent = now;
    else if (now - firstEvent > longestWait - quietTime) return;
    clearTimeout(timer);
    timer = setTimeout(settle, quietTime).unref();
  };
  const follow = () => {
    const wanted = new Map(folders.flatMap((folder) => [...subfolders(folder, 0)]));
    for (const [key, watcher] of watchers) {
      if (wanted.has(key)) continue;
      watcher.close();
      watchers.delete(key);
    }
    for (const [key, folder] of wanted) {
      if (watchers.has(key)) continue;
      try {
        const watcher = watch(folder, { persistent: false }, notice);
        watcher.on('error', () => {
          watcher.close();
          watchers.delete(key);
          notice();
        });
        watchers.set(key, watcher);
      } catch {
        // Gone again, not ours to read, or no inotify watches left: what can be watched is.
      }
    }
  };

  // Folders that come and go themselves.
  const places = watchPaths(folders, notice);
  follow();
  return {
    close: () => {
      clearTimeout(timer);
      places.close();
      for (const watcher of watchers.values()) watcher.close();
      watchers.clear();
    },
  };
}

const quietTime = 100;
const longestWait = 600;
const maxDepth = 8;

/** A folder and all below it, keyed so that a folder put in another's place is another key. */
function* subfolders(folder: string, depth: number): Generator<[string, string]> {
  try {
    const { dev, ino } = statSync(folder);
    yield [`${folder}:${dev}:${ino}`, folder];
    if (depth === maxDepth) return;
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.isDirectory()) yield* subfolders(join(folder, entry.name), depth + 1);
    }
  } catch {
    // Not there (yet).
  }
}
