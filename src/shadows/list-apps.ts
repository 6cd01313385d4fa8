import { mainGroup, parseDesktopEntry } from '../domain/desktop-entry/parse.ts';
import { type DisplayFacts, shouldShow } from '../domain/desktop-entry/should-show.ts';
import { displayName } from '../domain/display-name.ts';
import type { OwnedFile } from '../domain/owned-file.ts';
import { isWindow } from '../domain/window-id.ts';
import type { OwnedDisk } from '../platform/owned-files/disk.ts';
import { type Manifest, wishFor } from './pure/manifest.ts';
import { iconScriptPath, type ShadowSettings } from './shadow-workshop.ts';

/** An installed application, and whether its icon goes through Ringfence. */
export interface AppView {
  readonly id: string;
  /** In the first of the locales that it has. */
  readonly name: string;
  /** "edited": there is a shadow, but the user has changed it, so it is left alone. */
  readonly state: 'enabled' | 'edited' | 'pending' | 'available';
  /** Of the original entry. */
  readonly source: string;
  readonly profile?: string | undefined;
  /** "lost": that it is enabled is known by the marks of its files alone. */
  readonly note?: 'lost' | undefined;
  /** Enabled by a wish of its own, or by the one for all apps. */
  readonly wish?: 'app' | 'all' | undefined;
}

/** The applications that a menu would show, sorted by id. Entries that cannot be read are not among them. */
export function listApps(
  settings: ShadowSettings,
  disk: OwnedDisk,
  manifest: Manifest,
  unnoted: ReadonlySet<string>,
  locales: readonly string[],
): AppView[] {
  const entries = new Map<string, readonly [string, OwnedFile]>();
  for (const [path, file] of Object.entries(manifest.files))
    if (file.kind === 'entry') entries.set(file.group, [path, file]);
  const isIntact = (path: string, file: OwnedFile | undefined) => {
    const look = disk.look(path);
    return look.state === 'file' && look.stat === file?.stat;
  };
  return settings.installed().flatMap(({ id, paths }) => {
    const [path, file] = entries.get(id.id) ?? [];
    const script = iconScriptPath(settings.places, id.id);
    const hasScript = Object.hasOwn(manifest.files, script);
    const intact =
      path !== undefined && isIntact(path, file) && (!hasScript || isIntact(script, manifest.files[script]));
    const source = file?.source ?? paths[0] ?? '';
    const name = nameOf(disk, source, locales, settings.display);
    if ((name === undefined || isWindow(id.id)) && file === undefined) return [];
    const wish = wishFor(manifest, id.id);
    const state = file !== undefined ? (intact ? 'enabled' : 'edited') : wish === undefined ? 'available' : 'pending';
    return [
      {
        id: id.id,
        name: displayName(name ?? id.name),
        state,
        source,
        profile: wish?.profile,
        note: unnoted.has(id.id) ? 'lost' : undefined,
        wish: wish === undefined ? undefined : Object.hasOwn(manifest.apps, id.id) ? 'app' : 'all',
      },
    ];
  });
}

/** Undefined for what no menu shows. */
function nameOf(disk: OwnedDisk, path: string, locales: readonly string[], display: DisplayFacts): string | undefined {
  try {
    const document = parseDesktopEntry(disk.read(path), path);
    if (!shouldShow(document, display)) return undefined;
    return document.getLocalized(mainGroup, 'Name', locales);
  } catch {
    return undefined;
  }
}
