import { type ErrorCode, errorTable } from '../../domain/errors.ts';
import type { Rows } from './client.ts';
import { columns, type Terminal } from './terminal.ts';

type Row = ReadonlyMap<string, string>;

/**
 * Prints what enable, disable or sync did, or with `dryRun` the diffs of what it would do, and gives the exit code: that of
 * the first failure.
 */
export function printResults(rows: Rows, format: { json: boolean; dryRun: boolean }, terminal: Terminal): number {
  if (format.json) terminal.printJson(rows.map((row) => Object.fromEntries(row)));
  else if (format.dryRun) printDiffs(rows, terminal);
  else printStates(rows, terminal);
  return exitCode(rows);
}

function printDiffs(rows: Rows, terminal: Terminal): void {
  const diffs = rows.flatMap((row) => row.get('diff') || []);
  if (diffs.length > 0)
    terminal.print(
      diffs
        .map((diff) => paintDiff(diff, terminal))
        .join('')
        .trimEnd(),
    );
  else terminal.warn('Nothing would change.');
  for (const row of rows) if (row.has('reason')) terminal.warn(problem(row));
}

function paintDiff(diff: string, terminal: Terminal): string {
  return diff.replace(/^([-+@]).*$/gm, (line, sign: string) =>
    terminal.paint(sign === '-' ? 'red' : sign === '+' ? 'green' : 'dim', line),
  );
}

function printStates(rows: Rows, terminal: Terminal): void {
  const done = new Map<string, string>();
  for (const row of rows) {
    const app = row.get('app') ?? '';
    const state = row.get('state') ?? '';
    if (row.has('reason')) terminal.warn(problem(row));
    else if (app !== '' && state !== 'skipped') done.set(app, words[state] ?? state);
  }
  const lines = [...done].map(([app, state]) => [app.replace(/\.desktop$/, ''), terminal.paint('dim', state)]);
  if (lines.length > 0) terminal.print(columns(lines));
  if (rows.length === 0) terminal.warn('Nothing had to change.');
}

/** Where they differ from the state's name. "unchanged" without a reason is what "enable" makes of an enabled app. */
const words: Readonly<Record<string, string>> = { unchanged: 'already enabled', 'not-installed': 'not installed' };

function problem(row: Row): string {
  const reason = row.get('reason') ?? '';
  const what = row.get('file') ?? (row.get('app') ?? '').replace(/\.desktop$/, '');
  const said = reason.startsWith('cannot ') || reason.includes(what) ? reason : `${what}: ${reason}`;
  return row.get('state') === 'unchanged' ? said : `ringfence: ${said}`;
}

function exitCode(rows: Rows): number {
  const failed = rows.find((row) => row.get('state') === 'failed');
  if (failed === undefined) return 0;
  const code = failed.get('error') ?? 'Failed';
  return Object.hasOwn(errorTable, code) ? errorTable[code as ErrorCode].exitCode : errorTable.Failed.exitCode;
}
