import type { Instance } from '../domain/instance.ts';
import { parseReport, type Report } from '../domain/report.ts';
import { parseScopeUnitName } from '../domain/unit-name.ts';
import type { Gate } from '../platform/process/gate.ts';
import type { Systemd } from '../platform/systemd/user-manager.ts';
import { instanceFields, logEnd } from './log-instances.ts';
import type { Outcome } from './pure/outcome.ts';
import type { ReachedLimit } from './reached-limits.ts';
import { type InstancePorts, runningInstance } from './running-instance.ts';

/** Who wants to know of starts, changes and ends: the bus. */
export interface InstanceListener {
  added(instance: Instance): void;
  ended(instance: Instance, outcome: Outcome): void;
  /** Properties of it that were changed by us. */
  changed(instance: Instance, properties: readonly string[]): void;
  /** It ran into a limit: once for each burst. */
  limitReached(instance: Instance, reached: ReachedLimit): void;
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
    const instance: Instance = runningInstance(report, gate, ports, {
      changed: (properties) => listener.changed(instance, properties),
      limitReached: (reached) => listener.limitReached(instance, reached),
      ended(outcome) {
        running.delete(unit);
        records.remove(unit);
        logEnd(log, report, outcome);
        listener.ended(instance, outcome);
      },
    });
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
