import { limitsInForce } from '../launch/judge-scope.ts';
import type { Cgroups } from '../platform/kernel/cgroups.ts';
import { nextThrottling, noThrottling, readThrottling, throttleLookMs } from './pure/throttling.ts';

/** Watches whether a quota holds an instance back. The kernel tells nobody, so it is looked at, and only while there is a quota. */
export interface QuotaWatch {
  /** Its limits have changed: there may be a quota now, or another. */
  limitsChanged(): void;
  end(): void;
}

/** Calls back when the quota was used up for most of a window: for how many seconds of it. */
export function watchQuota(
  cgroup: string,
  cgroups: Pick<Cgroups, 'read'>,
  listener: (seconds: number) => void,
): QuotaWatch {
  let state = noThrottling;
  let timer: NodeJS.Timeout | undefined;
  const end = () => {
    clearInterval(timer);
    timer = undefined;
  };
  const look = () => {
    const sample = readThrottling(cgroups.read(cgroup, 'cpu.stat'), cgroups.read(cgroup, 'cpu.max'), performance.now());
    if (sample === undefined) return end();
    const next = nextThrottling(state, sample);
    state = next.state;
    if (next.seconds !== undefined) listener(next.seconds);
  };
  const begin = () => {
    end();
    state = noThrottling;
    if (!limitsInForce(cgroup, cgroups).has('cpu-quota')) return;
    timer = setInterval(() => tryTo(look), throttleLookMs).unref();
    tryTo(look);
  };
  begin();
  return { limitsChanged: begin, end };
}

/** Too few descriptors, for now: the next look has it. */
function tryTo(look: () => void): void {
  try {
    look();
  } catch {}
}
