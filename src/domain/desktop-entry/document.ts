import { RingfenceError } from '../errors.ts';
import { isPlainText } from '../plain-text.ts';
import { escapeValue, joinList, parseBoolean, splitList, unescapeValue } from './value.ts';

/** A line of a desktop entry, one character per byte. `raw` is all of it but its end. */
export type Line = { readonly raw: string; readonly eol: '\n' | '\r\n' | '' } & (
  | { readonly kind: 'other' }
  | { readonly kind: 'group'; readonly name: string }
  | { readonly kind: 'key'; readonly name: string; readonly valueStart: number }
);

/**
 * A desktop entry that can be read and edited; whatever is not edited stays as it was written, byte for byte.
 * Groups of the same name count as one and the last of equal keys counts, as in GLib's GKeyFile.
 */
export class DesktopDocument {
  /** Names the file in errors. */
  readonly path: string;
  #lines: Line[];
  #index: Map<string, Map<string, number>> | undefined;

  constructor(lines: readonly Line[], path: string) {
    this.#lines = [...lines];
    this.path = path;
  }

  /** The groups in order, each once. */
  groups(): string[] {
    return [...this.#groups().keys()].map(decodeName);
  }

  hasGroup(group: string): boolean {
    return this.#groups().has(encodeText(group));
  }

  /** The keys of a group in order, each once, with their `[locale]`. */
  keys(group: string): string[] {
    return [...(this.#groups().get(encodeText(group))?.keys() ?? [])].map(decodeName);
  }

  /** The locales in which a group has a key, in order, each once. */
  locales(group: string, key: string): string[] {
    const start = `${encodeText(key)}[`;
    const found: string[] = [];
    for (const name of this.#groups().get(encodeText(group))?.keys() ?? []) {
      if (name.startsWith(start)) found.push(decodeName(name.slice(start.length, -1)));
    }
    return found;
  }

  /**
   * A value as it is written, escapes and all; undefined when the key is not there.
   * @throws RingfenceError BadEntry when it is not valid UTF-8
   */
  raw(group: string, key: string): string | undefined {
    const at = this.#find(group, key);
    const line = at === undefined ? undefined : this.#lines[at];
    if (at === undefined || line?.kind !== 'key') return undefined;
    const value = decodeBytes(line.raw.slice(line.valueStart));
    if (value !== undefined) return value;
    throw new RingfenceError('BadEntry', `cannot read ${this.path}: line ${at + 1}: ${key} is not valid UTF-8`);
  }

  /** A string value, unescaped. */
  get(group: string, key: string): string | undefined {
    const written = this.raw(group, key);
    return written === undefined ? undefined : unescapeValue(written);
  }

  /** A localestring: the first of these locales that has one (see localeVariants), else the untranslated value. */
  getLocalized(group: string, key: string, locales: readonly string[]): string | undefined {
    for (const locale of locales) {
      // A translation that is no UTF-8 must not take the untranslated name away.
      const written = this.#translation(group, `${key}[${locale}]`);
      if (written !== undefined) return unescapeValue(written);
    }
    return this.get(group, key);
  }

  /** A list value; empty when the key is not there or not a valid list. */
  getList(group: string, key: string): string[] {
    return splitList(this.raw(group, key) ?? '') ?? [];
  }

  /** A boolean value; false when the key is not there or says something else. */
  getBoolean(group: string, key: string): boolean {
    return parseBoolean(this.raw(group, key) ?? '') ?? false;
  }

  /** Sets a string value: changes the line that counts, or adds one after the group's last key, adding the group too. */
  set(group: string, key: string, value: string): void {
    this.#write(group, key, escapeValue(checkText(value)));
  }

  setList(group: string, key: string, items: readonly string[]): void {
    this.#write(group, key, joinList(items.map(checkText)));
  }

  /** Removes every line of a key. */
  delete(group: string, key: string): void {
    const [wantedGroup, wantedKey] = [encodeText(group), encodeText(key)];
    let current: string | undefined;
    this.#lines = this.#lines.filter((line) => {
      if (line.kind === 'group') current = line.name;
      return !(line.kind === 'key' && current === wantedGroup && line.name === wantedKey);
    });
    this.#index = undefined;
  }

  /** Adds an empty group at the end, after a blank line, unless it is there. */
  addGroup(group: string): void {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is refused
    if (!/^[^[\]\x00-\x1f\x7f]+$/.test(checkText(group))) throw cannotWrite(`[${group}]`, 'no valid group name');
    if (this.hasGroup(group)) return;
    const name = encodeText(group);
    const last = this.#lines.at(-1);
    if (last !== undefined && last.raw !== '') this.#insert(this.#lines.length, { kind: 'other', raw: '' });
    this.#insert(this.#lines.length, { kind: 'group', raw: `[${name}]`, name });
  }

  /** The bytes of the file. */
  render(): Buffer {
    return Buffer.from(this.renderBytes(), 'latin1');
  }

  /** The same, one character per byte. */
  renderBytes(): string {
    let text = '';
    for (const { raw, eol } of this.#lines) text += raw + eol;
    return text;
  }

  #translation(group: string, key: string): string | undefined {
    const at = this.#find(group, key);
    const line = at === undefined ? undefined : this.#lines[at];
    return line?.kind === 'key' ? decodeBytes(line.raw.slice(line.valueStart)) : undefined;
  }

  #write(group: string, key: string, written: string): void {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is refused
    if (!/^[^=[\]#\s\x00-\x1f\x7f]+(\[[\p{L}\p{N}_.@-]+\])?$/u.test(key)) throw cannotWrite(key, 'no valid key');
    // Blanks before a value are skipped on reading, and this one has no escape.
    if (written.startsWith('\f')) throw cannotWrite('a value', 'led by a form feed');
    const at = this.#find(group, key);
    const old = at === undefined ? undefined : this.#lines[at];
    if (at !== undefined && old?.kind === 'key') {
      this.#lines[at] = { ...old, raw: old.raw.slice(0, old.valueStart) + encodeText(written) };
      return;
    }
    this.addGroup(group);
    const name = encodeText(key);
    const line = { kind: 'key', raw: `${name}=${encodeText(written)}`, name, valueStart: name.length + 1 } as const;
    this.#insert(this.#endOf(encodeText(group)), line);
  }

  /** The place after a group's last key. */
  #endOf(group: string): number {
    let end = 0;
    let current: string | undefined;
    this.#lines.forEach((line, at) => {
      if (line.kind === 'group') current = line.name;
      if (line.kind !== 'other' && current === group) end = at + 1;
    });
    return end;
  }

  /** Inserts a line with the line end of its neighbour; a file without a last newline stays without one. */
  #insert(at: number, line: NewLine): void {
    const before = this.#lines[at - 1];
    const style = this.#lines[0]?.eol || '\n';
    if (before?.eol === '') {
      // Behind a carriage return a bare newline would make a CRLF of the two.
      this.#lines[at - 1] = { ...before, eol: before.raw.endsWith('\r') ? '\r\n' : style };
      this.#lines.splice(at, 0, { ...line, eol: '' });
    } else {
      this.#lines.splice(at, 0, { ...line, eol: before?.eol ?? style });
    }
    this.#index = undefined;
  }

  #find(group: string, key: string): number | undefined {
    return this.#groups().get(encodeText(group))?.get(encodeText(key));
  }

  #groups(): Map<string, Map<string, number>> {
    if (this.#index !== undefined) return this.#index;
    const index = new Map<string, Map<string, number>>();
    let current = new Map<string, number>();
    this.#lines.forEach((line, at) => {
      if (line.kind === 'group') {
        current = index.get(line.name) ?? new Map<string, number>();
        index.set(line.name, current);
      } else if (line.kind === 'key') {
        current.set(line.name, at);
      }
    });
    this.#index = index;
    return index;
  }
}

type NewLine = { readonly raw: string } & (
  | { readonly kind: 'other' }
  | { readonly kind: 'group'; readonly name: string }
  | { readonly kind: 'key'; readonly name: string; readonly valueStart: number }
);

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The text of bytes held one per character; undefined when they are not valid UTF-8. */
export function decodeBytes(bytes: string): string | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII is the fast path
  if (/^[\x00-\x7f]*$/.test(bytes)) return bytes;
  try {
    return utf8.decode(Buffer.from(bytes, 'latin1'));
  } catch {
    return undefined;
  }
}

function decodeName(name: string): string {
  return decodeBytes(name) ?? name;
}

/** Text as its UTF-8 bytes, one character per byte; the inverse of {@link decodeBytes}. */
export function encodeText(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII is the fast path
  return /^[\x00-\x7f]*$/.test(text) ? text : Buffer.from(text, 'utf8').toString('latin1');
}

function checkText(text: string): string {
  if (!isPlainText(text)) throw cannotWrite('a value', 'not plain text');
  return text;
}

function cannotWrite(what: string, reason: string): RingfenceError {
  return new RingfenceError(
    'InvalidArgument',
    `cannot write ${JSON.stringify(what)} into a desktop entry: it is ${reason}`,
  );
}
