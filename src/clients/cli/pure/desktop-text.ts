import { bytesText } from './readable.ts';

type Row = ReadonlyMap<string, string>;

/** What all apps together may have at most, and have; undefined for what does not hold or is not told. Bytes. */
export function appsMemory(rows: readonly Row[]): {
  readonly memoryMax: number | undefined;
  readonly memoryCurrent: number | undefined;
} {
  const row = rows.find((one) => one.get('name') === 'apps-memory-max');
  return {
    memoryMax: row?.get('state') === 'enforced' ? wholeNumber(row.get('value')) : undefined,
    memoryCurrent: wholeNumber(row?.get('current')),
  };
}

/** The last line of `ringfence list`; undefined where nobody counts. */
export function budgetLine(rows: readonly Row[]): string | undefined {
  const { memoryMax, memoryCurrent } = appsMemory(rows);
  if (memoryCurrent === undefined) return undefined;
  const most = memoryMax === undefined ? '' : ` of ${bytesText(memoryMax)}`;
  return `all apps, in a fence or not: ${bytesText(memoryCurrent)}${most} of memory`;
}

/** What a row says, after its name and its state: "13 GiB (90%), 4.6 GiB in use", or why it does not hold. */
export function budgetText(row: Row): string {
  const [value, current] = [wholeNumber(row.get('value')), wholeNumber(row.get('current'))];
  const asked = row.get('asked') ?? '';
  // A share of nothing.
  if (row.get('state') === 'off' && asked.endsWith('%')) return 'there is no swap space';
  if (row.get('state') === 'off') return `${asked}, from ${row.get('origin') ?? ''}`;
  if (row.get('state') !== 'enforced') return row.get('reason') ?? '';
  const held = value === undefined ? asked : `${bytesText(value)} (${asked})`;
  return current === undefined ? held : `${held}, ${bytesText(current)} in use`;
}

function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}
