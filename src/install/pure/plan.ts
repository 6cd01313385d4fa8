import type { InstallManifest } from './manifest.ts';

/** A file or symbolic link as it should be. */
export type DesiredPlace = {
  readonly path: string;
  /** Without it the daemon cannot be had: if it can't be written, nothing is. The others are left out and reported. */
  readonly needed: boolean;
} & (
  | { readonly kind: 'file'; readonly content: Uint8Array; readonly mode: number }
  | { readonly kind: 'link'; readonly target: string }
);

/**
 * What is in a place: `is` identifies it, `file:<permission bits>:<sha256>` or `link:<target>`. Anything else there (a folder,
 * a device, a file that cannot be read) is `other`.
 */
export type PlaceState =
  | { readonly state: 'missing' }
  | { readonly state: 'present'; readonly is: string }
  | { readonly state: 'other'; readonly reason: string };

/** One change. Each is atomic: the place has what it had before, or what it is to have. */
export type InstallStep =
  | { readonly action: 'write'; readonly place: DesiredPlace; readonly is: string; readonly replaces: boolean }
  | { readonly action: 'remove'; readonly path: string };

/** A place that stays as it is though it should be otherwise, as it is not ours or cannot be changed. */
export interface InstallConflict {
  readonly path: string;
  readonly reason: string;
  /** Nothing may be done at all: the place is needed, and cannot be written. */
  readonly blocks: boolean;
}

/** The disk, as planning sees it. */
export interface PlanSight {
  look(path: string): PlaceState;
  identify(place: DesiredPlace): string;
  /** Why no file can be put there; undefined when one can. */
  obstacle(path: string): string | undefined;
}

/** What to change, what stays, and what the manifest says from before the first step on, and after the last. */
export interface InstallPlan {
  readonly steps: readonly InstallStep[];
  readonly conflicts: readonly InstallConflict[];
  readonly unchanged: number;
  readonly intent: InstallManifest['files'];
  readonly outcome: InstallManifest['files'];
}

/**
 * What to do so that the places are as desired; nothing desired is an uninstallation. Only what the manifest knows, and is
 * still as it was written, is replaced or removed. The order is that of `desired`; what is not desired any more goes last, and
 * in the reverse order of the manifest.
 */
export function planInstall(
  desired: readonly DesiredPlace[],
  recorded: InstallManifest['files'],
  sight: PlanSight,
): InstallPlan {
  const steps: InstallStep[] = [];
  const conflicts: InstallConflict[] = [];
  const intent: InstallManifest['files'] = { ...recorded };
  const outcome: InstallManifest['files'] = {};
  let unchanged = 0;
  for (const place of desired) {
    const { path, needed } = place;
    const is = sight.identify(place);
    const found = sight.look(path);
    const mine = recorded[path];
    if (found.state === 'present' && found.is === is) {
      // One that was there before us, and is the same, is still not ours to remove.
      if (mine !== undefined) intent[path] = outcome[path] = { is };
      unchanged += 1;
      continue;
    }
    if (found.state === 'other' || (found.state === 'present' && !isOurs(mine, found.is))) {
      const reason = found.state === 'other' ? found.reason : mine === undefined ? notOurs : edited;
      conflicts.push({ path, reason, blocks: false });
      if (mine !== undefined) outcome[path] = mine;
      continue;
    }
    const obstacle = sight.obstacle(path);
    if (obstacle !== undefined) {
      conflicts.push({ path, reason: obstacle, blocks: needed });
      if (mine !== undefined) outcome[path] = mine;
      continue;
    }
    const replaces = found.state === 'present';
    intent[path] = replaces ? { is, was: found.is } : { is };
    outcome[path] = { is };
    steps.push({ action: 'write', place, is, replaces });
  }
  const wanted = new Set(desired.map(({ path }) => path));
  for (const [path, mine] of Object.entries(recorded).reverse()) {
    if (wanted.has(path)) continue;
    const found = sight.look(path);
    if (found.state === 'missing') continue;
    const obstacle = sight.obstacle(path);
    if (found.state === 'other') conflicts.push({ path, reason: found.reason, blocks: false });
    else if (!isOurs(mine, found.is)) conflicts.push({ path, reason: edited, blocks: false });
    else if (obstacle !== undefined) {
      conflicts.push({ path, reason: obstacle, blocks: true });
      outcome[path] = mine;
    } else steps.push({ action: 'remove', path });
  }
  return { steps, conflicts, unchanged, intent, outcome };
}

const notOurs = 'it was there before Ringfence, so it is left alone; move it away to have it written';
const edited = 'it was edited since Ringfence wrote it, so it is left alone; move it away to be rid of it';

function isOurs(recorded: InstallManifest['files'][string] | undefined, found: string): boolean {
  return recorded !== undefined && (found === recorded.is || found === recorded.was);
}
