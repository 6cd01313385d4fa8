/** A path of keys and, inside lists, positions from 0. */
export type TomlPath = readonly (string | number)[];

/** Offsets into a text: from the first character to the one behind the last. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A `[table]` or `[[list]]` header, without what follows it on its line. */
export interface TomlHeader extends Span {
  readonly kind: 'header';
  readonly path: TomlPath;
  readonly line: number;
}

/** A `key = value`, from the key to the end of the value. */
export interface TomlPair extends Span {
  readonly kind: 'pair';
  readonly path: TomlPath;
  readonly line: number;
  /** One span for each part of a dotted key. The path begins with the table's own, which they are not. */
  readonly parts: readonly Span[];
  readonly value: Span;
  /** The pair whose value, an inline table or a list, this one stands in. */
  readonly within: TomlPair | undefined;
}

/**
 * Where each key of a TOML document stands, in the document's order. smol-toml gives no places, so this reads keys and skips
 * values. The document must be valid TOML 1.0 or 1.1: parse it first.
 */
export function tomlPlaces(toml: string): readonly (TomlHeader | TomlPair)[] {
  return new PlaceReader(toml).readDocument();
}

/** Whether two paths are the same. */
export function samePath(one: TomlPath, other: TomlPath): boolean {
  return one.length === other.length && startsWithPath(one, other);
}

/** Whether the first path is the second, or leads on from it. */
export function startsWithPath(path: TomlPath, start: TomlPath): boolean {
  return start.every((part, index) => part === path[index]);
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

class PlaceReader {
  readonly #text: string;
  readonly #places: (TomlHeader | TomlPair)[] = [];
  #at = 0;
  /** The line of `#counted`, an offset that has been passed: each newline is counted once. */
  #line = 1;
  #counted = 0;
  /** How many `[[tables]]` of a path have begun. */
  readonly #arrays = new Map<string, number>();

  constructor(text: string) {
    this.#text = text;
  }

  readDocument(): readonly (TomlHeader | TomlPair)[] {
    let table: TomlPath = [];
    for (;;) {
      this.#skipVoid();
      if (this.#at >= this.#text.length) return this.#places;
      if (this.#text[this.#at] === '[') table = this.#readHeader();
      else this.#readPair(table, undefined);
    }
  }

  #readHeader(): TomlPath {
    const [start, line] = [this.#at, this.#lineHere()];
    const isArray = this.#text[this.#at + 1] === '[';
    this.#at += isArray ? 2 : 1;
    const { names } = this.#readKey(']');
    if (isArray) this.#at++;
    let path: TomlPath = [];
    for (const [index, part] of names.entries()) {
      path = [...path, part];
      const id = JSON.stringify(path);
      if (isArray && index === names.length - 1) this.#arrays.set(id, (this.#arrays.get(id) ?? 0) + 1);
      const begun = this.#arrays.get(id);
      if (begun !== undefined) path = [...path, begun - 1];
    }
    this.#places.push({ kind: 'header', path, line, start, end: this.#at });
    return path;
  }

  #readPair(table: TomlPath, within: TomlPair | undefined): void {
    const [start, line] = [this.#at, this.#lineHere()];
    const { names, parts } = this.#readKey('=');
    this.#skipVoid();
    const value = { start: this.#at, end: this.#at };
    const pair: Writable<TomlPair> = {
      kind: 'pair',
      path: [...table, ...names],
      line,
      start,
      end: this.#at,
      parts,
      value,
      within,
    };
    this.#places.push(pair);
    this.#skipValue(pair.path, pair);
    value.end = this.#at;
    pair.end = this.#at;
  }

  #skipValue(path: TomlPath, within: TomlPair): void {
    const first = this.#text[this.#at];
    if (first === '"' || first === "'") this.#skipString(first);
    else if (first === '[') this.#skipList(']', (index) => this.#skipValue([...path, index], within));
    else if (first === '{') this.#skipList('}', () => this.#readPair(path, within));
    else {
      this.#skipWhile((char) => !',]}#\n\r'.includes(char));
      // A date and its time may have a space between them; one behind them is none of the value.
      while (' \t'.includes(this.#text[this.#at - 1] ?? '')) this.#at--;
    }
  }

  #skipList(close: string, item: (index: number) => void): void {
    this.#at++;
    for (let index = 0; this.#at < this.#text.length; index++) {
      this.#skipVoid();
      if (this.#text[this.#at] !== close) item(index);
      this.#skipVoid();
      if (this.#text[this.#at++] === close) return;
    }
  }

  /** Leaves the reader behind `end`. */
  #readKey(end: string): { names: string[]; parts: Span[] } {
    const names: string[] = [];
    const parts: Span[] = [];
    while (this.#at < this.#text.length) {
      this.#skipWhile((char) => char === ' ' || char === '\t' || char === '.');
      const first = this.#text[this.#at];
      if (first === end) {
        this.#at++;
        break;
      }
      const start = this.#at;
      if (first === '"' || first === "'") {
        this.#skipString(first);
        const inside = this.#text.slice(start + 1, this.#at - 1);
        names.push(first === '"' ? decodeEscapes(inside) : inside);
      } else {
        this.#skipWhile((char) => /[A-Za-z0-9_-]/.test(char));
        names.push(this.#text.slice(start, this.#at));
        if (this.#at === start) throw new Error(`toml-places: not a key at line ${this.#lineHere()}`);
      }
      parts.push({ start, end: this.#at });
    }
    return { names, parts };
  }

  #skipString(quote: string): void {
    const triple = quote.repeat(3);
    const isLong = this.#text.startsWith(triple, this.#at);
    const close = isLong ? triple : quote;
    this.#at += close.length;
    while (this.#at < this.#text.length && !this.#text.startsWith(close, this.#at)) {
      this.#at += quote === '"' && this.#text[this.#at] === '\\' ? 2 : 1;
    }
    this.#at += close.length;
    // `""""` at the end of a long string: the first of them belong to its content.
    while (isLong && this.#text[this.#at] === quote) this.#at++;
  }

  /** White space, newlines and comments. */
  #skipVoid(): void {
    for (;;) {
      this.#skipWhile((char) => ' \t\r\n\uFEFF'.includes(char));
      if (this.#text[this.#at] !== '#') return;
      this.#skipWhile((char) => char !== '\n');
    }
  }

  #skipWhile(test: (char: string) => boolean): void {
    while (this.#at < this.#text.length && test(this.#text[this.#at] ?? '')) this.#at++;
  }

  #lineHere(): number {
    for (; this.#counted < this.#at; this.#counted++) {
      if (this.#text[this.#counted] === '\n') this.#line++;
    }
    return this.#line;
  }
}

const shortEscapes: Readonly<Record<string, string>> = {
  b: '\b',
  t: '\t',
  n: '\n',
  f: '\f',
  r: '\r',
  e: '\x1B',
};

function decodeEscapes(inside: string): string {
  return inside.replace(
    /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))/g,
    (_match, byte?: string, short?: string, long?: string, char?: string) => {
      if (char !== undefined) return shortEscapes[char] ?? char;
      return String.fromCodePoint(Number.parseInt(byte ?? short ?? long ?? '', 16));
    },
  );
}
