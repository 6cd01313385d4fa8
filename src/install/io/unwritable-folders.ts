import { accessSync, constants, existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { errnoText } from '../../domain/errno-text.ts';
import { xdgFolders } from '../../domain/xdg-folders.ts';
import { isSilent } from '../../platform/files/silent-mounts.ts';
import type { DoctorFacts } from '../pure/doctor-facts.ts';

/**
 * Why folders of the user's cannot be written, in words; of a folder that is not there yet the one that it would be made in. access(2)
 * knows of read-only file systems.
 */
export function findUnwritable(environment: Readonly<Record<string, string | undefined>>): DoctorFacts['unwritable'] {
  const { data, config, state } = xdgFolders(environment);
  const folders = [data, config, state].filter((folder) => folder !== undefined).map(nearest);
  return [...new Set(folders)].flatMap((folder) => {
    if (isSilent(folder)) return [errnoText({ code: 'ETIMEDOUT', path: folder }) ?? folder];
    try {
      accessSync(folder, constants.W_OK);
      return [];
    } catch (error) {
      return [errnoText(error) ?? String(error)];
    }
  });
}

function nearest(folder: string): string {
  return folder === '/' || isSilent(folder) || existsSync(folder) ? folder : nearest(dirname(folder));
}
