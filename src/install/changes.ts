import { unifiedDiff } from '../platform/owned-files/unified-diff.ts';
import type { InstallDisk } from './io/install-disk.ts';
import type { InstallPlan } from './pure/plan.ts';

/** What becomes of a file. */
export interface InstallChange {
  readonly path: string;
  readonly change: 'created' | 'updated' | 'removed' | 'kept';
  /** Why it is kept as it is. */
  readonly reason?: string;
  /** What a link leads to. */
  readonly target?: string;
  /** Of the new contents, in bytes. */
  readonly size?: number;
  /** A unified diff, where the file is a short text. */
  readonly diff?: string;
}

const longestDiff = 20_000;

/** The changes of a plan, before they are made. */
export function listChanges({ steps, conflicts }: InstallPlan, disk: InstallDisk): InstallChange[] {
  return [
    ...steps.map((step): InstallChange => {
      if (step.action === 'remove') return { path: step.path, change: 'removed' };
      const { place, replaces } = step;
      const change = replaces ? 'updated' : 'created';
      if (place.kind === 'link') return { path: place.path, change, target: place.target };
      const text = Buffer.from(place.content).toString('utf8');
      const size = place.content.length;
      if (size > longestDiff || text.includes('\0')) return { path: place.path, change, size };
      const old = replaces ? (disk.read(place.path) ?? '') : '';
      return {
        path: place.path,
        change,
        size,
        diff: unifiedDiff(replaces ? place.path : '/dev/null', place.path, old, text),
      };
    }),
    ...conflicts.map(({ path, reason }): InstallChange => ({ path, change: 'kept', reason })),
  ];
}
