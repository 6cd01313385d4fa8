/** A word for a POSIX shell that stands for exactly this text: as it is where that is safe, else in single quotes. */
export function shellQuote(text: string): string {
  return /^[\w%+,./:@=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
