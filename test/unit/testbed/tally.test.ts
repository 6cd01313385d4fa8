import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const project = join(import.meta.dirname, '../../..');
const folder = mkdtempSync(join(tmpdir(), 'ringfence-tally-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A report as vitest writes it, of tests by their names and how each went. */
const report = (name: string, tests: Record<string, 'passed' | 'failed' | 'pending'>, message?: string) => {
  const how = (wanted: string) => Object.values(tests).filter((status) => status === wanted).length;
  const file = join(folder, `${name}.json`);
  const assertionResults = Object.entries(tests).map(([fullName, status]) => {
    return {
      fullName,
      status,
      failureMessages: status === 'failed' ? [message ?? `Error: ${fullName} is broken`] : [],
    };
  });
  const found = {
    numPassedTests: how('passed'),
    numFailedTests: how('failed'),
    numPendingTests: how('pending'),
    numTodoTests: 0,
    testResults: [{ name: 'a file', status: how('failed') > 0 ? 'failed' : 'passed', assertionResults }],
  };
  writeFileSync(file, JSON.stringify(found));
  return JSON.stringify(file);
};

/** What the tally says at the end, in a process of its own, with CI as told. */
const told = (script: string, CI = 'true') => {
  const program = `import { Tally } from './test/testbed/tally.mjs'; const tally = new Tally(); ${script};
    tally.explain(); console.log(tally.line());`;
  const env = { ...process.env, CI };
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: project,
    encoding: 'utf8',
    env,
  });
  expect(stderr).toBe('');
  return stdout.trimEnd().split('\n');
};

describe('Tally', () => {
  it('counts tests, commands, and what no test stands for', () => {
    const mixed = report('mixed', { one: 'passed', two: 'passed', three: 'failed' });
    const green = report('green', { four: 'passed' });
    const script = `tally.add('mixed', 1, ${mixed}); tally.add('green', 0, ${green}); tally.command('a command', 0);
      tally.command('another', 3); tally.add('crashed', 139, '/nowhere'); tally.add('late', 1, ${green}); tally.fail('no files')`;
    expect(told(script)).toEqual([
      'failed: mixed: three: Error: three is broken',
      'failed: another ended with 3',
      'failed: crashed ended with 139 before its tests were through',
      'failed: late ended with 1',
      'failed: no files',
      '5 passed, 5 failed',
    ]);
  });

  it('tells the begin and the end of a long message', () => {
    const screen = Array.from({ length: 60 }, (_, line) => `line ${line + 1}`);
    const long = report('long', { one: 'failed' }, screen.join('\n'));
    const [first, ...others] = told(`tally.add('job', 1, ${long})`);
    expect(first).toBe('failed: job: one: line 1');
    expect(others.slice(18, 21)).toEqual(['  line 20', '  … (20 lines left out)', '  line 41']);
    expect(others.at(-2)).toBe('  line 60');
    const wide = report('wide', { one: 'failed' }, `begin${'-'.repeat(9000)}end`);
    expect(told(`tally.add('job', 1, ${wide})`)[0]).toMatch(/one: begin-{1995} … -{1997}end$/);
  });

  it('counts a skip as a failure in CI alone', () => {
    const skipping = report('skipping', { one: 'passed', two: 'pending' });
    const script = `tally.add('some', 0, ${skipping}); tally.skip('the rest')`;
    const notes = ['skipped: 1 of the tests of some', 'skipped: the rest'];
    expect(told(script)).toEqual([...notes, '1 passed, 2 failed']);
    expect(told(script, '')).toEqual([...notes, '1 passed, 0 failed']);
  });

  it('takes what was run again for what it was then, and tells how it went before', () => {
    const before = report('before', { one: 'failed', two: 'passed' });
    const after = report('after', { one: 'passed', two: 'passed' });
    const script = `tally.add('job', 1, ${before}); console.log(tally.hasFailed('job')); tally.add('job', 0, ${after});
      console.log(tally.hasFailed('job'))`;
    expect(told(script)).toEqual([
      'true',
      'false',
      'unsteady, then run again alone: failed: job: one: Error: one is broken',
      '2 passed, 0 failed',
    ]);
  });

  it('fails what fails again', () => {
    const red = report('red', { one: 'failed' });
    expect(told(`tally.add('job', 1, ${red}); tally.add('job', 1, ${red})`)).toEqual([
      'unsteady, then run again alone: failed: job: one: Error: one is broken',
      'failed: job: one: Error: one is broken',
      '0 passed, 1 failed',
    ]);
  });
});
