import { readlinkSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { daemonMark } from '../domain/runtime-files.ts';
import { makeFolders } from '../platform/files/make-folders.ts';

/**
 * Leaves the mark by which a click sees that a daemon runs and can be asked at once; see `daemonMark`. One that is left by a
 * daemon that was killed leads nowhere. Without a mark a click looks more closely, and takes some milliseconds longer.
 *
 * @returns takes the mark away again
 * @throws what the file system says
 */
export function markRunning(runtimeDirectory: string, pid: number): () => void {
  const mark = join(runtimeDirectory, daemonMark);
  const process = `/proc/${pid}`;
  const beside = `${mark}.${pid}`;
  makeFolders(dirname(mark), 0o700);
  rmSync(beside, { force: true });
  symlinkSync(process, beside);
  renameSync(beside, mark);
  return () => {
    try {
      if (readlinkSync(mark) === process) rmSync(mark);
    } catch {
      // It leads nowhere in a moment.
    }
  };
}
