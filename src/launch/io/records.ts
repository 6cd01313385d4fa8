import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { recordName, recordsFolder } from '../../domain/runtime-files.ts';
import { makeFolders } from '../../platform/files/make-folders.ts';
import type { Records } from '../ports.ts';

/**
 * The records of running instances, one file each in `<runtime folder>/ringfence/instances`, mode 0700. Whoever lost the answer to a
 * launch looks for it here, so that an app without a record might be started twice: what cannot be recorded is not started.
 */
export function openRecords(runtimeDirectory: string): Records {
  const folder = join(runtimeDirectory, recordsFolder);
  const file = (unit: string) => join(folder, recordName(unit));
  return {
    write(unit, text) {
      const beside = join(folder, `.${process.pid}`);
      try {
        makeFolders(folder, 0o700);
        writeFileSync(beside, text, { mode: 0o600 });
        renameSync(beside, file(unit));
      } catch (error) {
        rmSync(beside, { force: true });
        throw error;
      }
    },

    read(unit) {
      try {
        return readFileSync(file(unit), 'utf8');
      } catch {
        return undefined;
      }
    },

    remove: (unit) => rmSync(file(unit), { force: true }),

    list() {
      try {
        const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
        return names.map((name) => name.replace(/\.json$/, '.scope'));
      } catch {
        return [];
      }
    },
  };
}
