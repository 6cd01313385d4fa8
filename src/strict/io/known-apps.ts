import { readFileSync, realpathSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { parseDesktopId } from '../../domain/desktop-id.ts';
import { openAppCatalog } from '../../platform/desktop/app-catalog.ts';
import { isSilent } from '../../platform/files/silent-mounts.ts';
import type { KnownApps } from '../ports.ts';
import { startedProgram } from '../pure/started-program.ts';
import { isRootsAlone } from './roots-alone.ts';

/**
 * Apps by the entries that root has installed or the user has enabled. Names of other files give no rights: an app may choose
 * them.
 */
export const knownApps: KnownApps = {
  counts(id, session, kept) {
    try {
      const { path } = openAppCatalog(Object.fromEntries(session)).find(parseDesktopId(id));
      return path.startsWith(`${kept}/`) || isRootsAlone(path);
    } catch {
      return false;
    }
  },

  ofProgram(program, session) {
    const real = realProgram(program, session);
    if (real === undefined) return undefined;
    return openAppCatalog(Object.fromEntries(session))
      .list()
      .find(({ paths: [path = ''] }) => startedBy(path, session) === real && isRootsAlone(path))?.id.name;
  },
};

/** The file that a word runs, without symlinks; undefined where anybody but root can change which one that is. */
function realProgram(word: string, session: ReadonlyMap<string, string>): string | undefined {
  const folders = isAbsolute(word) ? [''] : (session.get('PATH') ?? '').split(':').filter(isAbsolute);
  for (const folder of folders) {
    const found = isAbsolute(word) ? word : join(folder, word);
    if (isSilent(found)) continue;
    try {
      const real = realpathSync(found);
      return isRootsAlone(dirname(found)) && isRootsAlone(real) ? real : undefined;
    } catch {
      // The next folder may have it.
    }
  }
  return undefined;
}

/** The program of an entry's main command. */
function startedBy(path: string, session: ReadonlyMap<string, string>): string | undefined {
  try {
    const program = startedProgram(readFileSync(path), path);
    return program === undefined ? undefined : realProgram(program, session);
  } catch {
    return undefined;
  }
}
