/** A change of a text: what stands from `start` to `end` becomes `text`. */
export interface Splice {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Makes a change. */
export function splice(text: string, { start, end, text: added }: Splice): string {
  return text.slice(0, start) + added + text.slice(end);
}

/** Where the line of this offset begins. */
export function startOfLine(text: string, at: number): number {
  return at === 0 ? 0 : text.lastIndexOf('\n', at - 1) + 1;
}

/** Where the line of this offset ends, without its newline. */
export function contentEnd(text: string, at: number): number {
  const newline = text.indexOf('\n', at);
  if (newline === -1) return text.length;
  return text[newline - 1] === '\r' ? newline - 1 : newline;
}

/** The newline at this offset: "\n", "\r\n", or "" at the end of the text. */
export function newlineAt(text: string, at: number): '' | '\n' | '\r\n' {
  if (text.startsWith('\r\n', at)) return '\r\n';
  return text[at] === '\n' ? '\n' : '';
}

/** Whether there is nothing but blanks and newlines. */
export function isBlank(text: string): boolean {
  return /^[ \t\r\n]*$/.test(text);
}

/** Where the last line ends that is not blank; 0 where all are. */
export function lastContentEnd(text: string): number {
  let at = text.length;
  while (at > 0 && isBlank(text.charAt(at - 1))) at--;
  return at === 0 ? 0 : contentEnd(text, at);
}
