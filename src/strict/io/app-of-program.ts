import { readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { openAppCatalog } from '../../platform/desktop/app-catalog.ts';

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
    .find(({ paths }) => paths.some((path) => startedBy(path) === name));
  return found?.id.name;
}

/** The program of an entry's main command; what sets variables before it is passed over. */
function startedBy(path: string): string | undefined {
  try {
    const [main = ''] = readFileSync(path, 'utf8').split('\n[Desktop Action ');
    const line = /^Exec=(.*)$/m.exec(main)?.[1] ?? '';
    const words = line.split(' ').filter((word) => word !== 'env' && !/^\w+=/.test(word));
    return basename((words[0] ?? '').replaceAll('"', ''));
  } catch {
    return undefined;
  }
}
