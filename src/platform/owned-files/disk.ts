import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  fchmodSync,
  fstatSync,
  fsyncSync,
  linkSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  type Stats,
  statSync,
  symlinkSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { makeFolders } from '../files/make-folders.ts';
import { isSilent } from '../files/silent-mounts.ts';
import type { Look } from './model.ts';

/** The disk below which owned files are written. Calls throw what node throws (ENOSPC, EROFS, EACCES …). */
export interface OwnedDisk {
  look(path: string): Look;
  read(path: string): Buffer;
  /** The names in a folder, sorted; none when it cannot be read. */
  list(folder: string): string[];
  realPath(path: string): string;
  /** Why nothing can be put into this place or removed from it: what node throws; undefined when nothing is known. */
  obstacle(path: string): unknown;
  /** Makes a new file, not yet in its place; `durable`: it is on the disk when this returns. */
  stage(content: Uint8Array, mode: number, durable?: boolean): string;
  /** Makes a new symbolic link, not yet in its place. */
  stageLink(target: string): string;
  /** Puts a staged file into its place, at once. */
  commit(staged: string, path: string): void;
  discard(staged: string): void;
  /** Gives a file a second name among the staged, by which it can be committed again as it was. */
  hold(path: string): string;
  /** Gives a file a second place; the first still has it. */
  setAside(path: string, aside: string): void;
  /** Moves it back with mode, times and attributes, at once. */
  putBack(aside: string, path: string): void;
  remove(path: string): void;
  makeFolder(path: string): void;
  /** Only when it is empty. */
  removeFolder(path: string): void;
  /** Removes what a crash has left in the staging folder and in these. */
  clean(folders: readonly string[]): void;
}

/**
 * Opens it. New files are made in `staging`, a folder of our own, and renamed into their place: what a crash leaves is there,
 * and nowhere else. Files larger than `maxSize` bytes count as unusable.
 */
export function openOwnedDisk(staging: string, maxSize = Number.POSITIVE_INFINITY): OwnedDisk {
  // Each folder is made once; one that vanishes meanwhile is an error, as any other.
  const made = new Set<string>();
  const makeOnce = (folder: string, mode: number) => {
    if (made.has(folder)) return;
    makeFolders(folder, mode);
    made.add(folder);
  };
  const stage = openStaging(staging, () => makeOnce(staging, 0o700));
  return {
    look: (path) => look(path, maxSize),
    read: (path) => readRegular(path, maxSize),
    list: namesIn,
    realPath: (path) => realpathSync(path),
    obstacle,

    ...stage,
    commit: (staged, path) => move(staged, path),
    discard: (staged) => rmSync(staged, { force: true }),

    setAside(path, aside) {
      makeFolders(dirname(aside), 0o700);
      const second = stage.hold(path);
      move(second, aside);
      // rename(2) does nothing when both names are one file already.
      rmSync(second, { force: true });
    },
    putBack: (aside, path) => move(aside, path),
    remove: (path) => rmSync(path, { force: true }),

    makeFolder: (path) => makeOnce(path, 0o755),
    removeFolder(path) {
      made.delete(path);
      try {
        rmdirSync(path);
      } catch {
        // Not empty, or gone already: either way not ours to remove.
      }
    },
    clean(folders) {
      rmSync(staging, { recursive: true, force: true });
      made.delete(staging);
      for (const folder of folders) rmSync(join(folder, besideName), { force: true });
    },
  };
}

/** New files in a folder of our own, under names of their own. */
function openStaging(folder: string, makeFolder: () => void): Pick<OwnedDisk, 'stage' | 'stageLink' | 'hold'> {
  let count = 0;
  const newPath = () => {
    makeFolder();
    return join(folder, `${process.pid}-${count++}`);
  };
  return {
    stage(content, mode, durable) {
      const path = newPath();
      try {
        writeNew(path, content, mode, durable);
        return path;
      } catch (error) {
        rmSync(path, { force: true });
        // The folder tells which disk it is; the name in it tells nothing.
        throw Object.assign(error as object, { path: folder });
      }
    },
    stageLink(target) {
      const path = newPath();
      symlinkSync(target, path);
      return path;
    },
    hold(path) {
      const second = newPath();
      try {
        // A second name for the same file keeps its mode, times and attributes, and nothing is without it for a moment.
        linkSync(path, second);
      } catch (error) {
        if (!['EXDEV', 'EPERM', 'ENOTSUP', 'EMLINK', 'EOPNOTSUPP'].includes(codeOf(error))) throw error;
        copyExactly(path, second);
      }
      return second;
    },
  };
}

function namesIn(folder: string): string[] {
  if (isSilent(folder)) return [];
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

/** Where a file is put together when it has to come from another file system. */
const besideName = '.ringfence-new';

function writeNew(path: string, content: Uint8Array, mode: number, durable: boolean | undefined): void {
  const fd = openSync(path, 'wx', 0o600);
  try {
    for (let at = 0; at < content.length; ) at += writeSync(fd, content, at);
    // Not at its creation, as the umask would have a say.
    fchmodSync(fd, mode);
    if (durable) fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function move(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (codeOf(error) !== 'EXDEV') throw error;
    const beside = join(dirname(to), besideName);
    try {
      copyExactly(from, beside);
      renameSync(beside, to);
    } catch (failure) {
      rmSync(beside, { force: true });
      throw failure;
    }
    rmSync(from, { force: true });
  }
}

function copyExactly(from: string, to: string): void {
  const facts = lstatSync(from);
  if (facts.isSymbolicLink()) {
    symlinkSync(readlinkSync(from), to);
    return;
  }
  copyFileSync(from, to, constants.COPYFILE_EXCL);
  chmodSync(to, facts.mode & 0o7777);
  utimesSync(to, facts.atime, facts.mtime);
}

function look(path: string, maxSize: number): Look {
  if (isSilent(path)) return unusable(path, 'its file system does not answer');
  let own: Stats | undefined;
  try {
    own = lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    return codeOf(error) === 'ENOTDIR' ? { state: 'missing' } : unusable(path, `it cannot be read (${codeOf(error)})`);
  }
  if (own === undefined) return { state: 'missing' };
  let target = own;
  let link: string | undefined;
  if (own.isSymbolicLink()) {
    link = readlinkSync(path);
    try {
      target = statSync(path);
    } catch (error) {
      return unusable(path, `it is a symbolic link that leads nowhere (${codeOf(error)})`, link);
    }
  }
  if (!target.isFile()) return unusable(path, 'it is not a regular file', link);
  if (target.size > maxSize) return unusable(path, `it is larger than ${maxSize / 2 ** 20} MiB`, link);
  const stat = (link === undefined ? '' : `${statText(own)}>`) + statText(target);
  return { state: 'file', stat, size: target.size, mode: target.mode, ...(link === undefined ? {} : { link }) };
}

function unusable(path: string, reason: string, link?: string): Look {
  return { state: 'unusable', reason: `${basename(path)}: ${reason}`, ...(link === undefined ? {} : { link }) };
}

function statText({ dev, ino, size, mtimeMs }: Stats): string {
  return `${dev}:${ino}:${size}:${mtimeMs}`;
}

/** Never waits, as opening a FIFO would for its other end, and never reads more than the limit. */
function readRegular(path: string, maxSize: number): Buffer {
  if (isSilent(path)) throw Object.assign(new Error(`${path} does not answer`), { code: 'ETIMEDOUT', path });
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  try {
    const facts = fstatSync(fd);
    if (!facts.isFile() || facts.size > maxSize)
      throw Object.assign(new Error(`${path} cannot be read`), { code: 'EFBIG' });
    // In one read, which is all of it unless it grows right now.
    const bytes = Buffer.allocUnsafeSlow(facts.size + 1);
    const count = readSync(fd, bytes, 0, bytes.length, null);
    return count <= facts.size ? bytes.subarray(0, count) : Buffer.concat([bytes, readFileSync(fd)]);
  } finally {
    closeSync(fd);
  }
}

function obstacle(path: string): unknown {
  let folder = dirname(path);
  while (look(folder, 0).state === 'missing' && folder !== dirname(folder)) folder = dirname(folder);
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    return error;
  }
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'unknown';
}
