import { describeOrigin } from '../../domain/config/setting.ts';
import type { DecidedLimit, Decision } from '../../domain/decision.ts';
import type { LimitName } from '../../domain/limits.ts';
import type { Report, ReportRow } from '../../domain/report.ts';
import type { Judgement } from './read-back.ts';

/** Puts a decision and what the kernel said about each of its limits together. A limit without a judgement was not read. */
export function makeReport(
  started: Pick<Report, 'unit' | 'name' | 'startedAt' | 'requestId'>,
  decision: Decision,
  judgements: ReadonlyMap<LimitName, Judgement>,
): Report {
  const most = decision.limits.find(({ name }) => name === 'memory-max');
  const rows = decision.limits.map((limit): ReportRow => {
    const judged = judgements.get(limit.name) ?? unread;
    const enforced = judged.state === 'enforced';
    const told = { name: limit.name, asked: limit.asked, origin: describeOrigin(limit.origin) };
    if (enforced && most !== undefined && judgements.get('memory-max')?.state === 'enforced' && isMoot(limit, most)) {
      const reason = `memory-max (${most.asked}) is reached first`;
      return { ...told, state: 'not-enforced', value: judged.kernel, reason, fix: 'set memory-high below memory-max' };
    }
    return {
      ...told,
      state: judged.state,
      value: enforced ? judged.kernel : '',
      reason: enforced ? '' : judged.reason,
      fix: enforced ? '' : judged.fix,
    };
  });
  const { app = '', profile, mode, reasons } = decision;
  return { ...started, app, profile, mode, reasons, rows };
}

/** The first limit that the kernel does not hold. One that can never act is held: nothing gets past it. */
export function lostRow({ rows }: Report): ReportRow | undefined {
  return rows.find(({ state, value }) => state === 'not-enforced' && value === '');
}

/** Memory is reclaimed above memory-high; it cannot be above what is killed for at memory-max. */
function isMoot({ name, value }: DecidedLimit, most: DecidedLimit): boolean {
  return name === 'memory-high' && value !== 'infinity' && most.value !== 'infinity' && value >= most.value;
}

const unread: Judgement = { state: 'not-enforced', reason: 'the kernel was not asked about it', fix: '' };
