import { describeOrigin } from '../../domain/config/setting.ts';
import type { Decision } from '../../domain/decision.ts';
import type { LimitName } from '../../domain/limits.ts';
import type { Report, ReportRow } from '../../domain/report.ts';
import type { Judgement } from './read-back.ts';

/** Puts a decision and what the kernel said about each of its limits together. A limit without a judgement was not read. */
export function makeReport(
  started: Pick<Report, 'unit' | 'name' | 'startedAt' | 'requestId'>,
  decision: Decision,
  judgements: ReadonlyMap<LimitName, Judgement>,
): Report {
  const rows = decision.limits.map((limit): ReportRow => {
    const judged = judgements.get(limit.name) ?? unread;
    const enforced = judged.state === 'enforced';
    return {
      name: limit.name,
      asked: limit.asked,
      origin: describeOrigin(limit.origin),
      state: judged.state,
      value: enforced ? judged.kernel : '',
      reason: enforced ? '' : judged.reason,
      fix: enforced ? '' : judged.fix,
    };
  });
  const { app = '', profile, mode, reasons } = decision;
  return { ...started, app, profile, mode, reasons, rows };
}

const unread: Judgement = { state: 'not-enforced', reason: 'the kernel was not asked about it', fix: '' };
