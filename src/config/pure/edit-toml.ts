import { parse } from 'smol-toml';
import { type Span, samePath, type TomlPair, tomlPlaces } from '../../domain/config/toml-places.ts';
import { contentEnd, isBlank, lastContentEnd, newlineAt, type Splice, splice, startOfLine } from './text-lines.ts';
import { insertionPlaces } from './toml-insertions.ts';
import { showPath, type TomlLiteral, tomlLiteral } from './toml-spelling.ts';
import { deleteAt, sameToml, setAt } from './toml-values.ts';

/**
 * Sets one key of a TOML document and leaves every other byte as it is: the value is replaced in its place, or a line is put
 * behind the last one of its table, or a table behind the last of its kind. The document must be valid.
 *
 * @returns the new text, which has been parsed and compared: it differs in that value alone
 * @throws Error for a key that is a table, and for one inside something that is none (a value, a list)
 */
export function setTomlKey(text: string, path: readonly string[], value: TomlLiteral): string {
  const literal = tomlLiteral(value);
  const before = parse(text, parseOptions);
  const expected = setAt(before, path, parse(`value = ${literal}`, parseOptions)['value']);
  const places = tomlPlaces(text);
  const present = pairAt(places, path);
  const edits: readonly Splice[] =
    present === undefined
      ? insertionPlaces(text, places, path, literal)
      : [{ start: present.value.start, end: present.value.end, text: literal }];
  for (const edit of edits) {
    const after = splice(text, edit);
    if (reads(after, (document) => sameToml(document, expected))) return after;
  }
  throw new Error(`cannot set ${showPath(path)}: there is no place for it in this document`);
}

/**
 * Removes one key of a TOML document with its line, and the header of its table when nothing is left below it. What
 * `setTomlKey` added is gone to the byte.
 *
 * @returns the new text, checked as `setTomlKey` does; the same text when there is no such key
 */
export function unsetTomlKey(text: string, path: readonly string[]): string {
  const pair = pairAt(tomlPlaces(text), path);
  if (pair === undefined) return text;
  const expected = deleteAt(parse(text, parseOptions), path);
  const edit = pair.within === undefined ? removedLines(text, pair) : removedItem(text, pair, pair.within);
  const after = splice(text, edit);
  const isRight = (document: unknown) => sameToml(deleteAt(document, path), expected);
  if (!reads(after, isRight)) throw new Error(`cannot unset ${showPath(path)}: this document cannot do without it`);
  const pruned = withoutEmptyTable(after, path.slice(0, -1));
  return reads(pruned, isRight) ? pruned : after;
}

/** Where the value of a key is written, unless it is a table with a header of its own. */
export function valueSpan(text: string, path: readonly string[]): Span | undefined {
  return pairAt(tomlPlaces(text), path)?.value;
}

function pairAt(places: ReturnType<typeof tomlPlaces>, path: readonly string[]): TomlPair | undefined {
  return places.find((place): place is TomlPair => place.kind === 'pair' && samePath(place.path, path));
}

const parseOptions = { integersAsBigInt: true } as const;

function reads(text: string, test: (document: unknown) => boolean): boolean {
  try {
    return test(parse(text, parseOptions));
  } catch {
    return false;
  }
}

function removedLines(text: string, pair: TomlPair): Splice {
  const start = startOfLine(text, pair.start);
  const stop = contentEnd(text, pair.end);
  const end = stop + newlineAt(text, stop).length;
  if (end > stop || start === 0) return { start, end, text: '' };
  // The last line, without a newline: the one before becomes the last, and stays without one too.
  return { start: contentEnd(text, start - 1), end, text: '' };
}

/** Of `{ a = 1, b = 2 }`, with the comma that belongs to it. */
function removedItem(text: string, pair: TomlPair, within: TomlPair): Splice {
  const before = tomlPlaces(text)
    .filter((place) => place.kind === 'pair' && place.within?.start === within.start && place.start < pair.start)
    .at(-1);
  if (before !== undefined && /^[ \t]*,[ \t]*$/.test(text.slice(before.end, pair.start))) {
    return { start: before.end, end: pair.end, text: '' };
  }
  // The first, or one among line breaks and comments, which TOML 1.1 allows: with the comma behind it, if there is one.
  const comma = /^[ \t]*,[ \t]*/.exec(text.slice(pair.end))?.[0].length ?? 0;
  return { start: pair.start, end: pair.end + comma, text: '' };
}

/** Without the header of a table that has nothing below it, unless a comment stands there or above. */
function withoutEmptyTable(text: string, table: readonly string[]): string {
  const places = tomlPlaces(text);
  const index = places.findIndex((place) => place.kind === 'header' && samePath(place.path, table));
  const header = places[index];
  if (header === undefined) return text;
  const next = places[index + 1];
  const rest = text.slice(header.end, next?.start ?? text.length);
  // What stands below a blank line belongs to the next table.
  if (!isBlank(rest) && (next === undefined || !/^[ \t]*\r?\n[ \t]*\r?\n/.test(rest))) return text;
  const start = startOfLine(text, header.start);
  const above = text.slice(0, start);
  const lastLine = /(?:^|\n)([^\n]*)\n$/.exec(above)?.[1] ?? '';
  if (lastLine.trimStart().startsWith('#')) return text;
  const stop = contentEnd(text, header.end);
  if (isBlank(above)) {
    // Nor blank lines at the top of what stays.
    const blank = /^(?:[ \t]*\r?\n)*/.exec(text.slice(stop))?.[0].length ?? 0;
    return splice(text, { start, end: stop + blank, text: '' });
  }
  return splice(text, { start: lastContentEnd(above), end: stop, text: '' });
}
