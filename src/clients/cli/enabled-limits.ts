import { previewEdit } from '../../config/edit-config.ts';
import { editsFor, keepLimits, takeLimitsBack } from '../../config/keep-limits.ts';
import { literalOf } from '../../config/pure/config-key.ts';
import { type ConfigEdit, keysInText } from '../../config/pure/edit-config-text.ts';
import { isRingfenceError, RingfenceError } from '../../domain/errors.ts';
import { limitNames } from '../../domain/limits.ts';
import { unifiedDiff } from '../../platform/owned-files/unified-diff.ts';
import type { Rows } from './client.ts';
import type { Context, Words } from './command.ts';
import { configEdits } from './user-config.ts';

type Limits = readonly Pick<ConfigEdit, 'key' | 'value'>[];

/**
 * The limits of an "enable" command line.
 * @throws RingfenceError InvalidLimit; InvalidArgument where they could not be kept, before anything is enabled
 */
export function readLimits(words: Words, { environment }: Context): Limits {
  const limits = limitNames.flatMap((key) => {
    const text = words.text(key);
    if (text === undefined) return [];
    return [{ key, value: literalOf({ section: { kind: 'app', name: 'APP' }, key }, [text]) }];
  });
  if (limits.length === 0) return [];
  if (words.flag('all')) {
    const [limit] = limits;
    throw new RingfenceError(
      'InvalidArgument',
      `cannot enable: limits are for the apps that are named; for all apps set them in a profile: ` +
        `"ringfence config set profile.relaxed ${limit?.key} ${String(limit?.value)}"`,
    );
  }
  const ports = configEdits(environment);
  const own = ports.sources().find(({ path }) => path === ports.file);
  if (own !== undefined && 'error' in own) throw own.error;
  previewEdit(own?.text ?? '', editsFor(['any.app'], limits), ports);
  return limits;
}

/** What `keepEnabled` would change in the config file: a row like those of the daemon, or none. */
export function previewLimits(rows: Rows, limits: Limits, { environment }: Pick<Context, 'environment'>): Rows {
  const apps = appsOf(rows);
  if (limits.length === 0 || apps.length === 0) return [];
  const ports = configEdits(environment);
  const own = ports.sources().find(({ path }) => path === ports.file);
  const before = own !== undefined && 'text' in own ? own.text : '';
  const { text } = previewEdit(before, editsFor(apps, limits), ports);
  if (text === before) return [];
  const change = own === undefined ? 'created' : 'updated';
  const diff = unifiedDiff(own === undefined ? '/dev/null' : ports.file, ports.file, before, text);
  return [new Map(Object.entries({ app: '', state: 'enabled', file: ports.file, change, diff }))];
}

/** Keeps limits for the apps that were enabled, and says so. */
export async function keepEnabled(rows: Rows, limits: Limits, { environment, terminal }: Context): Promise<void> {
  const apps = appsOf(rows);
  if (limits.length === 0 || apps.length === 0) return;
  const ports = configEdits(environment);
  try {
    await keepLimits(apps, limits, ports);
  } catch (error) {
    if (!isRingfenceError(error)) throw error;
    throw new RingfenceError(error.code, `${error.message}; ${apps.join(', ')}: enabled, but without these limits`, {
      cause: error,
    });
  }
  const texts = limits.map(({ key, value }) => `${key} ${String(value)}`).join(', ');
  for (const app of apps) terminal.warn(`${app}: ${texts} saved in ${ports.file}`);
}

/** Those that are enabled now, and were before. */
export function appsOf(rows: Rows): string[] {
  const done = rows.filter((row) => ['enabled', 'unchanged', 'edited'].includes(row.get('state') ?? ''));
  return [...new Set(done.map((row) => nameOf(row)).filter((app) => app !== ''))];
}

/** Takes the limits back that apps which are disabled now were enabled with, and says what stays of their settings. */
export async function takeBackDisabled(
  rows: Rows,
  isAll: boolean,
  { environment, terminal }: Pick<Context, 'environment' | 'terminal'>,
): Promise<void> {
  const done = rows.filter((row) => row.get('state') === 'disabled' || row.get('state') === 'unchanged');
  const ports = configEdits(environment);
  const told = new Map<string, readonly string[]>();
  for (const { app, back, left } of await takeLimitsBack(isAll ? undefined : done.map(nameOf), ports)) {
    if (back.length > 0) terminal.warn(`${app}: ${back.join(', ')} removed from ${ports.file}`);
    told.set(app, left);
    if (left.length === 0) continue;
    const remove = `"ringfence config unset ${app} ${left.join(' ')}" removes it`;
    terminal.warn(`${app}: you have changed ${left.join(', ')} since; it stays in ${ports.file}; ${remove}`);
  }
  const own = ports.sources().find(({ path }) => path === ports.file);
  if (own === undefined || 'error' in own) return;
  for (const app of new Set(rows.filter((row) => row.get('state') === 'disabled').map(nameOf))) {
    const keys = keysInText(own.text, { kind: 'app', name: app }).map(({ key }) => key);
    const others = keys.filter((key) => !told.get(app)?.includes(key));
    if (others.length === 0) continue;
    const remove = `"ringfence config unset ${app} ${others.join(' ')}"`;
    terminal.warn(`${app}: your settings stay in ${ports.file}: ${others.join(', ')}; ${remove} removes them`);
  }
}

function nameOf(row: Rows[number]): string {
  return (row.get('app') ?? '').replace(/\.desktop$/, '');
}
