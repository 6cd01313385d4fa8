import type { Instance } from '../domain/instance.ts';
import { parseReport, type Report } from '../domain/report.ts';
import { ownScopePrefix, parseScopeUnitName } from '../domain/unit-name.ts';
import type { Gate } from '../platform/process/gate.ts';
import type { Systemd } from '../platform/systemd/user-manager.ts';
import { instanceFields, logEnd } from './log-instances.ts';
import { isAtOnce } from './pure/ended-at-once.ts';
import { isKin, isOwnScopeOfApp } from './pure/kinship.ts';
import type { Outcome } from './pure/outcome.ts';
import type { ReachedLimit } from './reached-limits.ts';
import { readKin } from './read-kin.ts';
import { type InstancePorts, type RunningInstance, runningInstance } from './running-instance.ts';

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
export function openInstances(
  ports: InstancePorts & {
    /** The bus name that an app asked for last, and was refused. */
    refusedName(unit: string): string | undefined;
  },
  listener: InstanceListener,
): Instances {
  const { systemd, cgroups, records, log, scopeCgroup } = ports;
  const running = new Map<string, RunningInstance>();

  function add(report: Report, gate: Gate | undefined): RunningInstance {
    const { unit } = report;
    const instance: RunningInstance = runningInstance(report, gate, ports, {
      changed: (properties) => listener.changed(instance, properties),
      limitReached: (reached) => listener.limitReached(instance, reached),
      ended(how) {
        const refused = isAtOnce(report, Date.now()) && !instance.wasEnded() ? ports.refusedName(unit) : undefined;
        const outcome: Outcome = refused === undefined ? how : new Map([...how, ['refused-name', refused]]);
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

  /** Takes scopes that apps have made for themselves for what they are: a part of the instance that their processes come from. */
  const followKin = (units: readonly string[]) => {
    for (const unit of units.filter(isOwnScopeOfApp)) {
      if (running.size === 0 || [...running.values()].some((one) => one.has(unit))) continue;
      try {
        const kin = readKin(scopeCgroup(unit), ports);
        const origin = kin.members.length > 0 && [...running.values()].find((one) => one.isKinOf(kin));
        if (origin) origin.follow(unit);
      } catch (cause) {
        log.warn(`cannot tell whether an app in a fence has moved to ${unit}`, { cause });
      }
    }
  };
  systemd.onScopesStarted(followKin);

  /** What runs of an instance that an earlier daemon has started, or nothing: its own scope, if need be by another name. */
  const find = async (unit: string, isListed: boolean, others: readonly string[]) => {
    const recorded = parseReport(records.read(unit) ?? '');
    const isThere = isListed && cgroups.pids(scopeCgroup(unit)).length > 0;
    const left = others.filter((one) => isLeftScope(one, recorded, ports));
    if (isThere || left.length > 0) return { report: recorded ?? (await reportFromUnit(unit, systemd)), left };
    // It ended just now, or its gate died while it was being made: systemd may never hear of the end of a process that it
    // was given too late.
    if (isListed) await systemd.stopScope(unit).catch(() => {});
    records.remove(unit);
    return undefined;
  };

  return {
    all: () => [...running.values()],
    add,

    async recover() {
      // Listed first: a record that another daemon writes meanwhile belongs to a scope that is there.
      const recorded = records.list();
      const listed = (await systemd.listScopes('*.scope')).map(({ unit }) => unit);
      const own = new Set(listed.filter((unit) => unit.startsWith(ownScopePrefix)));
      const others = listed.filter(isOwnScopeOfApp);
      for (const unit of new Set([...recorded, ...own])) {
        if (running.has(unit)) continue;
        const found = await find(unit, own.has(unit), others);
        if (found === undefined) continue;
        const { report, left } = found;
        log.event('instance-recovered', `found ${report.name} running in ${unit}`, instanceFields(report));
        const instance = add(report, undefined);
        for (const one of left) instance.follow(one);
      }
      followKin(others);
    },
  };
}

/** Whether a scope is one that an instance is known to have left to, or holds one of its first processes. */
function isLeftScope(unit: string, report: Report | undefined, ports: InstancePorts): boolean {
  const { cgroups, scopeCgroup } = ports;
  const cgroup = scopeCgroup(unit);
  if (report === undefined || cgroups.pids(cgroup).length === 0) return false;
  const id = cgroups.id(cgroup);
  if (report.left?.some((one) => one.unit === unit && one.cgroupId === id)) return true;
  return isKin(readKin(cgroup, ports), { lineage: report.lineage, cgroups: new Set() });
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
