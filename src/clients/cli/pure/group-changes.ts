/** A file that is, or would be, changed. */
interface Change {
  readonly path: string;
  readonly change: string;
  readonly reason?: string;
  readonly target?: string;
  readonly size?: number;
}

/** Changes that one line tells of: those of one kind in one folder. A single one is a group too. */
export interface ChangeGroup<One extends Change> {
  readonly change: string;
  /** Without a slash at its end. */
  readonly folder: string;
  readonly members: readonly One[];
}

/**
 * Puts changes of one kind in one folder together, in the order in which they come; what is below one of `wholes` (folders that
 * are ours alone) counts as in it. What has a reason stays by itself.
 */
export function groupChanges<One extends Change>(
  changes: readonly One[],
  wholes: readonly string[],
): ChangeGroup<One>[] {
  const groups = new Map<string, { change: string; folder: string; members: One[] }>();
  for (const one of changes) {
    const folder =
      wholes.find((whole) => one.path.startsWith(`${whole}/`)) ??
      one.path.slice(0, Math.max(0, one.path.lastIndexOf('/')));
    const key = JSON.stringify([one.change, one.reason === undefined ? folder : [one.path]]);
    const group = groups.get(key) ?? { change: one.change, folder, members: [] };
    group.members.push(one);
    groups.set(key, group);
  }
  return [...groups.values()];
}
