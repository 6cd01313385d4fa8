import { realpathSync } from 'node:fs';

/** What the daemon's loader (daemon/loader.cjs) reads is its own path, with this added. */
export const bundleSuffix = '.bundle.cjs';

/** The files that a word of the daemon's command line stands for: itself, and for the daemon's program also its bundle. */
export function daemonFiles(word: string): string[] {
  return word.endsWith('/ringfenced') ? [word, `${real(word)}${bundleSuffix}`] : [word];
}

/** Its own path where it is not there: one file that is gone is told once. */
function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
