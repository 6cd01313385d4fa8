import { renameSync, writeFileSync } from 'node:fs';

/** Gives a file of the user's own another text, or none of it: whoever reads it has the one or the other. @throws what node throws */
export function replaceFile(path: string, text: string): void {
  writeFileSync(`${path}.new`, text, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}
