/**
 * A name for people's eyes: control characters (Unicode category Cc) and those that turn the direction of the text round (UAX #9,
 * explicit embeddings, overrides and isolates) become U+FFFD. An entry's Name may hold any of them, and a terminal obeys.
 */
export function displayName(name: string): string {
  return name.replace(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, '\ufffd');
}
