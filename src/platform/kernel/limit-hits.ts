import { type FSWatcher, readFileSync, watch } from 'node:fs';

/**
 * Watches how often a cgroup was at a limit: the line "max" of pids.events (forks refused), or of memory.events.local (memory reclaimed, or
 * more). The kernel reports each change to inotify, at most every 10 ms. Where there is no inotify watch left, or no such file, nothing is heard.
 */
export function watchLimitHits(file: string, listener: (count: number) => void): () => void {
  let watcher: FSWatcher | undefined;
  try {
    watcher = watch(file, () => {
      const count = hits(file);
      if (count !== undefined) listener(count);
    });
    watcher.on('error', () => watcher?.close());
  } catch {
    return () => {};
  }
  return () => watcher?.close();
}

function hits(file: string): number | undefined {
  try {
    return Number(/^max (\d+)$/m.exec(readFileSync(file, 'utf8'))?.[1] ?? 0);
  } catch {
    return undefined;
  }
}
