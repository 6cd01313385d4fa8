import type { DecidedLimit, Decision } from '../../domain/decision.ts';
import type { LimitName } from '../../domain/limits.ts';
import { oomPolicy } from '../../domain/profile.ts';

/** One property of StartTransientUnit, ready to be put into a variant. This union is all that can ever reach systemd. */
export type ScopeProperty =
  | { readonly name: LimitPropertyName; readonly signature: 't'; readonly value: bigint }
  | { readonly name: 'TimeoutStopUSec'; readonly signature: 't'; readonly value: bigint }
  | { readonly name: 'PIDs'; readonly signature: 'au'; readonly value: readonly number[] }
  | { readonly name: 'Slice'; readonly signature: 's'; readonly value: 'app.slice' }
  | { readonly name: 'CollectMode'; readonly signature: 's'; readonly value: 'inactive-or-failed' }
  | { readonly name: 'OOMPolicy'; readonly signature: 's'; readonly value: typeof oomPolicy }
  | { readonly name: 'Description' | 'SourcePath'; readonly signature: 's'; readonly value: string };

/** systemd's D-Bus property for each limit (org.freedesktop.systemd1(5)). */
export const limitProperty = {
  'memory-max': 'MemoryMax',
  'memory-high': 'MemoryHigh',
  'memory-swap-max': 'MemorySwapMax',
  'cpu-quota': 'CPUQuotaPerSecUSec',
  'cpu-weight': 'CPUWeight',
  'io-weight': 'IOWeight',
  'tasks-max': 'TasksMax',
} as const satisfies Record<LimitName, string>;

export type LimitPropertyName = (typeof limitProperty)[LimitName];

/** How systemd writes "no limit" on the bus: UINT64_MAX. */
export const infinity = 2n ** 64n - 1n;

/**
 * The properties of an app's scope, in a fixed order. `sourcePath` is the absolute path of the desktop file. A limit that
 * is known to have no effect here is sent all the same: what holds is read back from the kernel, not guessed.
 * OOMPolicy is left out below systemd 252, which refuses the whole unit for a property it does not know on a scope.
 */
export function scopeProperties(input: {
  readonly decision: Decision;
  readonly pids: readonly number[];
  readonly description: string;
  readonly sourcePath?: string | undefined;
  readonly systemdVersion: number;
}): ScopeProperty[] {
  const { decision, pids, description, sourcePath, systemdVersion } = input;
  const properties: ScopeProperty[] = [
    { name: 'PIDs', signature: 'au', value: pids },
    { name: 'Description', signature: 's', value: oneLine(description) },
    { name: 'Slice', signature: 's', value: 'app.slice' },
    { name: 'CollectMode', signature: 's', value: 'inactive-or-failed' },
    { name: 'TimeoutStopUSec', signature: 't', value: stopTimeout },
  ];
  if (sourcePath !== undefined && sourcePath === oneLine(sourcePath))
    properties.push({ name: 'SourcePath', signature: 's', value: sourcePath });
  if (systemdVersion >= 252) properties.push({ name: 'OOMPolicy', signature: 's', value: oomPolicy });
  return [...properties, ...limitProperties(decision.limits)];
}

/** The properties of a scope's limits, at its start and when they change. */
export function limitProperties(limits: readonly Pick<DecidedLimit, 'name' | 'value'>[]): ScopeProperty[] {
  return limits.map(({ name, value }) => ({
    name: limitProperty[name],
    signature: 't',
    value: value === 'infinity' ? infinity : value,
  }));
}

/**
 * systemd keeps transient units as files and reads them again on a reload, so a line break or a backslash at the end in
 * an app's name must not become a line of its own there or swallow the next. A path that would change is not sent at all.
 */
function oneLine(text: string): string {
  return text
    .replace(/\p{Cc}+/gu, ' ')
    .slice(0, 1024)
    .replace(/\\+$/, '');
}

/** 5 s between SIGTERM and SIGKILL, as GNOME gives its own app scopes: logging out does not wait for a hung app. */
const stopTimeout = 5_000_000n;
