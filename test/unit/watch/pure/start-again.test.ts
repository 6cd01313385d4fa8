import { expect, it } from 'vitest';
import type { Report, ReportRow } from '../../../../src/domain/report.ts';
import { startAgain } from '../../../../src/watch/pure/start-again.ts';

const row = (name: string, asked: string, origin: string): ReportRow => ({
  ...{ name, asked, origin, state: 'enforced' },
  ...{ value: '', reason: '', fix: '' },
});
const report = (more: Partial<Report>): Report => ({
  ...{ unit: 'a.scope', app: 'org.test.App', name: 'App', profile: 'strict', mode: 'strict', startedAt: 0 },
  ...{ reasons: [], rows: [], ...more },
});
const again = (more: Partial<Report>) => Object.fromEntries(startAgain(report(more)));

it('starts an app in the profile that it ran in, with the limits that were asked for', () => {
  const rows = [
    row('memory-max', '1G', 'request'),
    row('tasks-max', '50%', 'built-in'),
    row('network', 'true', 'built-in'),
    row('own-home', 'strict', 'request'),
  ];
  expect(again({ rows })).toEqual({ profile: 'strict', 'memory-max': '1G' });
});

it('throws the home away again, and lets in no network that was not', () => {
  const network = (asked: string) => [row('network', asked, 'built-in')];
  expect(again({ once: true, rows: network('false') })).toEqual({ profile: 'strict', once: 'yes' });
  expect(again({ once: true, rows: network('true') })).toEqual({ profile: 'strict', once: 'yes', network: 'yes' });
});
