import type { DesktopId } from '../domain/desktop-id.ts';
import { type ErrorCode, isRingfenceError } from '../domain/errors.ts';
import type { ShadowDisk } from '../platform/owned-files/shadow-disk.ts';
import { unifiedDiff } from '../platform/owned-files/unified-diff.ts';
import type { DesiredShadows } from './desired-shadows.ts';
import { type Manifest, wishFor } from './pure/manifest.ts';
import type { Conflict, ShadowPlan, ShadowStep } from './pure/plan.ts';
import type { ShadowSettings } from './shadow-workshop.ts';

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

/** What can be said before anything is done: of the apps asked for, and of those that stay as they are. */
export function describePlan(
  verb: 'enable' | 'disable' | 'sync',
  asked: readonly DesktopId[],
  unknown: ReadonlySet<string>,
  desired: DesiredShadows,
  plan: ShadowPlan,
  manifest: Manifest,
  settings: ShadowSettings,
): ShadowResult[] {
  const results: ShadowResult[] = plan.conflicts.map(conflictResult);
  for (const [app, error] of desired.skipped) {
    const named = asked.some(({ id }) => id === app);
    results.push({ app, state: named ? 'failed' : 'skipped', reason: error.message, error: error.code });
  }
  const told = new Set([...results.map(({ app }) => app), ...plan.steps.map(({ app }) => app)]);
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

function conflictResult({ app, path, reason, edited }: Conflict): ShadowResult {
  return edited
    ? { app, state: 'edited', reason, file: path }
    : { app, state: 'failed', reason, file: path, error: 'Failed' };
}

/** What a step makes of its app. */
export function resultOf(step: ShadowStep): ShadowResult {
  const { app, path: file } = step;
  if (step.action === 'write') {
    const changes = { nothing: 'created', ours: 'updated', own: 'replaced' } as const;
    return { app, state: 'enabled', file, change: changes[step.replaces] };
  }
  if (step.action === 'put-back') return { app, state: 'disabled', file, change: 'restored' };
  return step.action === 'remove'
    ? { app, state: 'disabled', file, change: 'removed' }
    : { app, state: 'disabled', file };
}

/** What a step would do to the file. */
export function diffOf(step: ShadowStep, disk: ShadowDisk): ShadowResult[] {
  const result = resultOf(step);
  const old = disk.look(step.path).state === 'file' ? disk.read(step.path).toString('utf8') : undefined;
  const next =
    step.action === 'write'
      ? Buffer.from(step.content).toString('utf8')
      : step.action === 'put-back'
        ? disk.read(step.from).toString('utf8')
        : undefined;
  const name = (text: string | undefined) => (text === undefined ? '/dev/null' : step.path);
  return [
    { ...result, diff: step.action === 'forget' ? '' : unifiedDiff(name(old), name(next), old ?? '', next ?? '') },
  ];
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

/** Why a file could not be written, in the user's words. Anything but a failure of the disk is thrown on. */
export function reasonOf(error: unknown): string {
  if (isRingfenceError(error)) return error.message;
  const { code, path } = error as NodeJS.ErrnoException;
  const where = path === undefined ? '' : ` (${path})`;
  if (code === 'ENOSPC' || code === 'EDQUOT') return `there is no room left on the disk${where}`;
  if (code === 'EROFS') return `the file system is read-only${where}`;
  if (code === 'EACCES' || code === 'EPERM') return `the folder may not be written to${where}`;
  if (code === undefined) throw error;
  return `${code}${where}`;
}
