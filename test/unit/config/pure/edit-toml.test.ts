import fc from 'fast-check';
import { parse } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import { setTomlKey, unsetTomlKey, valueSpan } from '../../../../src/config/pure/edit-toml.ts';
import type { TomlLiteral } from '../../../../src/config/pure/toml-spelling.ts';
import { deleteAt, sameToml, setAt } from '../../../../src/config/pure/toml-values.ts';

const config = `# Mine.

default-profile = "relaxed"  # for all

# Browsers eat.
[profile.browser]
base = "relaxed"
  memory-max = "4G" # enough
# cpu-quota = "100%"

[app.firefox]
profile = 'browser'

[app."org.gnome.gedit"]
shared-folders = [
  "~/Music", # loud
]
`;

describe('editing a TOML document', () => {
  const cases: [string, string, string[], TomlLiteral, string][] = [
    ['replaces a value in its line', config, ['profile', 'browser', 'memory-max'], '6G', '"4G" → "6G"'],
    ['replaces a literal text', config, ['app', 'firefox', 'profile'], 'x', `'browser' → "x"`],
    [
      'replaces a list of several lines',
      config,
      ['app', 'org.gnome.gedit', 'shared-folders'],
      ['~/a', '~/b'],
      '[\n  "~/Music", # loud\n] → ["~/a", "~/b"]',
    ],
  ];
  it.each(cases)('%s', (_title, text, path, value, change) => {
    const [from = '', to = ''] = change.split(' → ');
    expect(setTomlKey(text, path, value)).toBe(text.replace(from, to));
  });

  const added: [string, string, string[], TomlLiteral, string, string][] = [
    ['behind the last key', config, ['profile', 'browser', 'tasks-max'], 9n, '# enough\n', '  tasks-max = 9\n'],
    ['behind a list', config, ['app', 'org.gnome.gedit', 'network'], false, ']\n', 'network = false\n'],
    ['below a header', '[app.a]\n', ['app', 'a', 'network'], true, '[app.a]\n', 'network = true\n'],
    [
      'a table behind its kin, and the comment that belongs to that',
      config,
      ['profile', 'b.c', 'base'],
      'strict',
      '# cpu-quota = "100%"\n',
      '\n[profile."b.c"]\nbase = "strict"\n',
    ],
    ['a table at the end', config, ['app', 'x', 'network'], true, '', '\n[app.x]\nnetwork = true\n'],
    ['an empty document', '', ['app', 'x', 'network'], true, '', '[app.x]\nnetwork = true\n'],
    ['behind dotted keys', 'app."a b" . x = 1\n', ['app', 'a b', 'y'], 2n, 'x = 1\n', 'app."a b".y = 2\n'],
    ['with CRLF', '[a]\r\nb = 1\r\n', ['a', 'c'], 2n, 'b = 1\r\n', 'c = 2\r\n'],
    ['without a last newline', '[a]\nb = 1', ['a', 'c'], 2n, '= 1', '\nc = 2'],
    ['into an inline table', 'a = { b = 1 }', ['a', 'c'], 2n, 'b = 1', ', c = 2'],
    ['into one with a last comma', 'a = { b = 1, }', ['a', 'c', 'd'], 2n, 'b = 1', ', c.d = 2'],
    ['above the first table and its comment', '# Mine.\n\n# a\n[a]\n', ['x'], 'y', '# Mine.\n\n', 'x = "y"\n\n'],
    ['below the comment of the file', '# Mine.\n[a]\n', ['x'], 'y', '# Mine.\n', 'x = "y"\n\n'],
    ['behind the comments of a file of comments', '# Mine.\n', ['x'], 'y', '# Mine.\n', '\nx = "y"\n'],
    ['a table before its parts', '[[a.b]]\nc = 1\n', ['a', 'x'], 'y', 'c = 1\n', '\n[a]\nx = "y"\n'],
  ];
  it.each(added)('adds %s', (_title, text, path, value, behind, insertion) => {
    const at = behind === '' ? text.length : text.lastIndexOf(behind) + behind.length;
    const after = setTomlKey(text, path, value);
    expect(after).toBe(text.slice(0, at) + insertion + text.slice(at));
    // At the top a blank line stays behind, and of an empty table nothing.
    const isExact = path.length > 1 && text !== '[app.a]\n';
    expect(unsetTomlKey(after, path)).toBe(
      isExact ? text : after.replace(text === '[app.a]\n' ? after : /x = "y"\n/, ''),
    );
  });

  const placed: [string, string, string[], string][] = [
    ['into an empty inline table', 'a = {}\n', ['a', 'b'], 'a = { b = 9 }\n'],
    ['into one with nothing but blanks', 'a = {  } # x\n', ['a', 'b'], 'a = { b = 9 } # x\n'],
    ['into one with nothing but a comment', 'a = {\n # none\n}\n', ['a', 'b'], 'a = { b = 9\n # none\n}\n'],
    [
      'into the innermost of inline tables',
      'a = { b = { c = 1 }, d = 2 }\n',
      ['a', 'b', 'e'],
      'a = { b = { c = 1, e = 9 }, d = 2 }\n',
    ],
    ['behind the last key of a document without tables', 'a = 1\nb = 2\n', ['x'], 'a = 1\nb = 2\nx = 9\n'],
    ['behind the last key above the tables', 'a = 1\n\n[t]\n', ['x'], 'a = 1\nx = 9\n\n[t]\n'],
    [
      'behind a list that has tables in it, above the tables',
      'a = [\n  { b = 1 },\n]\n[t]\n',
      ['x'],
      'a = [\n  { b = 1 },\n]\nx = 9\n[t]\n',
    ],
    [
      'behind a list that has tables in it, in a table',
      '[t]\na = [\n  { b = 1 },\n]\n\n[u]\n',
      ['t', 'x'],
      '[t]\na = [\n  { b = 1 },\n]\nx = 9\n\n[u]\n',
    ],
    ['above an indented comment', '# Mine.\n\n  # a\n  # b\n[a]\n', ['x'], '# Mine.\n\nx = 9\n\n  # a\n  # b\n[a]\n'],
    [
      'a table behind an empty one of its kind',
      '[app.a]\n\n[app.b]\n\n[z]\ny = 1\n',
      ['app', 'c', 'x'],
      '[app.a]\n\n[app.b]\n\n[app.c]\nx = 9\n\n[z]\ny = 1\n',
    ],
    [
      'a table behind the comments of its kin',
      '[app.a]\nx = 1\n# one\n  # two\n\n[z]\n',
      ['app', 'c', 'x'],
      '[app.a]\nx = 1\n# one\n  # two\n\n[app.c]\nx = 9\n\n[z]\n',
    ],
    [
      'a table at the end where a comment may be that of the next table',
      '[app.a]\nx = 1\n# of z\n[z]\ny = 1\n',
      ['app', 'c', 'x'],
      '[app.a]\nx = 1\n# of z\n[z]\ny = 1\n\n[app.c]\nx = 9\n',
    ],
    [
      'a table at the end where the next table follows at once',
      '[app.a]\nx = 1\n[z]\ny = 1\n',
      ['app', 'c', 'x'],
      '[app.a]\nx = 1\n[z]\ny = 1\n\n[app.c]\nx = 9\n',
    ],
  ];
  it.each(placed)('puts %s', (_title, text, path, after) => {
    expect(setTomlKey(text, path, 9n)).toBe(after);
  });

  it('knows where a value is written, but for a table', () => {
    const text = '[a]\nb = "x" # y\n';
    expect(valueSpan(text, ['a', 'b'])).toEqual({ start: 8, end: 11 });
    expect(valueSpan(text, ['a'])).toBeUndefined();
    expect(unsetTomlKey(text, ['a'])).toBe(text);
  });

  const removed: [string, string, string[], string][] = [
    ['a line with its comment', config, ['profile', 'browser', 'memory-max'], '  memory-max = "4G" # enough\n'],
    ['a table that is empty then', config, ['app', 'firefox', 'profile'], "\n[app.firefox]\nprofile = 'browser'\n"],
    ['but not a header with a comment', '# a\n[app.a]\nb = 1\n', ['app', 'a', 'b'], 'b = 1\n'],
    ['the first of an inline table', 'a = { b = 1, c = 2 }', ['a', 'b'], 'b = 1, '],
    ['the last of an inline table', 'a = { b = 1, c = 2 }', ['a', 'c'], ', c = 2'],
    ['one of an inline table with comments', 'a = {\n b = 1, # b\n c = 2, # c\n}', ['a', 'c'], 'c = 2, '],
    ['one in the middle of an inline table', 'a = { b = 1 , c = 2, d = 3 }', ['a', 'c'], ' , c = 2'],
    ['one behind an inline table', 'a = { b = { c = 1 }, d = 2 }', ['a', 'd'], ', d = 2'],
    ['one before an inline table', 'a = { b = 1  ,  c = { d = 2 } }', ['a', 'b'], 'b = 1  ,  '],
    ['the first behind a comment with a comma', 'a = {\n # x,\n b = 1,\n c = 2 }', ['a', 'b'], 'b = 1,'],
    ['one behind a comment with a comma', 'a = {\n b = 1, # x,\n c = 2, d = 3 }', ['a', 'c'], 'c = 2, '],
    ['the last line', 'a = 1\nb = 2', ['b'], '\nb = 2'],
    ['but not a header with an indented comment', '  # a\n[app.a]\nb = 1\n', ['app', 'a', 'b'], 'b = 1\n'],
    ['but not a header with a comment behind it', '[a] # a\nb = 1\n', ['a', 'b'], 'b = 1\n'],
    ['but not a header above a comment', '[z]\nc = 1\n[a]\nb = 1\n# a\n', ['a', 'b'], 'b = 1\n'],
    ['nor one above a comment before a blank line', '[a]\nb = 1\n# a\n\n[z]\nc = 1\n', ['a', 'b'], 'b = 1\n'],
    ['nor one above the last comment', '[a]\nb = 1\n\n# the end\n', ['a', 'b'], 'b = 1\n'],
    ['a table above the comment of the next', '[a]\nb = 1\n\n# z\n[z]\nc = 1\n', ['a', 'b'], '[a]\nb = 1\n\n'],
    [
      'the same with other blanks',
      '[a] \t\r\nb = 1\r\n \t\r\n# z\r\n[z]\r\nc = 1\r\n',
      ['a', 'b'],
      '[a] \t\r\nb = 1\r\n \t\r\n',
    ],
    ['no blank lines at the top', '[a]\nb = 1\n \t\n\n[z]\nc = 1\n\n', ['a', 'b'], '[a]\nb = 1\n \t\n\n'],
    ['nothing that is not there', config, ['app', 'gimp', 'network'], ''],
  ];
  it.each(removed)('removes %s', (_title, text, path, gone) => {
    expect(unsetTomlKey(text, path)).toBe(text.replace(gone, ''));
  });

  it('refuses what is a table, and what lies in something that is none', () => {
    expect(() => setTomlKey(config, ['app', 'firefox'], 'x')).toThrow('it is a table');
    expect(() => setTomlKey(config, ['default-profile', 'x'], 'x')).toThrow('no table');
    expect(() => setTomlKey('[[app]]\nx = 1\n', ['app', 'x'], 'x')).toThrow('no table');
  });

  it('changes one value of any document, and not a byte around it', () => {
    const seen = { added: 0, replaced: 0, inline: 0 };
    fc.assert(
      fc.property(documents, edits, ({ text, paths }, { pick, extra, value }) => {
        const before = read(text);
        const known = paths.length === 0 ? [] : (paths[pick % paths.length] ?? []);
        const path = extra.length === 0 ? known : [...known.slice(0, extra[0]?.length), ...extra];
        let expected: unknown;
        try {
          expected = setAt(before, path, read(`v = ${toml(value)}`)['v']);
        } catch {
          return;
        }
        if (path.length === 0 || isTableList(at(before, path))) return;
        const after = setTomlKey(text, path, value);
        expect(sameToml(read(after), expected)).toBe(true);
        const [start, end] = common(text, after);
        const old = text.slice(start, text.length - end);
        const isNew = at(before, path) === undefined;
        if (isNew) {
          // A pure insertion: of whole lines, or of one item.
          seen.added++;
          expect(old).toBe('');
          const added = after.slice(start, after.length - end);
          if (!added.includes('\n')) seen.inline++;
          else if (text.trim() !== '' && path.length > 1 && !hasNoOwnValue(before, path.slice(0, -1)))
            expect(unsetTomlKey(after, path)).toBe(text);
          expect(after.includes('\n') && !text.includes('\r\n') ? added : '').not.toContain('\r');
        } else {
          seen.replaced++;
          // What is replaced is part of a value: it parses as one when the rest of the document is left as it is.
          expect(text.slice(0, start)).toBe(after.slice(0, start));
          const was = at(before, path);
          expect(comments(old)).toBeLessThanOrEqual(Array.isArray(was) ? 2 : comments(String(was)));
        }
      }),
      { numRuns: 3000 },
    );
    expect(Math.min(...Object.values(seen))).toBeGreaterThan(20);
  });

  it('takes one value out of any document, and nothing beside its line', () => {
    let count = 0;
    fc.assert(
      fc.property(documents, fc.nat(), ({ text, paths }, pick) => {
        const path = paths[pick % paths.length];
        if (path === undefined || isTableList(at(read(text), path))) return;
        count++;
        const after = unsetTomlKey(text, path);
        const expected = deleteAt(read(text), path);
        expect(sameToml(deleteAt(read(after), path), expected)).toBe(true);
        expect(after.length).toBeLessThan(text.length);
        expect(isPartOf(after, text)).toBe(true);
        if (!text.includes("'''") && !text.includes('"""')) {
          const outside = (one: string) => one.split(/\r?\n/).filter((line) => /^\s*#/.test(line));
          expect(outside(after)).toEqual(outside(text));
        }
      }),
      { numRuns: 3000 },
    );
    expect(count).toBeGreaterThan(200);
  });
});

const read = (text: string) => parse(text, { integersAsBigInt: true }) as Record<string, unknown>;
const toml = (value: TomlLiteral) => (typeof value === 'bigint' ? String(value) : JSON.stringify(value));
const comments = (text: string) => text.split('#').length - 1;

/** The number of characters that two texts have in common at their start and, behind that, at their end. */
function common(one: string, other: string): [number, number] {
  const most = Math.min(one.length, other.length);
  let start = 0;
  while (start < most && one[start] === other[start]) start++;
  let end = 0;
  while (end < most - start && one.at(-1 - end) === other.at(-1 - end)) end++;
  return [start, end];
}

/** Whether one text is left when characters are taken out of another. */
function isPartOf(part: string, whole: string): boolean {
  let found = 0;
  for (const char of whole) if (char === part[found]) found++;
  return found === part.length;
}

/** Perhaps one of [[headers]], which are no value. */
function isTableList(value: unknown): boolean {
  return Array.isArray(value) && value.some((item) => typeof item === 'object');
}

/** Whether its header, if it has one, may have stood there with nothing below it. */
function hasNoOwnValue(document: unknown, path: readonly string[]): boolean {
  const table = at(document, path);
  return table !== undefined && Object.values(table as object).every((value) => typeof value === 'object');
}

function at(document: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (below, name) =>
      typeof below === 'object' && below !== null && Object.hasOwn(below, name)
        ? (below as Record<string, unknown>)[name]
        : undefined,
    document,
  );
}

const name = fc.constantFrom('a', 'b', 'c', 'a b', 'x.y', '', '__proto__', 'é"');
const spelled = (part: string) =>
  fc.constantFrom(...(/^[a-z]+$/.test(part) ? [part, `"${part}"`, `'${part}'`] : [JSON.stringify(part)]));
const dottedKey = fc
  .tuple(fc.array(name, { minLength: 1, maxLength: 3 }), fc.constantFrom('.', ' . '))
  .chain(([parts, dot]) => fc.tuple(...parts.map(spelled)).map((words) => words.join(dot)));
const scalar = fc.constantFrom(
  '1',
  '-0.5e3',
  'inf',
  'true',
  '1979-05-27 07:32:00Z',
  '07:32:00',
  '"# [a] \\"b\\" = 1"',
  `'\\'`,
  '"""\n# no comment\n[a]\nx = """""',
  `'''\n"""'''`,
  '[]',
  '[ 1, # ]\n  [2],\n]',
  '{}',
  '[{ a = 1 }, { b.c = "}" }]',
);
const inline = fc
  .array(fc.tuple(name.chain(spelled), scalar), { minLength: 1, maxLength: 3 })
  .chain((items) =>
    fc
      .constantFrom('', ',')
      .map((comma) => `{ ${items.map(([key, value]) => `${key} = ${value}`).join(', ')}${comma} }`),
  );
const blank = fc.constantFrom('', '  ', '# x = 1', '\t# [a]', '#', '# Größe\u00A0');
const statement = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(dottedKey, fc.oneof(scalar, inline), fc.constantFrom('', ' # why', '  '))
      .map(([key, value, tail]) => `${key} = ${value}${tail}`),
  },
  { weight: 2, arbitrary: dottedKey.map((key) => `[${key}]`) },
  { weight: 1, arbitrary: dottedKey.map((key) => `  [[ ${key} ]] # list`) },
  { weight: 2, arbitrary: blank },
);
/** Documents that smol-toml reads, and the paths of their values that are no tables. */
const documents = fc
  .tuple(fc.array(statement, { maxLength: 14 }), fc.constantFrom('\n', '\r\n'), fc.boolean())
  .map(([lines, newline, isTerminated]) => {
    // As an editor would let one write it: what makes the document wrong is taken back.
    let kept: string[] = [];
    for (const line of lines) {
      const next = [...kept, line];
      try {
        read(next.join('\n'));
        kept = next;
      } catch {}
    }
    const text = kept.join('\n').replaceAll('\n', newline) + (isTerminated ? newline : '');
    return { text, paths: [...valuePaths(read(text))] };
  });
const edits = fc.record({
  pick: fc.nat(),
  extra: fc.oneof(
    { weight: 1, arbitrary: fc.constant([]) },
    { weight: 3, arbitrary: fc.array(name, { minLength: 1, maxLength: 2 }) },
  ),
  value: fc.oneof<fc.Arbitrary<TomlLiteral>[]>(
    fc.string({ unit: 'grapheme' }),
    fc.boolean(),
    fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n }),
    fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 3 }),
  ),
});

function* valuePaths(value: unknown, path: string[] = []): Generator<string[]> {
  const isTable = typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
  if (!isTable) yield path;
  else for (const [key, below] of Object.entries(value)) yield* valuePaths(below, [...path, key]);
}
