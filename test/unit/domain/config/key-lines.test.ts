import fc from 'fast-check';
import { parse } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import { keyLines } from '../../../../src/domain/config/key-lines.ts';

describe('key lines', () => {
  it('finds keys of every form', () => {
    const lineOf = keyLines(
      [
        '# profile.browser = 1', // 1
        'default-profile = "relaxed" # "[app]"',
        'text = """',
        'fake = 1',
        '[fake]"""""',
        "raw = '''a = 'b'''", // 6
        '[profile.browser]',
        'base = "relaxed"',
        'list = [ 1, "]", # ]',
        '  { a = 1, b = [ { c = 2 } ] },',
        ']', // 11
        '[app."firefox.desktop"]',
        "'memory-max' = 1",
        'a . "b.c" . \'d\' = 2',
        'inline = { x.y = 1, z = "}" }',
        '[[many]]', // 16
        'one = 1',
        '[[many]]',
        'one = 2',
        '[many.deep]',
        'two = 1979-05-27 07:32:00', // 21
        '[app."\\u0066oo\\t\\"x"]',
        'k = 1',
      ].join('\r\n'),
    );
    expect(lineOf(['default-profile'])).toBe(2);
    expect(lineOf(['text'])).toBe(3);
    expect(lineOf(['raw'])).toBe(6);
    expect(lineOf(['profile', 'browser', 'base'])).toBe(8);
    expect(lineOf(['profile', 'browser', 'list', 3, 'a'])).toBe(9);
    expect(lineOf(['profile', 'browser', 'list', 2, 'b', 0, 'c'])).toBe(10);
    expect(lineOf(['app', 'firefox.desktop'])).toBe(12);
    expect(lineOf(['app', 'firefox.desktop', 'memory-max'])).toBe(13);
    expect(lineOf(['app', 'firefox.desktop', 'a', 'b.c', 'd'])).toBe(14);
    expect(lineOf(['app', 'firefox.desktop', 'inline', 'x', 'y'])).toBe(15);
    expect(lineOf(['many', 0, 'one'])).toBe(17);
    expect(lineOf(['many', 1, 'one'])).toBe(19);
    expect(lineOf(['many', 1, 'deep', 'two'])).toBe(21);
    expect(lineOf(['app', 'foo\t"x', 'k'])).toBe(23);
    expect(lineOf(['nowhere'])).toBe(1);
  });

  it('finds every value of any document that smol-toml reads, on the line it was written', () => {
    let documents = 0;
    fc.assert(
      fc.property(fc.array(statement, { maxLength: 12 }), fc.constantFrom('\n', '\r\n'), (statements, newline) => {
        // Each statement's values carry the line on which their key will stand.
        let line = 1;
        const written = statements.map((make) => {
          const text = make(line).join(newline);
          line += text.split('\n').length;
          return text;
        });
        const text = `${written.join(newline)}${newline}`;
        let document: unknown;
        try {
          document = parse(text);
        } catch {
          return; // a key twice, or a table made twice
        }
        documents++;
        const lineOf = keyLines(text);
        for (const [path, value] of leaves(document)) expect([path, lineOf(path)]).toEqual([path, value]);
      }),
      { numRuns: 500 },
    );
    expect(documents).toBeGreaterThan(100);
  });
});

const keyPart = fc.oneof(
  fc.stringMatching(/^[A-Za-z0-9_-]{1,6}$/),
  fc.string({ unit: 'grapheme', maxLength: 5 }).map((text) => JSON.stringify(text).replaceAll('\x7f', '')),
  fc.stringMatching(/^[ -&(-~]{0,5}$/).map((text) => `'${text}'`),
);
const key = fc
  .tuple(fc.array(keyPart, { minLength: 1, maxLength: 3 }), fc.constantFrom('.', ' . ', '\t.'))
  .map(([parts, dot]) => parts.join(dot));
const filler = fc.constantFrom(
  ['"""', 'x = 1', '[y]', '\\"""" """"""'],
  ["'''", "x = '1'", "#'''''"],
  ['"a # b = c"'],
  ['1979-05-27 07:32:00Z'],
  ['[ 1, # ]', ' "[", [2, 3],', ']'],
);

/** Text lines whose integer values each equal the line of their key; strings and the like are told apart by type. */
const statement: fc.Arbitrary<(line: number) => string[]> = fc.oneof(
  key.map((name) => (line: number) => [`${name} = ${line} # = 7`]),
  key.map((name) => (line: number) => [`  ${name}= { a = ${line}, "b.c" = { d.e = ${line} } }`]),
  key.map((name) => (line: number) => [`${name} = [`, `  { a = ${line + 1} }, # }`, `  { b = ${line + 2} },`, ']']),
  fc.tuple(key, filler).map(([name, lines]) => () => [`${name} = ${lines[0]}`, ...lines.slice(1)]),
  key.map((name) => () => [`[ ${name} ]`]),
  key.map((name) => () => [`[[${name}]]`]),
  fc.constant(() => ['', '# [comment]', '\t']),
);

/** Every `path → integer`, but for integers inside plain lists, which have no key. */
function* leaves(value: unknown, path: (string | number)[] = []): Generator<[(string | number)[], number]> {
  if (typeof value === 'number') {
    if (typeof path.at(-1) === 'string') yield [path, value];
  } else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) yield* leaves(item, [...path, index]);
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, item] of Object.entries(value)) yield* leaves(item, [...path, name]);
  }
}
