import type { Cgroups } from '../platform/kernel/cgroups.ts';
import type { ProcessTree } from '../platform/kernel/process-tree.ts';
import type { ScopeKin } from './pure/kinship.ts';

/** What kinship is read with. */
export interface KinPorts {
  readonly cgroups: Pick<Cgroups, 'pids' | 'of'>;
  readonly processes: Pick<ProcessTree, 'look' | 'children'>;
}

/** Looks at the processes of a scope and their next of kin outside of it. */
export function readKin(cgroup: string, { cgroups, processes }: KinPorts): ScopeKin {
  const isInside = (where: string) => where === cgroup || where.startsWith(`${cgroup}/`);
  const outside = (pid: number) => {
    const where = cgroups.of(pid);
    // One that divides its scope is still in it.
    return where === undefined || isInside(where) ? [] : [where.replace(/\.scope\/.*$/, '.scope')];
  };
  const facts = cgroups.pids(cgroup).flatMap((pid) => processes.look(pid) ?? []);
  return {
    members: facts,
    parents: facts.flatMap(({ parent, startTime }) =>
      outside(parent).map((where) => ({ cgroup: where, childStarted: startTime })),
    ),
    children: facts.flatMap(({ pid }) => processes.children(pid).flatMap(outside)),
  };
}
