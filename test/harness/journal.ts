import { output } from './command.ts';

/** An entry as `journalctl --output=json` gives it; a field that is no text is an array of bytes. */
export type JournalEntry = Readonly<Record<string, string | readonly number[] | null>>;

/**
 * The entries of the testbed's journal that match all fields, oldest first. `unit` is short for the user unit the entry is
 * attributed to or tells of. The user sees the user's own entries only.
 */
export async function journal({
  unit,
  fields = {},
}: {
  unit?: string;
  fields?: Readonly<Record<string, string>>;
}): Promise<JournalEntry[]> {
  const matches = Object.entries(fields).map(([name, value]) => `${name}=${value}`);
  const ofUnit = unit === undefined ? [] : [`--user-unit=${unit}`];
  const text = await output(['journalctl', '--quiet', '--no-pager', '--all', '--output=json', ...ofUnit, ...matches]);
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as JournalEntry);
}
