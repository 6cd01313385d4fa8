import { setTimeout as sleep } from 'node:timers/promises';
import { isRingfenceError, RingfenceError } from '../domain/errors.ts';
import type { HostFacts } from '../domain/host-facts.ts';
import type { LimitName } from '../domain/limits.ts';
import { type Report, serializeReport } from '../domain/report.ts';
import { judgeLimits, limitsInForce } from '../launch/judge-scope.ts';
import type { Records } from '../launch/ports.ts';
import { type Judged, type Judgement, proofFiles } from '../launch/pure/read-back.ts';
import { limitProperties } from '../launch/pure/scope-properties.ts';
import type { Cgroups } from '../platform/kernel/cgroups.ts';
import type { Systemd } from '../platform/systemd/user-manager.ts';
import type { Place } from './ports.ts';
import { formerLimits, type LimitChange, planChange, rowsAfter } from './pure/change-limits.ts';

/** What steering works with. */
export interface SteerPorts {
  readonly systemd: Pick<Systemd, 'setProperties'>;
  readonly cgroups: Cgroups;
  readonly records: Pick<Records, 'write'>;
  host(): HostFacts;
}

/**
 * Gives the scopes of a running instance other limits and reads them back; returns the new report, which is recorded. Where the kernel
 * does not take them, or they cannot be recorded, the old ones are put back.
 * @throws RingfenceError as Instance.setLimits, and what node throws for a record that cannot be written
 */
export async function setLimits(
  report: Report,
  places: readonly Place[],
  asked: ReadonlyMap<string, string>,
  ports: SteerPorts,
): Promise<Report> {
  const { systemd, cgroups, records } = ports;
  const task = `set limits of ${report.name}`;
  const first = places.find(({ cgroup }) => isThere(cgroup, cgroups));
  if (first === undefined) throw hasEnded(task);
  const held = limitsInForce(first.cgroup, cgroups);
  const changes = planChange(asked, { held, rows: report.rows }, ports.host(), task);
  const undo: (() => Promise<void>)[] = [];
  try {
    const judged: Map<Judged, Judgement>[] = [];
    for (const place of places) {
      const before = limitsInForce(place.cgroup, cgroups);
      undo.unshift(() => systemd.setProperties(place.unit, limitProperties(formerLimits(changes, before))));
      const judgements = await setOne(place, changes, task, ports);
      if (judgements !== undefined) judged.push(judgements);
    }
    if (judged[0] === undefined) throw hasEnded(task);
    const changed = { ...report, rows: rowsAfter(report.rows, changes, judged[0]) };
    records.write(report.unit, serializeReport(changed));
    return changed;
  } catch (error) {
    for (const back of undo) await back().catch(() => {});
    throw error;
  }
}

/** Undefined when the scope has ended meanwhile: others of the instance may have not. */
async function setOne(
  { unit, cgroup }: Place,
  changes: readonly LimitChange[],
  task: string,
  { systemd, cgroups }: SteerPorts,
): Promise<Map<Judged, Judgement> | undefined> {
  try {
    await systemd.setProperties(unit, limitProperties(changes));
  } catch (error) {
    if (isRingfenceError(error) && error.code === 'NoSuchInstance') return undefined;
    throw error;
  }
  const judgements = await readBack(changes, cgroup, cgroups);
  if (!isThere(cgroup, cgroups)) return undefined;
  const missing = lost(changes, judgements);
  if (missing !== undefined) throw new RingfenceError('NotEnforceable', `cannot ${task}: ${missing}`);
  await makeFit(changes, cgroup, cgroups);
  return judgements;
}

/**
 * systemd 258 and later write limits of memory with O_NONBLOCK, for which Linux 6.16 and later leave out what a lower one is for: to
 * reclaim, or kill for, what is in use above it (cgroup-v2.rst, memory.max). It would stay until the app asks for more. So the same is
 * written once more.
 */
async function makeFit(changes: readonly LimitChange[], cgroup: string, cgroups: Cgroups): Promise<void> {
  for (const { name, value } of changes) {
    if ((name !== 'memory-max' && name !== 'memory-high') || value === 'infinity') continue;
    const [file = ''] = proofFiles[name];
    if (BigInt(cgroups.read(cgroup, 'memory.current') ?? 0) <= value) continue;
    // systemd has set it: where it has ended or is another's now, nothing is lost.
    await cgroups.writeAndWait(cgroup, file, String(value)).catch(() => {});
  }
}

/** What the kernel says of limits that systemd was given. It answers before it has written: the kernel is read until it has all of it. */
export async function readBack(
  changes: readonly LimitChange[],
  cgroup: string,
  cgroups: Cgroups,
): Promise<Map<Judged, Judgement>> {
  const { judgements } = await until(longestChange, () => {
    const judgements = judgeLimits(changes, cgroup, cgroups);
    return { isSo: lost(changes, judgements) === undefined || !isThere(cgroup, cgroups), judgements };
  });
  return judgements;
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
 * Stops all processes of an instance where they are, or lets them go on (cgroup-v2.rst, cgroup.freeze); returns when the kernel says so.
 * Not by systemd's FreezeUnit: a unit that it has frozen it does not stop, and versions differ in that.
 * @throws RingfenceError NoSuchInstance, NotEnforceable when a process cannot be stopped now; then none is
 */
export async function setFrozen(
  frozen: boolean,
  name: string,
  places: readonly Place[],
  cgroups: Cgroups,
): Promise<void> {
  const task = `${frozen ? 'freeze' : 'thaw'} ${name}`;
  const there = () => places.filter(({ cgroup }) => isThere(cgroup, cgroups));
  const write = (text: '0' | '1') => {
    for (const { cgroup } of there()) writeIfThere(cgroup, freezeFile, text, cgroups);
  };
  if (there().length === 0) throw hasEnded(task);
  write(frozen ? '1' : '0');
  const wanted = `frozen ${frozen ? 1 : 0}`;
  const { isSo } = await until(longestFreeze, () => ({
    isSo: there().every(({ cgroup }) => cgroups.read(cgroup, 'cgroup.events')?.split('\n').includes(wanted) ?? true),
  }));
  if (there().length === 0) throw hasEnded(task);
  if (isSo) return;
  write('0');
  const why = 'a process of it waits in the kernel, perhaps for a disk, and cannot be stopped there; try again';
  throw new RingfenceError('NotEnforceable', `cannot ${task}: ${why}`);
}

/** @throws what node throws where the kernel refuses */
function writeIfThere(cgroup: string, file: string, text: string, cgroups: Cgroups): void {
  try {
    cgroups.write(cgroup, file, text);
  } catch (error) {
    if (isThere(cgroup, cgroups)) throw error;
  }
}

/** Whether its processes are stopped, by whatever hand. */
export function isFrozen(cgroup: string, cgroups: Pick<Cgroups, 'read'>): boolean {
  return cgroups.read(cgroup, freezeFile) === '1';
}

const freezeFile = 'cgroup.freeze';

function isThere(cgroup: string, cgroups: Pick<Cgroups, 'read'>): boolean {
  return cgroups.read(cgroup, freezeFile) !== undefined;
}

function hasEnded(task: string): RingfenceError {
  return new RingfenceError('NoSuchInstance', `cannot ${task}: it has ended`);
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
