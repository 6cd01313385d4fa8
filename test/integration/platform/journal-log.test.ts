import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { logEvents } from '../../../src/domain/log-events.ts';
import { buildProbe, parseJournal, printJournal, runWithJournald } from './journal-place.ts';

let folder: string;
let probe: string;
let probeWithoutAddon: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ringfence-journal-'));
  probe = await buildProbe(join(folder, 'with'), { addon: true });
  probeWithoutAddon = await buildProbe(join(folder, 'without'), { addon: false });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const lost = logEvents['log-entries-lost'].messageId;

describe('log with journald and the addon', () => {
  it('keeps fields, ids and priorities, and no text can corrupt an entry', async () => {
    const { stdout, stderr } = await runWithJournald(`$PROBE fields; ${printJournal}`, { probe });
    expect(stderr).toContain('{"flushed":true}');
    const entries = parseJournal(stdout).filter((entry) => entry['SYSLOG_IDENTIFIER'] === 'probe');
    const [launched, nul, lines, cycle, refused, bug, huge, last] = entries;
    expect(entries).toHaveLength(8);
    expect(launched).toMatchObject({
      MESSAGE: 'started probe',
      MESSAGE_ID: logEvents['limit-hit'].messageId,
      PRIORITY: '4',
      RINGFENCE_APP: 'probe.desktop',
      RINGFENCE_UNIT: 'app-ringfence-probe-1.scope',
      USER_UNIT: 'app-ringfence-probe-1.scope',
      RINGFENCE_PROFILE: 'relaxed',
      RINGFENCE_COUNT: String(2n ** 60n),
      _TRANSPORT: 'journal',
    });
    expect(nul).toMatchObject({
      MESSAGE: 'nul \ufffd inside',
      RINGFENCE_REASON: `${'\ufffd'.repeat(3)}lone \ufffd surrogate`,
      PRIORITY: '3',
    });
    expect(lines?.['MESSAGE']).toBe('two\nlines');
    expect(String(cycle?.['MESSAGE'])).toContain('[Circular');
    expect(refused).toMatchObject({
      MESSAGE: 'refused: cannot launch probe: no such application',
      RINGFENCE_ERROR: 'NoSuchApp',
    });
    expect(refused).not.toHaveProperty('RINGFENCE_STACK');
    expect(String(bug?.['RINGFENCE_STACK'])).toMatch(/^TypeError: of ours\n +at /);
    expect(String(huge?.['MESSAGE']).length).toBeLessThan(70_000);
    expect(last).toMatchObject({ MESSAGE: 'last', PRIORITY: '7' });
  });

  it('goes on while journald hangs, keeps the newest entries in order and tells how many were lost', async () => {
    const { stdout, stderr } = await runWithJournald(`$PROBE hang; ${printJournal}`, { probe });
    expect(stderr).toContain('{"turns":100,"flushedWhileHanging":false,"flushed":true}');
    const entries = parseJournal(stdout).filter((entry) => entry['SYSLOG_IDENTIFIER'] === 'probe');
    const numbers = entries
      .map((entry) => /^entry (\d+)$/.exec(String(entry['MESSAGE']))?.[1])
      .filter((n) => n !== undefined);
    expect(numbers.map(Number)).toEqual([...numbers.map(Number)].sort((a, b) => a - b));
    expect(numbers.slice(-1000)).toEqual(Array.from({ length: 1000 }, (_, i) => String(1000 + i)));
    const notices = entries.filter((entry) => entry['MESSAGE_ID'] === lost);
    expect(notices.map((entry) => Number(entry['RINGFENCE_COUNT']))).toEqual([2000 - numbers.length]);
  });

  it('ends in time when journald hangs from the start', async () => {
    const script = `$PROBE hang-at-exit; echo "status $?" >&2; kill -CONT $JOURNALD_PID`;
    const { stderr } = await runWithJournald(script, { probe });
    expect(stderr).toContain('{"flushed":false}');
    expect(stderr).toContain('status 0');
  });

  it('writes lines on stdout when there is no journald', async () => {
    const { stdout, stderr } = await runWithJournald('$PROBE silent', { probe, journald: false });
    expect(stdout).toBe('started\n');
    expect(stderr).toContain('{"flushed":true}');
  });
});

describe('log without the addon', () => {
  it('writes plain lines to a stdout that is not the journal', async () => {
    const { stdout, stderr } = await runWithJournald('$PROBE fields', { probe: probeWithoutAddon });
    expect(stdout).toMatch(/^started probe\nnul \ufffd inside\ntwo\nlines\n/);
    expect(stderr).toContain('{"flushed":true}');
  });

  it('keeps the priority of every line in the journal', async () => {
    // systemd-cat makes the stream; systemd would set JOURNAL_STREAM, systemd-cat 252 does not.
    const run = `systemd-cat sh -c 'JOURNAL_STREAM=$(stat -L -c %d:%i /proc/self/fd/2) exec $PROBE fields'`;
    const { stdout } = await runWithJournald(`${run}; ${printJournal}`, { probe: probeWithoutAddon });
    const entries = parseJournal(stdout).filter((entry) => entry['SYSLOG_IDENTIFIER'] === 'probe');
    const priorities = new Map(entries.map((entry) => [entry['MESSAGE'], entry['PRIORITY']]));
    expect(priorities.get('started probe')).toBe('4');
    expect(priorities.get('nul \ufffd inside')).toBe('3');
    expect(priorities.get('lines')).toBe('6');
    expect(priorities.get('TypeError: of ours')).toBe('3');
    expect(priorities.get('last')).toBe('7');
  });

  it('is not held up by a pipe that nobody reads, not even at exit', async () => {
    const script =
      'mkfifo /run/log/pipe; exec 9<>/run/log/pipe; $PROBE full-pipe >/run/log/pipe 9<&-; echo "status $?" >&2';
    const { stderr } = await runWithJournald(script, { probe: probeWithoutAddon });
    expect(stderr).toContain('{"flushed":false}');
    expect(stderr).toContain('status 0');
  });
});
