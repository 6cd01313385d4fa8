import { BusError } from './io/bus.ts';
import type { Surroundings } from './page.ts';
import { bytesText, limitNumber } from './pure/amounts.ts';
import { makeAll, type Undo } from './pure/steps.ts';
import { type SettingKey, settingTitle } from './setting-title.ts';
import { translate as _, fill } from './words.ts';

/** Which limit, and its value as the configuration and SetLimits take it. */
export interface LimitChange {
  readonly name: SettingKey;
  readonly value: string;
}

/**
 * Changes a limit of running instances: at once, with one way back for all of it; below what is used now it asks.
 * @param paths of their objects
 * @param keep keeps it for later starts too, as part of the same change
 */
export async function changeLimit(
  paths: readonly string[],
  change: LimitChange,
  around: Surroundings,
  keep?: () => Promise<Undo>,
): Promise<void> {
  const { daemon } = around;
  const running = paths.filter((path) => {
    const instance = daemon.instances.get(path);
    return instance !== undefined && instance.limits[change.name] !== change.value;
  });
  const name = daemon.instances.get(paths[0] ?? '')?.name ?? '';
  if (!(await mayLower(running, change, around))) {
    daemon.announce();
    return;
  }
  let isLive = false;
  const live = running.map((path) => async () => {
    const undo = await setLive(path, change, around);
    isLive ||= undo !== undefined;
    return undo;
  });
  const { undo, refusal } = await makeAll([...(keep === undefined ? [] : [keep]), ...live]);
  const said = isLive ? _('The limits of {name} were changed') : _('{setting} of {name}: from its next start on');
  if (undo !== undefined) around.done(fill(said, { name, setting: settingTitle(change.name) }), undo);
  if (refusal === undefined) return;
  around.failed(refusal.error);
  daemon.announce();
}

/** Resolves to its way back, which leaves alone what has ended since. */
async function setLive(
  path: string,
  { name, value }: LimitChange,
  { daemon }: Surroundings,
): Promise<Undo | undefined> {
  const instance = daemon.instances.get(path);
  if (instance === undefined) return undefined;
  const before = instance.limits[name] ?? 'infinity';
  try {
    await daemon.setLimits(path, { [name]: value });
  } catch (error) {
    // As it was asked whether it may: its row goes, and a notification tells which limit ended it.
    if (error instanceof BusError && error.isGone) return undefined;
    throw error;
  }
  return async () => {
    if (daemon.instances.has(path)) await daemon.setLimits(path, { [name]: before });
  };
}

/** Asks for the first that uses more now. */
async function mayLower(
  paths: readonly string[],
  { name, value }: LimitChange,
  around: Surroundings,
): Promise<boolean> {
  const asked =
    name === 'memory-max' ? (limitNumber(name, value) ?? Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY;
  if (paths.length === 0 || !Number.isFinite(asked)) return true;
  const usage = await around.daemon.listUsage().catch(() => ({}) as Record<string, Readonly<Record<string, string>>>);
  const usedBy = (path: string) => Number(usage[path]?.['memory-current'] ?? 0);
  const most = Math.max(...paths.map(usedBy));
  const instance = around.daemon.instances.get(paths.find((path) => usedBy(path) === most) ?? '');
  if (asked >= most || instance === undefined) return true;
  return around.confirm(
    _('Set the Limit below What Is Used?'),
    fill(_('{name} uses {used} now. If it cannot free enough of it, part of it is ended.'), {
      name: instance.name,
      used: bytesText(most),
    }),
    _('Lower'),
  );
}
