import { RingfenceError } from '../domain/errors.ts';
import { lookAtShares } from './let-in.ts';
import type { SandboxRecord } from './ports.ts';
import { seccompArchOf } from './pure/host.ts';
import { linksInside } from './pure/links.ts';
import { type FoundShare, planShareChanges, type ShareChange, termsAfter } from './pure/live-shares.ts';
import type { Link, Share } from './pure/model.ts';
import { parseMountinfo, reachable, spotOf } from './pure/mounts.ts';
import { showShare } from './pure/shares.ts';
import type { SandboxMachine, SandboxPorts } from './sandbox-ports.ts';

/** A sandbox that runs, and what its app is to have now. */
export interface SharesUpdate {
  readonly unit: string;
  /** Of its `shared-folders`. */
  readonly words: readonly string[];
  /** The user manager's environment. */
  readonly session: ReadonlyMap<string, string>;
}

/** What became of one folder; `at-next-start` tells why only then. */
export interface UpdatedShare {
  readonly folder: string;
  readonly state: 'shared' | 'taken-away' | 'at-next-start';
  readonly reason: string;
}

/** All of it, and what the sandbox has then; undefined where that is what it had. */
export interface UpdatedShares {
  readonly changes: readonly UpdatedShare[];
  readonly shares: readonly Share[] | undefined;
  /** How many it had. */
  readonly had: number;
}

/**
 * Gives a sandbox that runs the folders that the configuration shares with its app now, and takes away those that it shares no more. What the
 * app has open, or has mounted elsewhere itself, it keeps until it ends.
 */
export async function updateShares(
  update: SharesUpdate,
  ports: SandboxPorts,
  machine: SandboxMachine,
): Promise<UpdatedShares> {
  const { unit, words, session } = update;
  const record = ports.folders.list().find((one) => one.unit === unit);
  const found = lookAtShares(words, session, ports);
  if (record?.terms?.configured === undefined || record.home === undefined) {
    const reason = 'its sandbox was made to stay as it is';
    const at = found.map(({ path, writable }) => showShare({ path, writable }));
    return { changes: at.map((folder) => ({ folder, state: 'at-next-start', reason })), shares: undefined, had: 0 };
  }
  const { configured, shares } = record.terms;
  const changes: UpdatedShare[] = [];
  let current: Sandbox = record;
  for (const change of planShareChanges({ configured, shares }, found)) {
    const folder = showShare(change);
    if (change.do === 'none') {
      changes.push({ folder, state: 'at-next-start', reason: change.reason });
      continue;
    }
    const isGone = !found.some(({ path }) => path === change.path);
    try {
      current = await carryOut(change, found, current, ports, machine);
      changes.push({ folder, state: isGone ? 'taken-away' : 'shared', reason: '' });
    } catch (error) {
      changes.push({ folder, state: 'at-next-start', reason: (error as Error).message });
    }
  }
  const now = current.terms?.shares ?? [];
  return { changes, shares: now === shares ? undefined : now, had: shares.length };
}

type Sandbox = SandboxRecord & { readonly id: string };

/** @throws Error which says why it is as it was */
async function carryOut(
  change: ShareChange,
  found: readonly FoundShare[],
  sandbox: Sandbox,
  ports: SandboxPorts,
  machine: SandboxMachine,
): Promise<Sandbox> {
  const { folders, documents, sight, liveMounts, cgroups } = ports;
  const keep = (next: Sandbox): Sandbox => {
    const { id, ...record } = next;
    folders.record(id, record);
    return next;
  };
  const { terms } = sandbox;
  if (terms === undefined || change.do === 'none') return sandbox;
  if (change.do === 'note') return keep({ ...sandbox, terms: termsAfter(terms, change) });
  const { programs, facts } = await machine.look();
  const arch = seccompArchOf(facts.machine);
  if (programs.perl === undefined || arch === undefined) throw new Error('perl is not installed');
  const cgroup = ports.scopeCgroup(sandbox.unit);
  const initPid = liveMounts.firstProcess(cgroups.pids(cgroup));
  if (initPid === undefined) throw new Error('its sandbox is not there');
  const { path, writable } = change;
  const id = sight.id(path) ?? '';
  const { kind, links } = found.find((one) => one.path === path) ?? ({ kind: 'folder', links: [] } as const);
  const order = { initPid, cgroup, path, kind, writable, id, links: linksTo(path, links, sandbox) };
  const run = (what: 'mount' | 'unmount') => liveMounts.change(programs.perl ?? '', arch, { ...order, do: what });
  const seen = () => reachable(parseMountinfo(liveMounts.mountinfo(initPid))).find((mount) => mount.path === path);
  if (change.do === 'unmount') {
    const fault = await run('unmount');
    if (seen() !== undefined) throw new Error(fault ?? 'it is still mounted');
    // What it may have kept stays its to write: the record says so to its end.
    return keep({ ...sandbox, terms: termsAfter(terms, change) });
  }
  // Nobody may write documents in there before the app can put a link in their place.
  const noted = writable
    ? keep({ ...sandbox, writes: [...sandbox.writes, path], writeIds: [...sandbox.writeIds, id] })
    : sandbox;
  try {
    if (writable) await documents.review();
    const fault = await run('mount');
    if (fault !== undefined) throw new Error(fault);
  } catch (error) {
    keep(sandbox);
    throw error;
  }
  const source = spotOf(path, reachable(parseMountinfo(sight.mountinfo())));
  const mount = seen();
  const isRight = mount?.device === source?.device && mount?.root === source?.path && (writable || mount?.readOnly);
  if (mount === undefined || !isRight) {
    await run('unmount');
    // The kernel has mounted something that was not asked for: such a sandbox does not live on.
    if (seen() !== undefined) ports.killUnit(sandbox.unit);
    throw new RingfenceError('Failed', 'what was mounted is not what was to be');
  }
  const after = termsAfter(terms, change);
  return keep({ ...noted, terms: { ...after, links: [...(after.links ?? []), ...order.links] } });
}

/** Symlinks of the user's that lead to a folder and are not inside yet. */
function linksTo(path: string, links: readonly Link[], { terms, home }: Sandbox): readonly Link[] {
  const mounted = [path, ...(home === undefined ? [] : [home]), ...(terms?.shares ?? []).map((share) => share.path)];
  const known = terms?.links ?? [];
  return linksInside(links, mounted).filter((link) => !known.some((one) => one.path === link.path));
}
