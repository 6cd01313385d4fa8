import { RingfenceError } from '../domain/errors.ts';
import type { Instance } from '../domain/instance.ts';
import type { Report } from '../domain/report.ts';
import type { Cgroups } from '../platform/kernel/cgroups.ts';
import type { SessionBus } from './ports.ts';

/**
 * Refuses a strict start of an app that runs outside already: a single-instance app would hand its file over to that one
 * and end, and strict would mean nothing.
 * @throws RingfenceError NotEnforceable
 */
export async function refuseRunningOutside(
  app: string,
  ports: {
    readonly bus: SessionBus;
    readonly cgroups: Cgroups;
    running(): readonly Instance[];
    scopeCgroup(unit: string): string;
  },
): Promise<void> {
  // A strict command may be the same program without the app's settings.
  const isOwn = (report: Report) => report.app === app || (report.app === '' && report.mode === 'strict');
  const own = ports.running().filter(({ report }) => isOwn(report));
  const relaxed = own.find(({ report }) => report.mode === 'relaxed');
  if (relaxed !== undefined) throw refusal(app, `in ${relaxed.report.unit}`);
  if (!app.includes('.')) return;
  const pid = await ports.bus.ownerPid(app);
  if (pid === undefined) return;
  const cgroup = ports.cgroups.of(pid);
  if (own.some(({ report }) => ports.scopeCgroup(report.unit) === cgroup)) return;
  throw refusal(app, `as process ${pid}`);
}

function refusal(app: string, where: string): RingfenceError {
  return new RingfenceError(
    'NotEnforceable',
    `cannot launch ${app} strictly: close it first: it runs already without a sandbox (${where}), and would go on there`,
  );
}
