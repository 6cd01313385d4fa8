import type { InstallChange } from '../../install/changes.ts';
import type { InstallPlaces } from '../../install/pure/places.ts';
import type { ShadowResult } from '../../shadows/shadow-results.ts';
import { type ChangeGroup, groupChanges } from './pure/group-changes.ts';
import { bytesText } from './pure/readable.ts';
import { columns, type Terminal } from './terminal.ts';

const colour = {
  created: 'green',
  updated: 'green',
  restored: 'green',
  replaced: 'green',
  removed: 'dim',
  kept: 'yellow',
} as const;

/** One line for the files of a folder; with `diff` one for each file, or what would change in it where it is a short text. */
export function changesText(
  changes: readonly InstallChange[],
  places: Pick<InstallPlaces, 'package'>,
  diff: boolean,
  terminal: Terminal,
): string {
  if (!diff) return columns(groupChanges(changes, [places.package]).map((group) => groupRow(group, terminal)));
  const diffs = changes.flatMap((one) => (one.diff === undefined || one.diff === '' ? [] : [one.diff.trimEnd()]));
  const others = changes.filter((one) => one.diff === undefined || one.diff === '');
  const rows = others.map((one) => [terminal.paint(colour[one.change], one.change), nameOf(one), sizeOf([one])]);
  return [columns(rows), ...diffs].filter(Boolean).join('\n');
}

/** "39 files: 39 created". */
export function countsText(changes: readonly { readonly change: string }[]): string {
  const counts = new Map<string, number>();
  for (const { change } of changes) counts.set(change, (counts.get(change) ?? 0) + 1);
  const all = changes.length === 1 ? '1 file' : `${changes.length} files`;
  return `${all}: ${[...counts].map(([change, count]) => `${count} ${change}`).join(', ')}`;
}

function groupRow({ change, folder, members }: ChangeGroup<InstallChange>, terminal: Terminal): string[] {
  const painted = terminal.paint(colour[change as InstallChange['change']], change);
  const [only, ...others] = members;
  if (only !== undefined && others.length === 0) return [painted, nameOf(only), sizeOf(members)];
  const names = members.map(({ path }) => path.slice(path.lastIndexOf('/') + 1));
  const many = members.every(({ target }) => target !== undefined) ? 'links' : 'files';
  const what = names.length > mostNames ? '' : `: ${names.join(', ')}`;
  return [painted, `${folder}/ (${members.length} ${many}${what})`, sizeOf(members)];
}

const mostNames = 8;

function nameOf({ path, target, reason }: InstallChange): string {
  return `${path}${target === undefined ? '' : ` -> ${target}`}${reason === undefined ? '' : `: ${reason}`}`;
}

function sizeOf(changes: readonly InstallChange[]): string {
  const sizes = changes.flatMap(({ size }) => size ?? []);
  return sizes.length === 0 ? '' : bytesText(sizes.reduce((sum, size) => sum + size, 0));
}

/** What became of desktop entries. */
export function entriesText(entries: readonly ShadowResult[], diff: boolean, terminal: Terminal): string {
  const told = entries.filter(({ change, state }) => change !== undefined || state === 'edited' || state === 'failed');
  const lines = columns(
    told.map(({ app, state, file, change, reason }) => [
      terminal.paint(colour[change ?? 'kept'], change ?? (state === 'failed' ? 'failed' : 'kept')),
      `${file ?? app}${reason === undefined ? '' : `: ${reason}`}`,
    ]),
  );
  const diffs = diff ? told.flatMap((one) => (one.diff === undefined ? [] : [one.diff.trimEnd()])) : [];
  return [lines, ...diffs].filter(Boolean).join('\n');
}
