import { spawn } from 'node:child_process';
import { existsSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { parseMountinfo, reachable } from '../pure/mounts.ts';
import { isAtOrBelow } from '../pure/path-relations.ts';

/** A mount that was asked. */
interface Asked {
  readonly path: string;
  isSilent: boolean;
  /** When it has answered, by performance.now(). */
  at: number;
  /** While a process asks: until that has ended, or was given up. */
  waiting: Promise<void> | undefined;
}

/** By their number and path. */
const asked = new Map<string, Asked>();

/** Whether a path leads into a mount that did not answer when it was last asked: whoever looks there would hang. */
export function isSilent(path: string): boolean {
  const silent = [...asked.values()].filter((one) => one.isSilent);
  return silent.length > 0 && leadsInto(silent, path);
}

/** By its symlinks too, one name after the other: none is looked at that lies in there. */
function leadsInto(mounts: readonly Asked[], path: string): boolean {
  const rest = namesOf(path);
  let at = '/';
  for (let links = 0; links <= mostLinks; ) {
    const name = rest.shift();
    if (name === undefined) return false;
    const next = join(at, name);
    if (mounts.some((one) => isAtOrBelow(next, one.path))) return true;
    const target = linkAt(next);
    if (target === undefined) {
      at = next;
      continue;
    }
    links += 1;
    rest.unshift(...namesOf(target));
    if (target.startsWith('/')) at = '/';
  }
  return false;
}

/** ".." stays: behind a symlink it leads elsewhere. */
const namesOf = (path: string) => path.split('/').filter((name) => name !== '' && name !== '.');

/** As the kernel has it (path_resolution(7)). */
const mostLinks = 40;

/** Undefined for what is no symlink. */
function linkAt(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

/**
 * Asks the mounts that may hang, which are those of FUSE and of the network: `isSilent` knows them afterwards. By a process for each, as neither a
 * look of our own nor a thread of node's could be given up. `trusted`: for how long an answer counts, in ms.
 */
export async function askMounts(trusted = 0): Promise<void> {
  const mounts = reachable(parseMountinfo(readFileSync('/proc/self/mountinfo', 'utf8')));
  // gvfs and the document portal, in the runtime folder, have nothing that is let in by its path.
  const isElsewhere = (path: string) => path === '/' || isAtOrBelow(path, '/run/user');
  const doubtful = mounts.filter(({ type, path }) => mayHang.test(type) && !isElsewhere(path));
  const keys = doubtful.map(({ id, path }) => `${id} ${path}`);
  for (const key of asked.keys()) if (!keys.includes(key)) asked.delete(key);
  await Promise.all(doubtful.map(({ path }, at) => ask(keys[at] ?? '', path, trusted)));
}

async function ask(key: string, path: string, trusted: number): Promise<void> {
  const known = asked.get(key) ?? { path, isSilent: false, at: Number.NEGATIVE_INFINITY, waiting: undefined };
  if (known.waiting === undefined && performance.now() - known.at < trusted) return;
  asked.set(key, known);
  known.waiting ??= wait(known);
  await known.waiting;
}

/** One process for each mount: it ends when the file system answers after all, and nobody waits for it a second time. */
async function wait(mount: Asked): Promise<void> {
  const stat = ['/usr/bin/stat', '/bin/stat'].find((program) => existsSync(program));
  if (stat === undefined) return;
  // statfs(2) is answered by whoever serves the files; what they look like may be remembered.
  const child = spawn(stat, ['-f', '--', mount.path], { cwd: '/', env: {}, stdio: 'ignore' });
  child.unref();
  let timer: NodeJS.Timeout | undefined;
  await new Promise<void>((resolve) => {
    const answered = () => {
      Object.assign(mount, { isSilent: false, at: performance.now(), waiting: undefined });
      resolve();
    };
    child.once('error', answered);
    child.once('exit', answered);
    timer = setTimeout(() => {
      mount.isSilent = true;
      resolve();
    }, longestAnswer);
  });
  clearTimeout(timer);
}

/** Types of file systems (proc_pid_mountinfo(5)). */
const mayHang = /^(?:fuse|fuseblk|fuse\..*|nfs4?|cifs|smb3|9p|ceph|afs|coda|lustre|glusterfs)$/;

/** In ms: a disk on the network may have to wake up, and an icon waits for ten seconds. */
const longestAnswer = 2500;
