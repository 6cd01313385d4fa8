import { basename, join } from 'node:path';
import { takeLock } from '../platform/files/lock-file.ts';

/** Takes the lock of a home from whoever starts something in it: such a start has half a minute. @throws RingfenceError TimedOut, Failed */
export function lockHome(runtime: string, path: string, doing: string): Promise<() => void> {
  return takeLock(lockOfHome(runtime, path), 40_000, doing);
}

/** Where a home's lock is, in the user's runtime folder. */
export function lockOfHome(runtime: string, path: string): string {
  return join(runtime, 'ringfence/homes', `${basename(path)}.lock`);
}
