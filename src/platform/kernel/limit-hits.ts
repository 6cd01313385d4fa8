import { type FSWatcher, readFileSync, watch } from 'node:fs';

/**
 * Watches a cgroup, a folder, for forks that the kernel refuses at pids.max; it reports each change of pids.events to inotify, at most
 * every 10 ms. Where there is no inotify watch left, or no pids controller, nothing is heard.
 */
export function watchRefusals(folder: string, listener: (count: number) => void): () => void {
  const file = `${folder}/pids.events`;
  let watcher: FSWatcher | undefined;
  try {
    watcher = watch(file, () => {
      const count = refusals(file);
      if (count !== undefined) listener(count);
    });
    watcher.on('error', () => watcher?.close());
  } catch {
    return () => {};
  }
  return () => watcher?.close();
}

function refusals(file: string): number | undefined {
  try {
    return Number(/^max (\d+)$/m.exec(readFileSync(file, 'utf8'))?.[1] ?? 0);
  } catch {
    return undefined;
  }
}
