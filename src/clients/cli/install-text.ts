import type { InstallChange } from '../../install/changes.ts';
import type { InstallPlaces } from '../../install/pure/places.ts';
import { type ShadowResult, staysInUse } from '../../shadows/shadow-results.ts';
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

/** How changes are told: file by file with what is in them, and as what would be done. */
export interface ChangesFormat {
  readonly diff: boolean;
  readonly dryRun: boolean;
}

/** One line for the files of a folder; with `diff` one for each file, or what would change in it where it is a short text. */
export function changesText(
  changes: readonly InstallChange[],
  places: Pick<InstallPlaces, 'package'>,
  { diff, dryRun }: ChangesFormat,
  terminal: Terminal,
): string {
  const painted = (change: Change) => terminal.paint(colour[change], dryRun ? wouldBe[change] : change);
  if (!diff) return columns(groupChanges(changes, [places.package]).map((group) => groupRow(group, painted)));
  const diffs = changes.flatMap((one) => (one.diff === undefined || one.diff === '' ? [] : [one.diff.trimEnd()]));
  const others = changes.filter((one) => one.diff === undefined || one.diff === '');
  const rows = others.map((one) => [painted(one.change), sizedName(one)]);
  return [columns(rows), ...diffs].filter(Boolean).join('\n');
}

type Change = keyof typeof colour;

const wouldBe: Readonly<Record<Change, string>> = {
  created: 'would create',
  updated: 'would update',
  restored: 'would restore',
  replaced: 'would replace',
  removed: 'would remove',
  kept: 'would keep',
};

/** "would create 39 files and keep 1 file". */
export function wouldText(changes: readonly { readonly change: Change }[]): string {
  const counts = new Map<Change, number>();
  for (const { change } of changes) counts.set(change, (counts.get(change) ?? 0) + 1);
  const parts = [...counts].map(
    ([change, count]) => `${wouldBe[change].replace('would ', '')} ${count === 1 ? '1 file' : `${count} files`}`,
  );
  return `would ${[parts.slice(0, -1).join(', '), parts.at(-1)].filter(Boolean).join(' and ')}`;
}

function groupRow(
  { change, folder, members }: ChangeGroup<InstallChange>,
  painted: (change: Change) => string,
): string[] {
  const word = painted(change as Change);
  const [only, ...others] = members;
  if (only !== undefined && others.length === 0) return [word, sizedName(only)];
  const names = members.map(({ path }) => path.slice(path.lastIndexOf('/') + 1));
  const many = members.every(({ target }) => target !== undefined) ? 'links' : 'files';
  const which = names.length > mostNames ? '' : `: ${names.join(', ')}`;
  return [word, `${folder}/ (${[`${members.length} ${many}`, ...sizeOf(members)].join(', ')}${which})`];
}

const mostNames = 8;

/** The size stands beside its name: in a column of its own it would be behind the longest path. */
function sizedName(one: InstallChange): string {
  const { path, target, reason } = one;
  const name = `${path}${target === undefined ? '' : ` -> ${target}`}${reason === undefined ? '' : `: ${reason}`}`;
  return [name, ...sizeOf([one]).map((size) => `(${size})`)].join(' ');
}

/** None for what has no contents of its own. */
function sizeOf(changes: readonly InstallChange[]): string[] {
  const sizes = changes.flatMap(({ size }) => size ?? []);
  return sizes.length === 0 ? [] : [bytesText(sizes.reduce((sum, size) => sum + size, 0))];
}

/** What became of desktop entries. */
export function entriesText(
  entries: readonly ShadowResult[],
  { diff, dryRun }: ChangesFormat,
  terminal: Terminal,
): string {
  const told = entries.filter(
    (one) => one.change !== undefined || one.state === 'edited' || one.state === 'failed' || staysInUse(one),
  );
  const lines = columns(
    told.map(({ app, state, file, change: made, reason }) => {
      const change: Change = made ?? 'kept';
      const word = made === undefined && state === 'failed' ? 'failed' : dryRun ? wouldBe[change] : change;
      return [terminal.paint(colour[change], word), `${file ?? app}${reason === undefined ? '' : `: ${reason}`}`];
    }),
  );
  const diffs = diff ? told.flatMap((one) => (one.diff === undefined ? [] : [one.diff.trimEnd()])) : [];
  return [lines, ...diffs].filter(Boolean).join('\n');
}
