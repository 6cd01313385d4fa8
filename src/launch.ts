import { constants } from 'node:os';
import type { Config } from './core/config/model.ts';
import { type Decision, decideContainment } from './core/decide-containment.ts';
import { RingfenceError } from './core/errors.ts';
import type { GatePlan } from './core/gate-script.ts';
import type { HostFacts } from './core/host-facts.ts';
import type { LaunchOptions } from './core/launch-options.ts';
import { makeReport, type Report, type ReportRow, serializeReport } from './core/report.ts';
import { type ScopeProperty, scopeProperties } from './core/scope/properties.ts';
import { scopeUnitName } from './core/scope/unit-name.ts';
import { judgeScope } from './judge-scope.ts';
import type { Cgroups, Gate, Instance, LaunchStep, Records, Systemd } from './ports.ts';
import type { Sandboxes } from './sandboxes.ts';

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
}

/** What the pipeline works with. */
export interface LaunchPorts {
  readonly systemd: Systemd;
  readonly cgroups: Cgroups;
  readonly records: Records;
  config(): Config;
  host(): HostFacts;
  /** The cgroup of a unit in app.slice. */
  scopeCgroup(unit: string): string;
  /** Waiting gates, one per plan; what the apps print is in the journal under `identifier`. */
  openGates(plans: readonly GatePlan[], identifier: string): Promise<Gate[]>;
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
 * The pipeline, whoever asks: decide containment, plan, gate, scope, verify, record, release. Until the release nothing of
 * the app has run; whatever fails before it ends the gates and throws.
 * @throws RingfenceError NotEnforceable, NoSuchProfile, InvalidLimit, ScopeFailed, TimedOut
 */
export async function launch(start: Startable, options: LaunchOptions, ports: LaunchPorts): Promise<Instance> {
  const step = ports.onStep ?? (() => {});
  step('resolved');
  const decision = decideContainment({
    app: start.appId,
    config: ports.config(),
    request: options,
    host: ports.host(),
  });
  step('decided');
  const plan = planLaunch(start, decision, ports);
  const sandbox =
    decision.mode === 'strict' ? await ports.sandboxes.prepare({ ...start, ...plan }, decision) : undefined;
  const gates = sandbox?.gates ?? (await ports.openGates(plan.gates, start.unitStem));
  let scope: string | undefined;
  try {
    step('gated');
    const pids = [...gates.map(({ pid }) => pid), ...(sandbox?.helpers ?? [])];
    const unit = await startScope(plan, pids, ports);
    scope = unit;
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
    if (sandbox !== undefined) {
      // More than the gates may wait in there: bubblewrap, and a gate of its own.
      if (scope !== undefined) await ports.systemd.killScope(scope, SIGKILL).catch(() => {});
      sandbox.abandon();
    }
    throw error;
  }
}

const { SIGKILL } = constants.signals;

/** A strict start holds whole or not at all: its limits too. */
function withSandbox(report: Report, { rows, reasons }: { rows: ReportRow[]; reasons: string[] }): Report {
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
  const environment = new Map(start.environment);
  // Where the shell starts is where PWD says (environ(7)); the manager's own would be a lie.
  environment.set('PWD', start.workingDirectory);
  return {
    unit: scopeUnitName(start.unitStem, ports.number()),
    gates: start.argvs.map((argv) => ({ argv, environment, workingDirectory: start.workingDirectory })),
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

/**
 * Believes the kernel only: every process must be in the scope's cgroup, and each limit is read from its files. systemd 254 has
 * reported scopes as started whose processes were elsewhere (systemd issue 36781).
 */
function verify(
  unit: string,
  pids: readonly number[],
  start: Startable,
  decision: Decision,
  { cgroups, scopeCgroup, now }: LaunchPorts,
): Report {
  const expected = scopeCgroup(unit);
  for (const pid of pids) {
    const actual = cgroups.of(pid);
    if (actual === expected) continue;
    const where = actual === undefined ? 'its process is gone' : `its process is in ${actual} instead of ${expected}`;
    throw new RingfenceError('ScopeFailed', `cannot launch ${start.name}: ${where}`);
  }
  return makeReport({ unit, name: start.name, startedAt: now() }, decision, judgeScope(decision, expected, cgroups));
}

function isUnitExists(error: unknown): boolean {
  const cause = error instanceof RingfenceError ? (error.cause as { dbusName?: string } | undefined) : undefined;
  return cause?.dbusName === 'org.freedesktop.systemd1.UnitExists';
}
