import type { Cgroups } from '../platform/kernel/cgroups.ts';
import type { ProcessFacts, ProcessTree } from '../platform/kernel/process-tree.ts';

/** A process whose tree is to be gathered, and what was around it before anything was moved. */
export interface TreeRoot {
  readonly facts: ProcessFacts;
  /** Its cgroup before. */
  readonly source: string;
  /** The processes there that did not come from it. */
  readonly strangers: ReadonlySet<number>;
  /** The programs they run, and their sessions and groups. */
  readonly foreign: { readonly programs: ReadonlySet<string>; readonly groups: ReadonlySet<number> };
}

/** What gathering works with. */
export interface GatherPorts {
  readonly processes: ProcessTree;
  readonly cgroups: Cgroups;
  /** Resolves after so many milliseconds. */
  sleep(milliseconds: number): Promise<void>;
}

/**
 * Remembers what is around a process. Where it is the eldest of its cgroup nobody there can be a stranger: a process is born
 * into its parent's cgroup. That is so for whatever has a scope or a service of its own.
 */
export function rootOfTree(facts: ProcessFacts, source: string, { processes }: GatherPorts): TreeRoot {
  const others = processes
    .members(source)
    .map((pid) => processes.look(pid))
    .filter((each) => each !== undefined && each.pid !== facts.pid) as ProcessFacts[];
  const below = new Set(processes.descendants(facts.pid, false));
  // Whoever is in a session comes from the process that leads it, even if the parents between have ended long ago.
  const strangers = others
    .filter(({ pid }) => !below.has(pid))
    .filter(({ session }) => facts.session !== facts.pid || session !== facts.pid);
  const isEldest = strangers.every(({ startTime }) => startTime > facts.startTime);
  const foreign = isEldest ? [] : strangers;
  return {
    facts,
    source,
    strangers: new Set(foreign.map(({ pid }) => pid)),
    foreign: {
      programs: new Set(foreign.map(programOf)),
      groups: new Set(foreign.flatMap(({ group, session }) => [group, session])),
    },
  };
}

/**
 * Moves every descendant of `root`, which is in the cgroup `scope` already, into it, again and again until two looks in a row
 * find none outside; false when that does not come about. What a moved process forks is inside from its birth. A process that
 * lost its parent on the way is known by its cgroup, by not having been there before, and by its session or group, or else
 * by a program that the tree runs and no stranger there. What `mayMove` declines stays where it is. Left outside is what, in
 * a cgroup that strangers share and between two looks, leaves session and group, loses its parent and runs another program.
 */
export async function gatherTree(
  { facts: root, source, strangers, foreign }: TreeRoot,
  scope: string,
  mayMove: (facts: ProcessFacts) => boolean,
  { processes, cgroups, sleep }: GatherPorts,
): Promise<boolean> {
  const known = new Map<number, ProcessFacts>([[root.pid, root]]);
  const sources = new Set([source]);

  const isWhole = strangers.size === 0;

  // One look: how many were outside, and how many had ended before they could be looked at, perhaps after a fork.
  const gather = (thorough: boolean): { outside: number; ended: number } => {
    const below = processes.descendants(root.pid, thorough);
    const strays = orphans();
    let [outside, ended] = [0, 0];
    for (const pid of [...below, ...strays]) {
      const facts = processes.look(pid);
      const where = cgroups.of(pid);
      if (facts === undefined || facts.hasEnded || where === undefined) {
        if (isWhole && strays.includes(pid)) outside += 1;
        else ended += 1;
        continue;
      }
      known.set(pid, facts);
      if (isWithin(where, scope) || !mayMove(facts)) continue;
      sources.add(where);
      outside += 1;
      processes.move(pid, scope);
    }
    return { outside, ended };
  };
  // Handed to a reaper, which is in a session of its own.
  const orphans = (): number[] => {
    const groups = new Set([...known.values()].flatMap(({ group, session }) => [group, session]));
    const programs = new Set([...known.values()].map(programOf));
    const isOurs = (facts: ProcessFacts, cgroup: string): boolean => {
      if ((cgroup === source && isWhole) || known.has(facts.parent)) return true;
      if (processes.look(facts.parent)?.session === facts.session) return false;
      if (groups.has(facts.group) || groups.has(facts.session)) return true;
      if (cgroup !== source || foreign.groups.has(facts.group) || foreign.groups.has(facts.session)) return false;
      const isOrphan = !strangers.has(facts.parent) && cgroups.of(facts.parent) !== source;
      return isOrphan && programs.has(programOf(facts)) && !foreign.programs.has(programOf(facts));
    };
    return [...sources].flatMap((cgroup) =>
      processes.members(cgroup).filter((pid) => {
        if (strangers.has(pid) || known.has(pid)) return false;
        const facts = processes.look(pid);
        return facts === undefined || isOurs(facts, cgroup);
      }),
    );
  };

  let clean = 0;
  for (let look = 0; look < mostLooks; look += 1) {
    const { outside, ended } = gather(look > 0 || known.size > fewProcesses);
    clean = outside === 0 ? clean + 1 : 0;
    if (clean === 2 || (clean === 1 && ended === 0 && known.size <= fewProcesses)) return true;
    if (look % 16 === 15) await sleep(0);
  }
  return false;
}

const mostLooks = 500;
const fewProcesses = 4;

function isWithin(cgroup: string, scope: string): boolean {
  return cgroup === scope || cgroup.startsWith(`${scope}/`);
}

/** The executable and the name together: what a fork has in common with its parent until it runs something else. */
function programOf({ programs }: ProcessFacts): string {
  return programs.join('/');
}
