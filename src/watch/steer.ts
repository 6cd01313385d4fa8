import { setTimeout as sleep } from 'node:timers/promises';
import { RingfenceError } from '../domain/errors.ts';
import type { HostFacts } from '../domain/host-facts.ts';
import type { LimitName } from '../domain/limits.ts';
import { type Report, serializeReport } from '../domain/report.ts';
import { judgeLimits, limitsInForce } from '../launch/judge-scope.ts';
import type { Records } from '../launch/ports.ts';
import type { Judged, Judgement } from '../launch/pure/read-back.ts';
import { limitProperties } from '../launch/pure/scope-properties.ts';
import type { Cgroups } from '../platform/kernel/cgroups.ts';
import type { Systemd } from '../platform/systemd/user-manager.ts';
import { formerLimits, type LimitChange, planChange, rowsAfter } from './pure/change-limits.ts';

/** What steering works with. */
export interface SteerPorts {
  readonly systemd: Pick<Systemd, 'setProperties'>;
  readonly cgroups: Cgroups;
  readonly records: Pick<Records, 'write'>;
  host(): HostFacts;
}

/**
 * Gives the scope of a running instance other limits and reads them back; returns the new report, which is recorded. Where the kernel
 * does not take them, or they cannot be recorded, the old ones are put back.
 * @throws RingfenceError as Instance.setLimits, and what node throws for a record that cannot be written
 */
export async function setLimits(
  report: Report,
  cgroup: string,
  asked: ReadonlyMap<string, string>,
  ports: SteerPorts,
): Promise<Report> {
  const { systemd, cgroups, records } = ports;
  const { unit } = report;
  const task = `set limits of ${report.name}`;
  const before = limitsInForce(cgroup, cgroups);
  const changes = planChange(asked, { held: before, rows: report.rows }, ports.host(), task);
  requireThere(cgroup, task, cgroups);
  await systemd.setProperties(unit, limitProperties(changes));
  try {
    const judgements = await readBack(changes, cgroup, task, cgroups);
    const changed = { ...report, rows: rowsAfter(report.rows, changes, judgements) };
    records.write(unit, serializeReport(changed));
    return changed;
  } catch (error) {
    await systemd.setProperties(unit, limitProperties(formerLimits(changes, before))).catch(() => {});
    throw error;
  }
}

/** systemd answers before it has written: the kernel is read until it has all of it. */
async function readBack(
  changes: readonly LimitChange[],
  cgroup: string,
  task: string,
  cgroups: Cgroups,
): Promise<Map<Judged, Judgement>> {
  const judged = await until(longestChange, () => {
    const judgements = judgeLimits(changes, cgroup, cgroups);
    return { isSo: lost(changes, judgements) === undefined, judgements };
  });
  requireThere(cgroup, task, cgroups);
  const missing = lost(changes, judged.judgements);
  if (missing === undefined) return judged.judgements;
  throw new RingfenceError('NotEnforceable', `cannot ${task}: ${missing}`);
}

/** What the kernel does not hold, if anything; that the whole app would be killed together is no part of the question. */
function lost(changes: readonly LimitChange[], judgements: ReadonlyMap<Judged, Judgement>): string | undefined {
  for (const { name } of changes as readonly { name: LimitName }[]) {
    const judged = judgements.get(name);
    if (judged?.state === 'not-enforced') return `${name}: ${judged.reason} (${judged.fix})`;
  }
  return undefined;
}

/**
 * Stops all processes of a cgroup where they are, or lets them go on (cgroup-v2.rst, cgroup.freeze); returns when the kernel says so.
 * Not by systemd's FreezeUnit: a unit that it has frozen it does not stop, and versions differ in that.
 * @throws RingfenceError NoSuchInstance, NotEnforceable when a process cannot be stopped now; then none is
 */
export async function setFrozen(frozen: boolean, name: string, cgroup: string, cgroups: Cgroups): Promise<void> {
  const task = `${frozen ? 'freeze' : 'thaw'} ${name}`;
  requireThere(cgroup, task, cgroups);
  cgroups.write(cgroup, freezeFile, frozen ? '1' : '0');
  const wanted = `frozen ${frozen ? 1 : 0}`;
  const { isSo } = await until(longestFreeze, () => ({
    isSo: cgroups.read(cgroup, 'cgroup.events')?.split('\n').includes(wanted) ?? true,
  }));
  requireThere(cgroup, task, cgroups);
  if (isSo) return;
  cgroups.write(cgroup, freezeFile, '0');
  const why = 'a process of it waits in the kernel, perhaps for a disk, and cannot be stopped there; try again';
  throw new RingfenceError('NotEnforceable', `cannot ${task}: ${why}`);
}

/** Whether its processes are stopped, by whatever hand. */
export function isFrozen(cgroup: string, cgroups: Pick<Cgroups, 'read'>): boolean {
  return cgroups.read(cgroup, freezeFile) === '1';
}

const freezeFile = 'cgroup.freeze';

function requireThere(cgroup: string, task: string, cgroups: Pick<Cgroups, 'read'>): void {
  if (cgroups.read(cgroup, freezeFile) !== undefined) return;
  throw new RingfenceError('NoSuchInstance', `cannot ${task}: it has ended`);
}

/** Looks again and again until it is so, or the time is over. */
async function until<T extends { readonly isSo: boolean }>(longest: number, look: () => T): Promise<T> {
  const start = performance.now();
  for (;;) {
    const seen = look();
    if (seen.isSo || performance.now() - start > longest) return seen;
    await sleep(pause);
  }
}

/** In ms. A process in uninterruptible sleep freezes when it wakes. */
const pause = 5;
const longestChange = 5000;
const longestFreeze = 10_000;
