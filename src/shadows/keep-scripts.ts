import type { OwnedRecord, Plan, Step } from '../platform/owned-files/model.ts';
import type { ShadowResult } from './shadow-results.ts';

/** A plan, and what is to be told of what it leaves. */
export interface KeptScripts {
  readonly plan: Plan;
  readonly left: readonly ShadowResult[];
}

/**
 * The plan without the removal of scripts that something still runs: a file of the app that stays, as its owner has edited it, or a
 * copy of its entry. They go once that is gone.
 */
export function keepScripts(
  plan: Plan,
  owned: OwnedRecord,
  copyOf: (script: string) => string | undefined,
): KeptScripts {
  const staying = new Set(plan.conflicts.map(({ group }) => group));
  const kept = new Map(plan.kept);
  const left: ShadowResult[] = [];
  const isKept = ({ action, kind, group: app, path: file }: Step): boolean => {
    const recorded = owned[file];
    if (action !== 'remove' || kind !== 'script' || recorded === undefined) return false;
    const copy = staying.has(app) ? undefined : copyOf(file);
    if (copy !== undefined) {
      left.push({
        app,
        state: 'disabled',
        file,
        reason: `${copy} runs it, so it stays; delete that if you no longer need it`,
      });
    } else if (!staying.has(app)) return false;
    kept.set(file, recorded);
    return true;
  };
  const steps = plan.steps.filter((step) => !isKept(step));
  return { plan: { ...plan, steps, kept }, left };
}
