import type { OwnedRecord, Plan } from '../platform/owned-files/model.ts';

/**
 * The plan without the removal of scripts whose app has a file that stays, as its owner has edited it: that still runs them. They go
 * once it is gone.
 */
export function keepScripts(plan: Plan, owned: OwnedRecord): Plan {
  const staying = new Set(plan.conflicts.map(({ group }) => group));
  const kept = new Map(plan.kept);
  const steps = plan.steps.filter(({ action, kind, group, path }) => {
    const recorded = owned[path];
    if (action !== 'remove' || kind !== 'script' || !staying.has(group) || recorded === undefined) return true;
    kept.set(path, recorded);
    return false;
  });
  return { ...plan, steps, kept };
}
