import { basename } from 'node:path';
import type { Decision } from '../domain/decision.ts';
import { RingfenceError } from '../domain/errors.ts';
import { portalId } from '../domain/portal-id.ts';
import type { GatePlan } from '../platform/process/gate-script.ts';
import { isRunning, type Occupant } from './home-claims.ts';
import { type LetIn, letIn } from './let-in.ts';
import { isWithin, judgeEntry, termsOf } from './pure/entry-terms.ts';
import { planEnvironment } from './pure/environment.ts';
import { namedWithinWord, withOpenedFiles } from './pure/opened-words.ts';
import { hostOf, type SandboxPorts, type SandboxRequest, wantedBy } from './sandbox-layout.ts';
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
): Promise<'entered' | 'gone'> {
  const { doors, folders } = ports;
  const what = decision.app ?? request.name;
  const refuse = (reason: string) =>
    new RingfenceError(
      'NotEnforceable',
      `cannot launch ${what} strictly: it runs already (${occupant.unit}), and ${reason}; close it first`,
    );
  if (!entry.wasReleased) {
    if (await hasEnded(occupant.unit, ports)) return 'gone';
    throw refuse('was never let run');
  }
  if (request.variables !== undefined) throw refuse('a command does not go into a sandbox that runs');
  const { terms, home = '' } = occupant;
  if (terms === undefined) throw refuse('that is a command, in whose sandbox nothing else starts');
  const lets = letIn(what, decision, wantedBy(request, decision, occupant.id, ports), ports);
  const host = hostOf(lets, '', undefined, request, ports);
  const missing =
    terms.documents === undefined ? [] : lets.opened.filter(({ share }) => !isWithin(share, terms.shares));
  const shares = lets.shares.filter(({ path }) => !missing.some(({ share }) => share.path === path));
  const difference = judgeEntry(terms, termsOf({ ...lets, shares }, host, planEnvironment(lets.settings, host)));
  if (difference !== undefined) throw refuse(difference);
  const given = await giveFiles(missing, request.gates, occupant, ports);
  if ('fault' in given) throw refuse(given.fault);

  const environment = { unset: terms.environment.unset, set: new Map(Object.entries(terms.environment.set)) };
  const { passEnvironment } = lets;
  const inside = { home, shares: terms.shares, environment, passEnvironment, variables: undefined };
  const folder = folders.path(occupant.id);
  const names = given.gates.map((plan) => {
    const name = ports.id();
    doors.put(folder, name, startScript(plan, inside));
    return name;
  });
  entry.note(names);
  entry.onStep('noted');
  const outcome = await tell(names, occupant, ports);
  if (outcome !== 'begun') await ports.documents.forget(given.ids);
  if (outcome === 'silent') throw refuse('its sandbox does not answer');
  if (outcome === 'gone') return 'gone';
  entry.onStep('entered');
  return 'entered';
}

/** Gives a sandbox that runs files that it does not have, by the document portal, and names them as they are inside. */
async function giveFiles(
  missing: LetIn['opened'],
  gates: readonly GatePlan[],
  occupant: Occupant,
  { documents, folders }: SandboxPorts,
): Promise<{ gates: readonly GatePlan[]; ids: readonly string[] } | { fault: string }> {
  if (missing.length === 0) return { gates, ids: [] };
  const { id, ...record } = occupant;
  const named = missing.map((file) => file.named);
  const odd = gates.map(({ argv }) => namedWithinWord(argv, named)).find((path) => path !== undefined);
  if (odd !== undefined) return { fault: `${odd} was not let in when it was started` };
  const ids: string[] = [];
  try {
    for (const { share } of missing) ids.push(await documents.add(portalId(basename(record.home ?? '')), share));
  } catch (error) {
    await documents.forget(ids);
    return { fault: `the document portal does not let it in: ${(error as Error).message}` };
  }
  folders.record(id, { ...record, documents: [...(record.documents ?? []), ...ids] });
  const inside = new Map(
    missing.map((file, index) => [file.named, `${record.terms?.documents}/${ids[index]}/${basename(file.share.path)}`]),
  );
  return { gates: gates.map((plan) => ({ ...plan, argv: withOpenedFiles(plan.argv, inside) })), ids };
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

/** What a daemon that was killed has not let run ends by itself. */
async function hasEnded(unit: string, ports: SandboxPorts): Promise<boolean> {
  for (let waited = 0; waited < longestWait; waited += pause) {
    if (!isRunning(unit, ports)) return true;
    await ports.sleep(pause);
  }
  return !isRunning(unit, ports);
}

/** In ms. */
const longestWait = 5000;
const pause = 10;
