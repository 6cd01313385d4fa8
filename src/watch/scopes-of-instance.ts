import type { Report } from '../domain/report.ts';
import type { Gate, GateExit } from '../platform/process/gate.ts';
import type { Systemd } from '../platform/systemd/user-manager.ts';
import type { Place } from './ports.ts';
import { describeOutcome, type Outcome, wasKilled } from './pure/outcome.ts';
import type { ReachedLimit } from './reached-limits.ts';
import { settlesWithin } from './settles-within.ts';
import { type ScopeWatch, type ScopeWatchPorts, watchScope } from './watch-scope.ts';

/** What scopes are followed with. */
export interface ScopesPorts extends ScopeWatchPorts {
  readonly systemd: Pick<Systemd, 'onScopeGone' | 'recheckScopes'>;
  scopeCgroup(unit: string): string;
}

/** What becomes of them. */
export interface ScopesEvents {
  limitReached(reached: ReachedLimit): void;
  /** The scope that the instance was started in is gone, and perhaps not all of its processes with it. */
  ownGone(): void;
  /** One of them is gone, and others are not. */
  oneGone(unit: string): void;
  /** The last of them is gone. */
  ended(outcome: Outcome): void;
}

/** The scopes that the processes of an instance are in: the one it was started in, and those it has moved to. */
export interface ScopesOfInstance {
  /** Those that are there, its own first. */
  places(): Place[];
  has(unit: string): boolean;
  /** Follows one more. */
  add(unit: string): void;
  limitsChanged(): void;
  /** Resolves when the last is gone, once `ended` was told how. */
  readonly gone: Promise<void>;
}

/** Follows them to their ends. */
export function followScopes(
  report: Report,
  gate: Gate | undefined,
  ports: ScopesPorts,
  events: ScopesEvents,
): ScopesOfInstance {
  const { systemd, scopeCgroup } = ports;
  const watches = new Map<string, ScopeWatch>();
  const kills = { all: 0, seen: 0, ofOthers: false };
  let worst = 'success';
  let isRunning = gate !== undefined;
  let resolveGone = () => {};
  const gone = new Promise<void>((resolve) => {
    resolveGone = resolve;
  });

  const end = async (unit: string, result: string) => {
    if (unit === report.unit) events.ownGone();
    const isLast = watches.size === 1;
    const exit = isLast ? await exitOf(gate) : undefined;
    // Its first process has only moved, where that runs on.
    const hasMoved = !isLast && unit === report.unit && isRunning;
    const seen = watches.get(unit)?.end(!hasMoved && (exit === undefined || wasKilled(exit)));
    watches.delete(unit);
    kills.all += seen?.all ?? 0;
    kills.seen += seen?.seen ?? 0;
    kills.ofOthers = seen?.ofOthers ?? false;
    if (worst === 'success') worst = result;
    if (watches.size > 0) return events.oneGone(unit);
    events.ended(describeOutcome(worst, exit, kills));
    resolveGone();
  };
  const add = (unit: string) => {
    watches.set(unit, watchScope(report, { unit, cgroup: scopeCgroup(unit) }, ports, events.limitReached));
    systemd.onScopeGone(unit, (result) => void end(unit, result));
  };

  add(report.unit);
  void gate?.exited.then(() => {
    isRunning = false;
    for (const watch of watches.values()) watch.look();
  });
  // Without a gate nothing held its processes: they may have ended before anybody waited for that.
  if (gate === undefined) systemd.recheckScopes();
  return {
    places: () => [...watches.keys()].map((unit) => ({ unit, cgroup: scopeCgroup(unit) })),
    has: (unit) => watches.has(unit),
    add(unit) {
      add(unit);
      systemd.recheckScopes();
    },
    limitsChanged() {
      for (const watch of watches.values()) watch.limitsChanged();
    },
    gone,
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
