import { parseMountinfo, reachable } from '../domain/mounts.ts';
import { isAtOrBelow } from '../domain/path-relations.ts';
import { askForShares } from './ask-mounts.ts';
import { lookAtShares } from './let-in.ts';
import type { SandboxRecord } from './ports.ts';
import type { EntryTerms } from './pure/entry-terms.ts';
import { seccompArchOf } from './pure/host.ts';
import { linksInside } from './pure/links.ts';
import type { LiveMountOutcome } from './pure/live-mount.ts';
import { type FoundShare, planShareChanges, type ShareChange, termsAfter, termsWith } from './pure/live-shares.ts';
import type { Link, Share } from './pure/model.ts';
import { spotOf } from './pure/mounts.ts';
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

/** What became of one folder; `at-next-start` tells why only then, `still-shared` by what. */
export interface UpdatedShare {
  readonly folder: string;
  readonly state: 'shared' | 'taken-away' | 'still-shared' | 'at-next-start';
  readonly reason: string;
}

/** All of it, and what the sandbox has then; undefined where that is what it had. */
export interface UpdatedShares {
  readonly changes: readonly UpdatedShare[];
  readonly shares: readonly Share[] | undefined;
  /** How many it had. */
  readonly had: number;
}

/** What a sandbox has once a later start's are let in. */
export interface AddedShares {
  readonly terms: EntryTerms;
  /** Takes them away again: nothing was started with them. Never fails; says what the app has kept, each with the reason. */
  withdraw(): Promise<readonly string[]>;
}

/** Changes what of the user's files sandboxes have that run: one change after the other. */
export interface LiveShares {
  /**
   * Gives a sandbox the folders that the configuration shares with its app now, and takes away those that it shares no more. What the app
   * has open, or has mounted elsewhere itself, it keeps until it ends.
   */
  update(update: SharesUpdate): Promise<UpdatedShares>;
  /** Lets in what a later start brings, by the sandbox's id: all of it, or none. @throws Error which says why it cannot */
  add(id: string, shares: readonly FoundShare[]): Promise<AddedShares>;
  /** Takes away what a daemon that was killed was mounting. Never fails: a sandbox in which that cannot be had ends. */
  settle(): Promise<void>;
}

export function openLiveShares(ports: SandboxPorts, machine: SandboxMachine): LiveShares {
  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = turn.then(work);
    turn = done.catch(() => {});
    return done;
  };
  return {
    update: (update) => inTurn(() => updateShares(update, ports, machine)),
    async add(id, shares) {
      const { terms, withdraw } = await inTurn(() => addShares(id, shares, ports, machine));
      return { terms, withdraw: () => inTurn(withdraw) };
    },
    settle: () => inTurn(() => settleShares(ports, machine)),
  };
}

async function updateShares(
  update: SharesUpdate,
  ports: SandboxPorts,
  machine: SandboxMachine,
): Promise<UpdatedShares> {
  const { unit, words, session } = update;
  await askForShares(words, session, ports);
  const sandbox = ports.folders.list().find((one) => one.unit === unit);
  const found = lookAtShares(words, session, ports);
  const unchanged = (reason: string): UpdatedShares => {
    const at = found.map(({ path, writable }) => showShare({ path, writable }));
    return { changes: at.map((folder) => ({ folder, state: 'at-next-start', reason })), shares: undefined, had: 0 };
  };
  if (sandbox?.terms?.configured === undefined || sandbox.home === undefined) {
    return unchanged('its sandbox was made to stay as it is');
  }
  const record = await finish(sandbox, ports, machine).catch(({ message }: Error) => message);
  if (typeof record === 'string' || record.terms?.configured === undefined) return unchanged(String(record));
  const { configured, shares } = record.terms;
  let current: Sandbox = record;
  const changes: UpdatedShare[] = [];
  const gone: ShareChange[] = [];
  for (const change of planShareChanges({ configured, shares }, found)) {
    const folder = showShare(change);
    if (change.do === 'none') {
      changes.push({ folder, state: 'at-next-start', reason: change.reason });
      continue;
    }
    try {
      current = await carryOut(change, found, current, ports, machine);
      if (found.some(({ path }) => path === change.path)) changes.push({ folder, state: 'shared', reason: '' });
      else gone.push(change);
    } catch (error) {
      changes.push({ folder, state: 'at-next-start', reason: (error as Error).message });
    }
  }
  const now = current.terms?.shares ?? [];
  const all = [...gone.map((change) => withoutShare(change, now)), ...changes];
  return { changes: all, shares: now === shares ? undefined : now, had: shares.length };
}

/** What lies in another folder that stays shared is seen by that. */
function withoutShare(share: Share, left: readonly Share[]): UpdatedShare {
  const around = left.find(({ path }) => isAtOrBelow(share.path, path));
  const folder = showShare(share);
  if (around === undefined) return { folder, state: 'taken-away', reason: '' };
  return { folder, state: 'still-shared', reason: `it lies in ${showShare(around)}, which stays shared` };
}

async function addShares(
  id: string,
  wanted: readonly FoundShare[],
  ports: SandboxPorts,
  machine: SandboxMachine,
): Promise<AddedShares> {
  const there = ports.folders.list().find((one) => one.id === id);
  let sandbox = there && (await finish(there, ports, machine));
  const added: Share[] = [];
  const withdraw = async () => {
    const failed: (Share & { readonly reason: string })[] = [];
    // Others may have changed what it has meanwhile.
    const now = () => ports.folders.list().find((one) => one.id === id);
    for (const share of added.splice(0).reverse()) {
      const record = now();
      if (record === undefined) return [];
      await finish(record, ports, machine)
        .then((whole) => carryOut({ ...share, do: 'unmount' }, [], whole, ports, machine))
        .catch(({ message }: Error) => failed.push({ ...share, reason: message }));
    }
    const left = now()?.terms?.shares ?? [];
    return failed
      .filter(({ path }) => left.some((share) => share.path === path))
      .map((share) => `${showShare(share)} (${share.reason})`);
  };
  for (const share of wanted) {
    const { terms } = sandbox ?? {};
    if (sandbox === undefined || terms === undefined) throw new Error('its sandbox is not there');
    const [change] = planShareChanges({ configured: [], shares: terms.shares }, [share]);
    if (change?.do === 'note') continue;
    const { path, writable } = share;
    const links = linksTo(path, share.links, sandbox);
    try {
      if (change?.do === 'none') throw new Error(change.reason);
      const after = termsWith(terms, { path, writable }, links);
      sandbox = await mount({ ...share, links }, sandbox, after, ports, machine);
    } catch (error) {
      throw new Error(`${path} cannot be let in: ${(error as Error).message}${showKept(await withdraw())}`);
    }
    added.push({ path, writable });
  }
  return { terms: sandbox?.terms ?? { choices: {}, shares: [], environment: { unset: [], set: {} } }, withdraw };
}

/** What a start that was refused has left with the app, for the end of its message. */
export function showKept(kept: readonly string[]): string {
  return kept.length === 0 ? '' : `; until the app ends, it keeps ${kept.join(', ')}`;
}

async function settleShares(ports: SandboxPorts, machine: SandboxMachine): Promise<void> {
  for (const sandbox of ports.folders.list()) {
    await finish(sandbox, ports, machine).catch(() => ports.killUnit(sandbox.unit));
  }
}

/** Takes away what was left half mounted, or half taken away. @throws Error where that cannot be had */
async function finish(sandbox: Sandbox, ports: SandboxPorts, machine: SandboxMachine): Promise<Sandbox> {
  const { underWay, ...rest } = sandbox;
  if (underWay === undefined) return sandbox;
  const { run } = await changerOf({ ...anything, path: underWay.path }, sandbox, ports, machine);
  if (!isGone(await run('unmount'), underWay.path)) throw new Error(`${underWay.path} is still mounted`);
  return keep({ ...rest, terms: underWay.terms }, ports);
}

type Sandbox = SandboxRecord & { readonly id: string };

/** What is only to be taken away. */
const anything = { kind: 'folder', writable: false, links: [] } as const;

/** @throws Error which says why it is as it was */
async function carryOut(
  change: ShareChange,
  found: readonly FoundShare[],
  sandbox: Sandbox,
  ports: SandboxPorts,
  machine: SandboxMachine,
): Promise<Sandbox> {
  const { terms } = sandbox;
  if (terms === undefined || change.do === 'none') return sandbox;
  const after = termsAfter(terms, change);
  if (change.do === 'note') return keep({ ...sandbox, terms: after }, ports);
  const share = found.find((one) => one.path === change.path);
  if (change.do === 'mount' && share !== undefined) {
    const links = linksTo(share.path, share.links, sandbox);
    const linked = { ...after, links: [...(after.links ?? []), ...links] };
    return mount({ ...share, links }, sandbox, linked, ports, machine);
  }
  const { run } = await changerOf({ ...anything, path: change.path }, sandbox, ports, machine);
  keep({ ...sandbox, underWay: { path: change.path, terms: after } }, ports);
  let wasCut = false;
  // What is cut short twice is finished before the next change.
  const outcome = await run('unmount').catch(() => {
    wasCut = true;
    return run('unmount');
  });
  const fault = 'fault' in outcome ? outcome.fault : faultAfter(outcome, change.path, wasCut);
  if (fault !== undefined) {
    keep(sandbox, ports);
    throw new Error(fault);
  }
  // What it may have kept stays its to write: the record says so to its end.
  return keep({ ...sandbox, terms: after }, ports);
}

/** Where the folder around it is shared too, others may rename what is mounted in there. `wasCut`: it may have been taken away before. */
function faultAfter({ mountinfo, found }: Mounted, path: string, wasCut: boolean): string | undefined {
  if (mountAt(path, mountinfo) !== undefined) return 'it is still mounted';
  return found || wasCut ? undefined : 'it has another name by now';
}

/** @throws Error which says why it is as it was */
async function mount(
  share: Omit<FoundShare, 'fault'>,
  sandbox: Sandbox,
  terms: EntryTerms,
  ports: SandboxPorts,
  machine: SandboxMachine,
): Promise<Sandbox> {
  const { documents, sight } = ports;
  const { path, writable, kind } = share;
  const id = ports.sight.id(path) ?? '';
  const { run, takeBack } = await changerOf(share, sandbox, ports, machine, id);
  // Nobody may write documents in there before the app can put a link in their place.
  const hasNames = writable && kind === 'folder';
  const { writes, writeIds } = sandbox;
  const open = hasNames ? { writes: [...writes, path], writeIds: [...writeIds, id] } : {};
  const underWay = { path, terms: sandbox.terms ?? terms };
  keep({ ...sandbox, ...open, underWay }, ports);
  let mayBeThere = false;
  try {
    if (hasNames) await documents.review();
    mayBeThere = true;
    const outcome = await run('mount');
    mayBeThere = !('fault' in outcome);
    if ('fault' in outcome) throw new Error(outcome.fault);
    const source = spotOf(path, reachable(parseMountinfo(sight.mountinfo())));
    const now = mountAt(path, outcome.mountinfo);
    const isRight = now?.device === source?.device && now?.root === source?.path && (writable || now?.readOnly);
    if (now === undefined || !isRight) throw new Error('what was mounted is not what was to be');
    return keep({ ...sandbox, ...open, terms }, ports);
  } catch (error) {
    if (mayBeThere) await takeBack();
    // What it has had for a moment it may have opened.
    keep({ ...sandbox, ...(mayBeThere ? open : {}) }, ports);
    throw error;
  }
}

/** What changes the mount of one path in a sandbox; `id`: what is to be mounted, by device and inode. @throws Error where it cannot be had */
async function changerOf(
  { path, kind, writable, links }: Omit<FoundShare, 'fault'>,
  { unit }: Sandbox,
  { liveMounts, cgroups, scopeCgroup, killUnit }: SandboxPorts,
  machine: SandboxMachine,
  id = '',
) {
  const { programs, facts } = await machine.look();
  const { perl } = programs;
  const arch = seccompArchOf(facts.machine);
  if (perl === undefined || arch === undefined) throw new Error('perl is not installed');
  const cgroup = scopeCgroup(unit);
  const initPid = liveMounts.firstProcess(cgroups.pids(cgroup));
  if (initPid === undefined) throw new Error('its sandbox is not there');
  const order = { initPid, cgroup, path, kind, writable, id, links };
  const run = (what: 'mount' | 'unmount') => liveMounts.change(perl, arch, { ...order, do: what });
  return {
    run,
    /** A sandbox that may have what it was not to have does not live on. */
    async takeBack() {
      const hasWorked = await run('unmount').then(
        (outcome) => isGone(outcome, path),
        () => false,
      );
      if (!hasWorked) killUnit(unit);
    },
  };
}

type Mounted = Exclude<LiveMountOutcome, { fault: string }>;

function isGone(outcome: LiveMountOutcome, path: string): boolean {
  return !('fault' in outcome) && mountAt(path, outcome.mountinfo) === undefined;
}

/** What can be reached at a path. */
function mountAt(path: string, mountinfo: string) {
  return reachable(parseMountinfo(mountinfo)).find((one) => one.path === path);
}

function keep(sandbox: Sandbox, { folders }: Pick<SandboxPorts, 'folders'>): Sandbox {
  const { id, ...record } = sandbox;
  folders.record(id, record);
  return sandbox;
}

/** Symlinks of the user's that lead to a folder and are not inside yet. */
function linksTo(path: string, links: readonly Link[], { terms, home }: Sandbox): readonly Link[] {
  const mounted = [path, ...(home === undefined ? [] : [home]), ...(terms?.shares ?? []).map((share) => share.path)];
  const known = terms?.links ?? [];
  return linksInside(links, mounted).filter((link) => !known.some((one) => one.path === link.path));
}
