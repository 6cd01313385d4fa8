import type { HostAmounts } from '../domain/limits.ts';
import type { Report } from '../domain/report.ts';
import type { Cgroups } from '../platform/kernel/cgroups.ts';
import type { Place } from './ports.ts';
import type { OomKills } from './pure/outcome.ts';
import { readUsage } from './pure/usage.ts';
import { followReached, type ReachedLimit } from './reached-limits.ts';
import { watchQuota } from './watch-quota.ts';

/** What a scope is watched with. */
export interface ScopeWatchPorts {
  readonly cgroups: Cgroups;
  host(): HostAmounts;
}

/** Watches how the kernel holds one scope of an instance to its limits. */
export interface ScopeWatch {
  /** There may be a quota now, or another. */
  limitsChanged(): void;
  /** Looks for kills now, without waiting for the kernel to tell. */
  look(): void;
  /**
   * The scope is gone; `mayBeKilled` as OomWatch has it. Returns the processes that the kernel killed in it: in all, and since this watch
   * began, as what was before does not tell how it ended.
   */
  end(mayBeKilled: boolean): OomKills;
}

/** Begins to; `tell` is called once for each burst. */
export function watchScope(
  report: Report,
  place: Place,
  ports: ScopeWatchPorts,
  tell: (reached: ReachedLimit) => void,
): ScopeWatch {
  const { cgroups } = ports;
  const { cgroup } = place;
  const earlier = Number(readUsage((file) => cgroups.read(cgroup, file)).get('oom-kills') ?? 0);
  let oomKills = earlier;
  let ofOthers = false;
  const reached = followReached(report, place, ports, tell);
  const oomWatch = cgroups.watchOomKills(cgroup, (count, isOwnLimit) => {
    oomKills = count;
    ofOthers = !isOwnLimit;
    reached.counted('memory-max', count, isOwnLimit);
  });
  const endRefusals = cgroups.watchRefusedTasks(cgroup, (count) => reached.counted('tasks-max', count, true));
  const quota = watchQuota(cgroup, cgroups, reached.heldBack);
  return {
    limitsChanged() {
      quota.limitsChanged();
      reached.limitsChanged();
    },
    look: oomWatch.look,
    end(mayBeKilled) {
      oomWatch.end(mayBeKilled);
      endRefusals();
      quota.end();
      return { all: oomKills, seen: oomKills - earlier, ofOthers };
    },
  };
}
