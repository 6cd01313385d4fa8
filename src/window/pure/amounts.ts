/** Amounts as people read them, by powers of two as on the command line: what GNOME calls GB has 10^9 bytes. */

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/** A number with its unit, as "2.1" and "GiB". */
interface Amount {
  readonly number: string;
  readonly unit: string;
}

/** Bytes with at most one decimal: 2254857830 is "2.1 GiB". */
function bytesAmount(bytes: number, unit: string = unitOf(bytes)): Amount {
  const power = Math.max(0, units.indexOf(unit as (typeof units)[number]));
  const amount = bytes / 1024 ** power;
  const isWhole = power < 2 || amount >= 99.95 || Math.abs(amount - Math.round(amount)) < 0.05;
  return { number: isWhole ? String(Math.round(amount)) : amount.toFixed(1), unit };
}

/** "2.1 GiB". */
export function bytesText(bytes: number): string {
  const { number, unit } = bytesAmount(bytes);
  return `${number} ${unit}`;
}

/** The unit in which an amount of bytes is a number below 1024. */
function unitOf(bytes: number): string {
  let power = 0;
  // What would be rounded up to 1024 is one of the next unit.
  while (bytes / 1024 ** power >= 1023.5 && power < units.length - 1) power += 1;
  return units[power] ?? 'B';
}

/**
 * Use beside its limit, in the limit's unit: "2.1" and "4 GiB".
 * Both in one unit, so that they can be compared at a glance, unless the first would be nothing in it.
 */
export function useOfLimit(bytes: number, limit: number): { readonly use: string; readonly limit: string } {
  const whole = bytesAmount(limit);
  const part = bytesAmount(bytes, whole.unit);
  const isTooSmall = bytes > 0 && bytes / 1024 ** Math.max(0, units.indexOf(whole.unit as 'B')) < 0.1;
  return { use: isTooSmall ? bytesText(bytes) : part.number, limit: `${whole.number} ${whole.unit}` };
}

/**
 * A value of a limit in its own unit: bytes, percent of a core, a number of tasks. Infinity for "infinity"; undefined for what cannot be
 * read, and for a share ("70%") of an amount (`whole`) that is not known.
 */
export function limitNumber(name: string, text: string | undefined, whole?: number): number | undefined {
  if (text === undefined) return undefined;
  if (text === 'infinity') return Number.POSITIVE_INFINITY;
  const [, number, suffix] = /^(\d+(?:\.\d+)?)(%|[KMGT]i?B?|B)?$/.exec(text) ?? [];
  if (number === undefined) return undefined;
  if (suffix === '%') {
    if (name === 'cpu-quota') return Number(number);
    return whole === undefined ? undefined : Math.floor((whole * Number(number)) / 100);
  }
  const power = suffix === undefined ? 0 : 'BKMGT'.indexOf(suffix.charAt(0));
  return Math.floor(Number(number) * 1024 ** power);
}

/** A value of a limit as the configuration and SetLimits take it. `amount`: as `limitNumber` gives it. */
export function limitText(name: string, amount: number): string {
  if (amount === Number.POSITIVE_INFINITY) return 'infinity';
  if (name === 'cpu-quota') return `${Math.round(amount)}%`;
  if (!name.startsWith('memory-')) return String(Math.round(amount));
  const mebibytes = Math.max(1, Math.round(amount / 1024 ** 2));
  return mebibytes % 1024 === 0 ? `${mebibytes / 1024}G` : `${mebibytes}M`;
}
