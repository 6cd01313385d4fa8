import { basename, dirname, join } from 'node:path';
import { parseDesktopEntry } from '../domain/desktop-entry/parse.ts';
import { type DisplayFacts, shouldShow } from '../domain/desktop-entry/should-show.ts';
import type { DesktopId } from '../domain/desktop-id.ts';
import { RingfenceError } from '../domain/errors.ts';
import { isWindow } from '../domain/window-id.ts';
import { desirePortalEntry } from './desired-portal-entry.ts';
import { desireIconScript } from './desired-script.ts';
import { desireAutostart, desireService, indexServices } from './desired-starters.ts';
import { type BusService, servicesOf } from './pure/bus-service.ts';
import { type Manifest, type Wish, wishFor } from './pure/manifest.ts';
import { mimeCacheText } from './pure/mime-cache.ts';
import { dropInName, foreignScopeFolders, scopeDropIn } from './pure/scope-drop-in.ts';
import { shadowEntry } from './pure/shadow-entry.ts';
import { cacheMark } from './pure/unnoted.ts';
import { type DesiredShadow, desire, entryInput, findOriginal, type Original, once } from './shadow-original.ts';
import { asidePath, type InstalledApp, type Workshop } from './shadow-workshop.ts';

/** Every file that should be, and the apps that are wanted but get none. */
export interface DesiredShadows {
  readonly files: ReadonlyMap<string, DesiredShadow>;
  readonly skipped: ReadonlyMap<string, RingfenceError>;
  /** Ids whose entries are shadowed. */
  readonly apps: ReadonlySet<string>;
}

/** Works out what should be on the disk for all that is wanted. `breathe` is called now and then, to let others work. */
export async function collectShadows(
  shop: Workshop,
  installed: readonly InstalledApp[],
  breathe: () => Promise<void>,
): Promise<DesiredShadows> {
  const files = new Map<string, DesiredShadow>();
  const skipped = new Map<string, RingfenceError>();
  const apps = new Set<string>();
  const masking = new Set<string>();
  const { manifest, settings } = shop;
  const wanted = installed.filter(({ id }) => wishFor(manifest, id.id) !== undefined);
  const services = wanted.length > 0 ? indexServices(shop) : new Map<string, BusService>();
  const dropIns = recordedDropIns(manifest);
  const ownFolder = join(settings.places.dataHome, 'applications');
  for (const [count, { id, paths }] of wanted.entries()) {
    if (count % 100 === 99) await breathe();
    const ownPath = paths.find((path) => path.startsWith(`${ownFolder}/`));
    const target = ownPath ?? join(ownFolder, id.id);
    const later = paths.find((path) => !path.startsWith(`${ownFolder}/`));
    try {
      const original = findOriginal(shop, target, id.id, later);
      if (original === undefined) continue;
      const own = desireApp(shop, id, original, services, dropIns.get(id.id) ?? []);
      if (own.length === 0) continue;
      for (const file of own) if (!files.has(file.path)) files.set(file.path, file);
      apps.add(id.id);
      if (!original.own) masking.add(id.id);
    } catch (error) {
      skipped.set(id.id, asSkip(id.id, error));
    }
  }
  if (manifest.all !== undefined) for (const [id, error] of brokenEntries(shop, installed)) skipped.set(id, error);
  for (const file of desireMimeCache(shop, masking)) files.set(file.path, file);
  return { files, skipped, apps };
}

/** What has the name of an entry and is no file: links in a circle, folders, sockets. Nobody lists it as an app. */
function* brokenEntries(shop: Workshop, installed: readonly InstalledApp[]): Generator<[string, RingfenceError]> {
  const known = new Set(installed.map(({ id }) => id.id));
  const { dataHome, dataDirs } = shop.settings.places;
  for (const folder of [dataHome, ...dataDirs].map((root) => join(root, 'applications'))) {
    for (const name of shop.files.disk.list(folder)) {
      if (!name.endsWith('.desktop') || known.has(name)) continue;
      const look = shop.files.disk.look(join(folder, name));
      if (look.state === 'unusable')
        yield [name, new RingfenceError('BadEntry', `cannot enable ${name}: ${look.reason}`)];
    }
  }
}

/** Nothing for an app that no menu shows, unless it was named: a wish for all apps is for those that people see. */
function desireApp(
  shop: Workshop,
  id: DesktopId,
  original: Original,
  services: ReadonlyMap<string, BusService>,
  recordedDropInPaths: readonly string[],
): DesiredShadow[] {
  const { settings, manifest } = shop;
  const wish = wishFor(manifest, id.id) ?? {};
  const strict = settings.isStrict(id.id, wish);
  const input = once(() => entryInput(shop, id.id, original, strict));
  const entry = desire(shop, id.id, 'entry', original, strict, () => shadowEntry(input()));
  const recorded = manifest.files[original.target];
  const unchanged = recorded?.kind === 'entry' && recorded.fingerprint === entry.fingerprint;
  const isNamed = Object.hasOwn(manifest.apps, id.id);
  const isOffered = () => !isWindow(id.id) && isVisible(input().original, original.source, settings.display);
  if (!unchanged && !isNamed && !isOffered()) return [];
  // Made now, since an app whose entry can't be wrapped gets nothing else either.
  if (!unchanged) entry.contents.bytes();
  // By the name that they have now, whatever the one before was.
  const folders = unchanged
    ? recordedDropInPaths.map((path) => dirname(path))
    : foreignScopeFolders(id.id, input().original).map((name) =>
        join(settings.places.configHome, 'systemd/user', name),
      );
  const dropIns = folders.map((folder) => join(folder, dropInName));
  return [
    ...servicesOf(id.name, services).flatMap((service) => desireService(shop, id.id, service, strict)),
    ...(wish.autostart ? desireAutostart(shop, id.id, strict) : []),
    ...dropIns.map((path) => desireDropIn(shop, id.id, path, original.source, wish)),
    // Before what runs it.
    desireIconScript(shop, id.id, original, strict),
    ...(strict ? [desirePortalEntry(shop, id, original)] : []),
    // Last: the icon goes through Ringfence once all the rest is there.
    entry,
  ];
}

/** One that cannot be read says why when its shadow is made. */
function isVisible(bytes: Uint8Array, path: string, display: DisplayFacts): boolean {
  try {
    return shouldShow(parseDesktopEntry(bytes, path), display);
  } catch {
    return true;
  }
}

function desireDropIn(shop: Workshop, app: string, path: string, source: string, wish: Wish): DesiredShadow {
  const text = scopeDropIn(app, source, shop.settings.limits(app, wish));
  return {
    path,
    group: app,
    kind: 'drop-in',
    fingerprint: text,
    source,
    aside: asidePath(shop, `systemd/${basename(dirname(path))}`),
    contents: { type: 'file', mode: 0o644, modeCounts: false, bytes: () => Buffer.from(text) },
  };
}

function desireMimeCache(shop: Workshop, masking: ReadonlySet<string>): DesiredShadow[] {
  if (masking.size === 0) return [];
  const { dataHome, dataDirs } = shop.settings.places;
  const target = join(dataHome, 'applications/mimeinfo.cache');
  const aside = asidePath(shop, 'mimeinfo.cache');
  const recorded = shop.manifest.files[target];
  const ours = recorded !== undefined && shop.files.isOurs(recorded, shop.files.look(target));
  const readFrom = shop.files.keptFor(target, recorded) ?? (ours ? undefined : target);
  const own = readFrom === undefined ? undefined : textOf(shop, readFrom);
  const later = dataDirs.flatMap((folder) =>
    ['mimeapps.list', 'mimeinfo.cache'].map((name) => textOf(shop, join(folder, 'applications', name)) ?? ''),
  );
  const text = mimeCacheText(own, later, masking);
  if (text === undefined) return [];
  const bytes = Buffer.from(`${cacheMark}\n${text}`);
  return [
    {
      path: target,
      group: '',
      kind: 'mime-cache',
      fingerprint: shop.files.hash(bytes),
      source: aside,
      aside,
      contents: { type: 'file', mode: 0o644, modeCounts: false, bytes: () => bytes },
    },
  ];
}

function recordedDropIns(manifest: Manifest): Map<string, string[]> {
  const paths = new Map<string, string[]>();
  for (const [path, { kind, group }] of Object.entries(manifest.files)) {
    if (kind === 'drop-in') paths.set(group, [...(paths.get(group) ?? []), path]);
  }
  return paths;
}

function textOf(shop: Workshop, path: string): string | undefined {
  try {
    return shop.files.disk.read(path).toString('utf8');
  } catch {
    return undefined;
  }
}

function asSkip(id: string, error: unknown): RingfenceError {
  if (error instanceof RingfenceError) {
    return error.message.startsWith('cannot enable')
      ? error
      : new RingfenceError('BadEntry', `cannot enable ${id}: ${error.message}`, { cause: error });
  }
  const code = (error as NodeJS.ErrnoException).code;
  if (code === undefined) throw error;
  return new RingfenceError('BadEntry', `cannot enable ${id}: its entry cannot be read (${code})`, { cause: error });
}
