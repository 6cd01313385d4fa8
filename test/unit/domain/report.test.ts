import { expect, it } from 'vitest';
import {
  parseReport,
  type Report,
  type ReportRow,
  reportLine,
  requestIdInRecord,
  serializeReport,
} from '../../../src/domain/report.ts';
import { recordName } from '../../../src/domain/runtime-files.ts';

const row = (name: string, asked: string, value: string, reason = ''): ReportRow => ({
  ...{ name, asked, origin: 'built-in', value, reason, fix: '' },
  state: reason === '' ? 'enforced' : 'not-enforced',
});
const report = (rows: readonly ReportRow[], changes: Partial<Report> = {}): Report => ({
  ...{ unit: 'a.scope', app: 'a', name: 'A', profile: 'relaxed', mode: 'relaxed', startedAt: 1, reasons: [], rows },
  ...changes,
});

it.each<[what: string, rows: readonly ReportRow[], changes: Partial<Report>, line: string]>([
  ['nothing asked for', [], {}, 'A runs relaxed in a.scope'],
  ['no name', [], { name: '', mode: 'strict' }, 'a runs strict in a.scope'],
  [
    'what holds',
    [row('memory-max', '1K', '1024'), row('tasks-max', '5', '5')],
    {},
    'A runs relaxed in a.scope; memory-max 1K = 1024, tasks-max 5',
  ],
  [
    'what does not',
    [row('cpu-quota', '5%', '', 'no cpu'), row('io-weight', '5', '', 'no io')],
    {},
    'A runs relaxed in a.scope; not enforced: cpu-quota (no cpu), io-weight (no io)',
  ],
  [
    'both, and a name of two lines',
    [row('cpu-quota', '5%', '', 'no cpu'), row('tasks-max', '5', '5')],
    { name: 'A\nB' },
    'A B runs relaxed in a.scope; tasks-max 5; not enforced: cpu-quota (no cpu)',
  ],
])('says in one line %s', (_what, rows, changes, line) => expect(reportLine(report(rows, changes))).toBe(line));

it('spells the id of a request as the record does, so that it is found in there', () => {
  const requestId = 'a "b" \\ c';
  const text = serializeReport(report([], { requestId }));
  expect(text).toContain(requestIdInRecord(requestId));
  expect(parseReport(text)?.requestId).toBe(requestId);
  expect(requestIdInRecord('7')).toBe('"requestId":"7"');
});

it('is no record that only begins like one', () => {
  const text = serializeReport(report([]));
  expect(parseReport(text)).toEqual(report([]));
  expect(parseReport(`${text}}`)).toBeUndefined();
  expect(parseReport(text.slice(0, -2))).toBeUndefined();
});

it('names a record after its unit, never longer than a file name may be', () => {
  expect(recordName('app-ringfence-a.scope-1.scope')).toBe('app-ringfence-a.scope-1.json');
  expect(recordName(`${'a'.repeat(249)}.scope`).length).toBeLessThanOrEqual(255);
});

it('keeps in the record where the terminal is', () => {
  const terminal = { device: '/dev/pts/3', leader: 12, startTime: 345 };
  expect(parseReport(serializeReport(report([], { terminal })))?.terminal).toEqual(terminal);
});
