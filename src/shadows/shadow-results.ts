import type { DesktopId } from '../domain/desktop-id.ts';
import { asFileError } from '../domain/errno-text.ts';
import { type ErrorCode, isRingfenceError } from '../domain/errors.ts';
import type { FailedGroup } from '../platform/owned-files/carry-out.ts';
import type { Conflict, Plan, Step } from '../platform/owned-files/model.ts';
import type { DesiredShadows } from './desired-shadows.ts';
import { type Manifest, wishFor } from './pure/manifest.ts';
import type { ShadowSettings } from './shadow-workshop.ts';

/** What the user asks for: they differ in what is wanted, and in words. */
export type ShadowVerb = 'enable' | 'disable' | 'sync';

/** What became of an app, or of one of its files. */
export interface ShadowResult {
  /** With ".desktop"; empty for a file that serves all apps. */
  readonly app: string;
  readonly state: 'enabled' | 'disabled' | 'unchanged' | 'not-installed' | 'skipped' | 'edited' | 'failed';
  readonly reason?: string;
  readonly error?: ErrorCode;
  readonly file?: string;
  readonly change?: 'created' | 'updated' | 'replaced' | 'removed' | 'restored';
  /** A unified diff of the file, where it was asked for. */
  readonly diff?: string;
}

/** Whether it is a file that stays though its app is disabled, as something else of the user's runs it. */
export function staysInUse({ state, file, change }: ShadowResult): boolean {
  return state === 'disabled' && file !== undefined && change === undefined;
}

/** What can be said before anything is done: of the apps asked for, and of those that stay as they are. */
export function describePlan(
  verb: ShadowVerb,
  asked: readonly DesktopId[],
  unknown: ReadonlySet<string>,
  desired: DesiredShadows,
  plan: Plan,
  manifest: Manifest,
  settings: ShadowSettings,
): ShadowResult[] {
  const results: ShadowResult[] = plan.conflicts.map(conflictResult);
  for (const [app, error] of desired.skipped) {
    const named = asked.some(({ id }) => id === app);
    results.push({ app, state: named ? 'failed' : 'skipped', reason: error.message, error: error.code });
  }
  const told = new Set([...results.map(({ app }) => app), ...plan.steps.map(({ group }) => group)]);
  for (const { id } of asked) {
    if (told.has(id)) continue;
    if (unknown.has(id)) {
      const where = [settings.places.dataHome, ...settings.places.dataDirs].map((folder) => `${folder}/applications`);
      const reason = `cannot enable ${id}: no such application in ${where.join(', ')}`;
      results.push({ app: id, state: 'failed', reason, error: 'NoSuchApp' });
    } else if (verb === 'disable') results.push({ app: id, state: 'unchanged', reason: 'it was not enabled' });
    else results.push({ app: id, state: desired.apps.has(id) ? 'unchanged' : 'not-installed' });
  }
  return results.map((one) =>
    verb === 'disable' && wishFor(manifest, one.app) === undefined && one.state === 'skipped'
      ? { ...one, state: 'disabled' }
      : one,
  );
}

function conflictResult({ group: app, path: file, reason, cause }: Conflict): ShadowResult {
  return cause === 'edited'
    ? { app, state: 'edited', reason, file }
    : { app, state: 'failed', reason, file, error: 'Failed' };
}

/** What a step makes of its app. `wanted`: the apps that are enabled then, which may lose a file all the same, as when strict becomes relaxed. */
export function resultOf(step: Step, wanted: Pick<ReadonlySet<string>, 'has'>): ShadowResult {
  const { group: app, path: file } = step;
  if (step.action === 'write') {
    const changes = { nothing: 'created', ours: 'updated', own: 'replaced' } as const;
    return { app, state: 'enabled', file, change: changes[step.replaces] };
  }
  const state = wanted.has(app) ? 'enabled' : 'disabled';
  if (step.action === 'put-back') return { app, state, file, change: 'restored' };
  return step.action === 'remove' ? { app, state, file, change: 'removed' } : { app, state, file };
}

/** An app whose files could not be written, so that none of them was. */
export function failureResult({ group: app, path: file, error }: FailedGroup): ShadowResult {
  const told = asFileError(`write ${file}`, error);
  if (!isRingfenceError(told)) throw error;
  return { app, state: 'failed', error: 'Failed', reason: told.message, file };
}

/** Says of each file that is taken away whether the user's own is lost: there is nothing that could be put back. */
export function withOriginalsLost(lost: ReadonlyMap<string, string>): (result: ShadowResult) => ShadowResult {
  return (result) => {
    const original = result.change === 'removed' ? lost.get(result.file ?? '') : undefined;
    if (original === undefined) return result;
    return { ...result, reason: `your own file, kept aside as ${original}, is gone, so it cannot be put back` };
  };
}

/** Rows that say the same twice are said once. */
export function uniqueApps(): (result: ShadowResult) => boolean {
  const seen = new Set<string>();
  return ({ app, state, file, reason }) => {
    const key = JSON.stringify([app, state, file, reason]);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  };
}
