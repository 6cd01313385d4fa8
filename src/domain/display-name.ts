/**
 * Text of somebody else's for people's eyes, such as the Name of an entry: whatever a terminal would obey becomes U+FFFD. These are
 * controls (Unicode category Cc), line and paragraph separators, lone surrogates, and what turns the direction of the text round
 * (UAX #9, explicit embeddings, overrides and isolates).
 */
export function displayName(name: string): string {
  return name.replace(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu, '\ufffd');
}
