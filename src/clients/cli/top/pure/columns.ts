import { widthOf } from '../../pure/cell-text.ts';
import { limitForPeople, spanText } from '../../pure/readable.ts';
import { bar, levelOf, sparkline } from './bars.ts';
import { type Board, memoryMax, type Row, type SortKey } from './board.ts';
import type { Span } from './lines.ts';
import { shortBytes } from './short-amounts.ts';

/** What a screen is drawn for. */
export interface Style {
  /** Whether the terminal shows more than ASCII. */
  readonly unicode: boolean;
  /** Processors of this machine. */
  readonly cores: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** A column beside the name: what it is called, how wide it is, and what stands in it. */
export interface Column {
  readonly title: string;
  readonly width: number;
  readonly align: 'left' | 'right';
  /** The order that it shows, for the mark in the titles. */
  readonly sort?: SortKey;
  cell(row: Row): Span;
}

/** A column that may be there: the least that it needs, and what it makes of more. */
interface Candidate {
  readonly least: number;
  /** 0: it takes no more than it needs. */
  readonly most: number;
  make(width: number): Column;
}

const gap = 2;
/** Of the name, with the mark of the selection before it: what it has at least, before bars come in, and before all the rest does. */
const leastName = 14;
const fairName = 22;
const mostName = 42;

/**
 * The columns for a line of so many columns, in their order on the screen, and what is left for the name. What matters most comes in
 * first; what does not fit is left out.
 */
export function layOut(width: number, board: Board, style: Style): { name: number; columns: readonly Column[] } {
  const candidates = columnsFor(board, style);
  const longest = Math.max(leastName, ...board.rows.map(({ name }) => widthOf(name) + 2));
  const chosen: Candidate[] = [];
  let left = width;
  for (const [most, group] of byImportance(candidates)) {
    for (const one of group) {
      if (one.least + gap > left - Math.min(longest, most)) break;
      chosen.push(one);
      left -= one.least + gap;
    }
  }
  const name = chosen.length === 0 ? width : Math.min(left, Math.max(leastName, Math.min(longest, mostName)));
  const growing = chosen.filter(({ most }) => most > 0);
  const share = Math.floor((left - name) / Math.max(1, growing.length));
  const columns = Object.values(candidates)
    .filter((one) => chosen.includes(one))
    .map((one) => one.make(one.least + Math.max(0, Math.min(one.most - one.least, share))));
  return { name, columns };
}

/** Groups of columns, with the width that the name is to have before one of the group comes in. */
const byImportance = (of: ReturnType<typeof columnsFor>): readonly (readonly [number, readonly Candidate[]])[] => [
  [leastName, [of.cpu, of.memory]],
  [fairName, [of.bar, of.spark, of.tasks]],
  [mostName, [of.age, of.profile, of.swap]],
];

/** In the order of the screen. */
function columnsFor(board: Board, { unicode, now }: Style) {
  const fixed = (width: number, column: Omit<Column, 'width'>): Candidate => ({
    least: width,
    most: 0,
    make: () => ({ width, ...column }),
  });
  const cpu = fixed(6, {
    title: 'CPU%',
    align: 'right',
    sort: 'cpu',
    cell: (row) => (row.isFrozen ? { text: 'frozen', look: 'bold' } : { text: percentText(row.cpu) }),
  });
  const spark: Candidate = {
    least: 8,
    most: 30,
    make: (width) => ({
      width,
      title: '',
      align: 'right',
      cell: ({ history }) => ({ text: sparkline(history, Math.max(100, ...history), width, unicode), look: 'low' }),
    }),
  };
  const memoryBar: Candidate = {
    least: 10,
    most: 30,
    make: (width) => ({
      width,
      title: '',
      align: 'left',
      cell: (row) => {
        const share = shareOf(row, board);
        return share === undefined ? { text: '' } : { text: bar(share, width, unicode), look: levelOf(share) };
      },
    }),
  };
  const memory = fixed(11, {
    title: 'MEMORY/MAX',
    align: 'right',
    sort: 'memory',
    cell: (row) => ({ text: memoryText(row) }),
  });
  const amount = (title: string, width: number, of: (row: Row) => string, sort?: SortKey) =>
    fixed(width, {
      title,
      align: 'right',
      ...(sort === undefined ? {} : { sort }),
      cell: (row) => ({ text: of(row) }),
    });
  return {
    cpu,
    spark,
    memory,
    bar: memoryBar,
    swap: amount('SWAP', 6, ({ swap }) => shortBytes(swap)),
    tasks: amount('TASKS', 6, ({ tasks }) => String(tasks ?? '-'), 'tasks'),
    age: amount('AGE', 11, ({ startedAt }) => spanText((now - startedAt) / 1000), 'age'),
    profile: fixed(10, { title: 'PROFILE', align: 'left', cell: ({ profile }) => ({ text: profile }) }),
  };
}

/** Of what it may have, or of what all apps may have; undefined where neither is known. */
function shareOf(row: Row, { desktop }: Board): number | undefined {
  const most = memoryMax(row) ?? desktop.memoryMax;
  return most === undefined || row.memory === undefined ? undefined : row.memory / most;
}

function memoryText(row: Row): string {
  const most = row.limits.get('memory-max');
  const used = shortBytes(row.memory);
  return most === undefined || limitForPeople('memory-max', most) === 'no limit'
    ? used
    : `${used}/${shortBytes(memoryMax(row))}`;
}

/** With a tenth below ten, as the width is scarce. */
export function percentText(percent: number | undefined): string {
  if (percent === undefined) return '-';
  return percent < 9.95 ? percent.toFixed(1) : String(Math.round(percent));
}
