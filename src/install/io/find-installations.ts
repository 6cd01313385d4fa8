import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { windowId } from '../../domain/window-id.ts';
import type { Installation, Installations } from '../pure/doctor-facts.ts';
import type { InstallPlaces } from '../pure/places.ts';

/** Where packages and the tarball put Ringfence; systemd.unit(5) and the bus look below /usr/local first. */
const prefixes = ['/usr/local', '/usr'];

/** The copy in the user's own folders and the one that all users share, each of which may be missing. */
export function findInstallations(places: InstallPlaces): Installations {
  const own = readVersion(places.manifest);
  const [shared, secondShared] = prefixes
    .map((prefix) => `${prefix}/lib/ringfence`)
    .map((folder) => installationIn(folder, readVersion(`${folder}/package.json`), folder))
    .filter((one) => one !== undefined);
  return {
    own: installationIn(places.package, own, join(places.package, 'dist')),
    shared,
    ...(secondShared === undefined ? {} : { secondShared }),
  };
}

/** Whether the desktop finds the window, the user's own or the one that all users share. */
export function isWindowInstalled(places: InstallPlaces): boolean {
  const shared = prefixes.map((prefix) => `${prefix}/share/applications/${windowId}.desktop`);
  return [places.windowEntry, ...shared].some((file) => existsSync(file));
}

function installationIn(folder: string, version: string | undefined, programs: string): Installation | undefined {
  if (version === undefined) return undefined;
  return { folder, version, missing: programFiles.filter((name) => !existsSync(join(programs, name))) };
}

/** What none does without. */
const programFiles = [
  ...['ringfence', 'ringfence.bundle.cjs', 'ringfenced', 'ringfenced.bundle.cjs'],
  ...['ringfence-open', 'ringfence-open.rest', 'ringfence-shell', 'ssc', 'safeapp', 'safeshell'],
];

/** Both files have it under this key. */
function readVersion(file: string): string | undefined {
  try {
    const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version?: unknown };
    return typeof version === 'string' ? version : undefined;
  } catch {
    return undefined;
  }
}
