import type { Lineage } from '../../domain/report.ts';

/** What is known of the processes of a scope that an app may have made for itself. Times are those of Lineage. */
export interface ScopeKin {
  readonly members: readonly { readonly pid: number; readonly startTime: number }[];
  /** Their parents outside of the scope, by their cgroups, and when the child started. */
  readonly parents: readonly { readonly cgroup: string; readonly childStarted: number }[];
  /** The cgroups of their children outside of it. */
  readonly children: readonly string[];
}

/** Whether a unit is of the kind in which flatpak, snap, Chromium and Electron put themselves, and not ours. */
export function isOwnScopeOfApp(unit: string): boolean {
  return /^(?:app-(?!ringfence-)|snap\.).+\.scope$/.test(unit);
}

/**
 * Whether the processes of a scope come from an instance, whose cgroups are its own and those of scopes it is known to have left to. A
 * process is born into its parent's cgroup (cgroup-v2.rst, Processes), so each of these shows that one of them was there before:
 * - it is the instance's first process, by number and start time;
 * - its parent is in there, and it was born after the instance began;
 * - a child of it is in there. Not where the instance ran before it was contained: its orphans go to whoever adopts them (PR_SET_CHILD_SUBREAPER).
 *
 * An orphan without children there cannot be told from a stranger, and is one.
 */
export function isKin(
  { members, parents, children }: ScopeKin,
  { lineage, cgroups }: { readonly lineage: Lineage | undefined; readonly cgroups: ReadonlySet<string> },
): boolean {
  if (lineage === undefined) return false;
  const { roots, since } = lineage;
  const isRoot = (one: ScopeKin['members'][number]) =>
    roots.some(({ pid, startTime }) => pid === one.pid && startTime === one.startTime);
  return (
    members.some(isRoot) ||
    parents.some(({ cgroup, childStarted }) => cgroups.has(cgroup) && childStarted > (since ?? 0)) ||
    (since === undefined && children.some((cgroup) => cgroups.has(cgroup)))
  );
}
