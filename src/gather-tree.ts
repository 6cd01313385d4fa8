import type { Cgroups, ProcessFacts, ProcessTree } from './ports.ts';

/** A process whose tree is to be gathered, and what was around it before anything was moved. */
export interface TreeRoot {
  readonly facts: ProcessFacts;
  /** Its cgroup before. */
  readonly source: string;
  /** The processes there that did not come from it. */
  readonly strangers: ReadonlySet<number>;
}

/** What gathering works with. */
export interface GatherPorts {
  readonly processes: ProcessTree;
  readonly cgroups: Cgroups;
  /** Resolves after so many milliseconds. */
  sleep(milliseconds: number): Promise<void>;
}

/** Remembers what is around a process. */
export function rootOfTree(facts: ProcessFacts, source: string, { processes }: GatherPorts): TreeRoot {
  const strangers = new Set(processes.members(source));
  for (const pid of [facts.pid, ...processes.descendants(facts.pid, false)]) strangers.delete(pid);
  // Whoever is in a session comes from the process that leads it, even if the parents between have ended long ago.
  if (facts.session === facts.pid) {
    for (const pid of strangers) if (processes.session(pid) === facts.pid) strangers.delete(pid);
  }
  return { facts, source, strangers };
}

/**
 * Moves every descendant of `root`, which is in the cgroup `scope` already, into it, again and again until two looks in a row
 * find none outside; false when that does not come about. What a moved process forks is inside from its birth. A process that
 * lost its parent on the way is known by its cgroup, its session or group, and by not having been there before. What
 * `mayMove` declines stays where it is.
 */
export async function gatherTree(
  { facts: root, source, strangers }: TreeRoot,
  scope: string,
  mayMove: (facts: ProcessFacts) => boolean,
  { processes, cgroups, sleep }: GatherPorts,
): Promise<boolean> {
  const known = new Map<number, ProcessFacts>([[root.pid, root]]);
  const sources = new Set([source]);

  // One look: how many were outside.
  const gather = (thorough: boolean): number => {
    const below = processes.descendants(root.pid, thorough);
    let outside = 0;
    for (const pid of [...below, ...orphans()]) {
      const facts = processes.look(pid);
      const where = cgroups.of(pid);
      if (facts === undefined || facts.hasEnded || where === undefined) continue;
      known.set(pid, facts);
      if (isWithin(where, scope) || !mayMove(facts)) continue;
      sources.add(where);
      if (processes.move(pid, scope)) outside += 1;
    }
    return outside;
  };
  // In a session or group of the tree, and handed to a reaper, which is in a session of its own.
  const orphans = (): number[] => {
    const groups = new Set([...known.values()].flatMap(({ group, session }) => [group, session]));
    return [...sources]
      .flatMap((each) => processes.members(each))
      .filter((pid) => !strangers.has(pid) && !known.has(pid))
      .filter((pid) => {
        const facts = processes.look(pid);
        if (facts === undefined || !(groups.has(facts.group) || groups.has(facts.session))) return false;
        return processes.look(facts.parent)?.session !== facts.session;
      });
  };

  let clean = 0;
  for (let look = 0; look < mostLooks; look += 1) {
    const outside = gather(look > 0 || known.size > fewProcesses);
    clean = outside === 0 ? clean + 1 : 0;
    if (clean === 2 || (clean === 1 && known.size <= fewProcesses)) return true;
    if (look % 16 === 15) await sleep(0);
  }
  return false;
}

const mostLooks = 500;
const fewProcesses = 4;

function isWithin(cgroup: string, scope: string): boolean {
  return cgroup === scope || cgroup.startsWith(`${scope}/`);
}
