import type { InstallPorts } from './ports.ts';
import { type InstallManifest, parseInstallManifest, serializeInstallManifest } from './pure/manifest.ts';

type Keeping = Pick<InstallPorts, 'places' | 'disk'>;

/** The manifest of the installation, undefined when there is none. @throws RingfenceError Failed when it is damaged */
export function readManifest({ places, disk }: Keeping): InstallManifest | undefined {
  const text = disk.read(places.manifest);
  return text === undefined ? undefined : parseInstallManifest(places.manifest, text);
}

/** Puts a manifest, or none, in the place of the one there is. */
export function replaceManifest({ places, disk }: Keeping, manifest: InstallManifest | undefined): void {
  if (manifest === undefined) disk.remove(places.manifest);
  else disk.write(places.manifest, serializeInstallManifest(manifest));
}
