import { RingfenceError } from '../errors.ts';
import { DesktopDocument, decodeBytes, type Line } from './document.ts';

/** The first group of every desktop entry. */
export const mainGroup = 'Desktop Entry';

/**
 * Reads a desktop entry without losing a byte: `parseDesktopEntry(x).render()` equals x. Accepts what GLib's GKeyFile
 * accepts (checked against 2.74): comments, blank lines, repeated keys and groups (the last key counts), CRLF, a missing
 * last newline, and bytes that are no UTF-8 in values and comments (a value fails when it is asked for).
 *
 * @param source the text or bytes of the file
 * @param path names the file in errors
 * @throws RingfenceError BadEntry with the line that is malformed
 */
export function parseDesktopEntry(source: string | Uint8Array, path = 'the desktop entry'): DesktopDocument {
  // One character per byte, so that any byte survives; names and values are decoded when they are asked for.
  const bytes =
    typeof source === 'string'
      ? Buffer.from(source, 'utf8')
      : Buffer.from(source.buffer, source.byteOffset, source.byteLength);
  const text = bytes.toString('latin1');
  const lines: Line[] = [];
  let group: string | undefined;
  let firstGroup: string | undefined;
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf('\n', start);
    const stop = newline === -1 ? text.length : newline;
    const crlf = newline !== -1 && stop > start && text.charAt(stop - 1) === '\r';
    const raw = text.slice(start, crlf ? stop - 1 : stop);
    const line = readLine(raw, newline === -1 ? '' : crlf ? '\r\n' : '\n');
    if (typeof line === 'string') throw badLine(path, lines.length + 1, line);
    if (line.kind === 'group') {
      firstGroup ??= line.name;
      group = line.name;
    } else if (line.kind === 'key') {
      if (group === undefined) throw badLine(path, lines.length + 1, 'a key stands before the first group');
      if (group === firstGroup && line.name === 'Encoding' && !/^utf-8$/i.test(raw.slice(line.valueStart))) {
        throw badLine(
          path,
          lines.length + 1,
          `its encoding is ${decodeBytes(raw.slice(line.valueStart)) ?? 'unknown'}, not UTF-8`,
        );
      }
    }
    lines.push(line);
    start = newline === -1 ? text.length : newline + 1;
  }
  return new DesktopDocument(lines, path);
}

function readLine(raw: string, eol: Line['eol']): Line | string {
  if (raw.includes('\0')) return 'it contains a NUL byte';
  const plain = plainKey(raw);
  if (plain !== undefined) return { kind: 'key', raw, eol, name: plain, valueStart: plain.length + 1 };
  const lead = /^[ \t\n\f\r]*/.exec(raw)?.[0].length ?? 0;
  const first = raw.charAt(lead);
  if (first === '' || first === '#') return { kind: 'other', raw, eol };
  const content = raw.slice(lead);
  const group = /^\[([^\]]*)\][ \t]*$/.exec(content);
  if (group !== null) {
    const name = group[1] ?? '';
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is refused
    if (name === '' || /[[\x00-\x1f\x7f]/.test(name) || decodeBytes(name) === undefined)
      return 'it is no valid group name';
    return { kind: 'group', raw, eol, name };
  }
  const equals = content.indexOf('=');
  if (equals === -1) return 'it is neither a key, a group nor a comment';
  const name = content.slice(0, equals).replace(/[ \t\n\f\r]+$/, '');
  if (!isKeyName(name)) return `${JSON.stringify(decodeBytes(name) ?? 'this')} is no valid key`;
  if (lead === 0 && knownKeys.size < mostKnownKeys) knownKeys.add(name);
  const valueLead = /^[ \t\n\f\r]*/.exec(content.slice(equals + 1))?.[0].length ?? 0;
  return { kind: 'key', raw, eol, name, valueStart: lead + equals + 1 + valueLead };
}

/** The key of a line without blanks around its "=", when it is one that was found good before: nearly all lines are such. */
function plainKey(raw: string): string | undefined {
  const equals = raw.indexOf('=');
  const name = raw.slice(0, equals);
  return equals > 0 && knownKeys.has(name) && raw.charCodeAt(equals + 1) > 0x20 ? name : undefined;
}

/** The same keys in the same languages come again in every entry. */
const knownKeys = new Set<string>();
const mostKnownKeys = 4096;

/** As GKeyFile: anything but `=` and brackets, no blank at its ends, then perhaps a `[locale]`. */
function isKeyName(name: string): boolean {
  const parts = /^([^=[\]]+)(?:\[([^[\]]*)\])?$/.exec(name);
  const key = parts?.[1];
  if (key === undefined || key.startsWith(' ') || key.endsWith(' ')) return false;
  const locale = decodeBytes(parts?.[2] ?? '');
  return locale !== undefined && /^[\p{L}\p{N}_.@-]*$/u.test(locale);
}

function badLine(path: string, number: number, reason: string): RingfenceError {
  return new RingfenceError('BadEntry', `cannot read ${path}: line ${number}: ${reason}`);
}
