import { RingfenceError } from '../../domain/errors.ts';
import { type HostFacts, limitShortcoming } from '../../domain/host-facts.ts';
import {
  bytesAsWritten,
  followsMemoryMax,
  isBeyond,
  isLimitName,
  type LimitName,
  limitNames,
  parseLimit,
  readLimit,
  resolveLimit,
} from '../../domain/limits.ts';
import { nearestName } from '../../domain/nearest-name.ts';
import type { ReportRow } from '../../domain/report.ts';
import { outcomeOf } from '../../launch/pure/make-report.ts';
import type { Judged, Judgement } from '../../launch/pure/read-back.ts';

/** One limit of a running instance that is to be another: as it was asked for, and what that is on this machine. */
export interface LimitChange {
  readonly name: LimitName;
  readonly asked: string;
  readonly value: bigint | 'infinity';
  /** Where it comes from when this request did not name it. */
  readonly origin?: string;
}

/**
 * What SetLimits comes to. `held`: the limits in force, as the property Limits has them; `rows`: the report, by which a memory-high that
 * was asked for as a share of memory-max follows it. `task` opens the messages: "set limits of firefox".
 * @throws RingfenceError UnknownOption, InvalidLimit, InvalidArgument (nothing named, or limits that contradict each other),
 * NotEnforceable (what no controller enforces here)
 */
export function planChange(
  asked: ReadonlyMap<string, string>,
  { held, rows }: { readonly held: ReadonlyMap<string, string>; readonly rows: readonly ReportRow[] },
  host: HostFacts,
  task: string,
): LimitChange[] {
  for (const name of asked.keys()) if (!isLimitName(name)) throw unknownLimit(task, name);
  if (asked.size === 0) throw new RingfenceError('InvalidArgument', `cannot ${task}: no limit is named`);
  const changes: LimitChange[] = [];
  for (const name of limitNames) {
    const text = asked.get(name);
    const follows = name === 'memory-high' && text === undefined && asked.has('memory-max');
    const following = follows ? followingRow(rows) : undefined;
    const written = text ?? following?.asked;
    if (written === undefined) continue;
    const memoryMax = changes.find((one) => one.name === 'memory-max')?.value ?? heldMemoryMax(held);
    const value = resolveLimit(parseLimit(name, written), host, memoryMax);
    const origin = following === undefined ? {} : { origin: following.origin };
    changes.push({ name, asked: written, value, ...origin });
  }
  for (const { name, value } of changes) {
    const shortcoming = value === 'infinity' ? undefined : limitShortcoming(name, host);
    if (shortcoming === undefined) continue;
    const { reason, fix } = shortcoming;
    throw new RingfenceError('NotEnforceable', `cannot ${task}: ${name}: ${reason} (${fix})`);
  }
  refuseContradiction(changes, held, task);
  return changes;
}

function followingRow(rows: readonly ReportRow[]): ReportRow | undefined {
  return rows.find(({ name, asked }) => name === 'memory-high' && followsMemoryMax(name, asked));
}

function heldMemoryMax(held: ReadonlyMap<string, string>): bigint | 'infinity' {
  const text = held.get('memory-max');
  return text === undefined ? 'infinity' : BigInt(text);
}

/** Who names one of memory-high and memory-max gets both in force. */
function refuseContradiction(changes: readonly LimitChange[], held: ReadonlyMap<string, string>, task: string): void {
  if (!changes.some(({ name }) => name === 'memory-high' || name === 'memory-max')) return;
  const ofName = (name: LimitName) => {
    const change = changes.find((one) => one.name === name);
    if (change !== undefined) return { value: change.value, text: change.asked };
    const text = held.get(name);
    if (text === undefined) return { value: 'infinity' as const, text: 'infinity' };
    return { value: BigInt(text), text: bytesAsWritten(BigInt(text)) };
  };
  const [high, most] = [ofName('memory-high'), ofName('memory-max')];
  if (!isBeyond(high.value, most.value)) return;
  throw new RingfenceError(
    'InvalidArgument',
    `cannot ${task}: memory-high (${high.text}) has to be below memory-max (${most.text}); set both`,
  );
}

/** What puts changes back: the limits that were in force. */
export function formerLimits(changes: readonly LimitChange[], held: ReadonlyMap<string, string>): LimitChange[] {
  return changes.map(({ name }) => {
    const asked = held.get(name) ?? (name === 'cpu-weight' || name === 'io-weight' ? usualWeight : 'infinity');
    const parsed = readLimit(name, asked);
    return { name, asked, value: 'amount' in parsed ? parsed.amount : 'infinity' };
  });
}

/** The kernel's default, which nobody can take away (cgroup-v2.rst). */
const usualWeight = '100';

/** The rows of a report once the kernel has the changes: theirs are new, in the order of all limits. */
export function rowsAfter(
  rows: readonly ReportRow[],
  changes: readonly LimitChange[],
  judgements: ReadonlyMap<Judged, Judgement>,
): ReportRow[] {
  const changed = new Map<string, ReportRow>(
    changes.map(({ name, asked, origin = 'request' }) => [
      name,
      { name, asked, origin, ...outcomeOf(judgements.get(name)) },
    ]),
  );
  const kept = rows.filter(({ name }) => !changed.has(name) && name !== 'oom-kill').map(withoutMoot(changes));
  const limits = limitNames.flatMap((name) => changed.get(name) ?? kept.find((row) => row.name === name) ?? []);
  return [...limits, ...oomKillRow(rows, changes, judgements), ...kept.filter(({ name }) => !isLimitName(name))];
}

/** A memory-high that could never act may do so below a higher memory-max. */
function withoutMoot(changes: readonly LimitChange[]): (row: ReportRow) => ReportRow {
  const most = changes.find(({ name }) => name === 'memory-max')?.value;
  return (row) => {
    const isMoot = row.name === 'memory-high' && row.state === 'not-enforced' && row.value !== '';
    const acts = most !== undefined && isMoot && (most === 'infinity' || BigInt(row.value) < most);
    return acts ? { ...row, state: 'enforced', reason: '', fix: '' } : row;
  };
}

function oomKillRow(
  rows: readonly ReportRow[],
  changes: readonly LimitChange[],
  judgements: ReadonlyMap<Judged, Judgement>,
): ReportRow[] {
  const most = changes.find(({ name }) => name === 'memory-max')?.value;
  if (most === 'infinity') return [];
  const judged = judgements.get('oom-kill');
  if (most === undefined || judged === undefined) return rows.filter(({ name }) => name === 'oom-kill');
  return [{ name: 'oom-kill', asked: 'one process', origin: 'built-in', ...outcomeOf(judged) }];
}

function unknownLimit(task: string, name: string): RingfenceError {
  const shown = JSON.stringify(name.length > 60 ? `${name.slice(0, 60)}…` : name);
  const near = nearestName(name, limitNames);
  const hint = near === undefined ? '' : `did you mean ${near}? `;
  return new RingfenceError(
    'UnknownOption',
    `cannot ${task}: unknown limit ${shown} (${hint}known: ${limitNames.join(', ')})`,
  );
}
