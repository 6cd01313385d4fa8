import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { appKey, type Config } from '../domain/config/model.ts';
import type { Setting } from '../domain/config/setting.ts';
import { currentDesktops } from '../domain/desktop-entry/should-show.ts';
import { RingfenceError } from '../domain/errors.ts';
import type { HostFacts } from '../domain/host-facts.ts';
import { resolveProfile } from '../domain/profile.ts';
import { windowId } from '../domain/window-id.ts';
import { xdgFolders } from '../domain/xdg-folders.ts';
import { readHostFacts } from '../launch/io/host-facts.ts';
import { decideContainment } from '../launch/pure/decide-containment.ts';
import { openAppCatalog } from '../platform/desktop/app-catalog.ts';
import { takeLock } from '../platform/files/lock-file.ts';
import { askMounts, doubtfulPlaces, isSilent } from '../platform/files/silent-mounts.ts';
import { watchFolders } from '../platform/files/watch-paths.ts';
import { type NotesMemory, openNotesFile } from '../platform/owned-files/notes-file.ts';
import { openOwnedFiles } from '../platform/owned-files/owned-files.ts';
import { enabledProfile } from './pure/enabled-profile.ts';
import { isEmptyManifest, type Manifest, manifestPath, parseManifest, type Wish, wishFor } from './pure/manifest.ts';
import { isMarked } from './pure/shadow-entry.ts';
import type { ShadowResult } from './shadow-results.ts';
import type { ShadowPlaces } from './shadow-workshop.ts';
import { openShadows, type Shadows } from './shadows.ts';

/** What the shadows of a user need of the rest of the daemon. */
export interface ShadowSurroundings {
  /** The user manager's environment, now: XDG_DATA_DIRS comes with the login. */
  environment(): Promise<Readonly<Record<string, string | undefined>>>;
  readonly clientPath: string;
  readonly version: string;
  config(): Config;
  host(): HostFacts;
  servicesChanged(): Promise<void>;
  dropInsChanged(): Promise<void>;
}

/** Puts the shadows together: the use case and its adapters. */
export function wireShadows(around: ShadowSurroundings): Shadows {
  const memory: NotesMemory<Manifest> = { last: undefined };
  return openShadows({
    async settings() {
      const environment = await around.environment();
      const places = shadowPlaces(environment);
      // Any of them may be behind a link in there.
      await askMounts(doubtfulPlaces());
      for (const path of [places.dataHome, places.configHome]) requireAnswer(path);
      const origin = manifestPath(places.dataHome);
      const enabled = (id: string, wish: Wish) => enabledProfile(id, wish, origin);
      return {
        places,
        manifestPath: origin,
        // An app of which nobody can tell whether it is there keeps its shadow.
        installed: () => openAppCatalog(environment).list({ whole: true }),
        display: {
          desktops: currentDesktops(environment['XDG_CURRENT_DESKTOP']),
          hasProgram: (program) => readHostFacts(environment).programState(program) === 'found',
        },
        runtimeFolder: environment['XDG_RUNTIME_DIR'] ?? '/tmp',
        clientPath: around.clientPath,
        version: around.version,
        window: hasWindow(places),
        isStrict: (id, wish) => isStrict(around.config(), id, enabled(id, wish)),
        limits: (id, wish) =>
          scopeLimits({ app: id, config: around.config(), enabled: enabled(id, wish), host: around.host() }),
      };
    },
    files: ({ places }) =>
      openOwnedFiles({
        staging: join(places.dataHome, 'ringfence/staging'),
        durable: false,
        marked: isMarked,
        maxSize: largestEntry,
      }),
    manifest: (settings, { disk }) => openNotesFile(settings.manifestPath, parseManifest, disk, memory),
    lock: ({ places, runtimeFolder }) =>
      takeLock(lockPath(runtimeFolder, places.dataHome), 10_000, 'change the desktop entries'),
    servicesChanged: around.servicesChanged,
    dropInsChanged: around.dropInsChanged,
    breathe: () => nextTurn(),
  });
}

/** The profile that an app was enabled with, for launches; the manifest is where the folders are that `environment` describes. */
export function enabledProfiles(
  shadows: Pick<Shadows, 'known'>,
  environment: Readonly<Record<string, string | undefined>>,
): (app: string) => Setting<string> | undefined {
  const origin = manifestPath(shadowPlaces(environment).dataHome);
  return (app) => enabledProfile(app, wishFor(shadows.known(), app), origin);
}

/** @throws ETIMEDOUT */
function requireAnswer(path: string): void {
  if (isSilent(path)) throw Object.assign(new Error(`${path} does not answer`), { code: 'ETIMEDOUT', path });
}

/** Whether the desktop finds the window. */
function hasWindow({ dataHome, dataDirs }: ShadowPlaces): boolean {
  return [dataHome, ...dataDirs]
    .map((folder) => join(folder, 'applications', `${windowId}.desktop`))
    .some((file) => !isSilent(file) && existsSync(file));
}

/** No real entry comes near it (the largest in Debian is 60 kB). */
const largestEntry = 1024 * 1024;

function lockPath(runtimeFolder: string, dataHome: string): string {
  const name = createHash('sha256').update(dataHome).digest('hex').slice(0, 16);
  return join(runtimeFolder, 'ringfence', `${name}.lock`);
}

/** The same rows of text that EnableApp and its kin answer with; what is not there is left out. */
export function resultRows(results: readonly object[]): Map<string, string>[] {
  return results.map((result) => new Map(Object.entries(result).filter(([, value]) => value !== undefined)));
}

/**
 * Keeps the shadows in step with what is installed: once at the start and after each change in the folders of entries and
 * services, as long as anything is enabled. `report` gets what came of it, or why nothing could.
 */
export function followChanges(
  shadows: Shadows,
  settings: { environment: ShadowSurroundings['environment'] },
  report: (results: readonly ShadowResult[] | Error) => void,
): FollowedChanges {
  let watched: { readonly key: string; readonly close: () => void } | undefined;
  let closed = false;
  const rewatch = async () => {
    const manifest = await shadows.wishes();
    const places = shadowPlaces(await settings.environment());
    const folders = isEmptyManifest(manifest) ? [] : watchedFolders(places);
    const key = folders.join(':');
    if (closed || watched?.key === key) return;
    watched?.close();
    watched = { key, close: folders.length === 0 ? () => {} : watchFolders(folders, () => void sync()).close };
  };
  const sync = async () => {
    try {
      if (closed || isEmptyManifest(await shadows.wishes())) return;
      report(await shadows.sync({ dryRun: false }));
      await rewatch();
    } catch (error) {
      report(error instanceof Error ? error : new Error(String(error)));
    }
  };
  return {
    sync,
    rewatch: () => rewatch().catch((error) => report(error)),
    close() {
      closed = true;
      watched?.close();
    },
  };
}

/** See followChanges. */
export interface FollowedChanges {
  /** Brings everything up to date, and watches from then on. */
  sync(): Promise<void>;
  /** To be called when something was enabled or disabled. */
  rewatch(): Promise<void>;
  close(): void;
}

function watchedFolders({ dataHome, dataDirs, configHome, configDirs }: ShadowPlaces): string[] {
  return [
    ...[dataHome, ...dataDirs].flatMap((folder) => [join(folder, 'applications'), join(folder, 'dbus-1/services')]),
    ...[configHome, ...configDirs].map((folder) => join(folder, 'autostart')),
  ];
}

/** The user's folders. */
function shadowPlaces(environment: Readonly<Record<string, string | undefined>>): ShadowPlaces {
  // A user manager always has a HOME.
  const { home = '/', data = '/.local/share', config = '/.config', dataDirs, configDirs } = xdgFolders(environment);
  return {
    home,
    dataHome: data,
    configHome: config,
    dataDirs: dataDirs.filter((path) => path !== data),
    configDirs,
  };
}

/** When it can't be told, the app is one that may not start without its fence. */
function isStrict(config: Config, id: string, enabled: Setting<string> | undefined): boolean {
  try {
    const chosen = config.apps.get(appKey(id))?.profile ?? enabled ?? config.defaultProfile;
    return config.heldBack !== undefined || resolveProfile(config.profiles, chosen.value).mode === 'strict';
  } catch {
    return true;
  }
}

function scopeLimits(input: Omit<Parameters<typeof decideContainment>[0], 'request'>) {
  const request = { limits: new Map() };
  try {
    return decideContainment({ ...input, request }).limits;
  } catch (error) {
    if (!(error instanceof RingfenceError)) throw error;
    // What strict has beyond limits can't follow into such a scope; limits can.
    return decideContainment({ ...input, request: { ...request, profile: 'relaxed' } }).limits;
  }
}
