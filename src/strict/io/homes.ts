import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { errnoText } from '../../domain/errno-text.ts';
import { RingfenceError } from '../../domain/errors.ts';
import { homeFolder } from '../../domain/home-folder.ts';
import { isSilent } from '../../platform/files/silent-mounts.ts';
import type { Homes } from '../ports.ts';
import { downloadsNames } from '../pure/home-names.ts';
import { letOwnerIn } from './let-owner-in.ts';

const { O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;

/** Homes and download folders. Nothing in a home is ever written from here: its names are the app's. */
export const homes: Homes = {
  open(dataHome, name) {
    const folder = join(dataHome, 'ringfence/homes');
    const path = join(folder, homeFolder(name));
    make(folder, `the homes of strict apps ${folder}`);
    if (existsSync(`${path}.import`)) {
      throw refusal(
        `the home ${path}`,
        'something is being copied into it; try again when that is done, or import again if it was cut short',
      );
    }
    make(path, `the home ${path}`);
    if (realpathSync(path) !== path)
      throw refusal(`the home ${path}`, 'a folder on the way is a symlink; move it away');
    return path;
  },

  downloads(dataHome, folder, home, appName) {
    const record = recordIn(dataHome);
    const known = readNames(record);
    make(folder, `the download folder ${folder}`);
    // By the folder's descriptor: what is made is made in this folder, whatever becomes of its name.
    const outer = openSync(folder, O_RDONLY | O_DIRECTORY);
    try {
      const place = (name: string) =>
        [`/proc/self/fd/${outer}/${name}`, `the download folder ${join(folder, name)}`] as const;
      const noted = known[home];
      if (noted !== undefined) {
        make(...place(noted));
        return join(folder, noted);
      }
      // An app calls itself as it likes: a folder that is there already is the user's, or another app's.
      const free = downloadsNames(appName, home).filter((name) => !Object.values(known).includes(name));
      const name = free.find((one) => makeNew(...place(one)));
      if (name === undefined)
        throw refusal(`a download folder in ${folder}`, `all of its names are taken; move some away`);
      make(...place(name));
      writeNames(record, { ...known, [home]: name });
      return join(folder, name);
    } finally {
      closeSync(outer);
    }
  },

  allDownloads(dataHome, folder) {
    const names = readNames(join(dataHome, 'ringfence/downloads.json'));
    return Object.values(names).map((name) => join(folder, name));
  },

  downloadFolder(configHome, home) {
    const usual = join(home, 'Downloads');
    try {
      const text = readPlainFile(join(configHome, 'user-dirs.dirs'));
      const said = /^\s*XDG_DOWNLOAD_DIR="(\$HOME)?(\/[^"]*?)\/?"/m.exec(text);
      if (said === null) return usual;
      return `${said[1] === undefined ? '' : home}${(said[2] ?? '').replaceAll(/\\(.)/g, '$1')}`;
    } catch {
      return usual;
    }
  },
};

/** Removes the folder in Downloads that was made for a home, if nothing is in it: what is, is the user's. */
export function removeEmptyDownloads(home: string, { data, config, user }: HomeBases): void {
  const name = readNames(recordIn(data))[basename(home)];
  if (name === undefined) return;
  for (const folder of new Set([homes.downloadFolder(config, user), join(user, 'Downloads')])) {
    removeIfEmpty(join(folder, name));
  }
}

/** Takes back what was made for homes that are gone. No daemon may run: it notes which folder is whose in the same file. */
export function forgetGoneHomes(bases: HomeBases): void {
  const record = recordIn(bases.data);
  const folder = join(bases.data, 'ringfence/homes');
  const known = Object.entries(readNames(record));
  const [gone, kept] = [false, true].map((is) => known.filter(([home]) => existsSync(join(folder, home)) === is));
  for (const [home] of gone ?? []) removeEmptyDownloads(home, bases);
  if (kept?.length === 0) rmSync(record, { force: true });
  else if (gone?.length !== 0) writeNames(record, Object.fromEntries(kept ?? []));
  removeIfEmpty(folder);
}

/** Absolute folders: $XDG_DATA_HOME, $XDG_CONFIG_HOME and the user's own home. */
export interface HomeBases {
  readonly data: string;
  readonly config: string;
  readonly user: string;
}

function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // There is something in it, or it is no folder of ours to remove, or gone already.
  }
}

/** A FIFO in the place of a file would keep the daemon waiting for its other end. */
function readPlainFile(path: string): string {
  if (isSilent(path)) throw new Error(`${path} does not answer`);
  const fd = openSync(path, O_RDONLY | O_NONBLOCK);
  try {
    if (!fstatSync(fd).isFile()) throw new Error(`${path} is no file`);
    return readFileSync(fd, 'utf8');
  } finally {
    closeSync(fd);
  }
}

/** Makes a folder with all around it, and sees that it is one: no symlink, and the user's. */
function make(path: string, what: string): void {
  if (isSilent(path)) throw refusal(what, 'its file system does not answer');
  try {
    mkdirSync(path, { recursive: !path.startsWith('/proc/'), mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw refusal(what, reasonOf(error));
  }
  try {
    letOwnerIn(path);
    closeSync(openSync(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
  } catch {
    throw refusal(what, 'it is a symlink or no folder; move it away');
  }
  if (lstatSync(path).uid !== process.getuid?.()) throw refusal(what, "it is another user's; move it away");
}

/** False where something of that name is there. */
function makeNew(path: string, what: string): boolean {
  try {
    mkdirSync(path, { mode: 0o700 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw refusal(what, reasonOf(error));
  }
}

function refusal(what: string, reason: string): RingfenceError {
  return new RingfenceError('NotEnforceable', `cannot open ${what}: ${reason}`);
}

function recordIn(dataHome: string): string {
  return join(dataHome, 'ringfence/downloads.json');
}

/** Which home has which folder. Nothing but names: another folder's would be given to who is not its owner. */
function readNames(record: string): Record<string, string> {
  try {
    const names: [string, unknown][] = Object.entries(JSON.parse(readPlainFile(record)) ?? {});
    return Object.fromEntries(names.filter((pair): pair is [string, string] => isName(pair[1])));
  } catch {
    return {};
  }
}

function isName(name: unknown): boolean {
  return typeof name === 'string' && /^[^./][^/\0]*$/.test(name);
}

function writeNames(record: string, names: Readonly<Record<string, string>>): void {
  try {
    writeFileSync(`${record}.new`, `${JSON.stringify(names)}\n`, { mode: 0o600 });
    renameSync(`${record}.new`, record);
  } catch (error) {
    throw refusal(`the record of download folders ${record}`, reasonOf(error));
  }
}

/** Without the path, which may be that of a descriptor: whoever says it names the thing. */
function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return errnoText({ code }) ?? message;
}
