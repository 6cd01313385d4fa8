/**
 * The name of the scope an app gets: `app-ringfence-<escaped name>-<number>.scope`. The portal, GNOME's out-of-memory
 * notice and Resources read the app's id from it, so the launcher word has no dash, the number is decimal, and every
 * dash of the id is escaped as systemd does (systemd.unit(5), "String Escaping"). `name` is a desktop id or a program's
 * name. Never more than 255 bytes: a long name is cut between two characters, never inside an escape.
 */
export function scopeUnitName(name: string, number: bigint | number): string {
  const stem = name.endsWith('.desktop') ? name.slice(0, -'.desktop'.length) : name;
  const tail = `-${number}${suffix}`;
  const room = longestUnitName - ownScopePrefix.length - tail.length;
  let escaped = '';
  for (const character of stem === '' ? 'unnamed' : stem) {
    const piece = escapeCharacter(character, escaped === '');
    if (escaped.length + piece.length > room) break;
    escaped += piece;
  }
  return `${ownScopePrefix}${escaped}${tail}`;
}

/** The way back. Undefined for a unit that is not one of ours. A cut name comes back as far as it went. */
export function parseScopeUnitName(unit: string): { readonly name: string; readonly number: bigint } | undefined {
  const match = /^app-ringfence-((?:[A-Za-z0-9:_.]|\\x[0-9a-f]{2})+)-(\d{1,20})\.scope$/.exec(unit);
  if (match === null || unit.length > longestUnitName) return undefined;
  const bytes = (match[1] ?? '').replace(/\\x(..)|(.)/g, (_all, byte?: string, plain?: string) =>
    byte === undefined ? `%${(plain ?? '').charCodeAt(0).toString(16)}` : `%${byte}`,
  );
  try {
    return { name: decodeURIComponent(bytes), number: BigInt(match[2] ?? '') };
  } catch {
    return undefined;
  }
}

/** What the names of all our scopes begin with. */
export const ownScopePrefix = 'app-ringfence-';
const suffix = '.scope';
/** UNIT_NAME_MAX is 256 with the closing NUL. */
const longestUnitName = 255;

/** As systemd's unit_name_escape, byte by byte, but for `/`, which it would turn into the dash that separates parts. */
function escapeCharacter(character: string, isFirst: boolean): string {
  if (/^[A-Za-z0-9:_.]$/.test(character) && !(isFirst && character === '.')) return character;
  const bytes = new TextEncoder().encode(character);
  return Array.from(bytes, (byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
}
