import { describe, expect, it } from 'vitest';
import { hitsInWords, readLimitHits } from '../../../../../src/clients/cli/pure/limit-hits.ts';

const hits = (memory: string, pids: string, memoryMax = '67108864\n') =>
  readLimitHits(
    (file) => ({ 'memory.events': memory, 'memory.max': memoryMax, 'pids.events': pids, 'pids.max': '50\n' })[file],
  );

describe('what a fence did', () => {
  it.each([
    [
      'low 0\nhigh 0\nmax 9\noom 1\noom_kill 1\n',
      'max 0\n',
      137,
      ['killed at the memory limit (memory-max 64 MiB); --memory-max sets another'],
    ],
    [
      'oom 1\noom_kill 2\noom_group_kill 7\n',
      'max 0\n',
      1,
      ['2 of its processes were killed at the memory limit (memory-max 64 MiB); --memory-max sets another'],
    ],
    // Killed for the memory of all: its own limit was not reached.
    [
      'oom 0\noom_kill 1\n',
      'max 0\n',
      137,
      ['killed because all apps together, or this machine, had no memory left; see "ringfence status"'],
    ],
    [
      'oom 0\noom_kill 0\n',
      'max 12\n',
      1,
      ['refused 12 new processes at the task limit (tasks-max 50); --tasks-max sets another'],
    ],
    [
      'oom 0\noom_kill 0\n',
      'max 1\n',
      1,
      ['refused a new process at the task limit (tasks-max 50); --tasks-max sets another'],
    ],
    [
      'oom 12\noom_kill 1\n',
      'max 0\n',
      1,
      ['one of its processes was killed at the memory limit (memory-max 64 MiB); --memory-max sets another'],
    ],
    [
      'oom 1\noom_kill 15\n',
      'max 3\n',
      1,
      [
        '15 of its processes were killed at the memory limit (memory-max 64 MiB); --memory-max sets another',
        'refused 3 new processes at the task limit (tasks-max 50); --tasks-max sets another',
      ],
    ],
    ['oom 0\noom_kill 0\n', 'max 0\n', 0, []],
  ])('%j and %j with %i', (memory, pids, status, says) =>
    expect(hitsInWords(hits(memory, pids), status)).toEqual(says),
  );

  it('was not at its own limit where it had none', () => {
    const [says] = hitsInWords(hits('oom 1\noom_kill 1\n', 'max 0\n', 'max\n'), 137);
    expect(says).toMatch(/^killed because all apps together/);
  });

  it('is read from the files of the cgroup', () => {
    expect(hits('low 0\noom 12\noom_kill 34\noom_group_kill 5\n', 'max 67\n')).toEqual({
      killed: 34,
      reached: 12,
      memoryMax: '67108864',
      refused: 67,
      tasksMax: '50',
    });
    expect(readLimitHits(() => undefined)).toEqual({
      killed: 0,
      reached: 0,
      memoryMax: 'max',
      refused: 0,
      tasksMax: 'max',
    });
  });

  it('is nothing where nobody counts', () =>
    expect(
      hitsInWords(
        readLimitHits(() => undefined),
        137,
      ),
    ).toEqual([]));
});
