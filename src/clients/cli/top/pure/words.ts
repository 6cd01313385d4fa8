import { bytesText, limitForPeople, spanText } from '../../pure/readable.ts';
import type { Board, Row, SortKey } from './board.ts';
import { sorted } from './board.ts';
import type { Style } from './columns.ts';

/** What `--plain` prints at each refresh: a sentence for all apps and one for each, without a bar and without columns. */
export function inWords(board: Board, sort: SortKey, { cores, now }: Pick<Style, 'cores' | 'now'>): string {
  const rows = sorted(board.rows, sort, false);
  const time = new Date(board.time).toLocaleTimeString('sv-SE');
  if (rows.length === 0) return `${time}: nothing is running in a fence.`;
  const most = board.desktop.memoryMax;
  const uses = [
    ...(board.memory === undefined
      ? []
      : [`${bytesText(board.memory)}${most === undefined ? '' : ` of ${bytesText(most)}`} of memory`]),
    ...(board.cpu === undefined
      ? []
      : [`${percent(board.cpu)} percent of a core${cores === 1 ? '' : `, of ${cores} cores`}`]),
  ];
  const count = rows.length === 1 ? '1 instance' : `${rows.length} instances`;
  const verb = rows.length === 1 ? 'uses' : 'use';
  const first = uses.length === 0 ? `${count}.` : `${count} ${verb} ${uses.join(' and ')}.`;
  return [`${time}: ${first}`, ...rows.map((row) => sentence(row, now))].join('\n');
}

function sentence(row: Row, now: number): string {
  const most = row.limits.get('memory-max');
  const limit = limitForPeople('memory-max', most);
  const parts = [
    ...(row.isFrozen ? ['frozen'] : []),
    ...(row.cpu === undefined ? [] : [`${percent(row.cpu)} percent of a core`]),
    ...(row.memory === undefined
      ? []
      : [`${bytesText(row.memory)}${limit === 'no limit' ? '' : ` of ${limit}`} of memory`]),
    ...(row.tasks === undefined ? [] : [`${row.tasks} task${row.tasks === 1 ? '' : 's'}`]),
    `running for ${spanText((now - row.startedAt) / 1000)}`,
  ];
  return `${row.name}: ${parts.join(', ')}.`;
}

const percent = (value: number): string => String(Math.round(value));
