import { basename, dirname, join } from 'node:path';
import type { DecidedLimit } from './core/decide-containment.ts';
import type { DesktopId } from './core/desktop-id.ts';
import { RingfenceError } from './core/errors.ts';
import {
  type BusService,
  overrideScript,
  overrideText,
  parseBusService,
  servicesOf,
} from './core/shadow/bus-service.ts';
import { type Manifest, type ManifestFile, type Wish, wishFor } from './core/shadow/manifest.ts';
import { mimeCacheText } from './core/shadow/mime-cache.ts';
import { type DesiredFile, type DiskState, isOurs } from './core/shadow/plan.ts';
import { foreignScopeFolders, scopeDropIn } from './core/shadow/scope-drop-in.ts';
import { autostartEntry, autostartScript, shadowEntry } from './core/shadow/shadow-entry.ts';
import type { ShadowDisk } from './ports.ts';

/** The user's folders, absolute, without a slash at the end. */
export interface ShadowPlaces {
  readonly dataHome: string;
  readonly configHome: string;
  /** Behind dataHome, in order of precedence. */
  readonly dataDirs: readonly string[];
  readonly configDirs: readonly string[];
}

/** What shadows are made with, beside what is on the disk. */
export interface ShadowSettings {
  readonly places: ShadowPlaces;
  /** Of the session. */
  readonly runtimeFolder: string;
  /** Of `ringfence-open`, absolute. */
  readonly clientPath: string;
  readonly version: string;
  installed(): InstalledApp[];
  /** Whether the app may start inside a strict fence only. */
  isStrict(id: string, wish: Wish): boolean;
  /** The limits for scopes that the app moves itself to. */
  limits(id: string, wish: Wish): readonly DecidedLimit[];
}

/** An installed app and its entries, the one that counts first. */
export interface InstalledApp {
  readonly id: DesktopId;
  readonly paths: readonly string[];
}

/** Every file that should be, and the apps that are wanted but get none. */
export interface DesiredShadows {
  readonly files: ReadonlyMap<string, DesiredFile>;
  readonly skipped: ReadonlyMap<string, RingfenceError>;
  /** Ids whose entries are shadowed. */
  readonly apps: ReadonlySet<string>;
}

/** What collecting works with. */
export interface Workshop {
  readonly manifest: Manifest;
  readonly settings: ShadowSettings;
  readonly disk: ShadowDisk;
  readonly state: (path: string) => DiskState;
  readonly hash: (bytes: Uint8Array) => string;
}

/** The original of a place: where it is now, and where it will be read once its shadow stands. */
interface Original {
  readonly target: string;
  readonly asidePath: string;
  readonly readFrom: string;
  readonly source: string;
  readonly stat: string;
  /** The user's own file in the very place of the shadow. */
  readonly own: boolean;
}

/** Works out what should be on the disk for all that is wanted. `breathe` is called now and then, to let others work. */
export async function collectShadows(
  shop: Workshop,
  installed: readonly InstalledApp[],
  breathe: () => Promise<void>,
): Promise<DesiredShadows> {
  const files = new Map<string, DesiredFile>();
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
      for (const file of desireApp(shop, id, original, services, dropIns.get(id.id) ?? [])) {
        if (!files.has(file.path)) files.set(file.path, file);
      }
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
    for (const name of shop.disk.list(folder)) {
      if (!name.endsWith('.desktop') || known.has(name)) continue;
      const look = shop.disk.look(join(folder, name));
      if (look.state === 'unusable')
        yield [name, new RingfenceError('BadEntry', `cannot enable ${name}: ${look.reason}`)];
    }
  }
}

function desireApp(
  shop: Workshop,
  id: DesktopId,
  original: Original,
  services: ReadonlyMap<string, BusService>,
  recordedDropInPaths: readonly string[],
): DesiredFile[] {
  const { settings, manifest } = shop;
  const wish = wishFor(manifest, id.id) ?? {};
  const strict = settings.isStrict(id.id, wish);
  const input = once(() => entryInput(shop, id.id, original, strict));
  const entry = desire(shop, id.id, 'entry', original, strict, () => shadowEntry(input()));
  const recorded = manifest.files[original.target];
  const unchanged = recorded?.kind === 'entry' && recorded.fingerprint === entry.fingerprint;
  // Made now, since an app whose entry can't be wrapped gets nothing else either.
  if (!unchanged) entry.content();
  const dropIns = unchanged
    ? recordedDropInPaths
    : foreignScopeFolders(id.id, input().original).map((folder) =>
        join(settings.places.configHome, 'systemd/user', folder, '50-ringfence.conf'),
      );
  return [
    ...servicesOf(id.name, services).flatMap((service) => desireService(shop, id.id, service, strict)),
    ...(wish.autostart ? desireAutostart(shop, id.id, strict) : []),
    ...dropIns.map((path) => desireDropIn(shop, id.id, path, original.source, wish)),
    // Last: the icon goes through Ringfence once all the rest is there.
    entry,
  ];
}

/**
 * Where the original of a place is: set aside, in the place itself, or in a later folder.
 * @returns undefined when there is none (any more)
 * @throws RingfenceError BadEntry for one that is not to be used
 */
function findOriginal(shop: Workshop, target: string, name: string, later: string | undefined): Original | undefined {
  const { disk, manifest } = shop;
  const refuse = (path: string, reason: string) =>
    new RingfenceError('BadEntry', `cannot enable ${name}: ${path}: ${reason}`);
  const aside = asidePath(shop, name);
  const recorded = manifest.files[target];
  const state = shop.state(target);
  if (state.state === 'unusable') throw refuse(target, state.reason);
  const ours = recorded !== undefined && isOurs(recorded, state);
  let [readFrom, own] = [later, false];
  // Throws for one that may not be read, which is neither marked nor an original.
  if (state.state === 'file' && !ours) disk.read(target);
  if (state.state === 'file' && (ours || state.marked())) {
    if (recorded?.aside !== undefined) [readFrom, own] = [recorded.source, true];
  } else if (state.state === 'file') {
    [readFrom, own] = [linkTarget(disk, target) ?? target, true];
    const folder = join(shop.settings.places.dataHome, 'applications');
    if (readFrom !== target && readFrom.startsWith(`${folder}/`)) {
      throw refuse(target, `it is a link to ${readFrom}; enable that one, and this is enabled with it`);
    }
  }
  if (readFrom === undefined) return undefined;
  const look = disk.look(readFrom);
  if (look.state === 'missing') return undefined;
  if (look.state === 'unusable') throw refuse(readFrom, look.reason);
  if ((look.mode & 0o002) !== 0) {
    throw refuse(readFrom, 'everybody may write to it; make that stop with "chmod o-w"');
  }
  return { target, asidePath: aside, readFrom, source: readFrom === target ? aside : readFrom, stat: look.stat, own };
}

function linkTarget(disk: ShadowDisk, path: string): string | undefined {
  const look = disk.look(path);
  return look.state === 'file' && look.link ? disk.realPath(path) : undefined;
}

function desire(
  shop: Workshop,
  app: string,
  kind: ManifestFile['kind'],
  original: Original,
  strict: boolean,
  content: () => Uint8Array,
): DesiredFile {
  const { version, clientPath } = shop.settings;
  return {
    path: original.target,
    app,
    kind,
    fingerprint: [version, clientPath, original.source, original.stat, strict ? 'strict' : ''].join(' '),
    source: original.source,
    mode: 0o644,
    asidePath: original.asidePath,
    content: once(content),
  };
}

function entryInput(shop: Workshop, id: string, { readFrom, source }: Original, strict: boolean) {
  const original = shop.disk.read(readFrom);
  const { clientPath, version } = shop.settings;
  return { id, original, sourcePath: source, sourceHash: shop.hash(original), clientPath, version, strict };
}

function desireService(shop: Workshop, appId: string, service: BusService, strict: boolean): DesiredFile[] {
  const { dataHome } = shop.settings.places;
  const folder = join(dataHome, 'dbus-1/services');
  const isOwn = service.path.startsWith(`${folder}/`);
  const target = isOwn ? service.path : join(folder, `${service.name}.service`);
  const original = findOriginal(shop, target, `services/${basename(target)}`, isOwn ? undefined : service.path);
  if (original === undefined) return [];
  const scriptPath = join(dataHome, 'ringfence/services', service.name);
  const input = once(() => ({ ...entryInput(shop, appId, original, strict), service, appId, scriptPath }));
  return [
    scriptOf(shop, appId, scriptPath, original, strict, () => overrideScript(input())),
    desire(shop, appId, 'service', original, strict, () => Buffer.from(overrideText(input()))),
  ];
}

function desireAutostart(shop: Workshop, id: string, strict: boolean): DesiredFile[] {
  const { configHome, configDirs, dataHome } = shop.settings.places;
  const target = join(configHome, 'autostart', id);
  const later = configDirs
    .map((folder) => join(folder, 'autostart', id))
    .find((path) => shop.disk.look(path).state === 'file');
  const original = findOriginal(shop, target, `autostart/${id}`, later);
  if (original === undefined) return [];
  const scriptPath = join(dataHome, 'ringfence/autostart', id.replace(/\.desktop$/, ''));
  const input = once(() => ({ ...entryInput(shop, id, original, strict), scriptPath }));
  return [
    scriptOf(shop, id, scriptPath, original, strict, () => autostartScript(input())),
    desire(shop, id, 'autostart', original, strict, () => autostartEntry(input())),
  ];
}

function scriptOf(
  shop: Workshop,
  app: string,
  path: string,
  original: Original,
  strict: boolean,
  text: () => string,
): DesiredFile {
  const place = { ...original, target: path, asidePath: `${path}.original` };
  return { ...desire(shop, app, 'script', place, strict, () => Buffer.from(text())), mode: 0o755 };
}

function desireDropIn(shop: Workshop, app: string, path: string, source: string, wish: Wish): DesiredFile {
  const text = scopeDropIn(app, source, shop.settings.limits(app, wish));
  return {
    path,
    app,
    kind: 'drop-in',
    fingerprint: text,
    source,
    mode: 0o644,
    asidePath: asidePath(shop, `systemd/${basename(dirname(path))}`),
    content: () => Buffer.from(text),
  };
}

function desireMimeCache(shop: Workshop, masking: ReadonlySet<string>): DesiredFile[] {
  if (masking.size === 0) return [];
  const { dataHome, dataDirs } = shop.settings.places;
  const target = join(dataHome, 'applications/mimeinfo.cache');
  const aside = asidePath(shop, 'mimeinfo.cache');
  const recorded = shop.manifest.files[target];
  const state = shop.state(target);
  const ours = recorded !== undefined && isOurs(recorded, state);
  const readFrom = ours ? recorded.aside : target;
  const own = readFrom === undefined ? undefined : textOf(shop, readFrom);
  const later = dataDirs.flatMap((folder) =>
    ['mimeapps.list', 'mimeinfo.cache'].map((name) => textOf(shop, join(folder, 'applications', name)) ?? ''),
  );
  const text = mimeCacheText(own, later, masking);
  if (text === undefined) return [];
  const bytes = Buffer.from(text);
  return [
    {
      path: target,
      app: '',
      kind: 'mime-cache',
      fingerprint: shop.hash(bytes),
      source: aside,
      mode: 0o644,
      asidePath: aside,
      content: () => bytes,
    },
  ];
}

/** The activation file that counts for each bus name: that of the first folder, or what it was before ours took its place. */
function indexServices(shop: Workshop): Map<string, BusService> {
  const { dataHome, dataDirs } = shop.settings.places;
  const found = new Map<string, BusService>();
  for (const folder of [dataHome, ...dataDirs].map((root) => join(root, 'dbus-1/services'))) {
    for (const name of shop.disk.list(folder)) {
      if (!name.endsWith('.service')) continue;
      const path = join(folder, name);
      const recorded = shop.manifest.files[path];
      const aside = recorded !== undefined && isOurs(recorded, shop.state(path)) ? recorded.aside : undefined;
      const service = readService(shop, path, aside ?? path);
      if (service !== undefined && !service.override && !found.has(service.name)) found.set(service.name, service);
    }
  }
  return found;
}

function readService(shop: Workshop, path: string, readFrom: string): BusService | undefined {
  try {
    return shop.disk.look(readFrom).state === 'file' ? parseBusService(path, shop.disk.read(readFrom)) : undefined;
  } catch {
    return undefined;
  }
}

function recordedDropIns(manifest: Manifest): Map<string, string[]> {
  const paths = new Map<string, string[]>();
  for (const [path, { kind, app }] of Object.entries(manifest.files)) {
    if (kind === 'drop-in') paths.set(app, [...(paths.get(app) ?? []), path]);
  }
  return paths;
}

function asidePath(shop: Workshop, name: string): string {
  return join(shop.settings.places.dataHome, 'ringfence/originals', name);
}

function textOf(shop: Workshop, path: string): string | undefined {
  try {
    return shop.disk.read(path).toString('utf8');
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

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
