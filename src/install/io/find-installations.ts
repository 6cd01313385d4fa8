import { existsSync, readFileSync } from 'node:fs';
import { windowId } from '../../domain/window-id.ts';
import type { Installation, Installations } from '../pure/doctor-facts.ts';
import type { InstallPlaces } from '../pure/places.ts';

/** Where packages and the tarball put Ringfence; systemd.unit(5) and the bus look below /usr/local first. */
const prefixes = ['/usr/local', '/usr'];

/** The copy in the user's own folders and the one that all users share, each of which may be missing. */
export function findInstallations(places: InstallPlaces): Installations {
  const own = readVersion(places.manifest);
  const shared = prefixes
    .map((prefix) => installationIn(`${prefix}/lib/ringfence`, readVersion(`${prefix}/lib/ringfence/package.json`)))
    .find((one) => one !== undefined);
  return { own: installationIn(places.package, own), shared };
}

/** Whether the desktop finds the window, the user's own or the one that all users share. */
export function isWindowInstalled(places: InstallPlaces): boolean {
  const shared = prefixes.map((prefix) => `${prefix}/share/applications/${windowId}.desktop`);
  return [places.windowEntry, ...shared].some((file) => existsSync(file));
}

function installationIn(folder: string, version: string | undefined): Installation | undefined {
  return version === undefined ? undefined : { folder, version };
}

/** Both files have it under this key. */
function readVersion(file: string): string | undefined {
  try {
    const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version?: unknown };
    return typeof version === 'string' ? version : undefined;
  } catch {
    return undefined;
  }
}
