import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { askMounts, isSilent } from '../../platform/files/silent-mounts.ts';
import type { Followed, SandboxSight } from '../ports.ts';
import type { Link } from '../pure/model.ts';
import { isRoots } from './roots-alone.ts';

/** The file system as a sandbox needs to know it. */
export const paths: Pick<
  SandboxSight,
  'askMounts' | 'realFolder' | 'system' | 'devices' | 'text' | 'exists' | 'id' | 'isPlain' | 'follow' | 'accounts'
> = {
  askMounts: (looked, answered = new Map()) => askMounts(looked, { desktops: true, answered }),

  realFolder,

  system: (wanted) =>
    wanted.flatMap((path) => {
      const facts = lstatSync(path, { throwIfNoEntry: false });
      if (facts === undefined) return [];
      return [facts.isSymbolicLink() ? { path, link: readlinkSync(path) } : { path }];
    }),

  devices: () => ['/dev', '/dev/dri'].flatMap(devicesIn),

  text(path) {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      return '';
    }
  },

  exists: (path) => isSilent(path) || existsSync(path),

  id(path) {
    if (isSilent(path)) return undefined;
    const facts = statSync(path, { bigint: true, throwIfNoEntry: false });
    return facts && `${facts.dev}:${facts.ino}`;
  },

  isPlain(path) {
    if (isSilent(path)) return false;
    try {
      const facts = lstatSync(path);
      return (facts.isFile() || facts.isDirectory()) && realpathSync(path) === path;
    } catch {
      return false;
    }
  },

  follow,

  accounts() {
    const { uid, gid, username } = userInfo();
    return { text: readFileSync('/etc/passwd', 'utf8'), uid, gid, name: username };
  },
};

/** A symlink is none. */
function devicesIn(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return entries.filter((entry) => entry.isCharacterDevice()).map(({ name }) => join(folder, name));
  } catch {
    return [];
  }
}

/** As realpath(3); what is missing is named as where it would be made. */
function realFolder(path: string): string {
  if (isSilent(path)) return path;
  try {
    return realpathSync(path);
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT' && path !== dirname(path);
    return isMissing ? join(realFolder(dirname(path)), basename(path)) : path;
  }
}

/** As realpath(3), one name after the other; a symlink counts only where no fenced app can have put it. */
function follow(path: string, home: string): Followed {
  let rest = path.split('/').filter((name) => name !== '');
  let at = '/';
  const links: Link[] = [];
  while (rest.length > 0) {
    const [name = '', ...behind] = rest;
    rest = behind;
    if (name === '.') continue;
    if (name === '..') {
      at = dirname(at);
      continue;
    }
    const next = join(at, name);
    const target = textOfLink(next);
    if (typeof target === 'object') return target;
    if (target === undefined) {
      at = next;
      continue;
    }
    if (links.length === 40) return { fault: `the symlink ${next} leads in a circle` };
    if (at !== home && !isRoots(at)) {
      return { fault: `${next} is a symlink, which a fenced app may have put there: name what it leads to` };
    }
    links.push({ path: next, target });
    rest = [...target.split('/').filter((word) => word !== ''), ...rest];
    if (target.startsWith('/')) at = '/';
  }
  return { path: at, kind: kindOf(at), links };
}

/** Undefined for what is no symlink. */
function textOfLink(path: string): string | undefined | { fault: string } {
  if (isSilent(path)) return { fault: 'its file system does not answer' };
  try {
    return lstatSync(path).isSymbolicLink() ? readlinkSync(path) : undefined;
  } catch (error) {
    const isMissing = ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');
    return { fault: isMissing ? 'it does not exist' : 'it cannot be looked at' };
  }
}

function kindOf(path: string): 'folder' | 'file' | 'other' {
  const facts = statSync(path, { throwIfNoEntry: false });
  if (facts?.isDirectory()) return 'folder';
  return facts?.isFile() ? 'file' : 'other';
}
