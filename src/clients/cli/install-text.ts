import type { InstallChange } from '../../install/changes.ts';
import type { ShadowResult } from '../../shadows/shadow-results.ts';
import { columns, type Terminal } from './terminal.ts';

const colour = {
  created: 'green',
  updated: 'green',
  restored: 'green',
  replaced: 'green',
  removed: 'dim',
  kept: 'yellow',
} as const;

/** One line a file; before anything is done also what is in it. */
export function changesText(changes: readonly InstallChange[], dryRun: boolean, terminal: Terminal): string {
  if (!dryRun) return rows(changes, terminal);
  const diffs = changes.flatMap(({ diff }) => (diff === undefined || diff === '' ? [] : [diff.trimEnd()]));
  const others = changes.filter(({ diff }) => diff === undefined || diff === '');
  return [rows(others, terminal), ...diffs].filter(Boolean).join('\n');
}

function rows(changes: readonly InstallChange[], terminal: Terminal): string {
  return columns(
    changes.map(({ change, path, reason, target, size }) => [
      terminal.paint(colour[change], change),
      `${path}${target === undefined ? '' : ` -> ${target}`}${reason === undefined ? '' : `: ${reason}`}`,
      ...(size === undefined ? [] : [terminal.paint('dim', `${size} bytes`)]),
    ]),
  );
}

/** What became of desktop entries. */
export function entriesText(entries: readonly ShadowResult[], dryRun: boolean, terminal: Terminal): string {
  const told = entries.filter(({ change, state }) => change !== undefined || state === 'edited' || state === 'failed');
  const lines = columns(
    told.map(({ app, state, file, change, reason }) => [
      terminal.paint(colour[change ?? 'kept'], change ?? (state === 'failed' ? 'failed' : 'kept')),
      `${file ?? app}${reason === undefined ? '' : `: ${reason}`}`,
    ]),
  );
  const diffs = dryRun ? told.flatMap(({ diff }) => (diff === undefined ? [] : [diff.trimEnd()])) : [];
  return [lines, ...diffs].filter(Boolean).join('\n');
}
