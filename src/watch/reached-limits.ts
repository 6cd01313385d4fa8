import { availableParallelism } from 'node:os';
import type { HostAmounts, LimitName } from '../domain/limits.ts';
import type { Report } from '../domain/report.ts';
import { limitsInForce } from '../launch/judge-scope.ts';
import type { Cgroups } from '../platform/kernel/cgroups.ts';
import type { Place } from './ports.ts';
import { type Burst, burstAfter, nextBurst } from './pure/burst.ts';
import { suggestLimit } from './pure/suggest-limit.ts';
import { throttleWindowMs } from './pure/throttling.ts';
import { readUsage } from './pure/usage.ts';

/** A limit that was reached, as the signal LimitReached tells it. */
export interface ReachedLimit {
  readonly limit: 'memory-max' | 'tasks-max' | 'cpu-quota';
  readonly details: ReadonlyMap<string, string>;
}

/** What is said of a limit that was reached is read with these. */
export interface ReachedPorts {
  readonly cgroups: Pick<Cgroups, 'read'>;
  host(): HostAmounts;
}

/** Tells that a limit was reached. */
export interface ReachedLimits {
  /** The kernel's counter of it stands there; told once for each burst. `isOwnLimit`: whether it was this limit that was reached. */
  counted(limit: 'memory-max' | 'tasks-max', total: number, isOwnLimit: boolean): void;
  /** The quota was used up in so many seconds of the last window. */
  heldBack(seconds: number): void;
  /** It is held to others now. */
  limitsChanged(): void;
}

/** Follows how often each limit of an instance was reached in one of its scopes. */
export function followReached(
  report: Report,
  { unit, cgroup }: Place,
  { cgroups, host }: ReachedPorts,
  tell: (reached: ReachedLimit) => void,
): ReachedLimits {
  // An earlier daemon has told of these.
  const already = readUsage((file) => cgroups.read(cgroup, file));
  const bursts = new Map<LimitName, Burst>([
    ['memory-max', burstAfter(Number(already.get('oom-kills') ?? 0))],
    ['tasks-max', burstAfter(Number(already.get('tasks-refused') ?? 0))],
  ]);
  let heldBack = 0;
  // The scope may be gone with the process that was killed: what it was held to is known from before.
  let held = limitsInForce(cgroup, cgroups);
  let isOfOthers = true;
  const say = (limit: ReachedLimit['limit'], count: number, total: number, cause?: 'others') => {
    // Where no more files may be opened, it is told with less.
    const value = attempt(() => limitsInForce(cgroup, cgroups).get(limit)) ?? held.get(limit);
    const amounts = attempt(host);
    const suggested = amounts && suggestLimit(limit, value, { ...amounts, processors: availableParallelism() });
    const details = new Map([
      ['app', report.app === '' ? '' : `${report.app}.desktop`],
      ['name', report.name],
      ['unit', report.unit],
      ['count', String(count)],
      ['total', String(total)],
    ]);
    if (unit !== report.unit) details.set('scope', unit);
    if (value !== undefined) details.set('value', value);
    if (cause !== undefined) details.set('cause', cause);
    // More would not have helped.
    else if (suggested !== undefined) details.set('suggested', suggested);
    tell({ limit, details });
  };
  return {
    counted(limit, total, isOwnLimit) {
      if (limit === 'memory-max' && isOwnLimit) isOfOthers = false;
      const { burst, news } = nextBurst(bursts.get(limit) ?? burstAfter(0), total, performance.now());
      bursts.set(limit, burst);
      if (news === undefined) return;
      say(limit, news, total, limit === 'memory-max' && isOfOthers ? 'others' : undefined);
      if (limit === 'memory-max') isOfOthers = true;
    },
    heldBack(seconds) {
      heldBack += seconds;
      say('cpu-quota', seconds, heldBack);
    },
    limitsChanged() {
      const now = attempt(() => limitsInForce(cgroup, cgroups));
      if (now !== undefined && now.size > 0) held = now;
    },
  };
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** The same in words, for the journal. */
export function reachedInWords({ limit, details }: ReachedLimit): string {
  const name = details.get('name') ?? '';
  if (limit === 'memory-max') {
    const others = 'as all apps together, or this machine, had no memory left';
    return `${name}: the kernel killed a process ${details.has('cause') ? others : 'at the memory limit'}`;
  }
  if (limit === 'cpu-quota') {
    const [seconds, value] = [details.get('count'), details.get('value')];
    return `${name}: cpu-quota${value === undefined ? '' : ` ${value}`} held it back in ${seconds} of the last ${throttleWindowMs / 1000} seconds`;
  }
  return `${name}: the kernel refused it new processes, as it has ${details.get('value') ?? 'all'} that tasks-max allows`;
}
