import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type KeptLimits, noKeptLimits, parseKeptLimits } from '../pure/kept-limits.ts';
import { removeEmptyFolders } from './config-file.ts';

/** Where the limits are remembered that "enable" has put into the config file. */
export interface KeptLimitsFile {
  /** @throws RingfenceError Failed for one that is damaged */
  read(): KeptLimits;
  write(record: KeptLimits): void;
}

/** The record for a config file, at `path`; it does not exist while there is nothing in it. */
export function openKeptLimits(path: string, configFile: string): KeptLimitsFile {
  return {
    read() {
      let text: string;
      try {
        text = readFileSync(path, 'utf8');
      } catch (error) {
        if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? ''))
          return noKeptLimits(configFile);
        throw error;
      }
      const record = parseKeptLimits(path, text);
      // Of another file nothing is known.
      return record.file === configFile ? record : noKeptLimits(configFile);
    },
    write(record) {
      if (Object.keys(record.apps).length === 0) {
        rmSync(path, { force: true });
        // Ours alone, whoever made it.
        removeEmptyFolders([dirname(path)]);
        return;
      }
      const staged = `${path}.${process.pid}`;
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      try {
        writeFileSync(staged, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600 });
        renameSync(staged, path);
      } finally {
        rmSync(staged, { force: true });
      }
    },
  };
}
