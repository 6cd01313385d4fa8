import { widthOf } from './pure/cell-text.ts';

/** Where a command writes: results to stdout, everything else to stderr; colours on a terminal only. */
export interface Terminal {
  print(text: string): void;
  /** A document for scripts: one line. */
  printJson(document: unknown): void;
  /** What a user should know beside the result; with JSON asked for, a document of its own: {"warning": "…"}. */
  warn(text: string): void;
  /** A document for scripts where the output is another program's: one line on stderr. */
  sayJson(document: unknown): void;
  /** The error that a command ends with. */
  fail(error: { readonly code: string; readonly message: string; readonly exitCode: number }): void;
  /** Wraps in a colour when stdout is a terminal and NO_COLOR is not set. */
  paint(style: 'bold' | 'dim' | 'green' | 'yellow' | 'red', text: string): string;
}

const codes = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33 } as const;

/** The process's own terminal; with `json` all that goes to stderr is JSON, a document a line. */
export function openTerminal(
  stdout: NodeJS.WriteStream,
  stderr: NodeJS.WriteStream,
  environment: Readonly<Record<string, string | undefined>>,
  json: boolean,
): Terminal {
  const coloured = stdout.isTTY === true && !environment['NO_COLOR'] && environment['TERM'] !== 'dumb';
  const say = (text: string) => void stderr.write(`${text}\n`);
  return {
    print: (text) => void stdout.write(`${text}\n`),
    printJson: (document) => void stdout.write(`${JSON.stringify(document)}\n`),
    warn: (text) => say(json ? JSON.stringify({ warning: text.replace(/^ringfence: /, '') }) : text),
    sayJson: (document) => say(JSON.stringify(document)),
    fail: (error) => say(json ? JSON.stringify({ error }) : `ringfence: ${error.message}`),
    paint: (style, text) => (coloured ? `\x1b[${codes[style]}m${text}\x1b[0m` : text),
  };
}

/** Rows as left-aligned columns, two spaces apart. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, widthOf(plain(cell)));
  }
  return rows
    .map((row) =>
      row
        .map((cell, index) => cell + ' '.repeat(Math.max(0, (widths[index] ?? 0) - widthOf(plain(cell)))))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function plain(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character starts a colour
  return text.replace(/\x1b\[\d+m/g, '');
}
