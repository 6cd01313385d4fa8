import { join } from 'node:path';
import type { Mount } from '../../domain/mounts.ts';
import { isAtOrBelow } from '../../domain/path-relations.ts';

/** A place that has to answer before anything behind it is looked at. */
export interface Question {
  /** By it the answer is known again. */
  readonly key: string;
  readonly place: string;
  readonly mount: Mount;
}

/** Types of file systems whose files somebody else serves, who may be gone (proc_pid_mountinfo(5)). */
const mayHang = new RegExp(
  `^(?:${['autofs', 'fuse', 'fuseblk', 'fuse\\..*', 'virtiofs', 'nfs4?', 'cifs', 'smb3', '9p', 'vboxsf', 'ceph', 'afs', 'coda', 'lustre', 'glusterfs', 'beegfs', 'gpfs'].join('|')})$`,
);

/** Those of the mounts that can be reached that may hang. Without the root: when that hangs, nobody can ask it. */
export function doubtful(mounts: readonly Mount[]): Mount[] {
  return mounts.filter(({ type, path }) => mayHang.test(type) && path !== '/' && !isLocal(path));
}

/** Where systemd itself puts automounters, before what is on this machine (systemd-gpt-auto-generator(8)). */
function isLocal(path: string): boolean {
  return ['/proc', '/sys', '/dev', '/boot', '/efi'].some((tree) => isAtOrBelow(path, tree));
}

/**
 * The first place on the way to a path that `isKnown` does not know to answer; undefined where there is none. Goes from name to name, through
 * symlinks too, and asks `linkAt` (what is at a path; undefined for what is no symlink) of nothing that lies behind such a place.
 * @param mounts those that may hang
 * @param covered where anything is mounted: there an automounter has done its work
 */
export function questionTo(
  path: string,
  mounts: readonly Mount[],
  covered: ReadonlySet<string>,
  isKnown: (question: Question) => boolean,
  linkAt: (path: string) => string | undefined,
): Question | undefined {
  if (mounts.length === 0) return undefined;
  const rest = namesOf(path);
  let at = '/';
  for (let links = 0; links <= mostLinks; ) {
    const name = rest.shift();
    if (name === undefined) return undefined;
    const next = join(at, name);
    for (const mount of mounts) {
      if (!isAtOrBelow(next, mount.path)) continue;
      const question = questionAt(next, rest.length === 0, mount, covered);
      if (question !== undefined && !isKnown(question)) return question;
    }
    const target = linkAt(next);
    if (target === undefined) {
      at = next;
      continue;
    }
    links += 1;
    rest.unshift(...namesOf(target));
    if (target.startsWith('/')) at = '/';
  }
  return undefined;
}

/** An automounter is asked by the name below it that is wanted, as it has nothing else that could answer (autofs(5)). */
function questionAt(place: string, isLast: boolean, mount: Mount, covered: ReadonlySet<string>): Question | undefined {
  if (mount.type !== 'autofs') return { key: `${mount.id} ${mount.path}`, place: mount.path, mount };
  const isBelow = place !== mount.path && !place.slice(mount.path.length + 1).includes('/');
  if (!(isBelow && !covered.has(place)) && !(isLast && place === mount.path)) return undefined;
  return { key: `${mount.id} ${place}`, place, mount };
}

/** ".." stays: behind a symlink it leads elsewhere. */
const namesOf = (path: string) => path.split('/').filter((name) => name !== '' && name !== '.');

/** As the kernel has it (path_resolution(7)). */
const mostLinks = 40;
