import { constants } from 'node:os';
import type { Instance } from '../domain/instance.ts';
import { instanceObjectPath } from '../domain/object-path.ts';
import { parseReport, type Report } from '../domain/report.ts';
import { parseScopeUnitName } from '../domain/unit-name.ts';
import { limitsInForce } from '../launch/judge-scope.ts';
import type { Records } from '../launch/ports.ts';
import type { Log } from '../platform/journal/log.ts';
import type { Cgroups } from '../platform/kernel/cgroups.ts';
import type { Gate, GateExit } from '../platform/process/gate.ts';
import type { Systemd } from '../platform/systemd/user-manager.ts';
import { instanceFields, logEnd } from './log-instances.ts';
import { describeOutcome, type Outcome, wasKilled } from './pure/outcome.ts';
import { readUsage } from './pure/usage.ts';

/** Who wants to know of starts and ends: the bus. */
export interface InstanceListener {
  added(instance: Instance): void;
  ended(instance: Instance, outcome: Outcome): void;
}

/** What the registry works with. */
export interface InstancePorts {
  readonly systemd: Systemd;
  readonly cgroups: Cgroups;
  readonly records: Records;
  readonly log: Log;
  scopeCgroup(unit: string): string;
}

/** The running instances of this session: those this daemon started and those it found. */
export interface Instances {
  all(): Instance[];
  /** Takes an app in, before it is released or when it is found. */
  add(report: Report, gate: Gate | undefined): Instance;
  /** Finds what earlier daemons started, from systemd's scopes and the records; forgets records whose scope is gone. */
  recover(): Promise<void>;
}

/** Keeps track of instances until their scopes are gone. */
export function openInstances(ports: InstancePorts, listener: InstanceListener): Instances {
  const { systemd, cgroups, records, log, scopeCgroup } = ports;
  const running = new Map<string, Instance>();

  function add(report: Report, gate: Gate | undefined): Instance {
    const { unit } = report;
    const cgroup = scopeCgroup(unit);
    const fields = instanceFields(report);
    let oomKills = 0;
    const gone = new Promise<void>((resolve) => {
      const oomWatch = cgroups.watchOomKills(cgroup, (count) => {
        oomKills = count;
        const message = `${report.name}: the kernel killed a process at the memory limit`;
        log.event('limit-hit', message, { ...fields, limit: 'memory-max', count });
      });
      void gate?.exited.then(() => oomWatch.look());
      const end = async (result: string) => {
        const exit = await exitOf(gate);
        oomWatch.end(exit === undefined || wasKilled(exit));
        running.delete(unit);
        records.remove(unit);
        const outcome = describeOutcome(result, exit, oomKills);
        logEnd(log, report, outcome);
        listener.ended(instance, outcome);
        resolve();
      };
      systemd.onScopeGone(unit, (result) => void end(result));
      // Without a gate nothing held its processes: they may have ended before anybody waited for that.
      if (gate === undefined) systemd.recheckScopes();
    });
    const killAll = async () => {
      // Not by systemd, which sends the signal to one process after the other: a fork bomb is faster.
      await cgroups.kill(cgroup).catch(() => systemd.killScope(unit, signals.SIGKILL));
    };
    const instance: Instance = {
      path: instanceObjectPath(unit),
      report,
      pids: () => cgroups.pids(cgroup),
      limits: () => limitsInForce(cgroup, cgroups),
      usage: () => readUsage((file) => cgroups.read(cgroup, file)),
      kill: (signal) => (signal === signals.SIGKILL ? killAll() : systemd.killScope(unit, signal)),
      async stop(timeoutMs) {
        if (timeoutMs > 0) {
          // Not StopUnit: it would kill after the scope's own TimeoutStopSec, whatever time was asked for here.
          await systemd.killScope(unit, signals.SIGTERM);
          await systemd.killScope(unit, signals.SIGCONT);
          if (await settlesWithin(gone, timeoutMs)) return;
        }
        await killAll();
        await gone;
      },
    };
    running.set(unit, instance);
    listener.added(instance);
    return instance;
  }

  return {
    all: () => [...running.values()],
    add,

    async recover() {
      // Listed first: a record that another daemon writes meanwhile belongs to a scope that is there.
      const recorded = records.list();
      const scopes = await systemd.listScopes('app-ringfence-*.scope');
      const listed = new Set(scopes.map(({ unit }) => unit));
      for (const unit of recorded) if (!listed.has(unit)) records.remove(unit);
      for (const { unit } of scopes) {
        if (running.has(unit)) continue;
        if (cgroups.pids(scopeCgroup(unit)).length === 0) {
          // It ended just now, or its gate died while it was being made: systemd may never hear of the end of a process that it
          // was given too late.
          await systemd.stopScope(unit).catch(() => {});
          records.remove(unit);
          continue;
        }
        const report = parseReport(records.read(unit) ?? '') ?? (await reportFromUnit(unit, systemd));
        log.event('instance-recovered', `found ${report.name} running in ${unit}`, instanceFields(report));
        add(report, undefined);
      }
    },
  };
}

// A scope whose record is lost still tells its app and its age; what was asked for is not known any more.
async function reportFromUnit(unit: string, systemd: Systemd): Promise<Report> {
  const name = parseScopeUnitName(unit)?.name ?? unit;
  const since = await systemd.activeSince(unit).catch(() => 0n);
  return {
    unit,
    app: name,
    name,
    profile: 'unknown',
    mode: 'relaxed',
    startedAt: Number(since / 1000n),
    reasons: ['its record was lost'],
    rows: [],
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
    timer = setTimeout(() => resolve(false), Math.min(timeoutMs, longestTimer));
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
