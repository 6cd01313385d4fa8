import type { Instance } from './instance.ts';

/** A part of what a sandbox was given. */
export interface LetInPart {
  readonly name: 'shared' | 'bus-names' | 'bus-calls' | 'network' | 'display' | 'sound' | 'gpu' | 'printing';
  /** In the daemon's words; empty for nothing. */
  readonly value: string;
}

const parts = ['shared', 'bus-names', 'bus-calls', 'network', 'display', 'sound', 'gpu', 'printing'] as const;

/** What a strict start let in, by its report; undefined for one that is not strict. */
export function letIn(report: Instance['report']): LetInPart[] | undefined {
  if (!report.some(({ name }) => name === 'own-home')) return undefined;
  return parts.map((name) => {
    const row = report.find((one) => one['name'] === name);
    const isNothing = row === undefined || row['asked'] === 'false' || row['value'] === 'none';
    return { name, value: isNothing ? '' : (row['value'] ?? '') };
  });
}

/** The instance of an app that was started last. */
export function latestOf(instances: Iterable<Instance>, app: string): Instance | undefined {
  let latest: Instance | undefined;
  for (const one of instances) if (one.app === app && one.startedAt >= (latest?.startedAt ?? 0)) latest = one;
  return latest;
}
