import { readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeFolders } from '../../platform/files/make-folders.ts';
import { replaceFile } from '../../platform/files/replace-file.ts';
import type { BudgetNote } from '../ports.ts';

/** The note as a file in `<runtime folder>/ringfence`. One that is damaged counts as none: what is set then is another hand's. */
export function openBudgetNote(runtimeDirectory: string): BudgetNote {
  const file = join(runtimeDirectory, 'ringfence/desktop.json');
  return {
    read() {
      try {
        const entries: unknown = JSON.parse(readFileSync(file, 'utf8'));
        return new Map(Object.entries(entries as object).filter(([, values]) => isTexts(values)));
      } catch {
        return new Map();
      }
    },

    write(entries) {
      if (entries.size === 0) return rmSync(file, { force: true });
      makeFolders(dirname(file), 0o700);
      replaceFile(file, JSON.stringify(Object.fromEntries(entries)));
    },

    // As SetUnitProperties names it for a unit with a file of its own (systemd.unit(5), user.control).
    removeDropIn: (unit, property) =>
      rmSync(join(runtimeDirectory, `systemd/user.control/${unit}.d/50-${property}.conf`), { force: true }),
  };
}

function isTexts(values: unknown): values is string[] {
  return Array.isArray(values) && values.every((value) => typeof value === 'string');
}
