import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  openSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { asFileError } from '../../domain/errno-text.ts';
import { RingfenceError } from '../../domain/errors.ts';
import { takeLock } from '../../platform/files/lock-file.ts';

/** An editor's save and ours may meet; more often than this it is something else. */
const mostAttempts = 5;
const lockTimeoutMs = 10_000;

/**
 * Replaces the text of a file whole or not at all, and durably: under a lock that every other call of this waits for, with a new
 * file that takes the place of the old one. Mode, owner, a byte order mark and the symbolic links that lead to it stay. A file
 * that somebody else writes meanwhile is read again, so that nothing is lost. A file with nothing left in it is removed, unless
 * `keepEmpty` says that it is to stay.
 *
 * @param alter gets the text, empty for a file that does not exist, and whether it does; what it throws leaves the file as it was
 * @returns whether there was anything to change
 * @throws RingfenceError Failed or TimedOut: "cannot change PATH: …", with the way out
 */
export async function changeFile(
  path: string,
  alter: (text: string, exists: boolean) => string,
  { keepEmpty = false }: { readonly keepEmpty?: boolean } = {},
): Promise<boolean> {
  const task = `change ${path}`;
  try {
    const unlock = await takeLock(join(dirname(path), `.${basename(path)}.lock`), lockTimeoutMs, task);
    try {
      for (let attempt = 1; ; attempt++) {
        const outcome = tryChange(path, alter, keepEmpty);
        if (outcome !== 'outrun') return outcome === 'changed';
        if (attempt === mostAttempts) throw refusal(path, 'another program writes to it all the time; try again');
      }
    } finally {
      unlock();
      removeIfEmpty(dirname(path));
    }
  } catch (error) {
    // The files that it fails at are none that people know.
    const { code, syscall } = (error ?? {}) as NodeJS.ErrnoException;
    throw code !== undefined && syscall !== undefined ? asFileError(task, { code }) : error;
  }
}

function tryChange(
  path: string,
  alter: (text: string, exists: boolean) => string,
  keepEmpty: boolean,
): 'changed' | 'unchanged' | 'outrun' {
  const target = followLinks(path);
  const before = read(target);
  const text = decode(path, before?.bytes);
  const next = alter(text, before !== undefined);
  if (next === text) return 'unchanged';
  if (before !== undefined && !isWritable(target)) {
    throw refusal(path, 'it is write-protected; allow it with "chmod u+w"');
  }
  // With nothing left in it, but for one that a link leads to, which is somebody's own arrangement.
  if (next === '' && target === path && !keepEmpty) {
    rmSync(path, { force: true });
    return 'changed';
  }
  const mark = before?.bytes.subarray(0, 3).equals(byteOrderMark) ? byteOrderMark : Buffer.alloc(0);
  // Always the same name, so that what a crash leaves behind is gone with the next change.
  const staged = join(dirname(target), `.${basename(target)}.ringfence-new`);
  rmSync(staged, { force: true });
  try {
    write(path, staged, Buffer.concat([mark, Buffer.from(next)]), before);
    if (read(target)?.stamp !== before?.stamp) return 'outrun';
    renameSync(staged, target);
  } finally {
    rmSync(staged, { force: true });
  }
  syncFolder(dirname(target));
  return 'changed';
}

interface FileNow {
  readonly bytes: Buffer;
  readonly mode: number;
  readonly owner: number;
  readonly group: number;
  /** Changes with every write. */
  readonly stamp: string;
}

const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);

/** Undefined for a file that does not exist. */
function read(path: string): FileNow | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const { dev, ino, size, mtimeNs, mode, uid, gid } = fstatSync(descriptor, { bigint: true });
    if ((Number(mode) & constants.S_IFMT) !== constants.S_IFREG) throw refusal(path, 'it is not a file');
    return {
      bytes: readFileSync(descriptor),
      mode: Number(mode) & 0o7777,
      owner: Number(uid),
      group: Number(gid),
      stamp: [dev, ino, size, mtimeNs].join(':'),
    };
  } finally {
    closeSync(descriptor);
  }
}

function write(path: string, staged: string, bytes: Buffer, before: FileNow | undefined): void {
  // A file that was not there gets what the umask leaves, as from any editor.
  const descriptor = openSync(staged, 'wx', before === undefined ? 0o666 : 0o600);
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
    const own = fstatSync(descriptor);
    if (before !== undefined && (own.uid !== before.owner || own.gid !== before.group)) {
      try {
        fchownSync(descriptor, before.owner, before.group);
      } catch (error) {
        throw refusal(path, 'it belongs to another user, and would then be yours; edit it as that user', error);
      }
    }
    if (before !== undefined) fchmodSync(descriptor, before.mode);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function decode(path: string, bytes: Buffer | undefined): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes ?? new Uint8Array());
  } catch (error) {
    throw refusal(path, 'it is not UTF-8 text; correct that first', error);
  }
}

/** Where a file is in truth, or would be: a link may lead to one that is not there yet. */
function followLinks(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  try {
    return followLinks(resolve(realpathSync(dirname(path)), readlinkSync(path)));
  } catch (error) {
    // No link, so it is the file itself that is missing.
    if (['EINVAL', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '')) return path;
    throw error;
  }
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    // Root may write to everything; whoever took the right away from the owner meant it.
    return (statSync(path).mode & 0o200) !== 0;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EACCES') throw error;
    return false;
  }
}

/** The folders that are not there yet on the way to a folder, and itself; the outermost first. */
export function missingFolders(path: string): string[] {
  return existsSync(path) || dirname(path) === path ? [] : [...missingFolders(dirname(path)), path];
}

/** Removes those of the folders, the outermost first, that have nothing in them. */
export function removeEmptyFolders(folders: readonly string[]): void {
  for (const folder of [...folders].reverse()) removeIfEmpty(folder);
}

/** A folder that was made for a file that is not there, or not any more. */
function removeIfEmpty(path: string): void {
  try {
    rmdirSync(path);
  } catch {
    // There is something in it.
  }
}

/** The new name is on the disk only then. Not every file system can. */
function syncFolder(path: string): void {
  try {
    const descriptor = openSync(path, constants.O_RDONLY);
    try {
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch {
    // The file is whole either way.
  }
}

function refusal(path: string, reason: string, cause?: unknown): RingfenceError {
  return new RingfenceError('Failed', `cannot change ${path}: ${reason}`, { cause });
}
