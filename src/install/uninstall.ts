import type { ShadowResult } from '../shadows/shadow-results.ts';
import { type InstallChange, listChanges } from './changes.ts';
import { planPlaces, throwFailure } from './install.ts';
import type { UninstallPorts } from './ports.ts';
import { type DesiredPlace, signature } from './pure/desired.ts';
import type { InstallManifest } from './pure/manifest.ts';
import type { InstallPlaces } from './pure/places.ts';

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
 * With `keepEnabled` the desktop entries stay, and the Ringfence that all users share, which the user manager finds then, takes over.
 * @throws RingfenceError Failed when a file cannot be removed; then everything is as before but for the desktop entries
 */
export async function uninstall(
  desired: readonly DesiredPlace[],
  { dryRun, keepEnabled = false }: { readonly dryRun: boolean; readonly keepEnabled?: boolean },
  ports: UninstallPorts,
): Promise<UninstallOutcome> {
  const { places, files, unit } = ports;
  const { disk } = files;
  const unlock = dryRun ? () => {} : await ports.lock('uninstall');
  try {
    if (!dryRun) disk.clean([]);
    const { manifest, unnoted } = findUnnoted(desired, ports.manifest.read(), ports);
    const plan = planPlaces('remove', [], manifest, ports);
    const changes = [...listChanges(plan, files), ...unnoted];
    const isOwn = async () => (await unit?.facts())?.file === places.unit;
    if (!dryRun && manifest !== undefined && (await isOwn())) await unit?.stop();
    const entries = keepEnabled ? [] : await ports.disableAll(dryRun);
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
    if (!keepEnabled) {
      // The one that all users share would note the settings anew when it sees that limits are gone from them.
      if ((await unit?.facts())?.active === 'active') await unit?.stop();
      for (const path of ports.traces()) disk.remove(path);
      ports.forgetGoneHomes();
    }
    const folders = [...(manifest?.folders ?? []), ...ownFolders(ports), ...(keepEnabled ? [] : ports.emptyFolders())];
    for (const folder of folders.reverse()) disk.removeFolder(folder);
    // It writes the entries anew: they name the client that is gone.
    if (keepEnabled) await unit?.wake();
    return { installed: manifest !== undefined, entries, changes };
  } finally {
    unlock();
  }
}

/**
 * The manifest with what it lost, which the contents tell: what is as we would write it is taken back with the rest. What only
 * says that it is ours may have been edited; it stays, and is named.
 */
function findUnnoted(
  desired: readonly DesiredPlace[],
  noted: InstallManifest | undefined,
  { files, places }: UninstallPorts,
): { manifest: InstallManifest | undefined; unnoted: InstallChange[] } {
  const { kept, conflicts } = files.plan(
    desired.filter(({ path }) => noted?.files[path] === undefined),
    {},
  );
  const unnoted = conflicts.flatMap(({ path }): InstallChange[] => {
    const found = files.look(path);
    const text = found.state === 'file' ? Buffer.from(found.bytes() ?? []) : Buffer.of();
    const isOurs = path.startsWith(`${places.package}/`) || marks(places).some((mark) => text.includes(mark));
    return isOurs ? [{ path, change: 'kept', reason: noteLost }] : [];
  });
  if (kept.size === 0) return { manifest: noted, unnoted };
  const before = noted ?? { format: 1, version: '', folders: [], files: {} };
  return { manifest: { ...before, files: { ...before.files, ...Object.fromEntries(kept) } }, unnoted };
}

const marks = (places: InstallPlaces) => [signature, `${places.package}/dist/ringfenced`];
const noteLost = 'it seems to be from Ringfence, which has no record of it; delete it if you did not make it';

/** Nobody else's, whoever made them. */
function ownFolders({ places }: UninstallPorts): string[] {
  return [`${places.state}/ringfence`, `${places.cache}/ringfence`, places.package];
}
