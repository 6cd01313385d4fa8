import { closeSync, constants, mkdirSync, openSync, renameSync, rmSync, type Stats, writeFileSync } from 'node:fs';
import { copyFile, lstat, mkdir, readdir, readlink, rm, symlink } from 'node:fs/promises';
import { basename, dirname, join, normalize } from 'node:path';
import { RingfenceError } from '../../domain/errors.ts';
import { diskUsage } from './disk-usage.ts';
import { letOwnerIn } from './let-owner-in.ts';

const { COPYFILE_EXCL, COPYFILE_FICLONE, O_DIRECTORY, O_NOFOLLOW, O_RDONLY } = constants;

/** Bytes on disk of all that is below a folder. */
export async function sizeOf(folder: string): Promise<number> {
  const known = await diskUsage(folder);
  if (known !== undefined) return known;
  let bytes = 0;
  for await (const { blocks } of below(folder)) bytes += blocks * 512;
  return bytes;
}

/** Bytes that an import of a folder has to copy. */
export async function bytesToImport(folder: string): Promise<number> {
  let bytes = 0;
  for await (const facts of below(folder)) if (isImported(facts)) bytes += facts.size;
  return bytes;
}

/** The folder and all in it; no symlink is followed. What goes while it is looked at is left out. */
async function* below(folder: string): AsyncGenerator<Stats> {
  const queue = [folder];
  for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
    const facts = await lstat(at).catch(() => undefined);
    if (facts === undefined) continue;
    yield facts;
    const names = facts.isDirectory() ? await readdir(at).catch(() => []) : [];
    for (const name of names) queue.push(join(at, name));
  }
}

/** A file of several names may be one of elsewhere. */
function isImported(facts: Stats): boolean {
  return facts.isFile() && facts.nlink === 1;
}

/** Moves a home into the user's trash, by its name alone, and returns where it is now. @throws RingfenceError Failed */
export function moveToTrash(home: string, dataHome: string, now: Date): string {
  const trash = join(dataHome, 'Trash');
  for (const name of ['files', 'info']) mkdirSync(join(trash, name), { recursive: true, mode: 0o700 });
  const date = new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
  const path = encodeURI(home).replaceAll('#', '%23').replaceAll('?', '%3F');
  for (let count = 1; count < 1000; count += 1) {
    const name = count === 1 ? basename(home) : `${basename(home)}.${count}`;
    const info = join(trash, 'info', `${name}.trashinfo`);
    try {
      writeFileSync(info, `[Trash Info]\nPath=${path}\nDeletionDate=${date}\n`, { flag: 'wx', mode: 0o600 });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') continue;
      throw error;
    }
    try {
      letOwnerIn(home);
      renameSync(home, join(trash, 'files', name));
      return join(trash, 'files', name);
    } catch (error) {
      rmSync(info, { force: true });
      if ((error as NodeJS.ErrnoException).code !== 'ENOTEMPTY') throw error;
    }
  }
  throw new RingfenceError(
    'InvalidArgument',
    `cannot move ${home} to the trash: there are a thousand of that name already`,
  );
}

/** What an import came to. */
export interface Imported {
  readonly files: number;
  readonly bytes: number;
  /** What was left out, with the reason. */
  readonly skipped: readonly string[];
}

/**
 * Copies folders of the real home into a strict app's, by way of a folder beside it: while that is there, the app does not start.
 * Regular files and folders, and symlinks that stay inside the folder that is copied. Where the file system can, files share their
 * blocks. The home's names are the app's, so each of its folders is opened by the descriptor of the one around it, and never through a link.
 * @param mayGoOn asked once the app cannot start any more; whatever it throws ends the import
 * @param onProgress told after each file; whatever it throws ends the import
 * @throws RingfenceError InvalidArgument; then nothing is changed
 */
export async function importFolders(
  names: readonly string[],
  from: string,
  home: string,
  mayGoOn: () => unknown,
  onProgress: (done: Imported) => void,
): Promise<Imported> {
  const staging = stagingOf(home);
  await mkdir(dirname(home), { recursive: true, mode: 0o700 });
  try {
    await mkdir(staging, { mode: 0o700 });
  } catch {
    throw new RingfenceError(
      'InvalidArgument',
      `cannot import into ${home}: another import is under way, or was cut short (remove ${staging} then)`,
    );
  }
  try {
    await mayGoOn();
    const done = { files: 0, bytes: 0, skipped: [] as string[] };
    for (const [index, name] of names.entries()) {
      await copyTree(join(from, name), join(staging, String(index)), join(from, name), done, onProgress);
    }
    mkdirSync(home, { recursive: true, mode: 0o700 });
    letOwnerIn(home);
    for (const [index, name] of names.entries()) place(join(staging, String(index)), home, name);
    return done;
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

/** The folder by way of which something comes into a home. */
export function stagingOf(home: string): string {
  return `${home}.import`;
}

async function copyTree(
  from: string,
  to: string,
  root: string,
  done: { files: number; bytes: number; skipped: string[] },
  onProgress: (done: Imported) => void,
): Promise<void> {
  const facts = await lstat(from);
  if (facts.isDirectory()) {
    await mkdir(to, { mode: 0o700 });
    for (const name of await readdir(from)) await copyTree(join(from, name), join(to, name), root, done, onProgress);
  } else if (isImported(facts)) {
    await copyFile(from, to, COPYFILE_FICLONE | COPYFILE_EXCL);
    done.files += 1;
    done.bytes += facts.size;
    onProgress(done);
  } else if (facts.isSymbolicLink() && staysInside(from, await readlink(from), root)) {
    await symlink(await readlink(from), to);
  } else {
    const what = facts.isSymbolicLink()
      ? 'a link out of the folder'
      : facts.isFile()
        ? 'a file of several names'
        : 'no file';
    done.skipped.push(`${from}: ${what}`);
  }
}

function staysInside(link: string, target: string, root: string): boolean {
  if (target.startsWith('/')) return false;
  const led = normalize(join(dirname(link), target));
  return led === root || led.startsWith(`${root}/`);
}

/** Moves a folder to its place in a home. */
function place(folder: string, home: string, name: string): void {
  const opened = [openFolder(home, home)];
  try {
    const parts = name.split('/');
    for (const part of parts.slice(0, -1)) {
      const inner = `/proc/self/fd/${opened.at(-1)}/${part}`;
      try {
        mkdirSync(inner, { mode: 0o700 });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      opened.push(openFolder(inner, join(home, name)));
    }
    renameSync(folder, `/proc/self/fd/${opened.at(-1)}/${parts.at(-1)}`);
  } catch (error) {
    if (error instanceof RingfenceError) throw error;
    throw new RingfenceError(
      'InvalidArgument',
      `cannot import ${name}: there is one in ${home} already ("ringfence home --reset" moves that home to the trash)`,
      { cause: error },
    );
  } finally {
    for (const fd of opened) closeSync(fd);
  }
}

function openFolder(path: string, shown: string): number {
  try {
    return openSync(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  } catch (cause) {
    throw new RingfenceError('InvalidArgument', `cannot import into ${shown}: a folder on the way is a link, or none`, {
      cause,
    });
  }
}
