import { isRingfenceError, RingfenceError } from '../domain/errors.ts';
import type { Cgroups } from '../platform/kernel/cgroups.ts';
import type { PortalInstances, SandboxFolders, SandboxRecord } from './ports.ts';

/** A sandbox that runs, with its folder's name. */
export type Occupant = SandboxRecord & { readonly id: string };

/** A home for whoever starts a sandbox over it. */
export interface HomeClaim {
  /** The sandbox that runs over it. */
  readonly occupant: Occupant | undefined;
  /** Lets the next start have it. */
  release(): void;
}

/** What a claim is made with. */
export interface ClaimPorts {
  readonly folders: Pick<SandboxFolders, 'list'>;
  readonly portalInstances: Pick<PortalInstances, 'initPid'>;
  readonly cgroups: Pick<Cgroups, 'pids'>;
  scopeCgroup(unit: string): string;
  /** Waits for a lock that ends with its holder. @throws RingfenceError TimedOut, Failed */
  lockHome(path: string): Promise<() => void>;
  /** Resolves after so many milliseconds. */
  sleep(milliseconds: number): Promise<void>;
}

/**
 * Takes a home for one start, from before its plan is made until its sandbox stands in the records: waits for another start that is
 * under way, whichever daemon makes it. From then on the scope holds the home, for as long as a process is in it: who starts the next
 * command as soon as one has ended waits for the bus filter and whatever else has served it.
 * @throws RingfenceError NotEnforceable
 */
export async function claimHome(what: string, path: string | undefined, ports: ClaimPorts): Promise<HomeClaim> {
  // One that ends with its sandbox is nobody else's.
  if (path === undefined) return { occupant: undefined, release: () => {} };
  const release = await ports.lockHome(path).catch((cause: unknown) => {
    // A full disk, or a start before it that takes its time: strict refuses, and nothing is started without.
    const reason = isRingfenceError(cause)
      ? cause.message
      : `cannot open the home ${path}: ${(cause as Error).message}`;
    throw new RingfenceError('NotEnforceable', `cannot launch ${what} strictly: ${reason}`, { cause });
  });
  const occupant = ports.folders.list().find(({ home, unit }) => home === path && isRunning(unit, ports));
  const isFree = occupant !== undefined && isEmpty(occupant, ports) && (await hasEnded(occupant.unit, ports));
  return { occupant: isFree ? undefined : occupant, release };
}

/** Whether the first process of a sandbox has ended, and with it all that was inside, though its scope has not. */
function isEmpty({ unit, instance }: SandboxRecord, { portalInstances, cgroups, scopeCgroup }: ClaimPorts): boolean {
  const init = portalInstances.initPid(instance);
  return init !== undefined && !cgroups.pids(scopeCgroup(unit)).includes(init);
}

/** Whether a scope has a process. */
export function isRunning(
  unit: string,
  { cgroups, scopeCgroup }: Pick<ClaimPorts, 'cgroups' | 'scopeCgroup'>,
): boolean {
  return unit !== '' && cgroups.pids(scopeCgroup(unit)).length > 0;
}

/** Waits for the end of a scope that ends by itself. */
export async function hasEnded(
  unit: string,
  ports: Pick<ClaimPorts, 'cgroups' | 'scopeCgroup' | 'sleep'>,
): Promise<boolean> {
  for (let waited = 0; waited < longestWait; waited += pause) {
    if (!isRunning(unit, ports)) return true;
    await ports.sleep(pause);
  }
  return !isRunning(unit, ports);
}

/** In ms. */
const longestWait = 5000;
const pause = 10;
