import { type Board, type Row, type SortKey, sorted } from './board.ts';

/** What `--json` prints at each refresh, in one line: amounts in bytes, CPU in percent of one core. */
export function topDocument(board: Board, sort: SortKey): Record<string, unknown> {
  const { desktop, memory, tasks, cpu } = board;
  return {
    time: new Date(board.time).toISOString(),
    total: {
      cpuPercent: rounded(cpu),
      memoryCurrent: memory ?? null,
      memoryMax: desktop.memoryMax ?? null,
      tasksCurrent: tasks ?? null,
    },
    instances: sorted(board.rows, sort, false).map(instanceDocument),
  };
}

function instanceDocument(row: Row): Record<string, unknown> {
  return {
    instance: row.path,
    app: row.app,
    name: row.name,
    unit: row.unit,
    profile: row.profile,
    startedAt: new Date(row.startedAt).toISOString(),
    frozen: row.isFrozen,
    cpuPercent: rounded(row.cpu),
    limits: Object.fromEntries(row.limits),
    usage: Object.fromEntries([...row.usage].map(([key, text]) => [key, Number(text)])),
  };
}

/** Null before there are two samples. */
function rounded(percent: number | undefined): number | null {
  return percent === undefined ? null : Math.round(percent * 10) / 10;
}
