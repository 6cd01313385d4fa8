import { constants } from 'node:os';
import type { Config } from '../domain/config/model.ts';
import type { Decision } from '../domain/decision.ts';
import { RingfenceError } from '../domain/errors.ts';
import type { HostFacts } from '../domain/host-facts.ts';
import type { Instance } from '../domain/instance.ts';
import { type Report, type ReportRow, serializeReport } from '../domain/report.ts';
import { scopeUnitName } from '../domain/unit-name.ts';
import type { Cgroups } from '../platform/kernel/cgroups.ts';
import type { Gate, WaitingGate } from '../platform/process/gate.ts';
import type { GatePlan } from '../platform/process/gate-script.ts';
import type { Systemd } from '../platform/systemd/user-manager.ts';
import type { Sandboxes } from '../strict/sandboxes.ts';
import { judgeScope, requireInScope } from './judge-scope.ts';
import type { LaunchStep, Records } from './ports.ts';
import { decideContainment } from './pure/decide-containment.ts';
import type { LaunchOptions } from './pure/launch-options.ts';
import { makeReport } from './pure/make-report.ts';
import { type ScopeProperty, scopeProperties } from './pure/scope-properties.ts';

/** What is to be started, once the desktop entry or the command line has been read: plain data. */
export interface Startable {
  /** With ".desktop"; undefined for a command. */
  readonly appId: string | undefined;
  /** As the user knows it. */
  readonly name: string;
  /** The unit is named after it: the desktop id or the program's name. */
  readonly unitStem: string;
  /** One process each. */
  readonly argvs: readonly (readonly string[])[];
  /** Absolute. */
  readonly workingDirectory: string;
  readonly environment: ReadonlyMap<string, string>;
  /** The user manager's environment, without anything on top. */
  readonly session: ReadonlyMap<string, string>;
  /** The desktop entry's absolute path. */
  readonly sourcePath?: string | undefined;
  readonly options: LaunchOptions;
}

/**
 * Makes a request into something to start, by the user manager's environment. It may be asked twice, and has no effects.
 * @throws RingfenceError of every kind that says what is wrong with the request
 */
export type Resolve = (session: ReadonlyMap<string, string>) => Startable;

/** What the pipeline works with. */
export interface LaunchPorts {
  readonly systemd: Systemd;
  readonly cgroups: Cgroups;
  readonly records: Records;
  config(): Config;
  host(): HostFacts;
  /** The cgroup of a unit in app.slice. */
  scopeCgroup(unit: string): string;
  /** So many gates; what the apps print is in the journal under `identifier`. */
  openGates(count: number, identifier: string): Promise<WaitingGate[]>;
  /** Takes the instance in and watches for its end. */
  register(report: Report, gate: Gate): Instance;
  /** For strict starts. */
  readonly sandboxes: Pick<Sandboxes, 'prepare'>;
  /** Milliseconds since 1970. */
  now(): number;
  /** A fresh number for a unit's name. */
  number(): bigint;
  /** Told of each step when it is done, for tests that kill the daemon there. */
  readonly onStep?: (step: LaunchStep) => void;
}

interface LaunchPlan {
  readonly unit: string;
  readonly gates: readonly GatePlan[];
  readonly properties: (pids: readonly number[]) => ScopeProperty[];
}

/**
 * The pipeline, whoever asks: resolve, decide containment, plan, gate, scope, verify, record, release. Until the release nothing
 * of the app has run; whatever fails before it ends the gates and throws. It works on the environment that was seen last while
 * the present one is being fetched; the gates wait for that one, and where it makes another start of it, all is done anew.
 * @throws RingfenceError NotEnforceable, NoSuchProfile, InvalidLimit, ScopeFailed, TimedOut, and those of `resolve`
 */
export async function launch(resolve: Resolve, ports: LaunchPorts): Promise<Instance> {
  const last = ports.systemd.lastEnvironment();
  const now = ports.systemd.environment();
  now.catch(() => {});
  let guess: Startable | undefined;
  try {
    guess = last === undefined ? undefined : resolve(last);
  } catch (error) {
    if ((await now) === last) throw error;
  }
  if (guess !== undefined) {
    const start = guess;
    const confirm = async () => ((await now) === last ? start : resolve(await now));
    try {
      return await launchOnce(start, confirm, ports);
    } catch (error) {
      if (!(error instanceof Outdated)) throw error;
    }
  }
  const start = resolve(await now);
  return launchOnce(start, async () => start, ports);
}

/** What was to be started is another now, or needs another gate: all is to be done once more. */
class Outdated extends RingfenceError {
  constructor() {
    super('ScopeFailed', 'cannot start a process: the journal closed its output; try again');
  }
}

async function launchOnce(start: Startable, confirm: () => Promise<Startable>, ports: LaunchPorts): Promise<Instance> {
  const step = ports.onStep ?? (() => {});
  step('resolved');
  const decision = decideContainment({
    app: start.appId,
    config: ports.config(),
    request: start.options,
    host: ports.host(),
  });
  step('decided');
  const plan = planLaunch(start, decision, ports);
  if (decision.mode === 'strict') {
    const actual = await confirm();
    if (actual !== start) throw new Outdated();
  }
  const sandbox =
    decision.mode === 'strict' ? await ports.sandboxes.prepare({ ...start, ...plan }, decision) : undefined;
  const waiting = sandbox === undefined ? await ports.openGates(plan.gates.length, start.unitStem) : [];
  const gates: readonly Gate[] = sandbox?.gates ?? waiting;
  let starting: Promise<string> | undefined;
  try {
    step('gated');
    const pids = [...gates.map(({ pid }) => pid), ...(sandbox?.helpers ?? [])];
    starting = startScope(plan, pids, ports);
    starting.catch(() => {});
    if (sandbox === undefined) await arm(waiting, await confirm(), start);
    step('armed');
    const unit = await starting;
    step('scoped');
    const held = verify(unit, pids, start, decision, ports);
    step('verified');
    const report =
      sandbox === undefined ? held : withSandbox(held, await sandbox.enclose(unit, () => step('entering')));
    if (sandbox !== undefined) step('enclosed');
    ports.records.write(unit, serializeReport(report));
    step('recorded');
    for (const gate of gates) gate.release();
    step('released');
    // In the same turn of the event loop as the release: no end of the instance can come before.
    return ports.register(report, gates[0] as Gate);
  } catch (error) {
    for (const gate of gates) gate.kill();
    await starting?.then((unit) => endScope(unit, ports)).catch(() => {});
    sandbox?.abandon();
    throw error;
  }
}

/** The gates get what the present environment makes of the request, if that is still the same start of the same app. */
async function arm(gates: readonly WaitingGate[], actual: Startable, start: Startable): Promise<void> {
  if (actual !== start && !isSameScope(actual, start)) throw new Outdated();
  const armed = await Promise.all(gatePlans(actual).map((plan, index) => gates[index]?.arm(plan)));
  if (armed.includes(false)) throw new Outdated();
}

/** Whether the scope is the same, whatever is in it. */
function isSameScope(one: Startable, other: Startable): boolean {
  const scope = ({ appId, name, unitStem, argvs, sourcePath, options }: Startable) =>
    JSON.stringify([appId, name, unitStem, argvs.length, sourcePath, options.profile]);
  return scope(one) === scope(other);
}

/**
 * More than the gates may wait in there: bubblewrap, and a gate of its own. And systemd may never hear of the end of a process
 * that died while it was being moved, and keep the empty scope for good.
 */
async function endScope(unit: string, { systemd }: LaunchPorts): Promise<void> {
  await systemd.killScope(unit, SIGKILL);
  await systemd.stopScope(unit);
}

const { SIGKILL } = constants.signals;

/** A strict start holds whole or not at all: its limits too. @throws RingfenceError NotEnforceable */
export function withSandbox(report: Report, { rows, reasons }: { rows: ReportRow[]; reasons: string[] }): Report {
  const lost = report.rows.find(({ state }) => state === 'not-enforced');
  if (lost !== undefined) {
    throw new RingfenceError(
      'NotEnforceable',
      `cannot launch ${report.name} strictly: ${lost.name}: ${lost.reason}${lost.fix === '' ? '' : ` (${lost.fix})`}`,
    );
  }
  return { ...report, rows: [...report.rows, ...rows], reasons: [...report.reasons, ...reasons] };
}

function planLaunch(start: Startable, decision: Decision, ports: LaunchPorts): LaunchPlan {
  return {
    unit: scopeUnitName(start.unitStem, ports.number()),
    gates: gatePlans(start),
    properties: (pids) =>
      scopeProperties({
        decision,
        pids,
        description: `${start.name} (Ringfence: ${decision.profile})`,
        sourcePath: start.sourcePath,
        systemdVersion: ports.systemd.version,
      }),
  };
}

function gatePlans({ argvs, environment: given, workingDirectory }: Startable): GatePlan[] {
  const environment = new Map(given);
  // Where the shell starts is where PWD says (environ(7)); the manager's own would be a lie.
  environment.set('PWD', workingDirectory);
  return argvs.map((argv) => ({ argv, environment, workingDirectory }));
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

/** Every process must be in the scope's cgroup, and each limit is read from its files. */
function verify(
  unit: string,
  pids: readonly number[],
  start: Startable,
  decision: Decision,
  { cgroups, scopeCgroup, now }: LaunchPorts,
): Report {
  const expected = scopeCgroup(unit);
  requireInScope(pids, expected, `launch ${start.name}`, cgroups);
  const { name, options } = start;
  const started = { unit, name, startedAt: now(), requestId: options.requestId };
  return makeReport(started, decision, judgeScope(decision, expected, cgroups));
}

function isUnitExists(error: unknown): boolean {
  const cause = error instanceof RingfenceError ? (error.cause as { dbusName?: string } | undefined) : undefined;
  return cause?.dbusName === 'org.freedesktop.systemd1.UnitExists';
}
