import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const project = join(import.meta.dirname, '../../..');
const node = (...args: string[]) => spawnSync(process.execPath, args, { cwd: project, encoding: 'utf8' });

/** Runs jobs in a process of their own, which prints what each of them says and when each has ended. */
const jobs = (list: string, slots: number) => {
  const script = `
    import { sideBySide } from './test/testbed/side-by-side.mjs';
    const job = (name, more = {}) =>
      ({ title: name, argv: ['sh', '-c', more.script ?? 'true'], env: {}, ended: (code) => console.log(name, 'ended with', code), ...more });
    await sideBySide(${list}, ${slots});`;
  const { stdout, stderr } = node('--input-type=module', '--eval', script);
  expect(stderr).toBe('');
  return stdout.split('\n').filter((line) => line !== '' && !line.startsWith('== '));
};

describe('sideBySide', () => {
  it('runs as many as there are slots: each of two waits for the other', () => {
    const pipe = join(process.env['TMPDIR'] ?? '/tmp', `ringfence-side-${process.pid}`);
    const list = `[
      job('first', { script: 'mkfifo ${pipe}; echo hello >${pipe}; rm ${pipe}' }),
      job('second', { script: 'until [ -p ${pipe} ]; do sleep 0.01; done; cat ${pipe}' }),
    ]`;
    expect(jobs(list, 2).sort()).toEqual(['first ended with 0', 'hello', 'second ended with 0']);
  });

  it('prints what a job wrote as one piece, and hands on how it ended', () => {
    const list = `[job('a', { script: 'echo one; echo two >&2; exit 3' }), job('b', { script: 'echo three' })]`;
    expect(jobs(list, 1)).toEqual(['one', 'two', 'a ended with 3', 'three', 'b ended with 0']);
  });

  it('ends what takes too long, with all that it has started', () => {
    const list = `[job('slow', { timeoutMs: 100, script: 'sleep 1000 & sleep 1000' })]`;
    expect(jobs(list, 1)).toEqual(['did not end within 0.1 s', 'slow ended with 128']);
  });

  it('goes on with others while one is not ready, and leaves out what cannot be had', () => {
    const list = `[
      job('late', { ready: new Promise((resolve) => globalThis.resolve = resolve) }),
      job('never', { ready: Promise.resolve(false) }),
      job('now', { ended: () => { console.log('now'); globalThis.resolve(true); } }),
    ]`;
    expect(jobs(list, 1)).toEqual(['now', 'late ended with 0']);
  });

  it('runs nothing beside a job that has to be alone', () => {
    const list = `[
      job('first', { script: 'sleep 0.1; echo first' }),
      job('alone', { alone: true, script: 'echo begin; sleep 0.1; echo end' }),
      job('last', { script: 'echo last' }),
    ]`;
    const said = jobs(list, 3).filter((line) => !line.includes('ended'));
    expect(said).toEqual(['first', 'begin', 'end', 'last']);
  });
});

describe('npm test', () => {
  it.each([
    ['machine', 'typo'],
    ['unit', 'typo'],
    [undefined, 'typo'],
  ])('fails where no test has the name asked for (--only %s)', (suite, name) => {
    const { status, stderr } = node('test/run.mjs', ...(suite === undefined ? [] : ['--only', suite]), name);
    expect(status).toBe(1);
    expect(stderr).toBe(`npm test: no test of ${suite ?? 'any suite'} matches typo\n`);
  });
});
