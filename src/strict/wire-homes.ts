import { lstatSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { RingfenceError } from '../domain/errors.ts';
import { appHomeName, homeFolder } from '../domain/home-folder.ts';
import { xdgFolders } from '../domain/xdg-folders.ts';
import { takeLock } from '../platform/files/lock-file.ts';
import { askMounts, isSilent } from '../platform/files/silent-mounts.ts';
import { bytesToImport, type Imported, importFolders, moveToTrash, sizeOf, stagingOf } from './io/home-disk.ts';
import { removeEmptyDownloads } from './io/homes.ts';
import { knownApps } from './io/known-apps.ts';
import { profileFolders } from './pure/profile-folders.ts';
import { lockHome, lockOfHome } from './wire-home-lock.ts';

/** The home of a strict app or command. */
export interface FoundHome {
  /** The app's id without ".desktop", or the home's name. */
  readonly id: string;
  readonly path: string;
  readonly exists: boolean;
  /** The user's own. */
  readonly user: string;
  /** The folder that homes and the trash are in. */
  readonly data: string;
  /** The user's folder of settings, which say where downloads go. */
  readonly config: string;
  /** The user's runtime folder. */
  readonly runtime: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The home of an app whose name counts, of another, or of a name; the first of these that is there. @throws RingfenceError Failed */
export function findHome(id: string, environment: Environment): FoundHome {
  const { home, data, config = '' } = xdgFolders(environment);
  if (home === undefined || data === undefined)
    throw new RingfenceError('Failed', 'cannot find homes: HOME is not set');
  const session = new Map(
    Object.entries(environment).flatMap(([name, value]) => (value ? [[name, value] as const] : [])),
  );
  const counts = knownApps.counts(id, session, join(data, 'ringfence/originals'));
  const names = [appHomeName(id, counts), `named.${id}`].map((name) => join(data, 'ringfence/homes', homeFolder(name)));
  const there = names.find((path) => lstatSync(path, { throwIfNoEntry: false })?.isDirectory());
  const runtime = environment['XDG_RUNTIME_DIR'] ?? '';
  return { id, path: there ?? names[0] ?? '', exists: there !== undefined, user: home, data, config, runtime };
}

/** Asks the mounts that its profile may lie on, before anything of it is looked at. */
export async function askForProfile({ id, user }: Pick<FoundHome, 'id' | 'user'>): Promise<void> {
  await askMounts(profileFolders(id).map((name) => join(user, name)));
}

/** Bytes that a home takes on the disk. */
export async function homeSize({ exists, path }: FoundHome): Promise<number> {
  return exists ? sizeOf(path) : 0;
}

/** The folders of the user's home where the app keeps its profile, below it; those that are there and answer. */
export function profileThere({ id, user }: Pick<FoundHome, 'id' | 'user'>): string[] {
  return profileFolders(id).filter((name) => {
    const path = join(user, name);
    return !isSilent(path) && lstatSync(path, { throwIfNoEntry: false })?.isDirectory();
  });
}

/** Bytes that an import of its profile has to copy. */
export async function profileSize(home: FoundHome): Promise<number> {
  let bytes = 0;
  for (const name of profileThere(home)) bytes += await bytesToImport(join(home.user, name));
  return bytes;
}

/** What of an instance tells whether a home is in use. */
interface Running {
  /** Its id without ".desktop". */
  readonly app: string;
  readonly unit: string;
  /** What its report has as "own-home". */
  readonly home: string | undefined;
}

/** What is asked before a home is changed. */
export interface HomePorts {
  running(): Promise<readonly Running[]> | readonly Running[];
}

/** Moves a home to the trash, and returns where it is now. @throws RingfenceError InvalidArgument while it is in use, TimedOut, Failed */
export async function resetHome(home: FoundHome, ports: HomePorts): Promise<string> {
  if (!home.exists) throw new RingfenceError('InvalidArgument', `cannot reset the home of ${home.id}: it has none yet`);
  return whileIdle(home, 'reset', ports, () => {
    const trash = moveToTrash(home.path, home.data, new Date());
    removeEmptyDownloads(home.path, home);
    return trash;
  });
}

/**
 * Copies an app's profile from the user's home into its own. Until that is done the app does not start.
 * @param onProgress told after each file; whatever it throws ends the import
 * @throws RingfenceError InvalidArgument where there is none, or the home is in use; TimedOut while another import is under way.
 *   Then nothing is changed.
 */
export async function importHome(
  home: FoundHome,
  ports: HomePorts,
  onProgress: (done: Imported) => void,
): Promise<Imported & { readonly folders: readonly string[] }> {
  const task = `import the profile of ${home.id}`;
  const folders = profileThere(home);
  if (folders.length === 0) {
    const isKnown = profileFolders(home.id).length > 0;
    const reason = isKnown
      ? 'your home has none'
      : `Ringfence does not know where it keeps its profile; copy what it needs into ${home.path}`;
    throw new RingfenceError('InvalidArgument', `cannot ${task}: ${reason}`);
  }
  const release = await takeLock(`${lockOfHome(home.runtime, home.path)}.import`, 0, task);
  try {
    // Whoever had begun it is dead: the lock says so.
    await rm(stagingOf(home.path), { recursive: true, force: true });
    const mayGoOn = () => whileIdle(home, 'import the profile of', ports, () => {});
    return { folders, ...(await importFolders(folders, home.user, home.path, mayGoOn, onProgress)) };
  } finally {
    release();
  }
}

/**
 * Holds a home's lock, which every strict start takes, and sees that nothing runs of the app meanwhile: not in that home, and for a
 * profile to be whole not outside either.
 */
async function whileIdle<T>(home: FoundHome, task: string, { running }: HomePorts, act: () => T): Promise<T> {
  const release = await lockHome(home.runtime, home.path, `${task} ${home.id}`);
  try {
    const isOf = (one: Running) =>
      one.app === home.id || (one.home !== undefined && basename(one.home) === basename(home.path));
    const one = (await running()).find(isOf);
    if (one !== undefined)
      throw new RingfenceError(
        'InvalidArgument',
        `cannot ${task} ${home.id}: it is running (${one.unit}); close it first`,
      );
    return act();
  } finally {
    release();
  }
}
