import type { ShadowResult } from '../shadows/shadow-results.ts';
import { type InstallChange, listChanges } from './changes.ts';
import { planPlaces, throwFailure } from './install.ts';
import type { UninstallPorts } from './ports.ts';

/** What became of an uninstallation. */
export interface UninstallOutcome {
  readonly installed: boolean;
  /** What was changed about desktop entries, and which of them stay. */
  readonly entries: readonly ShadowResult[];
  readonly changes: readonly InstallChange[];
}

/**
 * Takes everything back: the daemon first (it would follow the changes), then the desktop entries, then the files. Running apps
 * go on in their scopes.
 * @throws RingfenceError Failed when a file cannot be removed; then everything is as before but for the desktop entries
 */
export async function uninstall(dryRun: boolean, ports: UninstallPorts): Promise<UninstallOutcome> {
  const { places, files, unit } = ports;
  const { disk } = files;
  const unlock = dryRun ? () => {} : await ports.lock('uninstall');
  try {
    if (!dryRun) disk.clean([]);
    const manifest = ports.manifest.read();
    const plan = planPlaces('remove', [], manifest, ports);
    const changes = listChanges(plan, files);
    const isOwn = async () => (await unit?.facts())?.file === places.unit;
    if (!dryRun && manifest !== undefined && (await isOwn())) await unit?.stop();
    const entries = await ports.disableAll(dryRun);
    if (dryRun) return { installed: manifest !== undefined, entries, changes };
    if (manifest !== undefined) {
      // The notes that there are stay until all is gone.
      const { failed } = await files.carryOut(plan, manifest, { save: () => {} });
      throwFailure('uninstall', failed);
      // A click in the meantime may have started it once more.
      if (await isOwn()) await unit?.stop();
      ports.manifest.remove();
      await unit?.reload();
      await unit?.forget();
    }
    for (const path of ports.traces()) disk.remove(path);
    const folders = [...(manifest?.folders ?? []), ...ownFolders(ports)];
    for (const folder of folders.reverse()) disk.removeFolder(folder);
    return { installed: manifest !== undefined, entries, changes };
  } finally {
    unlock();
  }
}

/** Nobody else's, whoever made them. */
function ownFolders({ places }: UninstallPorts): string[] {
  return [`${places.state}/ringfence`, `${places.cache}/ringfence`, places.package];
}
