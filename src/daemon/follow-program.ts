import { statSync } from 'node:fs';
import { watchPaths } from '../platform/files/watch-paths.ts';

/** What an upgrade or a removal did to the program of a running daemon. */
export type ProgramChange = 'replaced' | 'removed';

/**
 * Tells when the file that this daemon was loaded from is another, or is gone. Packages are upgraded by root, who has no business in users'
 * sessions; so the daemon itself makes way for the new one.
 *
 * `changed` is called once. A file that is gone for a moment, as while a folder is put in another's place, counts for nothing.
 * @returns ends the watching
 */
export function followProgram(
  program: string,
  changed: (change: ProgramChange) => void,
  patienceMs = 5000,
): () => void {
  const before = identityOf(program);
  let timer: NodeJS.Timeout | undefined;
  const close = () => {
    clearTimeout(timer);
    watch.close();
  };
  const end = (change: ProgramChange) => {
    close();
    changed(change);
  };
  const look = () => {
    clearTimeout(timer);
    const now = identityOf(program);
    if (now === before) return;
    if (now !== undefined) return end('replaced');
    timer = setTimeout(() => (identityOf(program) === undefined ? end('removed') : look()), patienceMs);
    timer.unref();
  };
  const watch = watchPaths([program], look);
  return close;
}

function identityOf(file: string): string | undefined {
  const facts = statSync(file, { throwIfNoEntry: false });
  return facts && `${facts.dev}:${facts.ino}:${facts.mtimeMs}:${facts.size}`;
}
