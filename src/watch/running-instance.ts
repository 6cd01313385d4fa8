import { constants } from 'node:os';
import type { HostFacts } from '../domain/host-facts.ts';
import type { Instance } from '../domain/instance.ts';
import { instanceObjectPath } from '../domain/object-path.ts';
import type { Report } from '../domain/report.ts';
import { limitsInForce } from '../launch/judge-scope.ts';
import type { Records } from '../launch/ports.ts';
import type { Log } from '../platform/journal/log.ts';
import type { Cgroups } from '../platform/kernel/cgroups.ts';
import type { Gate, GateExit } from '../platform/process/gate.ts';
import type { Systemd } from '../platform/systemd/user-manager.ts';
import { instanceFields } from './log-instances.ts';
import { describeOutcome, type Outcome, wasKilled } from './pure/outcome.ts';
import { readUsage } from './pure/usage.ts';
import { followReached, type ReachedLimit, reachedInWords } from './reached-limits.ts';
import { isFrozen, setFrozen, setLimits } from './steer.ts';
import { type QuotaWatch, watchQuota } from './watch-quota.ts';

/** What a running instance works with. */
export interface InstancePorts {
  readonly systemd: Systemd;
  readonly cgroups: Cgroups;
  readonly records: Records;
  readonly log: Log;
  scopeCgroup(unit: string): string;
  host(): HostFacts;
}

/** What becomes of it. */
export interface InstanceEvents {
  ended(outcome: Outcome): void;
  /** Properties of it that were changed by us. */
  changed(properties: readonly string[]): void;
  /** It ran into a limit: once for each burst. */
  limitReached(reached: ReachedLimit): void;
}

/** An instance whose scope runs; it is followed to its end. */
export function runningInstance(
  started: Report,
  gate: Gate | undefined,
  ports: InstancePorts,
  events: InstanceEvents,
): Instance {
  const { systemd, cgroups, scopeCgroup } = ports;
  const { unit } = started;
  const cgroup = scopeCgroup(unit);
  let report = started;
  const { gone, quota } = followToEnd(started, gate, ports, events);
  const inTurn = takeTurns();
  const freeze = async (frozen: boolean) => {
    await setFrozen(frozen, report.name, cgroup, cgroups);
    events.changed(['Frozen']);
  };
  // A frozen process ends by SIGKILL alone. That is also the way where the file cannot be read, as no more files may be opened.
  const thawFrozen = async () => {
    if (isFrozen(cgroup, cgroups)) await freeze(false);
  };
  const killAll = async () => {
    // Not by systemd, which sends the signal to one process after the other: a fork bomb is faster.
    await cgroups.kill(cgroup).catch(() => systemd.killScope(unit, signals.SIGKILL));
  };
  return {
    path: instanceObjectPath(unit),
    get report() {
      return report;
    },
    pids: () => cgroups.pids(cgroup),
    limits: () => limitsInForce(cgroup, cgroups),
    usage: () => readUsage((file) => cgroups.read(cgroup, file)),
    isFrozen: () => isFrozen(cgroup, cgroups),
    freeze: () => inTurn(() => freeze(true)),
    thaw: () => inTurn(() => freeze(false)),
    setLimits: (asked) =>
      inTurn(async () => {
        report = await setLimits(report, cgroup, asked, ports);
        quota.limitsChanged();
        events.changed(['Limits', 'Report']);
      }),
    kill: (signal) => (signal === signals.SIGKILL ? killAll() : systemd.killScope(unit, signal)),
    async stop(timeoutMs) {
      if (timeoutMs > 0) {
        // Not StopUnit: it would kill after the scope's own TimeoutStopSec, whatever time was asked for here.
        await systemd.killScope(unit, signals.SIGTERM);
        await systemd.killScope(unit, signals.SIGCONT);
        await inTurn(thawFrozen).catch(() => {});
        if (await settlesWithin(gone, timeoutMs)) return;
      }
      await killAll();
      await gone;
    },
  };
}

/** Follows it to its end: `gone` resolves when the scope is gone, once `events.ended` was told how. */
function followToEnd(
  report: Report,
  gate: Gate | undefined,
  ports: InstancePorts,
  events: InstanceEvents,
): { readonly gone: Promise<void>; readonly quota: QuotaWatch } {
  const { systemd, cgroups, log, scopeCgroup } = ports;
  const { unit } = report;
  const cgroup = scopeCgroup(unit);
  // What an earlier daemon has seen belongs to the end as well, but does not tell how it ended.
  const earlier = Number(readUsage((file) => cgroups.read(cgroup, file)).get('oom-kills') ?? 0);
  let oomKills = earlier;
  const reached = followReached(report, cgroup, ports, (one) => {
    const count = Number(one.details.get('total'));
    log.event('limit-hit', reachedInWords(one), { ...instanceFields(report), limit: one.limit, count });
    events.limitReached(one);
  });
  const oomWatch = cgroups.watchOomKills(cgroup, (count) => {
    oomKills = count;
    reached.counted('memory-max', count);
  });
  const endRefusals = cgroups.watchRefusedTasks(cgroup, (count) => reached.counted('tasks-max', count));
  const quota = watchQuota(cgroup, cgroups, reached.heldBack);
  void gate?.exited.then(() => oomWatch.look());
  const gone = new Promise<void>((resolve) => {
    const end = async (result: string) => {
      const exit = await exitOf(gate);
      oomWatch.end(exit === undefined || wasKilled(exit));
      endRefusals();
      quota.end();
      events.ended(describeOutcome(result, exit, { all: oomKills, seen: oomKills - earlier }));
      resolve();
    };
    systemd.onScopeGone(unit, (result) => void end(result));
    // Without a gate nothing held its processes: they may have ended before anybody waited for that.
    if (gate === undefined) systemd.recheckScopes();
  });
  return { gone, quota };
}

/** One change after the other: each reads first what is in force. */
function takeTurns(): (change: () => Promise<void>) => Promise<void> {
  let last: Promise<unknown> = Promise.resolve();
  return (change) => {
    const turn = last.then(change);
    last = turn.catch(() => {});
    return turn;
  };
}

/** How the gate ended. Its scope may be gone a moment before node has reaped it, and a process may have left its scope. */
async function exitOf(gate: Gate | undefined): Promise<GateExit | undefined> {
  let exit: GateExit | undefined;
  const exited = gate?.exited.then((how) => {
    exit = how;
  });
  if (exited !== undefined) await settlesWithin(exited, 500);
  return exit;
}

async function settlesWithin(promise: Promise<void>, timeoutMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    // Not at once: where the daemon was kept from running, node looks at its timers before it looks at what has come.
    timer = setTimeout(() => setImmediate(() => resolve(false)), Math.min(timeoutMs, longestTimer));
  });
  try {
    return await Promise.race([promise.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}

const { signals } = constants;
/** 24 days; node takes a longer time for none at all. */
const longestTimer = 2 ** 31 - 1;
