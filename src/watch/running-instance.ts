import { constants } from 'node:os';
import type { HostFacts } from '../domain/host-facts.ts';
import type { Instance } from '../domain/instance.ts';
import { instanceObjectPath } from '../domain/object-path.ts';
import { type Report, type ReportRow, serializeReport } from '../domain/report.ts';
import { limitsInForce } from '../launch/judge-scope.ts';
import type { Records } from '../launch/ports.ts';
import type { Log } from '../platform/journal/log.ts';
import type { Cgroups } from '../platform/kernel/cgroups.ts';
import type { ProcessTree } from '../platform/kernel/process-tree.ts';
import type { Gate } from '../platform/process/gate.ts';
import type { Systemd } from '../platform/systemd/user-manager.ts';
import { holdToLimits } from './hold-to-limits.ts';
import { instanceFields } from './log-instances.ts';
import { isKin, isOwnScopeOfApp, type ScopeKin } from './pure/kinship.ts';
import { sumUsage, withLeftScope, withoutLeftScope } from './pure/left-scope.ts';
import type { Outcome } from './pure/outcome.ts';
import { readUsage } from './pure/usage.ts';
import { type ReachedLimit, reachedInWords } from './reached-limits.ts';
import { followScopes } from './scopes-of-instance.ts';
import { settlesWithin } from './settles-within.ts';
import { isFrozen, setFrozen, setLimits } from './steer.ts';

/** What a running instance works with. */
export interface InstancePorts {
  readonly systemd: Systemd;
  readonly cgroups: Cgroups;
  readonly processes: Pick<ProcessTree, 'look' | 'startTime' | 'children'>;
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

/** An instance that is followed to its end, and to wherever its processes move. */
export interface RunningInstance extends Instance {
  has(unit: string): boolean;
  isKinOf(scope: ScopeKin): boolean;
  /** Whether somebody has had it ended, by Ringfence. */
  wasEnded(): boolean;
  /** Processes of it are in a scope of their own making: from now on that is a part of it. */
  follow(unit: string): void;
}

/** An instance whose scope runs, or who has left it. */
export function runningInstance(
  started: Report,
  gate: Gate | undefined,
  ports: InstancePorts,
  events: InstanceEvents,
): RunningInstance {
  return new Running(started, gate, ports, events);
}

class Running implements RunningInstance {
  readonly path: string;
  readonly #ports: InstancePorts;
  readonly #events: InstanceEvents;
  readonly #scopes: ReturnType<typeof followScopes>;
  readonly #inTurn = takeTurns();
  #report: Report;
  #isEnding = false;
  #wasEnded = false;

  constructor(started: Report, gate: Gate | undefined, ports: InstancePorts, events: InstanceEvents) {
    this.path = instanceObjectPath(started.unit);
    this.#ports = ports;
    this.#events = events;
    this.#report = started;
    this.#scopes = followScopes(started, gate, ports, {
      limitReached(one) {
        const count = Number(one.details.get('total'));
        ports.log.event('limit-hit', reachedInWords(one), { ...instanceFields(started), limit: one.limit, count });
        events.limitReached(one);
      },
      ownGone: () => this.#followRoots(),
      oneGone: (unit) => this.#forget(unit),
      ended: events.ended,
    });
  }

  get report(): Report {
    return this.#report;
  }

  scopes = () => this.#scopes.places().map(({ unit }) => unit);
  pids = () => this.#scopes.places().flatMap(({ cgroup }) => this.#ports.cgroups.pids(cgroup));
  limits = () => limitsInForce(this.#scopes.places()[0]?.cgroup ?? '', this.#ports.cgroups);
  usage = () => {
    const { cgroups } = this.#ports;
    return sumUsage(this.#scopes.places().map(({ cgroup }) => readUsage((file) => cgroups.read(cgroup, file))));
  };

  isFrozen = () => this.#scopes.places().some(({ cgroup }) => isFrozen(cgroup, this.#ports.cgroups));
  freeze = () => this.#inTurn(() => this.#freeze(true));
  thaw = () => this.#inTurn(() => this.#freeze(false));

  setLimits = (asked: ReadonlyMap<string, string>) =>
    this.#inTurn(async () => {
      this.#report = await setLimits(this.#report, this.#scopes.places(), asked, this.#ports);
      this.#scopes.limitsChanged();
      this.#events.changed(['Limits', 'Report']);
    });

  changeRows(change: (rows: readonly ReportRow[]) => readonly ReportRow[]): void {
    this.#change({ rows: change(this.#report.rows) });
    this.#events.changed(['Report']);
  }

  wasEnded = () => this.#wasEnded;

  async kill(signal: number): Promise<void> {
    this.#wasEnded = true;
    await (signal === signals.SIGKILL ? this.#killAll() : this.#signalAll(signal));
  }

  async stop(timeoutMs: number): Promise<void> {
    this.#wasEnded = true;
    if (timeoutMs > 0) {
      // Not StopUnit: it would kill after the scope's own TimeoutStopSec, whatever time was asked for here.
      await this.#signalAll(signals.SIGTERM);
      await this.#signalAll(signals.SIGCONT);
      // A frozen process ends by SIGKILL alone. That is also the way where the file cannot be read, as no more files may be opened.
      await this.#inTurn(async () => {
        if (this.isFrozen()) await this.#freeze(false);
      }).catch(() => {});
      if (await settlesWithin(this.#scopes.gone, timeoutMs)) return;
    }
    // Who moves to another scope just now is killed there.
    this.#isEnding = true;
    await this.#killAll();
    await this.#scopes.gone;
  }

  has = (unit: string) => this.#scopes.has(unit);

  isKinOf(scope: ScopeKin): boolean {
    const cgroups = new Set(this.#scopes.places().map(({ cgroup }) => cgroup));
    return isKin(scope, { lineage: this.#report.lineage, cgroups });
  }

  follow(unit: string): void {
    const cgroupId = this.#ports.cgroups.id(this.#ports.scopeCgroup(unit));
    if (this.has(unit) || cgroupId === undefined) return;
    const before = this.#report.left ?? [];
    const isNews = !before.some((one) => one.unit === unit && one.cgroupId === cgroupId);
    this.#scopes.add(unit);
    if (isNews) this.#change({ left: [...before.filter((one) => one.unit !== unit), { unit, cgroupId }] });
    void this.#inTurn(() => this.#bringInLine(unit, isNews)).catch((cause: unknown) => {
      this.#ports.log.warn(`cannot hold ${unit}, to which ${this.#report.name} has moved, to its limits`, { cause });
    });
  }

  /** Gives a scope that the app has made what holds for the instance. */
  async #bringInLine(unit: string, isNews: boolean): Promise<void> {
    const { cgroups, scopeCgroup, log } = this.#ports;
    const wasFrozen = isFrozen(scopeCgroup(this.#report.unit), cgroups);
    if (this.#isEnding) await this.#killAll();
    const lost = await holdToLimits({ unit, cgroup: scopeCgroup(unit) }, this.#report, this.#ports);
    if (wasFrozen) await this.#freeze(true);
    if (!this.has(unit)) return;
    this.#scopes.limitsChanged();
    this.#change({ rows: withLeftScope(this.#report.rows, unit, lost) });
    this.#events.changed(['Scopes', 'Report', 'Limits']);
    if (!isNews) return;
    const held = lost.size === 0 ? 'with its limits' : `without ${[...lost.keys()].join(', ')}`;
    log.event('scope-followed', `${this.#report.name} has moved to ${unit}, where it runs on ${held}`, {
      ...instanceFields(this.#report),
      scope: unit,
    });
  }

  /** Its first processes may be elsewhere by now, and their move not yet told. */
  #followRoots(): void {
    const { processes, cgroups, scopeCgroup, log } = this.#ports;
    for (const { pid, startTime } of this.#report.lineage?.roots ?? []) {
      try {
        const cgroup = processes.startTime(pid) === startTime ? cgroups.of(pid) : undefined;
        const unit = cgroup?.slice(cgroup.lastIndexOf('/') + 1) ?? '';
        if (isOwnScopeOfApp(unit) && cgroup === scopeCgroup(unit)) this.follow(unit);
      } catch (cause) {
        log.warn(`cannot tell whether ${this.#report.name} has moved to another scope`, { cause });
      }
    }
  }

  #forget(unit: string): void {
    const left = this.#report.left?.filter((one) => one.unit !== unit);
    this.#change({ left, rows: withoutLeftScope(this.#report.rows, unit) });
    this.#events.changed(['Scopes', 'Report', 'Limits']);
  }

  #change(changed: Partial<Report>): void {
    this.#report = { ...this.#report, ...changed };
    try {
      this.#ports.records.write(this.#report.unit, serializeReport(this.#report));
    } catch (cause) {
      this.#ports.log.warn(
        `cannot record where ${this.#report.name} runs: a daemon that is started anew may not know`,
        {
          cause,
        },
      );
    }
  }

  async #freeze(frozen: boolean): Promise<void> {
    await setFrozen(frozen, this.#report.name, this.#scopes.places(), this.#ports.cgroups);
    this.#events.changed(['Frozen']);
  }

  async #signalAll(signal: number): Promise<void> {
    await Promise.all(this.#scopes.places().map(({ unit }) => this.#ports.systemd.killScope(unit, signal)));
  }

  /** Not by systemd, which sends the signal to one process after the other: a fork bomb is faster. */
  async #killAll(): Promise<void> {
    const { cgroups, systemd } = this.#ports;
    const killOne = ({ unit, cgroup }: { unit: string; cgroup: string }) =>
      cgroups.kill(cgroup).catch(() => systemd.killScope(unit, signals.SIGKILL));
    await Promise.all(this.#scopes.places().map(killOne));
  }
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

const { signals } = constants;
