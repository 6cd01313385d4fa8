import { isAtOrBelow } from './path-relations.ts';
import { shellQuote } from './shell-quote.ts';

/** A line of /proc/PID/mountinfo (proc_pid_mountinfo(5)). */
export interface Mount {
  readonly id: string;
  /** The mount that it is mounted on. */
  readonly parent: string;
  readonly path: string;
  /** Of the file system, "major:minor", and the path in it that is mounted here. */
  readonly device: string;
  readonly root: string;
  readonly readOnly: boolean;
  readonly type: string;
}

/** All mounts, in the order in which they were made. */
export function parseMountinfo(text: string): Mount[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [before = '', after = ''] = line.split(' - ');
      const fields = before.split(' ');
      return {
        id: fields[0] ?? '',
        parent: fields[1] ?? '',
        path: unescapePath(fields[4] ?? ''),
        device: fields[2] ?? '',
        root: unescapePath(fields[3] ?? ''),
        readOnly: (fields[5] ?? '').split(',').includes('ro'),
        type: after.split(' ')[0] ?? '',
      };
    });
}

/**
 * Those that no other mount covers: one on top of it, or one of the same parent on a folder around it. The order of the lines says
 * nothing, as a mount can be moved.
 */
export function reachable(mounts: readonly Mount[]): Mount[] {
  const children = new Map<string, Mount[]>();
  for (const mount of mounts) children.set(mount.parent, [...(children.get(mount.parent) ?? []), mount]);
  const byId = new Map(mounts.map((mount) => [mount.id, mount]));
  const childrenOf = (id: string, path: string, but?: Mount) =>
    (children.get(id) ?? []).filter((one) => one !== but && one.id !== id && one.path === path);
  const known = new Map<string, boolean>();
  // Whether one gets to where it is mounted, whatever is on top of it there.
  const isExposed = (mount: Mount): boolean => {
    const before = known.get(mount.id);
    if (before !== undefined) return before;
    known.set(mount.id, true);
    const beside = (children.get(mount.parent) ?? []).filter(({ id, path }) => id !== mount.id && path !== mount.path);
    const parent = byId.get(mount.parent);
    const is =
      !beside.some(({ path }) => isAtOrBelow(mount.path, path) && path !== parent?.path) &&
      // A parent that is not in the list is outside of this root.
      (parent === undefined ||
        parent === mount ||
        (isExposed(parent) && (mount.path === parent.path || childrenOf(parent.id, parent.path, mount).length === 0)));
    known.set(mount.id, is);
    return is;
  };
  return mounts.filter((mount) => isExposed(mount) && childrenOf(mount.id, mount.path).length === 0);
}

/** Space, tab, newline and backslash stand as three octal digits; the bytes beyond ASCII stand as they are. */
function unescapePath(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}

/** What a user can do about a mount that does not answer, for the end of a message. */
export function takeAway({ path, type }: Pick<Mount, 'path' | 'type'>): string {
  const command = type.startsWith('fuse')
    ? `fusermount3 -uz ${shellQuote(path)}`
    : `sudo umount -l ${shellQuote(path)}`;
  return `bring back what serves ${path}, or unmount it: ${command}`;
}
