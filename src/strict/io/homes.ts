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
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { RingfenceError } from '../../domain/errors.ts';
import { homeFolder } from '../../domain/home-folder.ts';
import type { Homes } from '../ports.ts';
import { downloadsName } from '../pure/home-names.ts';

const { O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;

/** Homes and download folders. Nothing in a home is ever written from here: its names are the app's. */
export const homes: Homes = {
  open(dataHome, name) {
    const folder = join(dataHome, 'ringfence/homes');
    const path = join(folder, homeFolder(name));
    make(folder, `the homes of strict apps ${folder}`);
    if (existsSync(`${path}.import`)) {
      throw refusal(`the home ${path}`, 'something is being copied into it; try again when that is done');
    }
    make(path, `the home ${path}`);
    if (realpathSync(path) !== path)
      throw refusal(`the home ${path}`, 'a folder on the way is a symlink; move it away');
    return path;
  },

  downloads(dataHome, folder, home, appName) {
    const record = join(dataHome, 'ringfence/downloads.json');
    const known = readNames(record);
    make(folder, `the download folder ${folder}`);
    const taken = new Set(Object.values(known));
    const name = known[home] ?? downloadsName(appName, home, (one) => taken.has(one));
    if (known[home] === undefined) writeNames(record, { ...known, [home]: name });
    // By the folder's descriptor: what is made is made in this folder, whatever becomes of its name.
    const outer = openSync(folder, O_RDONLY | O_DIRECTORY);
    try {
      make(`/proc/self/fd/${outer}/${name}`, `the download folder ${join(folder, name)}`);
    } finally {
      closeSync(outer);
    }
    return join(folder, name);
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

/** A FIFO in the place of a file would keep the daemon waiting for its other end. */
function readPlainFile(path: string): string {
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
  try {
    mkdirSync(path, { recursive: !path.startsWith('/proc/'), mode: 0o700 });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'EEXIST') throw refusal(what, message);
  }
  try {
    closeSync(openSync(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
  } catch {
    throw refusal(what, 'it is a symlink or no folder; move it away');
  }
  if (lstatSync(path).uid !== process.getuid?.()) throw refusal(what, "it is another user's; move it away");
}

function refusal(what: string, reason: string): RingfenceError {
  return new RingfenceError('NotEnforceable', `cannot open ${what}: ${reason}`);
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
    throw refusal(`the record of download folders ${record}`, (error as Error).message);
  }
}
