import { readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { openAppCatalog } from '../../platform/desktop/app-catalog.ts';
import { startedProgram } from '../pure/started-program.ts';

/**
 * The app whose desktop entry starts a program: the id without `.desktop`; undefined when there is none, or the program is not
 * in a folder of PATH. "gedit" and "/usr/bin/gedit" are org.gnome.gedit.
 */
export function appOfProgram(program: string, environment: ReadonlyMap<string, string>): string | undefined {
  const name = basename(program);
  const folders = (environment.get('PATH') ?? '').split(':');
  if (program.includes('/') && !folders.includes(dirname(program))) return undefined;
  const found = openAppCatalog(Object.fromEntries(environment))
    .list()
    .find(({ paths }) => paths.some((path) => mentions(path, name)));
  return found?.id.name;
}

/** Most entries do not even have the name in them, and need no parser. */
function mentions(path: string, name: string): boolean {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch {
    return false;
  }
  // A quotation mark or an escape may stand within the name.
  const isPlain = !bytes.includes('\\') && !bytes.includes('"');
  return (bytes.includes(name) || !isPlain) && startedProgram(bytes, path) === name;
}
