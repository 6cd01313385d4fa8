import { describeOrigin } from '../../domain/config/setting.ts';
import type { Decision } from '../../domain/decision.ts';
import { isBeyond } from '../../domain/limits.ts';
import type { Report, ReportRow } from '../../domain/report.ts';
import type { Judged, Judgement } from './read-back.ts';

/**
 * Puts a decision and what the kernel said about each of its limits together. A limit without a judgement was not read; the row
 * oom-kill is there where a limit on memory is in force.
 */
export function makeReport(
  started: Pick<Report, 'unit' | 'name' | 'startedAt' | 'requestId' | 'once' | 'terminal' | 'lineage'>,
  decision: Decision,
  judgements: ReadonlyMap<Judged, Judgement>,
): Report {
  const most = decision.limits.find(({ name }) => name === 'memory-max');
  const rows = decision.limits.map((limit): ReportRow => {
    const judged = judgements.get(limit.name);
    const told = { name: limit.name, asked: limit.asked, origin: describeOrigin(limit.origin) };
    if (
      judged?.state === 'enforced' &&
      most !== undefined &&
      judgements.get('memory-max')?.state === 'enforced' &&
      limit.name === 'memory-high' &&
      isBeyond(limit.value, most.value)
    ) {
      const reason = `memory-max (${most.asked}) is reached first`;
      return { ...told, state: 'not-enforced', value: judged.kernel, reason, fix: 'set memory-high below memory-max' };
    }
    // What was known before says more than a missing file: whether the kernel has no such controller, or keeps it from us.
    const { shortcoming } = limit;
    const isKnown = shortcoming !== undefined && judged?.state === 'not-enforced';
    return {
      ...told,
      ...outcomeOf(isKnown ? { ...judged, reason: shortcoming.reason, fix: shortcoming.fix } : judged),
    };
  });
  const oomKill = judgements.get('oom-kill');
  if (oomKill !== undefined)
    rows.push({ name: 'oom-kill', asked: 'one process', origin: 'built-in', ...outcomeOf(oomKill) });
  const { app = '', profile, mode, reasons } = decision;
  return { ...started, app, profile, mode, reasons, rows };
}

/** The first limit that the kernel does not hold. One that can never act is held: nothing gets past it. */
export function lostRow({ rows }: Report): ReportRow | undefined {
  return rows.find(({ state, value }) => state === 'not-enforced' && value === '');
}

/** What a judgement comes to in a row; one that is missing was not read. */
export function outcomeOf(judged: Judgement = unread): Pick<ReportRow, 'state' | 'value' | 'reason' | 'fix'> {
  if (judged.state === 'enforced') return { state: 'enforced', value: judged.kernel, reason: '', fix: '' };
  return { state: 'not-enforced', value: '', reason: judged.reason, fix: judged.fix };
}

const unread: Judgement = { state: 'not-enforced', reason: 'the kernel was not asked about it', fix: '' };
