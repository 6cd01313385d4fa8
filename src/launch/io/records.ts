import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Records } from '../ports.ts';

/**
 * The records of running instances, one file each in `<runtime folder>/ringfence/instances`, mode 0700. A record that cannot
 * be written (full disk) stops no launch: what is lost is only what a later daemon could tell of the instance.
 */
export function openRecords(runtimeDirectory: string, onError: (error: unknown) => void): Records {
  const folder = join(runtimeDirectory, 'ringfence', 'instances');
  // ".json" instead of ".scope": a unit name may already have the 255 bytes that a file name may have.
  const file = (unit: string) => join(folder, unit.replace(/\.scope$/, '.json'));
  return {
    write(unit, text) {
      const beside = join(folder, `.${process.pid}`);
      try {
        mkdirSync(folder, { recursive: true, mode: 0o700 });
        writeFileSync(beside, text, { mode: 0o600 });
        renameSync(beside, file(unit));
      } catch (error) {
        rmSync(beside, { force: true });
        onError(error);
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
