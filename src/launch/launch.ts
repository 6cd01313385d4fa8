import { constants } from 'node:os';
import type { Decision } from '../domain/decision.ts';
import { RingfenceError } from '../domain/errors.ts';
import { asScopeFailure, asStrictRefusal } from '../domain/fence-failure.ts';
import type { Instance } from '../domain/instance.ts';
import { withPressure } from '../domain/pressure-variables.ts';
import { type Report, type ReportRow, serializeReport } from '../domain/report.ts';
import { scopeUnitName } from '../domain/unit-name.ts';
import type { Gate } from '../platform/process/gate.ts';
import type { GatePlan } from '../platform/process/gate-script.ts';
import type { Sandbox } from '../strict/sandboxes.ts';
import { answeringEnvironment } from './answering.ts';
import { decideFence } from './decide-fence.ts';
import { enterRunning } from './enter-running.ts';
import { judgeScope, requireInScope } from './judge-scope.ts';
import type { LaunchPorts } from './ports.ts';
import { containInTab } from './pure/contain-in-tab.ts';
import { lostRow, makeReport } from './pure/make-report.ts';
import { type ScopeProperty, scopeProperties } from './pure/scope-properties.ts';
import { appRequest, commandRequest, type LaunchRequest, resolve, type Startable } from './resolve.ts';

/**
 * Launches an installed application: the request behind Launch, which is what a click calls.
 * @throws RingfenceError of every kind that `launch` has
 */
export async function launchApp(
  appId: string,
  uris: readonly string[],
  texts: ReadonlyMap<string, string>,
  ports: LaunchPorts,
): Promise<Instance> {
  return launch(appRequest(appId, uris, texts), ports);
}

/**
 * Starts any command: the request behind Run. `variables` go on top of the user manager's environment.
 * @throws RingfenceError as launchApp, and ProgramNotFound or ProgramNotExecutable for the command itself
 */
export async function runCommand(
  argv: readonly string[],
  variables: ReadonlyMap<string, string>,
  texts: ReadonlyMap<string, string>,
  ports: LaunchPorts,
): Promise<Instance> {
  return launch(commandRequest(argv, variables, texts), ports);
}

/** @throws RingfenceError NotEnforceable, NoSuchProfile, InvalidLimit, ScopeFailed, TimedOut, and those of `resolve` */
async function launch(request: LaunchRequest, ports: LaunchPorts): Promise<Instance> {
  return takeSteps(request, ports).catch((error: unknown) => {
    throw asScopeFailure(request.task, error);
  });
}

/**
 * The one way through: every launch takes these steps, each once, in this order. The app does not execute before the release;
 * whatever fails until then kills the gates and throws, and nothing is left of the attempt.
 */
async function takeSteps(request: LaunchRequest, ports: LaunchPorts): Promise<Instance> {
  const step = ports.onStep ?? (() => {});

  // Fetch the environment: the user manager's, now.
  const mounts = ports.openMounts();
  const session = await answeringEnvironment(request.task, await ports.systemd.environment(), mounts);

  const asked = await resolve(request, session, { ...ports, mounts });
  step('resolved');

  const { start, decision } = decide(asked, ports);
  step('decided');

  const plan = planLaunch(start, decision, ports);
  if (decision.mode !== 'strict') return startAnew(plan, start, decision, ports);

  const [nameless] = start.nameless ?? [];
  if (nameless !== undefined) throw refuseNameless(start.name, nameless);
  const wanted = { ...start, ...plan };
  const home = await ports.sandboxes.claim(wanted, decision);
  try {
    const { occupant } = home;
    const entered = occupant && (await enterRunning(wanted, start, decision, occupant, ports));
    return entered ?? (await startAnew(plan, start, decision, ports));
  } finally {
    home.release();
  }
}

/** Relaxed, the app gets the URI and opens what it names. Inside that file would not be there, and the app would say so, or nothing. */
function refuseNameless(name: string, uri: string): RingfenceError {
  const reason = `the file ${uri} cannot be let in, as its name is not UTF-8; rename it`;
  return new RingfenceError('NotEnforceable', `cannot launch ${name} strictly: ${reason}`);
}

/** The steps from the gate on, for what gets a scope of its own. */
async function startAnew(
  plan: LaunchPlan,
  start: Startable,
  decision: Decision,
  ports: LaunchPorts,
): Promise<Instance> {
  const step = ports.onStep ?? (() => {});
  const gated = await gate(plan, start, decision, ports);
  let starting: Promise<string> | undefined;
  try {
    step('gated');

    const pids = [...gated.gates.map(({ pid }) => pid), ...gated.helpers];
    starting = startScope(plan, pids, ports);
    step('scoping');
    const unit = await starting;
    step('scoped');

    const limited = verify(unit, pids, start, decision, ports);
    step('verified');

    const report = gated.enclose === undefined ? limited : await enclose(limited, gated.enclose, step);

    const hasMore = sharedMeanwhile(start, decision, ports);
    ports.records.write(unit, serializeReport(report));
    step('recorded');

    for (const each of gated.gates) each.release();
    step('released');

    // Report: in the same turn of the event loop as the release, so that no end of the instance can come before.
    const instance = ports.register(report, gated.gates[0]);
    if (hasMore) ports.sharesChanged(instance.report.app);
    return instance;
  } catch (error) {
    for (const each of gated.gates) each.kill();
    await starting?.then((unit) => endScope(unit, ports)).catch(() => {});
    gated.abandon();
    throw decision.mode === 'strict' ? asStrictRefusal(start.name, error) : error;
  }
}

/**
 * Whether more is shared by now than when it was decided. What was unshared while the sandbox was made would stay with an app that nobody
 * could take it from, as it was not known to run yet. In the same turn of the event loop as the release and the registration: from then on it
 * can be changed.
 * @throws RingfenceError NotEnforceable where something was unshared
 */
function sharedMeanwhile({ appId, name, options }: Startable, decision: Decision, ports: LaunchPorts): boolean {
  if (decision.mode !== 'strict') return false;
  const shared = decision.sandbox?.lists['shared-folders'] ?? [];
  const now = decideFence(appId, options, ports).sandbox?.lists['shared-folders'] ?? [];
  const gone = shared.find(({ value }) => !now.some((one) => one.value === value));
  if (gone === undefined) return now.length > shared.length;
  const reason = `${gone.value} was unshared while it was started; start it again`;
  throw new RingfenceError('NotEnforceable', `cannot launch ${name} strictly: ${reason}`);
}

/** What is started, with how it is contained. */
interface Decided {
  readonly start: Startable;
  readonly decision: Decision;
}

/**
 * Decides how the app is contained. One that runs in the tab of a terminal is contained there, by ringfence-shell; what is
 * started here is the terminal's client. Around a strict tab the client has limits alone, as it must reach the terminal outside.
 */
function decide(start: Startable, ports: LaunchPorts): Decided {
  const { appId, options } = start;
  const decision = decideFence(appId, options, ports);
  if (!start.inTerminal || appId === undefined || ports.shellProgram === undefined) return { start, decision };
  const isStrict = decision.mode === 'strict';
  // By its name: should the daemon be gone by then, nothing may run.
  const texts = isStrict ? new Map([...start.texts, ['profile', decision.profile]]) : start.texts;
  const argvs = containInTab(start.argvs, appId, texts, ports.shellProgram);
  if (argvs === undefined) return { start, decision };
  if (!isStrict) return { start: { ...start, argvs }, decision };
  const client = { ...start, appId: undefined, argvs };
  return { start: client, decision: decideFence(undefined, { ...options, profile: 'relaxed' }, ports) };
}

interface LaunchPlan {
  readonly unit: string;
  readonly gates: readonly GatePlan[];
  readonly properties: (pids: readonly number[]) => ScopeProperty[];
}

function planLaunch(start: Startable, decision: Decision, ports: LaunchPorts): LaunchPlan {
  const { argvs, workingDirectory, name, unitStem, sourcePath } = start;
  // Where the shell starts is where PWD says (environ(7)); the manager's own would be a lie.
  const own = new Map([...start.environment, ['PWD', workingDirectory]]);
  const unit = scopeUnitName(unitStem, ports.number());
  const environment = withPressure(own, ports.pressureFile(unit));
  return {
    unit,
    gates: argvs.map((argv) => ({ argv, environment, workingDirectory })),
    properties: (pids) =>
      scopeProperties({
        decision,
        pids,
        description: `${name} (Ringfence: ${decision.profile})`,
        sourcePath,
        systemdVersion: ports.systemd.version,
      }),
  };
}

/** Processes that wait in the app's place; for a strict app also what makes its sandbox. */
type Gated = Omit<Sandbox, 'enclose'> & Partial<Pick<Sandbox, 'enclose'>>;

async function gate(plan: LaunchPlan, start: Startable, decision: Decision, ports: LaunchPorts): Promise<Gated> {
  if (decision.mode === 'strict') return ports.sandboxes.prepare({ ...start, ...plan }, decision);
  const gates: readonly Gate[] = await ports.openGates(plan.gates, start.unitStem);
  return { gates, helpers: [], abandon: () => {} };
}

/** Starts the scope; a name that is taken already (a number drawn twice) is tried once more with another. */
async function startScope(plan: LaunchPlan, pids: readonly number[], ports: LaunchPorts): Promise<string> {
  const properties = plan.properties(pids);
  try {
    await ports.systemd.startScope(plan.unit, properties);
    return plan.unit;
  } catch (error) {
    if (!isUnitExists(error)) throw error;
    const unit = plan.unit.replace(/-\d+\.scope$/, `-${ports.number()}.scope`);
    await ports.systemd.startScope(unit, properties);
    return unit;
  }
}

function isUnitExists(error: unknown): boolean {
  const cause = error instanceof RingfenceError ? (error.cause as { dbusName?: string } | undefined) : undefined;
  return cause?.dbusName === 'org.freedesktop.systemd1.UnitExists';
}

/** Every process must be in the scope's cgroup, and each limit is read from its files. */
function verify(
  unit: string,
  pids: readonly number[],
  { name, options }: Startable,
  decision: Decision,
  { cgroups, processes, scopeCgroup, now }: LaunchPorts,
): Report {
  const expected = scopeCgroup(unit);
  requireInScope(pids, expected, `launch ${name}`, cgroups);
  const lineage = { roots: pids.map((pid) => ({ pid, startTime: processes.startTime(pid) ?? 0 })) };
  const started = { unit, name, startedAt: now(), requestId: options.requestId, once: options.once, lineage };
  return makeReport(started, decision, judgeScope(decision, expected, cgroups));
}

/** Has the gates make the sandbox and wait once more inside it. */
async function enclose(
  limited: Report,
  make: Sandbox['enclose'],
  step: (step: 'entering' | 'enclosed') => void,
): Promise<Report> {
  const report = withSandbox(limited, await make(limited.unit, () => step('entering')));
  step('enclosed');
  return report;
}

/** A strict start holds whole or not at all: its limits too. @throws RingfenceError NotEnforceable */
export function withSandbox(report: Report, { rows, reasons }: { rows: ReportRow[]; reasons: string[] }): Report {
  const lost = lostRow(report);
  if (lost !== undefined) {
    throw new RingfenceError(
      'NotEnforceable',
      `cannot launch ${report.name} strictly: ${lost.name}: ${lost.reason}${lost.fix === '' ? '' : ` (${lost.fix})`}`,
    );
  }
  return { ...report, rows: [...report.rows, ...rows], reasons: [...report.reasons, ...reasons] };
}

/**
 * More than the gates may wait in there: bubblewrap, and a gate of its own. And systemd may never hear of the end of a process
 * that died while it was being moved, and keep the empty scope for good.
 */
async function endScope(unit: string, { systemd }: LaunchPorts): Promise<void> {
  await systemd.killScope(unit, constants.signals.SIGKILL);
  await systemd.stopScope(unit);
}
