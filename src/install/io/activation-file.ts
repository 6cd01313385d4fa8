import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { xdgFolders } from '../../domain/xdg-folders.ts';
import { isSilent } from '../../platform/files/silent-mounts.ts';
import { daemonFiles } from '../../platform/systemd/daemon-files.ts';
import { parseBusService } from '../../shadows/pure/bus-service.ts';
import type { ActivationFacts } from '../pure/doctor-facts.ts';

const name = 'org.ringfence.Ringfence1';

/**
 * The activation file that the session bus uses for the daemon: the first of $XDG_RUNTIME_DIR, $XDG_DATA_HOME and
 * $XDG_DATA_DIRS that has one (dbus-daemon(1), standard_session_servicedirs), and the programs in it that cannot be run.
 */
export function findActivationFile(
  environment: Readonly<Record<string, string | undefined>>,
): ActivationFacts | undefined {
  const { data, dataDirs } = xdgFolders(environment);
  const folders = [environment['XDG_RUNTIME_DIR'], data, ...dataDirs];
  for (const folder of folders) {
    if (!folder?.startsWith('/')) continue;
    const path = join(folder, 'dbus-1/services', `${name}.service`);
    const bytes = read(path);
    if (bytes === undefined) continue;
    const argv = parseBusService(path, bytes)?.argv ?? [];
    const missing = argv.filter((word) => word.startsWith('/')).flatMap(missingFiles);
    return { path, missing: argv.length === 0 ? ['its Exec line'] : missing };
  }
  return undefined;
}

/** Whether a program of this name is in one of these folders (a PATH). */
export function hasProgram(program: string, path: string): boolean {
  return path.split(':').some((folder) => folder.startsWith('/') && canRun(join(folder, program)));
}

function missingFiles(program: string): string[] {
  const [, ...read] = daemonFiles(program);
  return [...(canRun(program) ? [] : [program]), ...read.filter((file) => !existsSync(file))];
}

function canRun(path: string): boolean {
  if (isSilent(path)) return false;
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function read(path: string): Buffer | undefined {
  if (isSilent(path)) return undefined;
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}
