type Path = readonly (string | number)[];

/**
 * The line (from 1) on which each key of a TOML document stands. smol-toml gives no places for values, so this reads
 * keys and skips values. The document must be valid TOML 1.0 or 1.1: parse it first. The answer takes a path such as
 * `['profile', 'browser', 'memory-max']` and falls back to the nearest table around it, then to line 1.
 */
export function keyLines(toml: string): (path: Path) => number {
  const lines = new Map<string, number>();
  const reader = new KeyReader(toml, (path, line) => {
    for (let length = 1; length <= path.length; length++) {
      const id = JSON.stringify(path.slice(0, length));
      if (!lines.has(id)) lines.set(id, line);
    }
  });
  reader.readDocument();
  return (path) => {
    for (let length = path.length; length > 0; length--) {
      const line = lines.get(JSON.stringify(path.slice(0, length)));
      if (line !== undefined) return line;
    }
    return 1;
  };
}

class KeyReader {
  readonly #text: string;
  readonly #found: (path: Path, line: number) => void;
  #at = 0;
  /** The line of `#counted`, an offset that has been passed: each newline is counted once. */
  #line = 1;
  #counted = 0;
  /** How many `[[tables]]` of a path have begun. */
  readonly #arrays = new Map<string, number>();

  constructor(text: string, found: (path: Path, line: number) => void) {
    this.#text = text;
    this.#found = found;
  }

  readDocument(): void {
    let table: Path = [];
    for (;;) {
      this.#skipVoid();
      if (this.#at >= this.#text.length) return;
      if (this.#text[this.#at] === '[') table = this.#readHeader();
      else this.#readPair(table);
    }
  }

  #readHeader(): Path {
    const line = this.#lineHere();
    const isArray = this.#text[this.#at + 1] === '[';
    this.#at += isArray ? 2 : 1;
    const key = this.#readKey(']');
    if (isArray) this.#at++;
    let table: Path = [];
    for (const [index, part] of key.entries()) {
      table = [...table, part];
      const id = JSON.stringify(table);
      if (isArray && index === key.length - 1) this.#arrays.set(id, (this.#arrays.get(id) ?? 0) + 1);
      const begun = this.#arrays.get(id);
      if (begun !== undefined) table = [...table, begun - 1];
    }
    this.#found(table, line);
    return table;
  }

  #readPair(table: Path): void {
    const line = this.#lineHere();
    const path = [...table, ...this.#readKey('=')];
    this.#found(path, line);
    this.#skipVoid();
    this.#skipValue(path);
  }

  #skipValue(path: Path): void {
    const first = this.#text[this.#at];
    if (first === '"' || first === "'") this.#skipString(first);
    else if (first === '[') this.#skipList(']', (index) => this.#skipValue([...path, index]));
    else if (first === '{') this.#skipList('}', () => this.#readPair(path));
    else this.#skipWhile((char) => !',]}#\n\r'.includes(char));
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
  #readKey(end: string): string[] {
    const parts: string[] = [];
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
        parts.push(first === '"' ? decodeEscapes(inside) : inside);
      } else {
        this.#skipWhile((char) => /[A-Za-z0-9_-]/.test(char));
        parts.push(this.#text.slice(start, this.#at));
        if (this.#at === start) throw new Error(`key-lines: not a key at line ${this.#lineHere()}`);
      }
    }
    return parts;
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
