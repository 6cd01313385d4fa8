import { isRingfenceError, RingfenceError } from '../domain/errors.ts';
import type { Cgroups } from '../platform/kernel/cgroups.ts';
import type { SandboxFolders, SandboxRecord } from './ports.ts';

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
  readonly cgroups: Pick<Cgroups, 'pids'>;
  scopeCgroup(unit: string): string;
  /** Waits for a lock that ends with its holder. @throws RingfenceError TimedOut, Failed */
  lockHome(path: string): Promise<() => void>;
}

/**
 * Takes a home for one start, from before its plan is made until its sandbox stands in the records: waits for another start that is
 * under way, whichever daemon makes it. From then on the scope holds the home, for as long as a process is in it.
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
  return { occupant, release };
}

/** Whether a scope has a process. */
export function isRunning(
  unit: string,
  { cgroups, scopeCgroup }: Pick<ClaimPorts, 'cgroups' | 'scopeCgroup'>,
): boolean {
  return unit !== '' && cgroups.pids(scopeCgroup(unit)).length > 0;
}
