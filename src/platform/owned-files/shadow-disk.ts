import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  fchmodSync,
  fstatSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  type Stats,
  statSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { makeFolders } from '../files/make-folders.ts';

/** What is in a place on the disk; a symbolic link counts as the file it leads to. */
export type DiskLook =
  | { readonly state: 'missing' }
  | {
      readonly state: 'file';
      /** Changes whenever the file does. */
      readonly stat: string;
      readonly size: number;
      readonly mode: number;
      readonly link: boolean;
    }
  | { readonly state: 'unusable'; readonly reason: string };

/** The disk as shadows are written to it. Calls throw what node throws (ENOSPC, EROFS, EACCES …). */
export interface ShadowDisk {
  look(path: string): DiskLook;
  read(path: string): Buffer;
  /** The names in a folder, sorted; none when it cannot be read. */
  list(folder: string): string[];
  realPath(path: string): string;
  /** Makes a new file, not yet in its place; `durable`: it is on the disk when this returns. */
  stage(content: Uint8Array, mode: number, durable?: boolean): string;
  /** Puts a staged file into its place, at once. */
  commit(staged: string, path: string): void;
  discard(staged: string): void;
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

/** No real entry comes near it (the largest in Debian is 60 kB). */
const maxSize = 1024 * 1024;

/**
 * The disk below which shadows are written. New files are made in `staging`, a folder of our own, and renamed into their
 * place: what a crash leaves is there, and nowhere else.
 */
export function openShadowDisk(staging: string): ShadowDisk {
  let count = 0;
  // Each folder is made once; one that vanishes meanwhile is an error, as any other.
  const made = new Set<string>();
  const makeOnce = (folder: string, mode: number) => {
    if (made.has(folder)) return;
    makeFolders(folder, mode);
    made.add(folder);
  };
  const newPath = () => {
    makeOnce(staging, 0o700);
    return join(staging, `${process.pid}-${count++}`);
  };
  return {
    look,
    read: readRegular,
    list: (folder) => {
      try {
        return readdirSync(folder).sort();
      } catch {
        return [];
      }
    },
    realPath: (path) => realpathSync(path),

    stage(content, mode, durable) {
      const path = newPath();
      try {
        const fd = openSync(path, 'wx', 0o600);
        try {
          for (let at = 0; at < content.length; ) at += writeSync(fd, content, at);
          // Not at its creation, as the umask would have a say.
          fchmodSync(fd, mode);
          if (durable) fsyncSync(fd);
        } finally {
          closeSync(fd);
        }
        return path;
      } catch (error) {
        rmSync(path, { force: true });
        throw error;
      }
    },
    commit: (staged, path) => move(staged, path),
    discard: (staged) => rmSync(staged, { force: true }),

    setAside(path, aside) {
      mkdirSync(dirname(aside), { recursive: true, mode: 0o700 });
      const second = newPath();
      try {
        // A second name for the same file keeps its mode, times and attributes, and nothing is without it for a moment.
        linkSync(path, second);
      } catch (error) {
        if (!['EXDEV', 'EPERM', 'ENOTSUP', 'EMLINK', 'EOPNOTSUPP'].includes(codeOf(error))) throw error;
        copyExactly(path, second);
      }
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

/** Where a file is put together when it has to come from another file system. */
const besideName = '.ringfence-new';

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
  const { mode, atime, mtime } = statSync(from);
  copyFileSync(from, to, constants.COPYFILE_EXCL);
  chmodSync(to, mode & 0o7777);
  utimesSync(to, atime, mtime);
}

function look(path: string): ReturnType<ShadowDisk['look']> {
  let own: Stats | undefined;
  try {
    own = lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    return codeOf(error) === 'ENOTDIR' ? { state: 'missing' } : unusable(path, `it cannot be read (${codeOf(error)})`);
  }
  if (own === undefined) return { state: 'missing' };
  let target = own;
  if (own.isSymbolicLink()) {
    try {
      target = statSync(path);
    } catch (error) {
      return unusable(path, `it is a symbolic link that leads nowhere (${codeOf(error)})`);
    }
  }
  if (!target.isFile()) return unusable(path, 'it is not a regular file');
  if (target.size > maxSize) return unusable(path, 'it is larger than 1 MB');
  const link = own === target ? '' : `${statText(own)}>`;
  return { state: 'file', stat: link + statText(target), size: target.size, mode: target.mode, link: link !== '' };
}

function unusable(path: string, reason: string): { state: 'unusable'; reason: string } {
  return { state: 'unusable', reason: `${basename(path)}: ${reason}` };
}

function statText({ dev, ino, size, mtimeMs }: Stats): string {
  return `${dev}:${ino}:${size}:${mtimeMs}`;
}

/** Never waits, as opening a FIFO would for its other end, and never reads more than the limit. */
function readRegular(path: string): Buffer {
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

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'unknown';
}
