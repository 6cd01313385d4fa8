import { basename, dirname, join } from 'node:path';
import type { OwnedFile } from '../domain/owned-file.ts';
import type { OwnedFiles } from '../platform/owned-files/owned-files.ts';
import { type Manifest, type ShadowKind, type Wish, wishFor } from './pure/manifest.ts';
import { describeItself } from './pure/unnoted.ts';
import { iconScripts, type ShadowPlaces, type ShadowSettings } from './shadow-workshop.ts';

/** Files that are ours by their marks, though the notes have been lost. */
export interface Unnoted {
  /** The notes with them, and with the wish that each app of theirs stands for. */
  readonly manifest: Manifest;
  /** By path: where the user's own file was kept aside that is gone with the notes. */
  readonly originalsLost: ReadonlyMap<string, string>;
  /** Apps of which the notes knew nothing. */
  readonly apps: ReadonlySet<string>;
}

/**
 * Finds them in the places where shadows are. What was kept aside goes back from where the mark says, if it is there. With `all`
 * also those whose original is lost: they can only be taken away, so what follows the wishes must not know of them.
 */
export function findUnnoted(manifest: Manifest, { places }: ShadowSettings, files: OwnedFiles, all: boolean): Unnoted {
  const found: Record<string, OwnedFile> = {};
  const wishes = new Map<string, Wish>();
  const originalsLost = new Map<string, string>();
  for (const { path, kind } of candidates(places, files, manifest)) {
    const look = files.look(path);
    if (look.state !== 'file' || look.link !== undefined) continue;
    const says = describeItself(kind, basename(path), look.bytes() ?? new Uint8Array());
    const is = look.hash();
    if (says === undefined || is === undefined) continue;
    const { app, source, strict } = says;
    const originals = join(places.dataHome, 'ringfence/originals');
    const isThere = (file: string) => files.disk.look(file).state !== 'missing';
    const isLost = source.startsWith(`${originals}/`) && !isThere(source);
    if (isLost && kind !== 'drop-in' && kind !== 'script') originalsLost.set(path, source);
    if (isLost && !all) continue;
    const aside =
      kind === 'script'
        ? `${path}.original`
        : join(originals, asideName[kind], kind === 'drop-in' ? basename(dirname(path)) : basename(path));
    const kept = isThere(aside) ? { aside } : {};
    found[path] = { group: app, kind, is, fingerprint: '', stat: look.stat, source, ...kept };
    if (kind === 'entry') wishes.set(app, { ...wishes.get(app), ...(strict ? { profile: 'strict' } : {}) });
    if (kind === 'autostart' && wishes.has(app)) wishes.set(app, { ...wishes.get(app), autostart: true });
  }
  if (Object.keys(found).length === 0) return { manifest, originalsLost, apps: new Set() };
  const apps = { ...manifest.apps };
  for (const [app, wish] of wishes) if (wishFor(manifest, app) === undefined) apps[app] = wish;
  return {
    manifest: { ...manifest, apps, files: { ...manifest.files, ...found } },
    originalsLost,
    apps: new Set(wishes.keys()),
  };
}

/** Where the user's own file of each kind is kept aside. */
const asideName: Readonly<Record<ShadowKind, string>> = {
  entry: '',
  service: 'services',
  autostart: 'autostart',
  'drop-in': 'systemd',
  'mime-cache': '',
  script: '',
  'portal-entry': '',
};

function* candidates(
  folders: ShadowPlaces,
  { disk }: OwnedFiles,
  { files }: Manifest,
): Generator<{ path: string; kind: ShadowKind }> {
  const { dataHome, configHome } = folders;
  const places: [folder: string, suffix: string, kind: ShadowKind][] = [
    // Before the entries that run them: what is taken away goes in the reverse order.
    [iconScripts(folders), '.sh', 'script'],
    [join(dataHome, 'applications'), '.desktop', 'entry'],
    [join(dataHome, 'applications'), 'mimeinfo.cache', 'mime-cache'],
    [join(dataHome, 'dbus-1/services'), '.service', 'service'],
    [join(configHome, 'autostart'), '.desktop', 'autostart'],
  ];
  const dropIns = join(configHome, 'systemd/user');
  for (const name of disk.list(dropIns)) {
    // Also by the name of 0.2.0, 50-ringfence.conf.
    if (name.endsWith('.scope.d')) places.push([join(dropIns, name), '0-ringfence.conf', 'drop-in']);
  }
  for (const [folder, suffix, kind] of places) {
    for (const name of disk.list(folder)) {
      const path = join(folder, name);
      if (name.endsWith(suffix) && !Object.hasOwn(files, path)) yield { path, kind };
    }
  }
}
