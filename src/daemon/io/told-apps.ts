import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeFolders } from '../../platform/files/make-folders.ts';
import { replaceFile } from '../../platform/files/replace-file.ts';

/** The apps about which a user was told once; a file that is damaged tells of none. */
export function openToldApps(file: string): {
  isTold(app: string): boolean;
  tell(app: string): void;
  untell(app: string): void;
} {
  const read = (): string[] => {
    try {
      const apps: unknown = JSON.parse(readFileSync(file, 'utf8'));
      return Array.isArray(apps) ? apps.filter((one) => typeof one === 'string') : [];
    } catch {
      return [];
    }
  };
  const write = (apps: readonly string[]) => {
    makeFolders(dirname(file), 0o700);
    replaceFile(file, JSON.stringify(apps));
  };
  return {
    isTold: (app) => read().includes(app),
    tell: (app) => write([...new Set([...read(), app])]),
    untell: (app) => write(read().filter((one) => one !== app)),
  };
}
