/**
 * The escape layer of values in a desktop entry (Desktop Entry Specification 1.5, "Possible value types").
 * Where the specification is silent, this does what GLib's GKeyFile does (checked against 2.74).
 */

const escapes: Readonly<Record<string, string>> = { s: ' ', n: '\n', t: '\t', r: '\r', '\\': '\\' };

/**
 * The string a written value stands for. An escape that does not exist stays as it is written and a lone backslash
 * at the end is dropped: entries in use contain both, and GLib reads them so.
 */
export function unescapeValue(written: string): string {
  if (!written.includes('\\')) return written;
  return written.replace(/\\(.?)/gs, (sequence, letter: string) =>
    letter === '' ? '' : (escapes[letter] ?? sequence),
  );
}

/** How a string is written as a value; the inverse of {@link unescapeValue}. Only leading blanks need an escape. */
export function escapeValue(text: string): string {
  // Most texts have nothing to escape.
  if (!/^[ \t]|[\\\n\r]/.test(text)) return text;
  return text
    .replaceAll('\\', '\\\\')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
    .replace(/^[ \t]+/, (blanks) => blanks.replaceAll(' ', '\\s').replaceAll('\t', '\\t'));
}

/**
 * The items of a written list: separated by `;`, with `\;` for a semicolon inside an item; the last `;` is optional.
 * Undefined when an escape does not exist: GLib then has no list at all.
 */
export function splitList(written: string): string[] | undefined {
  const items: string[] = [];
  let item = '';
  for (let at = 0; at < written.length; at++) {
    const char = written.charAt(at);
    if (char === ';') {
      items.push(item);
      item = '';
    } else if (char === '\\') {
      at++;
      const letter = written.charAt(at);
      const meant = letter === ';' ? ';' : escapes[letter];
      if (meant === undefined) return undefined;
      item += meant;
    } else {
      item += char;
    }
  }
  if (item !== '') items.push(item);
  return items;
}

/** How a list is written, each item ended by `;`; the inverse of {@link splitList}. */
export function joinList(items: readonly string[]): string {
  return items.map((item) => `${escapeValue(item).replaceAll(';', '\\;')};`).join('');
}

/** A written boolean, with the "1" and "0" of old entries; undefined for anything else. */
export function parseBoolean(written: string): boolean | undefined {
  const text = written.replace(/[ \t\n\f\r]+$/, '');
  if (text === 'true' || text === '1') return true;
  if (text === 'false' || text === '0') return false;
  return undefined;
}
