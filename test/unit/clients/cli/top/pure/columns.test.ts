import { describe, expect, it } from 'vitest';
import { advance, type Board, type Facts } from '../../../../../../src/clients/cli/top/pure/board.ts';
import { layOut, percentText } from '../../../../../../src/clients/cli/top/pure/columns.ts';
import { facts, GiB, now, sample } from './facts.ts';

const style = { unicode: true, cores: 2, now };
const boardOf = (...instances: Facts[]) => advance(undefined, sample(0, ...instances));
const titles = (width: number, board: Board) => {
  const { name, columns } = layOut(width, board, style);
  return [name, ...columns.map((column) => [column.title, column.width])];
};

describe('columns', () => {
  const short = boardOf(facts('firefox'));
  const long = boardOf(facts('a-name-of-sixty-columns'.padEnd(60, '-')));

  it('come in by what matters most, and leave the name fourteen', () => {
    expect(titles(21, short)).toEqual([21]);
    expect(titles(22, short)).toEqual([14, ['CPU%', 6]]);
    expect(titles(35, short)).toEqual([14, ['CPU%', 6], ['MEMORY/MAX', 11]]);
  });

  it('are all there where there is room, and bars and the past take what is left, up to thirty', () => {
    const all = (spark: number, bar: number) => [
      ['CPU%', 6],
      ['', spark],
      ['MEMORY/MAX', 11],
      ['', bar],
      ['SWAP', 6],
      ['TASKS', 6],
      ['AGE', 11],
      ['PROFILE', 10],
    ];
    // 68 of the columns themselves, 16 between them.
    expect(titles(98, short)).toEqual([14, ...all(8, 10)]);
    expect(titles(99, short)).toEqual([14, ...all(8, 10)]);
    expect(titles(100, short)).toEqual([14, ...all(9, 11)]);
    expect(titles(200, short)).toEqual([14, ...all(30, 30)]);
    expect(titles(200, long)).toEqual([42, ...all(30, 30)]);
  });

  it('leave a long name 22 before bars come in, and 42 before the rest', () => {
    const names = (width: number) => layOut(width, long, style).columns.map(({ title }) => title);
    expect(names(54)).toEqual(['CPU%', 'MEMORY/MAX']);
    expect(names(55)).toEqual(['CPU%', 'MEMORY/MAX', '']);
    expect(names(72)).toEqual(['CPU%', '', 'MEMORY/MAX', '']);
    expect(names(73)).toEqual(['CPU%', '', 'MEMORY/MAX', '', 'TASKS']);
    expect(names(105)).toEqual(['CPU%', '', 'MEMORY/MAX', '', 'TASKS']);
    expect(names(106)).toEqual(['CPU%', '', 'MEMORY/MAX', '', 'TASKS', 'AGE']);
    expect(names(118)).toEqual(['CPU%', '', 'MEMORY/MAX', '', 'TASKS', 'AGE', 'PROFILE']);
    expect(names(126)).toEqual(['CPU%', '', 'MEMORY/MAX', '', 'SWAP', 'TASKS', 'AGE', 'PROFILE']);
    expect(layOut(90, long, style).name).toBe(39);
  });

  it('are read from the right but for bars and words, and say what they are sorted by', () => {
    const { columns } = layOut(200, short, style);
    expect(columns.map(({ align, sort }) => [align, sort])).toEqual([
      ['right', 'cpu'],
      ['right', undefined],
      ['right', 'memory'],
      ['left', undefined],
      ['right', undefined],
      ['right', 'tasks'],
      ['right', 'age'],
      ['left', undefined],
    ]);
  });
});

describe('what stands in them', () => {
  const cells = (one: Facts, desktop?: Board['desktop']) => {
    const board = advance(undefined, { ...sample(0, one), ...(desktop === undefined ? {} : { desktop }) });
    const [row] = board.rows;
    if (row === undefined) throw new Error('no row');
    return layOut(200, board, style).columns.map(({ cell }) => cell(row));
  };
  const unbounded = { memoryMax: undefined, memoryCurrent: undefined };

  it('is what the instance uses', () => {
    const limits = new Map([['memory-max', String(GiB)]]);
    expect(cells(facts('a', { memory: GiB / 2, tasks: 7, limits, profile: 'strict' }))).toEqual([
      { text: '-' },
      { text: ' '.repeat(30), look: 'low' },
      { text: '512M/1G' },
      { text: '█'.repeat(15) + '░'.repeat(15), look: 'low' },
      { text: '0B' },
      { text: '7' },
      { text: '2 min' },
      { text: 'strict' },
    ]);
  });

  it('is its part of what all apps may have where it has no limit of its own, and nothing where nobody has', () => {
    const memory = (limits: [string, string][], desktop?: Board['desktop']) =>
      cells(facts('a', { memory: 7 * GiB, limits: new Map(limits) }), desktop).slice(2, 4);
    const half = { text: '█'.repeat(15) + '░'.repeat(15), look: 'low' };
    expect(memory([])).toEqual([{ text: '7G' }, half]);
    expect(memory([['memory-max', 'infinity']])).toEqual([{ text: '7G' }, half]);
    expect(memory([], unbounded)).toEqual([{ text: '7G' }, { text: '' }]);
    expect(memory([['memory-max', String(8 * GiB)]], unbounded)[1]).toMatchObject({ look: 'high' });
  });

  it('is a dash for what the kernel does not tell, and frozen for what is', () => {
    const bare = { usage: new Map(), limits: new Map([['memory-max', String(GiB)]]) };
    expect(cells(facts('a', { ...bare, isFrozen: true })).map(({ text }) => text.trim())).toEqual([
      'frozen',
      '',
      '-/1G',
      '',
      '-',
      '-',
      '2 min',
      'relaxed',
    ]);
    expect(cells(facts('a', { isFrozen: true }))[0]).toEqual({ text: 'frozen', look: 'bold' });
  });

  it('is the past against a whole core, or the most there was', () => {
    const past = (...usec: number[]) => {
      const board = usec.reduce<Board | undefined>(
        (before, cpu, second) => advance(before, sample(second, facts('a', { cpu }))),
        undefined,
      );
      const [row] = board?.rows ?? [];
      if (board === undefined || row === undefined) throw new Error('no row');
      return layOut(200, board, style).columns[1]?.cell(row).text.trim();
    };
    expect(past(0, 500_000, 1_500_000)).toBe('▅█');
    expect(past(0, 1_000_000, 5_000_000)).toBe('▃█');
  });
});

it.each([
  [undefined, '-'],
  [0, '0.0'],
  [9.94, '9.9'],
  [9.95, '10'],
  [150.4, '150'],
])('%s percent is %s', (percent, text) => expect(percentText(percent)).toBe(text));
