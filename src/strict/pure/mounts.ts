import type { Mount } from '../../domain/mounts.ts';
import { isAtOrBelow, joinPath } from '../../domain/path-relations.ts';

/** A file or folder by the file system that it lies in, whatever names it has. */
export interface Spot {
  readonly device: string;
  readonly path: string;
}

/** Where a path really lies; undefined when no mount is seen around it. `mounts`: those that can be reached. */
export function spotOf(path: string, mounts: readonly Mount[]): Spot | undefined {
  const around = mounts
    .filter((mount) => isAtOrBelow(path, mount.path))
    .reduce<Mount | undefined>((best, one) => (best && best.path.length > one.path.length ? best : one), undefined);
  if (around === undefined) return undefined;
  const rest = path.slice(around.path === '/' ? 1 : around.path.length + 1);
  return { device: around.device, path: rest === '' ? around.root : joinPath(around.root, rest) };
}

/** Where a folder lies, with everything that is mounted below it. */
export function spotsOf(folder: string, mounts: readonly Mount[]): Spot[] {
  const own = spotOf(folder, mounts);
  const below = mounts.filter(({ path }) => path !== folder && isAtOrBelow(path, folder));
  return [...(own === undefined ? [] : [own]), ...below.map(({ device, root }) => ({ device, path: root }))];
}

/** Whether `inner` is `outer`, or lies in it, by whatever names. */
export function liesIn(inner: Spot, outer: Spot): boolean {
  return inner.device === outer.device && isAtOrBelow(inner.path, outer.path);
}
