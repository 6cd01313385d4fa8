import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openOutputStream } from '../../../src/platform/journal/output-stream.ts';
import { buildProbe, parseJournal, printJournal, runWithJournald } from './journal-place.ts';

let folder: string;
let probe: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ringfence-journal-'));
  probe = await buildProbe(folder, { addon: false });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('openOutputStream', () => {
  const outputOf = (stdout: string) => parseJournal(stdout).filter((entry) => entry['SYSLOG_IDENTIFIER'] === 'the app');

  it("carries an app's output after the daemon has closed its own end", async () => {
    const { stdout, stderr } = await runWithJournald(`$PROBE output; ${printJournal}`, { probe });
    const report = JSON.parse(stderr) as { variable: string };
    expect(report).toMatchObject({ opened: true, destroyed: true });
    const lines = outputOf(stdout).map((entry) => entry['MESSAGE']);
    // "<3>" is the app's own text: no level prefix is taken off it.
    expect(lines).toEqual([
      expect.stringMatching(/^flags:\t0[0-7]+$/),
      report.variable,
      '<3>app',
      'child',
      'late',
      'tail',
    ]);
    const flags = Number.parseInt(String(lines[0]).slice('flags:\t'.length), 8);
    expect(flags & 0o4000, 'O_NONBLOCK').toBe(0);
  });

  it('does not wait for a journald that hangs, whose journal has the output later', async () => {
    const script = `kill -STOP $JOURNALD_PID; $PROBE output; kill -CONT $JOURNALD_PID; ${printJournal}`;
    const { stdout, stderr } = await runWithJournald(script, { probe });
    expect(JSON.parse(stderr)).toMatchObject({ opened: true });
    expect(outputOf(stdout).map((entry) => entry['MESSAGE'])).toContain('tail');
  });

  it('gives undefined where there is no journald', async () => {
    const { stderr } = await runWithJournald('$PROBE output', { probe, journald: false });
    expect(JSON.parse(stderr)).toEqual({ opened: false });
  });

  it('gives undefined when the backlog is full', async () => {
    const path = join(folder, 'full');
    const listen = `require('net').createServer().listen({ path: ${JSON.stringify(path)}, backlog: 1 },
      () => { console.log('listening'); process.kill(process.pid, 'SIGSTOP'); })`;
    const server = spawn(process.execPath, ['-e', listen], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(server.stdout, 'data');
    const opened = [];
    for (let i = 0; i < 4; i++) opened.push(await openOutputStream({ identifier: 'x', path }));
    expect(opened.at(-1)).toBeUndefined();
    for (const socket of opened) socket?.destroy();
    server.kill('SIGKILL');
  });
});
