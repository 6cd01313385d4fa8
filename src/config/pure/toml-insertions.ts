import {
  samePath,
  startsWithPath,
  type TomlHeader,
  type TomlPair,
  type TomlPath,
  type tomlPlaces,
} from '../../domain/config/toml-places.ts';
import { contentEnd, isBlank, lastContentEnd, newlineAt, type Splice, startOfLine } from './text-lines.ts';
import { tomlKey } from './toml-spelling.ts';

type Place = ReturnType<typeof tomlPlaces>[number];

/**
 * Where a key that a document does not have yet can be put, the best place first: in the inline table that has its table, behind
 * the last pair of its table, behind the dotted keys that make up its table, or in a new table.
 */
export function insertionPlaces(
  text: string,
  places: readonly Place[],
  path: readonly string[],
  literal: string,
): readonly Splice[] {
  const document: Document = { text, places, newline: /\r?\n/.exec(text)?.[0] ?? '\n' };
  const inline = inlineAround(document, path);
  if (inline !== undefined) return [intoInline(document, inline, path, literal)];
  const pair = `${tomlKey(path.at(-1) ?? '')} = ${literal}`;
  const table = path.slice(0, -1);
  if (table.length === 0) return [atTop(document, pair)];
  const header = places.find((place): place is TomlHeader => place.kind === 'header' && samePath(place.path, table));
  if (header !== undefined) return [behind(document, lastOf(document, header), pair)];
  const dotted = places
    .filter(
      (place): place is TomlPair =>
        place.kind === 'pair' &&
        !isInside(place) &&
        startsWithPath(place.path, table) &&
        place.path.length - place.parts.length < table.length,
    )
    .at(-1);
  if (dotted !== undefined) {
    return [behind(document, dotted, `${keyTo(text, dotted, table)}.${pair}`)];
  }
  return newTable(document, table, pair);
}

interface Document {
  readonly text: string;
  readonly places: readonly Place[];
  /** What its lines end with. */
  readonly newline: string;
}

/** The innermost inline table, `a = { … }`, that the path leads through: there is no key in anything else. */
function inlineAround({ places }: Document, path: TomlPath): TomlPair | undefined {
  return places.filter((place): place is TomlPair => place.kind === 'pair' && startsWithPath(path, place.path)).at(-1);
}

function intoInline({ text, places }: Document, inline: TomlPair, path: readonly string[], literal: string): Splice {
  const pair = `${path.slice(inline.path.length).map(tomlKey).join('.')} = ${literal}`;
  const last = places.filter((place): place is TomlPair => place.kind === 'pair' && place.within === inline).at(-1);
  if (last !== undefined) return { start: last.end, end: last.end, text: `, ${pair}` };
  const inside = text.slice(inline.value.start + 1, inline.value.end - 1);
  const start = inline.value.start + 1;
  if (inside.trim() === '') return { start, end: start + inside.length, text: ` ${pair} ` };
  return { start, end: start, text: ` ${pair}` };
}

/** Before the first table: a line behind the last pair that is there, or above the header and the comments right above it. */
function atTop(document: Document, pair: string): Splice {
  const { text, places, newline } = document;
  const first = places.findIndex(({ kind }) => kind === 'header');
  const top = places.slice(0, first === -1 ? places.length : first).filter((place) => !isInside(place));
  const last = top.at(-1);
  if (last !== undefined) return behind(document, last, pair);
  const header = places[first];
  if (header === undefined) return atEnd(document, pair);
  const own = startOfLine(text, header.start);
  let start = own;
  while (/^[ \t]*#/.test(text.slice(startOfLine(text, start - 1), start))) {
    start = startOfLine(text, start - 1);
  }
  // Comments at the very top are about the file, not about its first table.
  if (isBlank(text.slice(0, start))) start = own;
  return { start, end: start, text: `${pair}${newline}${newline}` };
}

/** Behind the last thing of a text, one line apart. */
function atEnd({ text, newline }: Document, added: string): Splice {
  const end = lastContentEnd(text);
  if (end > 0) return { start: end, end, text: `${newline}${newline}${added}` };
  return { start: 0, end: 0, text: `${added}${newline}` };
}

/** A line behind that of a place, indented alike. */
function behind({ text, newline }: Document, place: Place, added: string): Splice {
  const indent = text.slice(startOfLine(text, place.start), place.start);
  const end = contentEnd(text, place.end);
  return { start: end, end, text: `${newlineAt(text, end) || newline}${indent}${added}` };
}

/** The last pair of a header's table, or the header where it has none. */
function lastOf({ places }: Document, header: TomlHeader): Place {
  const index = places.indexOf(header);
  const next = places.findIndex(({ kind }, at) => at > index && kind === 'header');
  const own = places.slice(index, next === -1 ? places.length : next).filter((place) => !isInside(place));
  return own.at(-1) ?? header;
}

/** In an inline table or a list: what is not on a line of its own. */
function isInside(place: Place): boolean {
  return place.kind === 'pair' && place.within !== undefined;
}

/** The key by which a pair names this table, as it is written: `app . "firefox"` of `app . "firefox" . profile`. */
function keyTo(text: string, { path, parts, start }: TomlPair, table: TomlPath): string {
  return text.slice(start, parts[table.length - (path.length - parts.length) - 1]?.end);
}

/** A table behind the last one of its kind, else at the end. */
function newTable(document: Document, table: readonly string[], pair: string): readonly Splice[] {
  const { text, places, newline } = document;
  const lines = `[${table.map(tomlKey).join('.')}]${newline}${pair}`;
  const kin = places
    .filter((place): place is TomlHeader => place.kind === 'header' && place.path[0] === table[0])
    .at(-1);
  const last = kin === undefined ? undefined : lastOf(document, kin);
  if (last === undefined || last === places.filter((place) => !isInside(place)).at(-1)) return [atEnd(document, lines)];
  let end = contentEnd(text, last.end);
  const next = (at: number) => at + newlineAt(text, at).length;
  // Comments right below belong to that table, if a blank line follows.
  while (/^[ \t]*#/.test(text.slice(next(end)))) end = contentEnd(text, next(end));
  // Among tables without blank lines between them a comment below might be either's.
  if (!isBlank(text.slice(next(end), contentEnd(text, next(end))))) return [atEnd(document, lines)];
  return [{ start: end, end, text: `${newline}${newline}${lines}` }, atEnd(document, lines)];
}
