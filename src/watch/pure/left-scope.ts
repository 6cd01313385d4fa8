import type { HostAmounts } from '../../domain/limits.ts';
import { limitNames, readLimit, resolveLimit } from '../../domain/limits.ts';
import type { ReportRow } from '../../domain/report.ts';
import type { LimitChange } from './change-limits.ts';

/** The row of a report about a scope that processes of the instance have moved to. */
const leftScopeRow = 'left-scope';

/**
 * The limits that a scope gets to which processes of an instance have moved: those that were asked for. `held`: what the kernel holds the
 * instance's own scope to, as the property Limits has it; it counts where it is known, as another hand may have changed it.
 */
export function limitsOfInstance(
  rows: readonly ReportRow[],
  held: ReadonlyMap<string, string>,
  host: HostAmounts,
): LimitChange[] {
  const limits: LimitChange[] = [];
  for (const name of limitNames) {
    const asked = rows.find((row) => row.name === name)?.asked;
    if (asked === undefined) continue;
    // What another hand has set may be nothing that we would.
    const read = [held.get(name), asked]
      .map((text) => text && readLimit(name, text))
      .find((one) => one && 'kind' in one);
    if (!read || 'problem' in read) continue;
    const memoryMax = limits.find((one) => one.name === 'memory-max')?.value;
    limits.push({ name, asked, value: resolveLimit(read, host, memoryMax) });
  }
  return limits;
}

/** The report's rows with what became of the limits in a scope: `lost` is what the kernel does not hold there, by config name. */
export function withLeftScope(
  rows: readonly ReportRow[],
  unit: string,
  lost: ReadonlyMap<string, string>,
): ReportRow[] {
  const told = { name: leftScopeRow, asked: unit, origin: 'app' };
  const reasons = [...lost].map(([name, reason]) => `${name}: ${reason}`);
  const row: ReportRow =
    reasons.length === 0
      ? { ...told, state: 'enforced', value: unit, reason: '', fix: '' }
      : { ...told, state: 'not-enforced', value: '', reason: reasons.join('; '), fix: lookAtUnit(unit) };
  return [...withoutLeftScope(rows, unit), row];
}

/** The rows once that scope has ended. */
export function withoutLeftScope(rows: readonly ReportRow[], unit: string): ReportRow[] {
  return rows.filter(({ name, asked }) => name !== leftScopeRow || asked !== unit);
}

function lookAtUnit(unit: string): string {
  return `look what sets it there: systemctl --user cat '${unit}'`;
}

/**
 * What the scopes of an instance use together. Pressure cannot be summed: of each kind it is the highest. The peaks of two scopes need not
 * fall together, so their sum is the most that it can have been.
 */
export function sumUsage(usages: readonly ReadonlyMap<string, string>[]): Map<string, string> {
  const [first, ...more] = usages;
  const sum = new Map(first);
  for (const usage of more) {
    for (const [key, text] of usage) {
      const [one, other] = [BigInt(sum.get(key) ?? 0), BigInt(text)];
      const isShare = key.endsWith('-pressure-usec');
      sum.set(key, String(isShare ? (one > other ? one : other) : one + other));
    }
  }
  return sum;
}

/** The limits that the kernel holds the instance's own scope to: what it does not hold there it does not hold elsewhere. */
export function heldLimits(limits: readonly LimitChange[], rows: readonly ReportRow[]): LimitChange[] {
  const lost = rows.filter(({ state, value }) => state === 'not-enforced' && value === '').map(({ name }) => name);
  return limits.filter(({ name }) => !lost.includes(name));
}
