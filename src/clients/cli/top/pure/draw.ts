import { fitted, shortened, widthOf } from '../../pure/cell-text.ts';
import { bytesText } from '../../pure/readable.ts';
import { bar, levelOf, sparkline } from './bars.ts';
import type { Board, Row } from './board.ts';
import { type Column, layOut, percentText, type Style } from './columns.ts';
import { helpLines, helpRow, promptText, questionOf } from './help.ts';
import type { Line, Span } from './lines.ts';
import { shortBytes } from './short-amounts.ts';
import { bodyHeight, headHeight, shownRows, type TopState } from './state.ts';

/** The whole screen: as many lines as the terminal has rows, none wider than it is. */
export function draw(state: TopState, style: Style): readonly Line[] {
  const { size, board, mode } = state;
  if (size.rows < 1 || size.columns < 1) return [];
  const shown =
    mode.kind === 'help'
      ? helpLines(size.columns)
      : [
          ...(board === undefined ? waiting(state) : headLines(board, state, style)).slice(0, headHeight(size)),
          ...bodyLines(state, bodyHeight(size), style),
        ];
  const above = Array.from({ length: size.rows - 1 }, (_, index): Line => shown[index] ?? []);
  return [...above, bottomLine(state)].map((line) => cut(line, size.columns));
}

/** What `--once` prints: the same without the keys, and with every row however many there are. */
export function drawOnce(state: TopState, style: Style): readonly Line[] {
  const { board } = state;
  if (board === undefined) return [];
  const all = { ...state, size: { ...state.size, rows: board.rows.length + 6 }, selected: undefined };
  const head = headLines(board, { ...all, size: { ...all.size, rows: 24 } }, style);
  return [...head, ...rowLines(board, all, shownRows(all), style)].map((line) => cut(line, state.size.columns));
}

function waiting({ size, lost }: TopState): readonly Line[] {
  const lines: Line[] = Array.from({ length: headHeight(size) }, () => []);
  if (lines.length > 0) lines[0] = [{ text: lost ?? 'asking the daemon...', look: lost === undefined ? 'dim' : 'bad' }];
  return lines;
}

function headLines(board: Board, state: TopState, style: Style): readonly Line[] {
  const { columns } = state.size;
  const titles = titleLine(board, state, style);
  const meters = [memoryMeter(board, columns, style), cpuMeter(board, columns, style)] as const;
  const isLost = state.lost !== undefined;
  const height = headHeight(state.size);
  if (height <= 1) return [isLost ? stateLine(board, state) : meters[0]];
  if (height <= 3) return [meters[0], isLost ? stateLine(board, state) : meters[1], titles];
  return [...meters, stateLine(board, state), [], titles];
}

/** Columns of a meter. */
const meterWidth = (columns: number): number => Math.min(40, Math.max(6, Math.floor(columns / 4)));

function memoryMeter({ memory, desktop }: Board, columns: number, { unicode }: Style): Line {
  const title: Span = { text: 'Memory  ', look: 'bold' };
  if (memory === undefined) return [title, { text: 'not counted here; see "ringfence doctor"', look: 'dim' }];
  const most = desktop.memoryMax;
  if (most === undefined) return [title, { text: `${bytesText(memory)} of all apps, without a limit` }];
  const share = memory / most;
  const text =
    columns >= 60
      ? `${bytesText(memory)} of ${bytesText(most)} for all apps (${Math.round(share * 100)} %)`
      : `${shortBytes(memory)} of ${shortBytes(most)}`;
  return [title, { text: bar(share, meterWidth(columns), unicode), look: levelOf(share) }, { text: `  ${text}` }];
}

function cpuMeter({ cpu, history }: Board, columns: number, { cores, unicode }: Style): Line {
  const full = cores * 100;
  const share = (cpu ?? 0) / full;
  const of = columns >= 60 ? `${full} % (${cores} core${cores === 1 ? '' : 's'})` : `${full} %`;
  const text = `${percentText(cpu)} % of ${of}`;
  const meter = meterWidth(columns);
  const past = Math.min(30, columns - 8 - meter - 2 - widthOf(text) - 2);
  return [
    { text: 'CPU     ', look: 'bold' },
    { text: bar(share, meter, unicode), look: levelOf(share) },
    { text: `  ${text}` },
    ...(past >= 8 ? [{ text: `  ${sparkline(history, full, past, unicode)}`, look: 'low' as const }] : []),
  ];
}

/** What runs, in words; or that the figures are old. */
function stateLine({ rows, tasks }: Board, { lost }: TopState): Line {
  if (lost !== undefined) return [{ text: lost, look: 'bad' }];
  const frozen = rows.filter(({ isFrozen }) => isFrozen).length;
  const apps = new Set(rows.map(({ name }) => name)).size;
  const parts = [
    counted(apps, 'app'),
    ...(rows.length === apps ? [] : [counted(rows.length, 'instance')]),
    ...(tasks === undefined ? [] : [counted(tasks, 'task')]),
    ...(frozen > 0 ? [`${frozen} frozen`] : []),
  ];
  return [{ text: parts.join(', ') }];
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

function titleLine(board: Board, state: TopState, style: Style): Line {
  const { name, columns } = layOut(state.size.columns, board, style);
  const mark = (sort: Column['sort'] | 'name', title: string) =>
    sort !== undefined && sort === state.sort ? `${title}${state.reverse ? '^' : 'v'}` : title;
  const cells = columns.map((column) => fitted(mark(column.sort, column.title), column.width, column.align));
  const text = [fitted(`  ${mark('name', 'NAME')}`, name), ...cells].join('  ');
  return [{ text: fitted(text, state.size.columns), look: 'title' }];
}

function bodyLines(state: TopState, height: number, style: Style): readonly Line[] {
  const { board, offset } = state;
  if (board === undefined) return [];
  if (board.rows.length === 0) return [[{ text: '  nothing is running in a fence', look: 'dim' }]];
  return rowLines(board, state, shownRows(state).slice(offset, offset + height), style);
}

function rowLines(board: Board, state: TopState, rows: readonly Row[], style: Style): readonly Line[] {
  const { name, columns } = layOut(state.size.columns, board, style);
  return rows.map((row) => {
    const isSelected = row.path === state.selected;
    const look = isSelected ? 'selected' : state.lost !== undefined ? 'dim' : undefined;
    // Not by the colour alone.
    const first: Span = { text: fitted(`${isSelected ? '> ' : '  '}${row.name}`, name), look: look ?? 'bold' };
    return [
      first,
      ...columns.flatMap((column): Span[] => {
        const cell = column.cell(row);
        return [
          { text: '  ', look },
          { text: fitted(cell.text, column.width, column.align), look: look ?? cell.look },
        ];
      }),
    ];
  });
}

/** The last line: what the keys do, or what is asked or has happened. */
function bottomLine({ mode, notice, size }: TopState): Line {
  const told: readonly Span[] = notice === undefined ? [] : [{ text: notice.text, look: notice.tone }];
  switch (mode.kind) {
    case 'confirm':
      return [{ text: questionOf(mode.act, mode.target, size.columns), look: 'bold' }];
    case 'prompt': {
      const prompt = promptText(mode.target, mode.text, size.columns);
      const hint: readonly Span[] = mode.text === '' && told.length === 0 ? [{ text: mode.hint, look: 'dim' }] : told;
      return [{ text: prompt, look: 'bold' }, { text: '_' }, ...hint.map((one) => ({ ...one, text: `  ${one.text}` }))];
    }
    default:
      return told.length > 0 ? told : [{ text: helpRow(mode.kind === 'help', size.columns), look: 'dim' }];
  }
}

/** The line in so many columns at most. */
function cut(line: Line, columns: number): Line {
  const spans: Span[] = [];
  let left = columns;
  for (const span of line) {
    if (left <= 0) break;
    const text = shortened(span.text, left);
    left -= widthOf(text);
    spans.push({ ...span, text });
  }
  return spans;
}
