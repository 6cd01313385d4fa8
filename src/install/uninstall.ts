import { RingfenceError } from '../domain/errors.ts';
import type { ShadowResult } from '../shadows/shadow-results.ts';
import { type InstallChange, listChanges } from './changes.ts';
import { diskFailure } from './install.ts';
import { readManifest, replaceManifest } from './keep-manifest.ts';
import type { UninstallPorts } from './ports.ts';
import { planInstall } from './pure/plan.ts';

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
  const { places, disk, unit } = ports;
  const unlock = dryRun ? () => {} : await ports.lock();
  try {
    if (!dryRun) disk.clean();
    const manifest = readManifest(ports);
    const plan = planInstall([], manifest?.files ?? {}, disk);
    const blocked = plan.conflicts.find(({ blocks }) => blocks);
    if (blocked !== undefined) throw new RingfenceError('Failed', `cannot remove ${blocked.path}: ${blocked.reason}`);
    const changes = listChanges(plan, disk);
    const isOwn = async () => (await unit?.facts())?.file === places.unit;
    if (!dryRun && manifest !== undefined && (await isOwn())) await unit?.stop();
    const entries = await ports.disableAll(dryRun);
    if (dryRun) return { installed: manifest !== undefined, entries, changes };
    if (manifest !== undefined) {
      try {
        disk.carryOut(plan.steps, []);
      } catch (error) {
        throw diskFailure('uninstall', error);
      }
      // A click in the meantime may have started it once more.
      if (await isOwn()) await unit?.stop();
      replaceManifest(ports, undefined);
      await unit?.reload();
      await unit?.forget();
    }
    for (const path of ports.traces()) disk.remove(path);
    disk.removeFolders([...(manifest?.folders ?? []), ...ownFolders(ports)]);
    return { installed: manifest !== undefined, entries, changes };
  } finally {
    unlock();
  }
}

/** Nobody else's, whoever made them. */
function ownFolders({ places }: UninstallPorts): string[] {
  return [`${places.state}/ringfence`, `${places.cache}/ringfence`, places.package];
}
