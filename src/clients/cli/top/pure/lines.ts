/** How a piece of a line looks. Everything is readable without it. */
export type Look = 'bold' | 'dim' | 'selected' | 'low' | 'high' | 'full' | 'bad' | 'good' | 'title';

/** A piece of a line. */
export interface Span {
  readonly text: string;
  readonly look?: Look | undefined;
}

export type Line = readonly Span[];

/** The words of a line. */
export function textOf(line: Line): string {
  return line
    .map(({ text }) => text)
    .join('')
    .trimEnd();
}
