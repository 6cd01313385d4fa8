import type { Decision } from '../domain/decision.ts';
import { RingfenceError } from '../domain/errors.ts';
import { askForStart } from './ask-mounts.ts';
import { hasEnded, isRunning, type Occupant } from './home-claims.ts';
import { letIn } from './let-in.ts';
import { type AddedShares, type LiveShares, showKept } from './live-shares.ts';
import { type EntryTerms, judgeEntry, lackingShares, termsOf } from './pure/entry-terms.ts';
import { planEnvironment } from './pure/environment.ts';
import { hostOf, wantedBy } from './sandbox-layout.ts';
import type { SandboxPorts, SandboxRequest } from './sandbox-ports.ts';
import { startScript } from './script-inside.ts';

/** How a second start goes on. */
export interface Entry {
  /** Whether what runs was let run: before that it only ends, as its daemon was killed. */
  readonly wasReleased: boolean;
  /** Notes that the starts of these names were asked for: should the daemon be killed, the next one goes on with them. */
  note(names: readonly string[]): void;
  onStep(step: 'noted' | 'entered'): void;
}

/**
 * Has a start go into the sandbox that runs over its home. Everything in there is the app's, so it gets what the app's icon would
 * give it and nothing of the caller's; what it answers only tells that it has read the line.
 * @returns `gone` when that sandbox has ended meanwhile: the home is free then
 * @throws RingfenceError NotEnforceable, where it cannot go in there
 */
export async function enterSandbox(
  request: SandboxRequest,
  decision: Decision,
  occupant: Occupant,
  entry: Entry,
  ports: SandboxPorts,
  live: Pick<LiveShares, 'add'>,
): Promise<'entered' | 'gone'> {
  const { doors, folders } = ports;
  const what = decision.app ?? request.name;
  const refuse = (reason: string) =>
    new RingfenceError(
      'NotEnforceable',
      `cannot launch ${what} strictly: close it first: it runs already (${occupant.unit}), and ${reason}`,
    );
  if (!entry.wasReleased) {
    // What a daemon that was killed has not let run ends by itself.
    if (await hasEnded(occupant.unit, ports)) return 'gone';
    throw refuse('was never let run');
  }
  if (request.variables !== undefined) throw refuse('a command does not go into a sandbox that runs');
  const { terms, home = '' } = occupant;
  if (terms === undefined) throw refuse('was started as a command, whose sandbox nothing else goes into');
  await askForStart(request, decision, ports, home);
  // It would find one of that name, and what it saves would be in the one that is gone.
  if (!ports.sight.exists(home)) throw refuse(`its home ${home} was removed`);
  const lets = letIn(what, decision, wantedBy(request, decision, occupant.id, ports), ports);
  const host = hostOf(lets, '', undefined, request, ports);
  const wanted = termsOf(lets, host, planEnvironment(lets.settings, host));
  const { terms: now, withdraw } = await letInMore(terms, wanted, occupant, ports, live).catch((error: Error) => {
    throw refuse(error.message);
  });
  try {
    const difference = judgeEntry(now, wanted);
    if (difference !== undefined) throw refuse(difference);

    const environment = { unset: terms.environment.unset, set: new Map(Object.entries(terms.environment.set)) };
    const { passEnvironment } = lets;
    const inside = { home, shares: now.shares, environment, passEnvironment, variables: undefined };
    const folder = folders.path(occupant.id);
    const names = request.gates.map((plan) => {
      const name = ports.id();
      doors.put(folder, name, startScript(plan, inside));
      return name;
    });
    entry.note(names);
    entry.onStep('noted');
    const outcome = await tell(names, occupant, ports);
    if (outcome === 'silent') throw refuse('its sandbox does not answer');
    if (outcome === 'gone') return 'gone';
  } catch (error) {
    const kept = showKept(await withdraw());
    throw kept === '' ? error : new RingfenceError('NotEnforceable', `${(error as Error).message}${kept}`);
  }
  entry.onStep('entered');
  return 'entered';
}

/** Mounts the documents that a start brings in the sandbox that runs, where nothing else is to be another. */
async function letInMore(
  terms: EntryTerms,
  wanted: EntryTerms,
  { id }: Occupant,
  { sight }: SandboxPorts,
  live: Pick<LiveShares, 'add'>,
): Promise<AddedShares> {
  const lacking = lackingShares(terms, wanted);
  if (lacking.length === 0 || judgeEntry(terms, { ...wanted, shares: [], links: [] }) !== undefined) {
    return { terms, withdraw: async () => [] };
  }
  const found = lacking.map(({ path, writable }, at) => {
    const is = sight.follow(path, '');
    const kind: 'folder' | 'file' = 'path' in is && is.kind === 'folder' ? 'folder' : 'file';
    return { path, writable, kind, links: at === 0 ? (wanted.links ?? []) : [], fault: undefined };
  });
  return live.add(id, found);
}

/** Goes on with starts that an earlier daemon has noted and not seen begun: each begins once. */
export async function retell(names: readonly string[], occupant: Occupant, ports: SandboxPorts): Promise<void> {
  const left = ports.doors.list(ports.folders.path(occupant.id)).filter((name) => names.includes(name));
  if (left.length > 0) await tell(left, occupant, ports);
}

async function tell(
  names: readonly string[],
  { id, unit }: Occupant,
  { doors, folders, ...ports }: SandboxPorts,
): Promise<'begun' | 'gone' | 'silent'> {
  const folder = folders.path(id);
  const outcome = await doors.tell(folder, names, () => isRunning(unit, ports));
  // Begun or never: one that does not answer now must not begin later, when the user has been told that it did not.
  for (const name of names) doors.remove(folder, name);
  return outcome;
}
