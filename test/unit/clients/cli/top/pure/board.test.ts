import { describe, expect, it } from 'vitest';
import { bar, levelOf, sparkline } from '../../../../../../src/clients/cli/top/pure/bars.ts';
import {
  advance,
  type Board,
  memoryMax,
  type Sample,
  sorted,
} from '../../../../../../src/clients/cli/top/pure/board.ts';
import { topDocument } from '../../../../../../src/clients/cli/top/pure/document.ts';
import { inWords } from '../../../../../../src/clients/cli/top/pure/words.ts';
import { facts, GiB, now, sample } from './facts.ts';

const boardOf = (...samples: Sample[]) =>
  samples.reduce<Board | undefined>((board, one) => advance(board, one), undefined) as Board;

describe('figures over time', () => {
  it('are percent of a core since the sample before, however long that was', () => {
    const cpu = (...all: [number, number][]) =>
      boardOf(...all.map(([second, usec]) => sample(second, facts('a', { cpu: usec })))).rows[0]?.cpu;
    expect(cpu([0, 5_000_000])).toBeUndefined();
    expect(cpu([0, 0], [1, 500_000])).toBe(50);
    expect(cpu([0, 0], [2, 3_000_000])).toBe(150);
    // A daemon that came back, or a clock that stood still, makes no negative or endless share.
    expect(cpu([0, 900], [1, 0])).toBe(0);
    expect(cpu([1, 0], [1, 900])).toBeUndefined();
  });

  it('begin anew with an instance, and end with it', () => {
    const board = boardOf(
      sample(0, facts('a', { memory: 100 })),
      sample(1, facts('b', { cpu: 1_000_000, memory: 50, tasks: 3 })),
    );
    expect(board).toMatchObject({ memory: 50, tasks: 3, cpu: undefined });
    expect(board.rows.map(({ name, cpu }) => [name, cpu])).toEqual([['b', undefined]]);
  });

  it('are nothing of a core where nothing runs any more, and not known at the start', () => {
    expect(boardOf(sample(0)).cpu).toBeUndefined();
    expect(boardOf(sample(0), sample(1))).toMatchObject({ cpu: 0, history: [0] });
    expect(boardOf(sample(0, facts('a'))).history).toEqual([]);
    expect(boardOf(sample(0, facts('a'))).rows[0]?.history).toEqual([]);
  });

  it('keep the past over a sample in which the kernel tells nothing', () => {
    const bare = facts('a', { usage: new Map() });
    const board = boardOf(sample(0, facts('a')), sample(1, facts('a', { cpu: 500_000 })), sample(2, bare));
    expect(board).toMatchObject({ cpu: undefined, history: [50], rows: [{ cpu: undefined, history: [50] }] });
  });

  it('are in order, what is not known behind nothing, and what is equal by start and path', () => {
    const bare = { usage: new Map<string, string>() };
    const rows = boardOf(
      sample(
        0,
        facts('x', { ...bare, path: '/4' }),
        facts('d', { path: '/3' }),
        facts('b', { path: '/2' }),
        facts('c', { path: '/1', startedAt: 1 }),
      ),
    ).rows;
    const order = (reverse: boolean) => sorted(rows, 'memory', reverse).map(({ path }) => path);
    expect(order(false)).toEqual(['/1', '/2', '/3', '/4']);
    expect(order(true)).toEqual(['/4', '/3', '/2', '/1']);
    expect(sorted([...rows].reverse(), 'age', false).map(({ path }) => path)).toEqual(['/1', '/2', '/3', '/4']);
  });

  it('have a limit where it is a number', () => {
    const most = (...texts: string[]) =>
      memoryMax(facts('a', { limits: new Map(texts.map((text) => ['memory-max', text])) }));
    expect([most('5'), most(), most('infinity'), most('x5'), most('5x')]).toEqual([5, ...Array(4).fill(undefined)]);
  });

  it('keep a bounded past', () => {
    let board: Board | undefined;
    for (let second = 0; second < 500; second += 1) board = advance(board, sample(second, facts('a', { cpu: second })));
    expect(board?.rows[0]?.history).toHaveLength(120);
    expect(board?.history).toHaveLength(120);
  });

  it('are told in JSON', () => {
    const limits = new Map([['memory-max', '1073741824']]);
    const board = boardOf(sample(0, facts('a')), sample(1, facts('a', { cpu: 123_456, memory: 2048, limits })));
    expect(topDocument(board, 'cpu')).toEqual({
      time: '2026-11-28T12:00:01.000Z',
      total: { cpuPercent: 12.3, memoryCurrent: 2048, memoryMax: 14 * GiB, tasksCurrent: 1 },
      instances: [
        {
          instance: '/i/a',
          app: '',
          name: 'a',
          unit: 'app-ringfence-a-1.scope',
          profile: 'relaxed',
          startedAt: '2026-11-28T11:58:00.000Z',
          frozen: false,
          cpuPercent: 12.3,
          limits: { 'memory-max': '1073741824' },
          usage: { 'cpu-usage-usec': 123456, 'memory-current': 2048, 'memory-swap-current': 0, 'tasks-current': 1 },
        },
      ],
    });
    expect(topDocument(boardOf(sample(0, facts('a'))), 'cpu')).toMatchObject({ total: { cpuPercent: null } });
  });

  it('are told in sentences', () => {
    const limits = new Map([['memory-max', String(4 * GiB)]]);
    const one = facts('firefox', { cpu: 500_000, memory: 3 * GiB, tasks: 87, limits });
    const text = inWords(
      boardOf(sample(0, facts('firefox'), facts('sleep')), sample(1, one, facts('sleep', { isFrozen: true }))),
      'cpu',
      {
        cores: 2,
        now,
      },
    );
    const [first, ...apps] = text.split('\n');
    expect(first).toMatch(
      /^\d\d:\d\d:01: 2 instances use 3 GiB of 14 GiB of memory and 50 percent of a core, of 2 cores\.$/,
    );
    expect(apps).toEqual([
      'firefox: 50 percent of a core, 3 GiB of 4 GiB of memory, 87 tasks, running for 2 min.',
      'sleep: frozen, 0 percent of a core, 0 B of memory, 1 task, running for 2 min.',
    ]);
    expect(text).not.toMatch(/[^\x20-\x7e\n]/);
  });
});

describe('sentences', () => {
  const unbounded = { memoryMax: undefined, memoryCurrent: undefined };
  const words = (one: Sample, cores = 2) =>
    inWords(boardOf({ ...one, desktop: unbounded }), 'name', { cores, now })
      .replace(/^\d\d:\d\d:\d\d: /, '')
      .split('\n');

  it('say that nothing runs', () => expect(words(sample(0))).toEqual(['nothing is running in a fence.']));

  it('leave out what is not known', () => {
    expect(words(sample(0, facts('a', { usage: new Map() })))).toEqual(['1 instance.', 'a: running for 2 min.']);
    expect(words(sample(0, facts('a', { memory: GiB, tasks: 2 })))).toEqual([
      '1 instance uses 1 GiB of memory.',
      'a: 1 GiB of memory, 2 tasks, running for 2 min.',
    ]);
  });

  it('have no number of cores where there is one', () => {
    const text = inWords(boardOf(sample(0, facts('a')), sample(1, facts('a', { cpu: 250_000 }))), 'cpu', {
      cores: 1,
      now,
    });
    expect(text).toContain(' of memory and 25 percent of a core.\n');
  });

  it('come in the order of what was asked for, in JSON too', () => {
    const board = boardOf(sample(0, facts('b', { memory: 5 }), facts('a', { memory: 9 }), facts('c', { memory: 1 })));
    expect(topDocument(board, 'memory')['instances']).toMatchObject([{ name: 'a' }, { name: 'b' }, { name: 'c' }]);
    const names = inWords(board, 'memory', { cores: 1, now }).split('\n').slice(1);
    expect(names.map((line) => line.charAt(0))).toEqual(['a', 'b', 'c']);
  });
});

describe('bars', () => {
  it('tell from seven tenths on that it is much, and from nine that it is full', () => {
    expect([0, 0.69, 0.7, 0.89, 0.9, 2].map(levelOf)).toEqual(['low', 'low', 'high', 'high', 'full', 'full']);
  });

  it('of the past are empty where there is nothing to measure by', () => {
    expect(sparkline([0, 5], 0, 2, true)).toBe('▁▁');
  });

  it.each([
    [0, '░░░░', '....'],
    [0.5, '██░░', '##..'],
    [0.28, '█▏░░', '#...'],
    [1, '████', '####'],
    [7, '████', '####'],
    [-1, '░░░░', '....'],
    [Number.NaN, '░░░░', '....'],
  ])('%d is %s, and %s in ASCII', (share, fine, plain) => {
    expect(bar(share, 4, true)).toBe(fine);
    expect(bar(share, 4, false)).toBe(plain);
  });

  it('of the past: a little is not nothing, and the newest is on the right', () => {
    expect(sparkline([0, 1, 50, 100, 300], 100, 6, true)).toBe(' ▁▂▅██');
    expect(sparkline([0, 1, 50, 100, 300], 100, 3, false)).toBe('=##');
    expect(sparkline([], 100, 3, true)).toBe('   ');
  });
});
