/** A call that came through the click pipes instead of over the bus. */
export interface ClickRequest {
  /** Of the client, as it says itself. */
  readonly pid: number;
  readonly member: string;
  readonly signature: string;
  readonly args: readonly unknown[];
}

/**
 * Reads what ringfence-open has written: words with a NUL after each, which are its pid, a method of
 * org.ringfence.Ringfence1, and the arguments as busctl(1) takes them, their signature first. A file that was cut short comes
 * out as undefined, like all that is none: every list begins with its length, and nothing may be missing or left over.
 * So does text that is no UTF-8, which no D-Bus string may hold.
 */
export function parseClickRequest(bytes: Uint8Array): ClickRequest | undefined {
  const words = wordsOf(bytes);
  if (words === undefined) return undefined;
  const [pid = '', member = '', signature = ''] = words.splice(0, 3);
  const types = signature.match(/^(?:a\{ss\}|as|s)*$/) === null ? [] : (signature.match(/a\{ss\}|as|s/g) ?? []);
  if (!/^[1-9][0-9]{0,9}$/.test(pid) || member === '' || types.length === 0) return undefined;
  try {
    const args = types.map((type) => readArgument(type, words));
    return words.length === 0 ? { pid: Number(pid), member, signature, args } : undefined;
  } catch (error) {
    if (error instanceof CutShort) return undefined;
    throw error;
  }
}

class CutShort extends Error {}

function wordsOf(bytes: Uint8Array): string[] | undefined {
  if (bytes.at(-1) !== 0) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes).split('\0').slice(0, -1);
  } catch {
    return undefined;
  }
}

function readArgument(type: string, words: string[]): unknown {
  if (type === 's') return take(1, words)[0];
  const [length = ''] = take(1, words);
  if (!/^[0-9]{1,9}$/.test(length)) throw new CutShort();
  if (type === 'as') return take(Number(length), words);
  const flat = take(2 * Number(length), words);
  return new Map(
    flat.flatMap((word, index): [string, string][] => (index % 2 === 0 ? [[word, flat[index + 1] ?? '']] : [])),
  );
}

function take(count: number, words: string[]): string[] {
  if (words.length < count) throw new CutShort();
  return words.splice(0, count);
}

/** How a click through the pipes came out, for its client. */
export type ClickOutcome =
  | { readonly instance: string }
  | { readonly errorName: string; readonly message: string }
  /** The client is to ask over the bus. */
  | 'pass';

/** The line that a client reads, addressed to it by its pid. */
export function clickAnswer(pid: number, outcome: ClickOutcome): string {
  if (outcome === 'pass') return `${pid} pass\n`;
  if ('instance' in outcome) return `${pid} ok ${outcome.instance}\n`;
  return `${pid} error ${outcome.errorName}: ${outcome.message.slice(0, longestMessage).replace(/[\n\0]+/g, ' ')}\n`;
}

/** In characters; a pipe of 64 KiB always holds the line. */
const longestMessage = 4096;
