import { isAtOrBelow } from '../../domain/path-relations.ts';
import type { Link } from './model.ts';
import { closedTrees } from './shares.ts';

/**
 * Those symlinks of the host that are made inside as well, so that a path which leads to what is let in leads there: none in a folder that is
 * mounted or the system's, where it is already or has no place, and none around one. A name is one link, and what lies below it is elsewhere.
 */
export function linksInside(links: readonly Link[], mounted: readonly string[]): Link[] {
  const wanted = new Map<string, Link>();
  for (const link of links) if (!wanted.has(link.path)) wanted.set(link.path, link);
  const all = [...wanted.values()];
  return all.filter(({ path }) => {
    if ([...closedTrees, '/opt'].some((tree) => isAtOrBelow(path, tree))) return false;
    if (mounted.some((place) => isAtOrBelow(path, place) || isAtOrBelow(place, path))) return false;
    return !all.some((outer) => outer.path !== path && isAtOrBelow(path, outer.path));
  });
}
