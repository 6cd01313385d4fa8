import { lstatSync, realpathSync } from 'node:fs';
import { dirname } from 'node:path';

/** Whether only root can change what a path leads to: the file or folder and every folder around it, links followed. */
export function isRootsAlone(path: string): boolean {
  try {
    for (let at = realpathSync(path); ; at = dirname(at)) {
      if (!isRoots(at)) return false;
      if (at === '/') return true;
    }
  } catch {
    return false;
  }
}

/** Of one name: it is root's, and no group and nobody else may write it. */
export function isRoots(path: string): boolean {
  const { uid, mode } = lstatSync(path);
  return uid === 0 && (mode & 0o022) === 0;
}
