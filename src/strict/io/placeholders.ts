import { lstatSync, mkdirSync, readFileSync, renameSync, rmdirSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeFolders } from '../../platform/files/make-folders.ts';
import type { Placeholders } from '../ports.ts';
import type { Placeholder } from '../pure/model.ts';

/** Makes and removes placeholders. What was made is in the file `record`, written before each is made. */
export function openPlaceholders(record: string): Placeholders {
  return {
    make(placeholders) {
      if (placeholders.length === 0) return;
      const wanted = placeholders.flatMap((one) => [...missingParents(dirname(one.path)), one]);
      const known = recorded(record);
      const fresh = wanted.filter(({ path }, index) => {
        return ![...known, ...wanted.slice(0, index)].some((other) => other.path === path);
      });
      makeFolders(dirname(record), 0o700);
      write(record, [...known, ...fresh]);
      for (const { path, kind, mode, content } of wanted) {
        // A record from before may name something that was never made.
        if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) continue;
        if (kind === 'folder') mkdirSync(path, { mode });
        else writeFileSync(path, content, { flag: 'wx', mode });
      }
    },

    removeAll() {
      const known = recorded(record);
      if (known.length === 0) return;
      for (const placeholder of known.reverse()) remove(placeholder);
      unlinkSync(record);
    },
  };
}

/** Only while it is what it was made as: a folder with something in it, or a file with other content, is somebody's. */
function remove({ path, kind, content }: Placeholder): void {
  try {
    if (kind === 'folder') rmdirSync(path);
    else if (lstatSync(path).isFile() && readFileSync(path, 'utf8') === content) unlinkSync(path);
  } catch {
    // Gone, or in use.
  }
}

function missingParents(folder: string): Placeholder[] {
  if (lstatSync(folder, { throwIfNoEntry: false }) !== undefined) return [];
  return [...missingParents(dirname(folder)), { path: folder, kind: 'folder', mode: 0o755, content: '' }];
}

function recorded(record: string): Placeholder[] {
  try {
    return JSON.parse(readFileSync(record, 'utf8')) as Placeholder[];
  } catch {
    return [];
  }
}

function write(record: string, placeholders: readonly Placeholder[]): void {
  writeFileSync(`${record}.new`, `${JSON.stringify(placeholders)}\n`, { mode: 0o600 });
  renameSync(`${record}.new`, record);
}
