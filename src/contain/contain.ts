import type { Decision } from '../domain/decision.ts';
import { parseDesktopId } from '../domain/desktop-id.ts';
import { displayName } from '../domain/display-name.ts';
import { RingfenceError } from '../domain/errors.ts';
import { asScopeFailure } from '../domain/fence-failure.ts';
import type { Instance } from '../domain/instance.ts';
import { serializeReport, type TerminalPlace } from '../domain/report.ts';
import { scopeUnitName } from '../domain/unit-name.ts';
import { decideFence, fenceMode } from '../launch/decide-fence.ts';
import { judgeScope } from '../launch/judge-scope.ts';
import type { FencePorts } from '../launch/ports.ts';
import { parseLaunchOptions } from '../launch/pure/launch-options.ts';
import { makeReport } from '../launch/pure/make-report.ts';
import { scopeProperties } from '../launch/pure/scope-properties.ts';
import type { ProcessFacts } from '../platform/kernel/process-tree.ts';
import { type ClaimPorts, gone, obstacle, requireOurs, requireSame, terminalHasLetGo } from './claim-process.ts';
import { gatherTree, rootOfTree, type TreeRoot } from './gather-tree.ts';

/** What containing works with, on top of what a launch does. */
export interface ContainPorts extends ClaimPorts, FencePorts {
  /** The terminal of a process's session, where the process is on it. */
  terminalOf(pid: number): TerminalPlace | undefined;
}

/**
 * Puts a fence around a process that runs already, and all its descendants: the request behind Contain. The pipeline of a
 * launch with the process itself in the gate's place: decide, plan, scope, gather what is still outside, verify, record.
 * Memory that the processes have used before stays charged to where they were (cgroup v2 does not move it).
 * @throws RingfenceError NoSuchInstance (no such process), InvalidArgument (one that must stay where it is), NotEnforceable
 *   (a sandbox cannot be put around a running process), ScopeFailed, TimedOut, and those of the options
 */
export async function containProcess(
  pid: number,
  texts: ReadonlyMap<string, string>,
  ports: ContainPorts,
): Promise<Instance> {
  const { processes, systemd, cgroups } = ports;
  const task = `contain process ${pid}`;
  const options = parseLaunchOptions('contain', task, texts);
  const root = requireOurs(pid, task, ports, options.alone);
  const id = options.appId === undefined ? undefined : parseDesktopId(options.appId);
  const name = displayName(options.name ?? id?.name ?? root.programs.at(-1) ?? 'process');
  // Before the limits: none that this machine lacks is the reason.
  if (fenceMode(id?.id, options, ports) === 'strict') throw refuseStrict(task, options.enclosable ?? false);
  const decision = decideFence(id?.id, options, ports);
  await terminalHasLetGo(root, ports);

  const source = cgroups.of(pid);
  if (source === undefined) throw gone(task);
  const terminal = options.terminal ? ports.terminalOf(pid) : undefined;
  const tree = options.alone ? undefined : rootOfTree(root, source, ports);
  const unit = scopeUnitName(id?.name ?? name, ports.number());
  requireSame(root, task, ports);
  const properties = scopeProperties({
    decision,
    pids: [pid],
    description: `${name} (Ringfence: ${decision.profile})`,
    systemdVersion: systemd.version,
  });
  await systemd.startScope(unit, properties).catch((error: unknown) => {
    throw processes.look(pid)?.startTime === root.startTime ? error : gone(task);
  });
  try {
    return await fillScope({ unit, name, task, root, source, tree, decision, terminal }, ports);
  } catch (error) {
    throw asScopeFailure(task, error);
  } finally {
    // systemd may never hear of the end of a process that died while it was being moved.
    if (cgroups.pids(ports.scopeCgroup(unit)).length === 0) await systemd.stopScope(unit).catch(() => {});
  }
}

interface Filling {
  readonly unit: string;
  readonly name: string;
  readonly task: string;
  readonly root: ProcessFacts;
  /** The cgroup that the process was in. */
  readonly source: string;
  /** What is to follow it. */
  readonly tree: TreeRoot | undefined;
  readonly decision: Decision;
  readonly terminal: TerminalPlace | undefined;
}

/** The scope is there, and the process in it unless it has ended: gather what is outside, verify, record, report. */
async function fillScope(
  { unit, name, task, root, source, tree, decision, terminal }: Filling,
  ports: ContainPorts,
): Promise<Instance> {
  const { processes, cgroups, records, now } = ports;
  const { pid } = root;
  const scope = ports.scopeCgroup(unit);
  // The number may have gone to another process between the look and the move; that one is not meant.
  const moved = processes.look(pid);
  if (moved !== undefined && moved.startTime !== root.startTime) processes.move(pid, source);
  requireSame(root, task, ports);
  const mayMove = (facts: ProcessFacts) => obstacle(facts, ports) === undefined;
  const isComplete = tree === undefined || (await gatherTree(tree, scope, mayMove, ports));
  const actual = cgroups.of(pid);
  if (actual !== scope) {
    const where = actual === undefined ? 'it has ended' : `it is in ${actual} instead of ${scope}`;
    throw new RingfenceError('ScopeFailed', `cannot ${task}: ${where}`);
  }
  const lineage = { roots: [{ pid, startTime: root.startTime }], since: processes.ticks() };
  const started = { unit, name, startedAt: now(), terminal, lineage };
  const report = makeReport(started, decision, judgeScope(decision, scope, cgroups));
  try {
    records.write(unit, serializeReport(report));
  } catch (error) {
    // A fence without a record is one that no later daemon could describe: as it was, and the scope ends empty.
    putBack(scope, source, ports);
    throw error;
  }
  const instance = ports.register(report, undefined);
  if (!isComplete) {
    throw new RingfenceError(
      'ScopeFailed',
      `cannot ${task} whole: new processes of it appeared outside ${unit} faster than they could be moved; try again`,
    );
  }
  return instance;
}

function putBack(scope: string, source: string, { cgroups, processes }: ContainPorts): void {
  for (const pid of cgroups.pids(scope)) {
    try {
      processes.move(pid, source);
    } catch {
      // Where it was is gone: it stays fenced.
    }
  }
}

/** A caller of an older version takes every error that it does not know for one that it may go on without a fence. */
function refuseStrict(task: string, enclosable: boolean): RingfenceError {
  return new RingfenceError(
    enclosable ? 'MustEnclose' : 'NotEnforceable',
    `cannot ${task} strictly: a sandbox cannot be put around a process that runs already; start it with ` +
      '"ringfence-shell --profile strict" or "ringfence run --profile strict", or contain it with the profile "relaxed" if ' +
      'limits alone will do',
  );
}
