import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { asFileError } from '../../domain/errno-text.ts';
import { RingfenceError } from '../../domain/errors.ts';
import { makeFolders } from './make-folders.ts';

/**
 * Takes a lock that no other process of this machine has, waiting for it up to `timeoutMs`; the result gives it back. A lock
 * whose holder has died, in whatever way, counts for nothing. `doing` says what it is needed for: "install".
 * @throws RingfenceError TimedOut; Failed when the lock cannot be written
 */
export async function takeLock(path: string, timeoutMs: number, doing: string): Promise<() => void> {
  const own = `${path}.${process.pid}-${count++}`;
  const deadline = performance.now() + timeoutMs;
  try {
    writeHolder(own, doing);
    for (;;) {
      try {
        // The file appears with its contents or not at all.
        linkSync(own, path);
        return () => rmSync(path, { force: true });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      if (breakDeadLock(path, own)) continue;
      if (performance.now() > deadline) {
        throw new RingfenceError('TimedOut', `cannot ${doing}: another Ringfence is at it; try again`);
      }
      await sleep(20);
    }
  } finally {
    rmSync(own, { force: true });
  }
}

let count = 0;

function writeHolder(path: string, doing: string): void {
  try {
    makeFolders(dirname(path), 0o700);
    writeFileSync(path, holderText(process.pid), { mode: 0o600 });
  } catch (error) {
    // What writing throws names no path.
    throw asFileError(doing, Object.assign(error as object, { path: dirname(path) }));
  }
}

/** Whoever renames a dead lock away first has it; a live one that was taken by mistake goes back. */
function breakDeadLock(path: string, own: string): boolean {
  if (isAlive(path)) return false;
  const away = `${own}.dead`;
  try {
    renameSync(path, away);
  } catch {
    return true;
  }
  if (isAlive(away)) {
    try {
      linkSync(away, path);
    } catch {
      // A third one has the lock by now, which the second will find out when it ends: both read before they write.
    }
  }
  rmSync(away, { force: true });
  return true;
}

function isAlive(path: string): boolean {
  try {
    const text = readFileSync(path, 'utf8');
    return text !== '' && text === holderText(Number(text.split(' ')[0]));
  } catch {
    return false;
  }
}

/** A process id and when it started (proc(5), stat field 22), as ids are used again. */
function holderText(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return `${pid} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''}`;
  } catch {
    return '';
  }
}
