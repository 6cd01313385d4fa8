import { closeSync, constants, fstatSync, openSync, readdirSync, readSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { FoundEntry } from '../../domain/desktop-entry/found-entry.ts';
import { type DesktopId, parseDesktopId } from '../../domain/desktop-id.ts';
import { isShortage } from '../../domain/errno-text.ts';
import { RingfenceError } from '../../domain/errors.ts';
import { xdgFolders } from '../../domain/xdg-folders.ts';
import { isSilent } from '../files/silent-mounts.ts';

/** The key that marks an entry Ringfence wrote over another; its value is the absolute path of that other one. */
const shadowKey = 'X-Ringfence-Source';

/** An app and where its entries are, the one that counts first. */
export interface ListedApp {
  readonly id: DesktopId;
  /** Absolute; at least one. */
  readonly paths: readonly string[];
}

/** The desktop entries of a user, as the Base Directory Specification lays them out. */
export interface AppCatalog {
  /** The `applications` folders, the one that counts first; they need not exist. */
  readonly directories: readonly string[];
  /**
   * The entry of an app. An entry that Ringfence wrote itself is passed over for the one it stands for, so that a launch
   * always gets the original; with `shadows` it is an entry like any other.
   * @throws RingfenceError NoSuchApp; BadEntry when there is one but it cannot be read
   */
  find(id: DesktopId, options?: { readonly shadows?: boolean }): FoundEntry;
  /**
   * All apps, sorted by id; contents are not read, so hidden and malformed entries and shadows are among them.
   * @throws with `whole`, where a folder does not answer and nobody can tell what is in there; ETIMEDOUT
   */
  list(options?: { readonly whole?: boolean }): ListedApp[];
}

/** No real entry comes near it (the largest in Debian is 60 kB). */
const maxSize = 1024 * 1024;
/** Below `applications`; deeper folders are a mistake or a loop of bind mounts. */
const maxDepth = 8;

/**
 * The catalog of the user whom this environment describes: XDG_DATA_HOME, then XDG_DATA_DIRS, relative paths ignored.
 * Calls are synchronous: on the launch path a lookup is four system calls, and a trip through the thread pool costs more.
 */
export function openAppCatalog(environment: Readonly<Record<string, string | undefined>>): AppCatalog {
  const directories = applicationDirectories(environment);
  return {
    directories,
    find: (id, options) => findEntry(directories, id, options?.shadows ?? false),
    list: (options) => listApps(directories, options?.whole ?? false),
  };
}

function applicationDirectories(environment: Readonly<Record<string, string | undefined>>): string[] {
  const { data, dataDirs } = xdgFolders(environment);
  const roots = data === undefined ? dataDirs : [data, ...dataDirs];
  return [...new Set(roots.map((root) => join(root, 'applications')))];
}

function findEntry(directories: readonly string[], id: DesktopId, shadows: boolean): FoundEntry {
  const problems: string[] = [];
  const sources: string[] = [];
  for (const directory of directories) {
    for (const path of candidatePaths(directory, id.id)) {
      const entry = readEntry(path, problems);
      if (entry === undefined) continue;
      const source = shadows ? undefined : shadowSource(entry.bytes);
      if (source === undefined) return entry;
      // An original kept aside was the user's own, so it counts before everything that comes after the shadow.
      const aside = directories.some((known) => source.startsWith(`${known}/`)) ? undefined : readOriginal(source);
      if (aside !== undefined) return aside;
      sources.push(source);
    }
  }
  for (const source of sources) {
    const original = readOriginal(source);
    if (original !== undefined) return original;
  }
  if (problems.length > 0) throw new RingfenceError('BadEntry', `cannot launch ${id.id}: ${problems.join('; ')}`);
  const missing = sources.length > 0 ? `its original ${sources.join(', ')} is gone, and ` : '';
  throw new RingfenceError(
    'NoSuchApp',
    `cannot launch ${id.id}: ${missing}no such application in ${directories.join(', ')}`,
  );
}

/** The plain path, then, as any dash may stand for a slash, those below folders that exist. */
function* candidatePaths(directory: string, id: string, depth = 0): Generator<string> {
  yield join(directory, id);
  if (depth === maxDepth) return;
  for (let dash = id.indexOf('-'); dash !== -1; dash = id.indexOf('-', dash + 1)) {
    const folder = id.slice(0, dash);
    const rest = id.slice(dash + 1);
    if (folder === '' || folder.startsWith('.') || rest.startsWith('.')) continue;
    const inner = join(directory, folder);
    if (!isSilent(inner) && statSync(inner, { throwIfNoEntry: false })?.isDirectory()) {
      yield* candidatePaths(inner, rest, depth + 1);
    }
  }
}

function readOriginal(path: string): FoundEntry | undefined {
  if (!path.startsWith('/')) return undefined;
  const entry = readEntry(path, []);
  return entry !== undefined && shadowSource(entry.bytes) === undefined ? entry : undefined;
}

/** Reads a file if there is one. O_NONBLOCK, as opening a FIFO would otherwise wait for its other end. */
function readEntry(path: string, problems: string[]): FoundEntry | undefined {
  if (isSilent(path)) {
    problems.push(`${path} cannot be read, as its file system does not answer`);
    return undefined;
  }
  let fd: number;
  try {
    // Most folders have it not, and an exception of node's costs as much as four calls.
    if (statSync(path, { throwIfNoEntry: false }) === undefined) return undefined;
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch (error) {
    if (isShortage(error)) throw error;
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== 'ENOENT' && code !== 'ENOTDIR') problems.push(`${path} cannot be read (${code})`);
    return undefined;
  }
  try {
    const facts = fstatSync(fd);
    if (!facts.isFile()) problems.push(`${path} is not a regular file`);
    else if (facts.size > maxSize) problems.push(`${path} is larger than 1 MiB`);
    else return { path, bytes: readAll(fd, facts.size) };
    return undefined;
  } finally {
    closeSync(fd);
  }
}

/** A file may shrink or grow under our hands: what was there at most, never more than its size at the start. */
function readAll(fd: number, size: number): Buffer {
  const buffer = Buffer.allocUnsafe(size);
  let length = 0;
  while (length < size) {
    const count = readSync(fd, buffer, length, size - length, null);
    if (count === 0) break;
    length += count;
  }
  return buffer.subarray(0, length);
}

function shadowSource(bytes: Uint8Array): string | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (!buffer.includes(shadowKey)) return undefined;
  return new RegExp(`^[ \\t]*${shadowKey}[ \\t]*=[ \\t]*(.*?)\\r?$`, 'm').exec(buffer.toString('utf8'))?.[1];
}

function listApps(directories: readonly string[], whole: boolean): ListedApp[] {
  const found = new Map<string, { id: DesktopId; paths: string[] }>();
  for (const directory of directories) {
    for (const [id, path] of walk(directory, '', new Set(), 0, whole)) {
      const app = found.get(id.id);
      if (app === undefined) found.set(id.id, { id, paths: [path] });
      else app.paths.push(path);
    }
  }
  return [...found.values()].sort((a, b) => (a.id.id < b.id.id ? -1 : 1));
}

function* walk(
  directory: string,
  prefix: string,
  above: ReadonlySet<string>,
  depth: number,
  whole: boolean,
): Generator<[DesktopId, string]> {
  if (isPassedOver(directory, whole)) return;
  const real = tryOr(() => realpathSync(directory), undefined);
  if (real === undefined || above.has(real) || depth > maxDepth) return;
  const entries = tryOr(() => readdirSync(directory, { withFileTypes: true }), []);
  for (const entry of entries) {
    const path = join(directory, entry.name);
    if (entry.isSymbolicLink() && isPassedOver(path, whole)) continue;
    if (entry.name.endsWith('.desktop') && !entry.isDirectory()) {
      const id = tryOr(() => parseDesktopId(prefix + entry.name), undefined);
      const kind = entry.isSymbolicLink() ? tryOr(() => statSync(path), undefined) : entry;
      if (id !== undefined && kind?.isFile()) yield [id, path];
    } else if (entry.isDirectory() || (entry.isSymbolicLink() && tryOr(() => statSync(path).isDirectory(), false))) {
      yield* walk(path, `${prefix}${entry.name}-`, new Set([...above, real]), depth + 1, whole);
    }
  }
}

function isPassedOver(path: string, whole: boolean): boolean {
  if (!isSilent(path)) return false;
  if (whole) throw Object.assign(new Error(`${path} does not answer`), { code: 'ETIMEDOUT', path });
  return true;
}

function tryOr<T, U>(attempt: () => T, otherwise: U): T | U {
  try {
    return attempt();
  } catch {
    return otherwise;
  }
}
