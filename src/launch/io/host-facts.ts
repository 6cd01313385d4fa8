import { accessSync, constants, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { localesOf } from '../../domain/desktop-entry/locale.ts';
import { isSilent } from '../../platform/files/silent-mounts.ts';
import type { HostFacts, ProgramState } from '../pure/resolve-app.ts';

/** What this computer can run, seen with an app's environment (PATH and the locale variables count). */
export function readHostFacts(environment: Readonly<Record<string, string | undefined>>): HostFacts {
  const path = environment['PATH'] || '/usr/local/bin:/usr/bin:/bin';
  return {
    locales: localesOf(environment),
    programState: (program, from) => programState(program, path, from),
    isDirectory: (folder) => !isSilent(folder) && (statSync(folder, { throwIfNoEntry: false })?.isDirectory() ?? false),
  };
}

function programState(program: string, path: string, from: string | undefined): ProgramState {
  if (program === '') return 'missing';
  if (program.includes('/')) return stateOf(resolve(from ?? '/', program));
  const states = path
    .split(':')
    .map((folder) => (folder.startsWith('/') ? stateOf(`${folder}/${program}`) : 'missing'));
  return states.find((state) => state === 'found') ?? states.find((state) => state === 'not-executable') ?? 'missing';
}

function stateOf(path: string): ProgramState {
  if (isSilent(path)) return 'missing';
  try {
    if (!statSync(path).isFile()) return 'missing';
  } catch {
    return 'missing';
  }
  try {
    accessSync(path, constants.X_OK);
    return 'found';
  } catch {
    return 'not-executable';
  }
}
