/** Where a command writes: results to stdout, everything else to stderr; colours on a terminal only. */
export interface Terminal {
  print(text: string): void;
  warn(text: string): void;
  /** Wraps in a colour when stdout is a terminal and NO_COLOR is not set. */
  paint(style: 'bold' | 'dim' | 'green' | 'yellow' | 'red', text: string): string;
}

const codes = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33 } as const;

/** The process's own terminal. */
export function openTerminal(
  stdout: NodeJS.WriteStream,
  stderr: NodeJS.WriteStream,
  environment: Readonly<Record<string, string | undefined>>,
): Terminal {
  const coloured = stdout.isTTY === true && !environment['NO_COLOR'] && environment['TERM'] !== 'dumb';
  return {
    print: (text) => void stdout.write(`${text}\n`),
    warn: (text) => void stderr.write(`${text}\n`),
    paint: (style, text) => (coloured ? `\x1b[${codes[style]}m${text}\x1b[0m` : text),
  };
}

/** Rows as left-aligned columns, two spaces apart. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, plain(cell).length);
  }
  return rows
    .map((row) =>
      row
        .map((cell, index) => cell + ' '.repeat(Math.max(0, (widths[index] ?? 0) - plain(cell).length)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function plain(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character starts a colour
  return text.replace(/\x1b\[\d+m/g, '');
}
