import type { HostAmounts, LimitName } from '../domain/limits.ts';
import type { Report } from '../domain/report.ts';
import { limitsInForce } from '../launch/judge-scope.ts';
import type { Cgroups } from '../platform/kernel/cgroups.ts';
import { type Burst, burstAfter, nextBurst } from './pure/burst.ts';
import { suggestLimit } from './pure/suggest-limit.ts';
import { readUsage } from './pure/usage.ts';

/** A limit that was reached, as the signal LimitReached tells it. */
export interface ReachedLimit {
  readonly limit: 'memory-max' | 'tasks-max';
  readonly details: ReadonlyMap<string, string>;
}

/** Counts how often each limit of an instance was reached; `tell` gets one for each burst. */
export function countReached(
  report: Report,
  cgroup: string,
  { cgroups, host }: { readonly cgroups: Pick<Cgroups, 'read'>; host(): HostAmounts },
  tell: (reached: ReachedLimit) => void,
): (limit: ReachedLimit['limit'], total: number) => void {
  // An earlier daemon has told of these.
  const already = readUsage((file) => cgroups.read(cgroup, file));
  const bursts = new Map<LimitName, Burst>([
    ['memory-max', burstAfter(Number(already.get('oom-kills') ?? 0))],
    ['tasks-max', burstAfter(Number(already.get('tasks-refused') ?? 0))],
  ]);
  // The scope may be gone with the process that was killed: what it was held to is known from before.
  const heldAtStart = limitsInForce(cgroup, cgroups);
  return (limit, total) => {
    const { burst, news } = nextBurst(bursts.get(limit) ?? burstAfter(0), total, performance.now());
    bursts.set(limit, burst);
    if (news === undefined) return;
    const value = limitsInForce(cgroup, cgroups).get(limit) ?? heldAtStart.get(limit);
    const suggested = suggestLimit(limit, value, host());
    const details = new Map([
      ['app', report.app === '' ? '' : `${report.app}.desktop`],
      ['name', report.name],
      ['unit', report.unit],
      ['count', String(news)],
      ['total', String(total)],
    ]);
    if (value !== undefined) details.set('value', value);
    if (suggested !== undefined) details.set('suggested', suggested);
    tell({ limit, details });
  };
}

/** The same in words, for the journal. */
export function reachedInWords({ limit, details }: ReachedLimit): string {
  const name = details.get('name') ?? '';
  if (limit === 'memory-max') return `${name}: the kernel killed a process at the memory limit`;
  return `${name}: the kernel refused it new processes, as it has ${details.get('value') ?? 'all'} that tasks-max allows`;
}
