import { attempt, type Surroundings } from './page.ts';
import { bytesText, limitNumber } from './pure/amounts.ts';
import { translate as _, fill } from './words.ts';

/** Changes a limit of a running instance: at once, with a way back; below what is used now it asks. */
export async function changeLimit(path: string, name: string, value: string, around: Surroundings): Promise<void> {
  const { daemon } = around;
  const instance = daemon.instances.get(path);
  if (instance === undefined || instance.limits[name] === value) return;
  const before = instance.limits[name] ?? 'infinity';
  if (name === 'memory-max' && !(await mayLower(path, instance.name, value, around))) {
    around.daemon.announce();
    return;
  }
  if (await attempt(around, () => daemon.setLimits(path, { [name]: value }))) {
    around.done(fill(_('The limits of {name} were changed'), { name: instance.name }), () =>
      daemon.setLimits(path, { [name]: before }),
    );
  } else daemon.announce();
}

async function mayLower(path: string, name: string, value: string, around: Surroundings): Promise<boolean> {
  const asked = limitNumber('memory-max', value) ?? Number.POSITIVE_INFINITY;
  const used = await around.daemon.listUsage().then(
    (usage) => Number(usage[path]?.['memory-current'] ?? 0),
    () => 0,
  );
  if (asked >= used) return true;
  return around.confirm(
    _('Less Memory Than Is Used?'),
    fill(_('{name} uses {used} now. If it cannot give enough of that back, parts of it are ended.'), {
      name,
      used: bytesText(used),
    }),
    _('Lower'),
  );
}
