import { constants } from 'node:os';
import type { Decision } from '../domain/decision.ts';
import { parseDesktopId } from '../domain/desktop-id.ts';
import { displayName } from '../domain/display-name.ts';
import { isRingfenceError, RingfenceError } from '../domain/errors.ts';
import { asStrictRefusal } from '../domain/fence-failure.ts';
import type { Instance } from '../domain/instance.ts';
import { instanceObjectPath } from '../domain/object-path.ts';
import { type Report, serializeReport, type TerminalPlace } from '../domain/report.ts';
import { scopeUnitName } from '../domain/unit-name.ts';
import { answeringEnvironment } from '../launch/answering.ts';
import { decideFence } from '../launch/decide-fence.ts';
import { judgeScope, requireInScope } from '../launch/judge-scope.ts';
import { withSandbox } from '../launch/launch.ts';
import type { FencePorts } from '../launch/ports.ts';
import { parseLaunchOptions } from '../launch/pure/launch-options.ts';
import { makeReport } from '../launch/pure/make-report.ts';
import { scopeProperties } from '../launch/pure/scope-properties.ts';
import type { ProcessFacts } from '../platform/kernel/process-tree.ts';
import type { SandboxRequest } from '../strict/sandbox-ports.ts';
import type { Sandboxes } from '../strict/sandboxes.ts';
import { type ClaimPorts, requireOurs, requireSame, terminalHasLetGo } from './claim-process.ts';

/** What enclosing works with. */
export interface EnclosePorts extends ClaimPorts, FencePorts {
  readonly sandboxes: Pick<Sandboxes, 'claim' | 'layOut'>;
  /** The terminal of a process's session, where the process is on it. */
  terminalOf(pid: number): TerminalPlace | undefined;
}

/** What the caller is told: the instance that will be there, and the folder with what its process needs. */
export interface Offer {
  readonly path: string;
  readonly folder: string;
}

/**
 * Starts a command strictly as a child of a process that waits: the request behind Enclose. The pipeline of a launch, but that
 * the process itself makes the sandbox, on its own terminal: decide, lay out, scope, verify, offer, read back, record, release.
 * @throws RingfenceError before the offer as `containProcess`; after it the gate inside says why, and nothing runs
 */
export async function encloseProcess(
  pid: number,
  texts: ReadonlyMap<string, string>,
  onOffer: (offer: Offer) => void,
  ports: EnclosePorts,
): Promise<Instance> {
  const { processes, systemd } = ports;
  const step = ports.onStep ?? (() => {});
  const task = `enclose process ${pid}`;
  const options = parseLaunchOptions('contain', task, texts);
  const root = requireOurs(pid, task, ports);
  const id = options.appId === undefined ? undefined : parseDesktopId(options.appId);
  const name = displayName(options.name ?? id?.name ?? root.programs.at(-1) ?? 'process');
  const decision = decideFence(id?.id, options, ports);
  if (decision.mode !== 'strict') {
    throw new RingfenceError('InvalidArgument', `cannot ${task}: the profile ${decision.profile} has no sandbox`);
  }
  step('decided');
  await terminalHasLetGo(root, ports);

  const environment = processes.environment(pid);
  const unitStem = id?.name ?? name;
  const gates = [{ argv: [], environment, workingDirectory: '/' }];
  const mounts = ports.openMounts();
  const session = await answeringEnvironment(task, await systemd.environment(), mounts);
  const called = environment.get('PWD');
  if (called?.startsWith('/')) await mounts.ask([called], { desktops: true });
  const folder = processes.folder(pid, called);
  const request = { name, unitStem, gates, session, variables: environment, folder, home: options.home };
  const home = await ports.sandboxes.claim(request, decision);
  try {
    const { occupant } = home;
    if (occupant !== undefined) {
      const reason = `its home is that of ${occupant.unit}, which runs, and a command does not go into a sandbox that runs`;
      throw new RingfenceError('NotEnforceable', `cannot launch ${name} strictly: ${reason}; close that first`);
    }
    const terminal = options.terminal ? ports.terminalOf(pid) : undefined;
    return await offerSandbox({ root, task, name, unitStem, decision, request, terminal }, onOffer, ports);
  } finally {
    home.release();
  }
}

interface Enclosing {
  readonly root: ProcessFacts;
  readonly task: string;
  readonly name: string;
  readonly unitStem: string;
  readonly decision: Decision;
  readonly request: SandboxRequest;
  readonly terminal: TerminalPlace | undefined;
}

/** Lays the sandbox out, offers it, and reads it back once the process has made it. */
async function offerSandbox(
  { root, task, name, unitStem, decision, request, terminal }: Enclosing,
  onOffer: (offer: Offer) => void,
  ports: EnclosePorts,
): Promise<Instance> {
  const { systemd, records } = ports;
  const { pid } = root;
  const step = ports.onStep ?? (() => {});
  const enclosure = await ports.sandboxes.layOut(request, decision);
  let offered: string | undefined;
  try {
    step('gated');
    requireSame(root, task, ports);
    const unit = scopeUnitName(unitStem, ports.number());
    const description = `${name} (Ringfence: ${decision.profile})`;
    const pids = [pid, ...enclosure.helpers];
    const properties = scopeProperties({ decision, pids, description, systemdVersion: systemd.version });
    await systemd.startScope(unit, properties);
    step('scoped');
    requireSame(root, task, ports);
    const held = verify(unit, name, pids, decision, ports);
    step('verified');
    await enclosure.offer(unit);
    offered = unit;
    onOffer({ path: instanceObjectPath(unit), folder: enclosure.folder });
    step('entering');
    const report = { ...withSandbox(held, await enclosure.confirm(pid, () => isThere(root, ports))), terminal };
    step('enclosed');
    records.write(unit, serializeReport(report));
    step('recorded');
    enclosure.release();
    step('released');
    return ports.register(report, undefined);
  } catch (cause) {
    const error = asStrictRefusal(name, cause);
    enclosure.refuse(isRingfenceError(error) ? error : new RingfenceError('Failed', 'an error inside Ringfence'));
    if (offered !== undefined) await endScope(offered, root, ports);
    enclosure.abandon();
    throw error;
  }
}

function verify(
  unit: string,
  name: string,
  pids: readonly number[],
  decision: Decision,
  { cgroups, scopeCgroup, now }: EnclosePorts,
): Report {
  const expected = scopeCgroup(unit);
  requireInScope(pids, expected, `enclose ${name}`, cgroups);
  const limits = judgeScope(decision, expected, cgroups);
  return withSandbox(makeReport({ unit, name, startedAt: now() }, decision, limits), { rows: [], reasons: [] });
}

/** The gate inside has been told why, and says so and ends; its parent follows. What is left of the scope then is killed. */
async function endScope(unit: string, root: ProcessFacts, ports: EnclosePorts): Promise<void> {
  for (let waited = 0; waited < longestWait && isThere(root, ports); waited += pause) await ports.sleep(pause);
  await ports.systemd.killScope(unit, constants.signals.SIGKILL).catch(() => {});
}

/** In ms. */
const longestWait = 2000;
const pause = 10;

function isThere({ pid, startTime }: ProcessFacts, { processes }: EnclosePorts): boolean {
  const now = processes.look(pid);
  return now !== undefined && !now.hasEnded && now.startTime === startTime;
}
