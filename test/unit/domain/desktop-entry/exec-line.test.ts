import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expandExec, quoteExec } from '../../../../src/domain/desktop-entry/exec-line.ts';
import { fileOfUri, uriOfPath } from '../../../../src/domain/desktop-entry/file-uri.ts';
import { isRingfenceError } from '../../../../src/domain/errors.ts';

const one = ['file:///srv/a%20b'];
const two = ['file:///srv/a', 'file:///srv/b'];

describe('expandExec', () => {
  it.each<[string, readonly string[], string[][]]>([
    ['app', [], [['app']]],
    ['app', one, [['app', '/srv/a b']]],
    [
      'app',
      two,
      [
        ['app', '/srv/a'],
        ['app', '/srv/b'],
      ],
    ],
    [
      'app %f',
      two,
      [
        ['app', '/srv/a'],
        ['app', '/srv/b'],
      ],
    ],
    ['app %F x', two, [['app', '/srv/a', '/srv/b', 'x']]],
    ['app --in=%F;', two, [['app', '--in=/srv/a', '/srv/b;']]],
    ['app --url=%u', [], [['app', '--url=']]],
    ['app %u', one, [['app', '/srv/a b']]],
    ['app %u', ['file:///a#b'], [['app', 'file:///a#b']]],
    ['app %f', ['https://x/'], [['app']]],
    ['app %U', ['https://x/', '/srv/a b'], [['app', 'https://x/', '/srv/a b']]],
    ['app %u', ['file:///%ff'], [['app', 'file:///%ff']]],
    ['"/opt/My App/app" "%f"', one, [['/opt/My App/app', '/srv/a b']]],
    ["sh -c 'a %u'", one, [['sh', '-c', 'a /srv/a b']]],
    ['app %d %n %v %m %D %N', [], [['app']]],
    ['app %i %c %k %%', [], [['app', '--icon', 'ico', 'Näme x', '/e.desktop', '%']]],
    ['app "a\\"b" \'c\\d\' e\\ f # g', [], [['app', 'a"b', 'c\\d', 'e f']]],
    ['app %', [], [['app', '%']]],
    ['app a%z %z b%', [], [['app', 'a', 'b%']]],
    ['app "" \'\'', [], [['app', '', '']]],
    ['app "a b"c\'d e\'', [], [['app', 'a bcd e']]],
    ['app "\\$a\\`b\\\\c\\d\\\ne"', [], [['app', '$a`b\\c\\d\ne']]],
    // In single quotation marks a backslash is one.
    ["app 'a\\$b\\\\'", [], [['app', 'a\\$b\\\\']]],
    ['app a\\\nb \\"c \\\'d \\#e', [], [['app', 'ab', '"c', "'d", '#e']]],
    ['app \\%f', one, [['app', '/srv/a b']]],
    ['app\ta\nb', [], [['app', 'a', 'b']]],
    ['app a#b\t#c #d %f\ne', [], [['app', 'a#b', '#c', 'e']]],
    ['# a comment\napp', [], [['app']]],
    ['app "%F"', two, [['app', '/srv/a /srv/b']]],
    ['app %f%f', two, [['app', '/srv/a/srv/b']]],
    [
      'app %f %u',
      [...two, '/c'],
      [
        ['app', '/srv/a', '/srv/b'],
        ['app', '/c'],
      ],
    ],
    ['app x%Uy', [...two, '/c'], [['app', 'x/srv/a', '/srv/b', '/cy']]],
    ['app "%i" x%i', [], [['app', '--icon ico', 'x--icon', 'ico']]],
    ['app %f', ['/srv/a#b'], [['app', '/srv/a#b']]],
    ['app %u', ['/srv/a#b'], [['app', '/srv/a#b']]],
    ['app %f', ['file:///srv/a#b'], [['app', '/srv/a']]],
    ['app', ['mailto:a@b'], [['app']]],
    ['app %u', ['Mail-to.x+1:a'], [['app', 'Mail-to.x+1:a']]],
  ])('%j with %j', (exec, uris, argvs) => {
    expect(expandExec(exec, { uris, name: 'Näme x', icon: 'ico', entryPath: '/e.desktop' })).toEqual(argvs);
  });

  it('keeps URIs where the entry wants them', () => {
    const argvs = expandExec('app %U', { uris: ['file:///a', '/b c#d'], keepUris: true });
    expect(argvs).toEqual([['app', 'file:///a', 'file:///b%20c%23d']]);
  });

  it('keeps no URI where the code is for paths', () => {
    expect(expandExec('app %F', { uris: ['file:///a', '/b c'], keepUris: true })).toEqual([['app', '/a', '/b c']]);
    expect(expandExec('app %u', { uris: ['file:///a#b'], keepUris: true })).toEqual([['app', 'file:///a#b']]);
  });

  it('gives no argument for what is not known', () => {
    expect(expandExec('app %i %c %k', { uris: [] })).toEqual([['app']]);
    expect(expandExec('app %c', { uris: [], name: '' })).toEqual([['app', '']]);
  });

  it.each([
    ['app "x', [], 'cannot understand Exec=app "x: the " quotation mark is never closed'],
    ["app 'x", [], "cannot understand Exec=app 'x: the ' quotation mark is never closed"],
    ['app "x\\', [], 'cannot understand Exec=app "x\\: the " quotation mark is never closed'],
    ['app \\', [], 'cannot understand Exec=app \\: it ends with a backslash'],
    [' \n\t', [], 'cannot understand Exec= \n\t: it names no program'],
    ['%f', [], 'cannot understand Exec=%f: it names no program'],
    [`"${'x'.repeat(300)}`, [], `cannot understand Exec="${'x'.repeat(199)}: the " quotation mark is never closed`],
    ['app', ['notes.txt'], 'cannot open "notes.txt": it is neither a URI nor an absolute path'],
    ['app', ['1:x'], 'cannot open "1:x": it is neither a URI nor an absolute path'],
    ['app', [' /x'], 'cannot open " /x": it is neither a URI nor an absolute path'],
    ['app', ['/a', '/b\0'], 'cannot open "/b\\u0000": it contains a NUL byte'],
    ['app', ['x'.repeat(300)], `cannot open "${'x'.repeat(200)}": it is neither a URI nor an absolute path`],
    ['app %f', ['file:///%ff'], "cannot open file:///%ff: the file's name is not valid UTF-8; rename it"],
  ])('says of %j with %j what is wrong', (exec, uris, message) => {
    expect(() => expandExec(exec, { uris })).toThrow(expect.objectContaining({ message }));
  });

  it('needs a word, whoever has split them', () => {
    expect(() => expandExec([], { uris: [] })).toThrow('cannot understand Exec=: it names no program');
    expect(expandExec([[{ text: 'a' }, { code: 'f', quoted: false }]], { uris: ['/b'] })).toEqual([['a/b']]);
  });

  it('starts at most a hundred processes, and says so before it has made them', () => {
    const files = (count: number) => Array.from({ length: count }, (_, index) => `/srv/${index}`);
    expect(expandExec('app %f', { uris: files(100) })).toHaveLength(100);
    expect(expandExec('app %F', { uris: files(50_000) })[0]).toHaveLength(50_001);
    expect(() => expandExec('app %f', { uris: files(50_000) })).toThrow(
      expect.objectContaining({ code: 'InvalidArgument', message: expect.stringMatching(/50000 files.*at most 100/) }),
    );
  });

  it('gives no argument for an empty icon', () => {
    expect(expandExec('app %i', { uris: [], icon: '' })).toEqual([['app']]);
  });

  it.each([
    ['app "x', [], 'BadEntry'],
    ['app \\', [], 'BadEntry'],
    ['  ', [], 'BadEntry'],
    ['%f', [], 'BadEntry'],
    ['app', ['notes.txt'], 'InvalidArgument'],
    ['app', ['/a\0'], 'InvalidArgument'],
    ['app %f', ['file:///%ff'], 'InvalidArgument'],
  ])('refuses %j with %j', (exec, uris, code) => {
    expect(codeOf(() => expandExec(exec, { uris }))).toBe(code);
  });
});

describe('quoteExec', () => {
  it('is undone by expandExec', () => {
    const argument = fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\0', ''));
    fc.assert(
      fc.property(fc.array(argument, { minLength: 1 }), (argv) => {
        expect(expandExec(quoteExec(argv), { uris: [] })).toEqual([argv]);
      }),
    );
  });

  it('leaves plain words plain', () => {
    expect(quoteExec(['ringfence-open', 'a.desktop', '--x=1', '50%', 'a b'])).toBe(
      'ringfence-open a.desktop --x=1 50%% "a b"',
    );
  });

  it('puts a backslash before what has a meaning in quotation marks', () => {
    expect(quoteExec(['a`b', 'c$d', 'e"f', 'g\\h', "i'j"])).toBe('"a\\`b" "c\\$d" "e\\"f" "g\\\\h" "i\'j"');
  });

  it.each([[[]], [['a\0']], [['\ud800']]])('refuses %j', (argv) => {
    expect(codeOf(() => quoteExec(argv))).toBe('InvalidArgument');
    expect(() => quoteExec(argv)).toThrow(
      /^cannot write an Exec line: (?:there is no program|an argument is not plain text)$/,
    );
  });
});

describe('file URIs', () => {
  it.each([
    ['file:///a%20b', '/a b'],
    ['FILE:/a', '/a'],
    ['file://host.example/a/../b//c/', '/b/c'],
    ['file:///%C3%A9?x', '/é'],
    ['file:///a#b', '/a'],
    ['file:////a', '//a'],
  ])('%j names %j', (uri, path) => {
    expect(fileOfUri(uri)).toEqual({ path });
  });

  it.each(['http:///a', 'file:a', 'file:///a%2Fb', 'file:///a%00', 'file:///a%zz', 'file://bad_host/a'])(
    '%j names nothing',
    (uri) => {
      expect(fileOfUri(uri)).toBeUndefined();
    },
  );

  it('are undone to the path they were made of', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme', minLength: 1 })), (parts) => {
        const path = `/${parts
          .map((part) => part.replace(/[/\0]/g, '') || 'x')
          .filter((part) => !/^\.+$/.test(part))
          .join('/')}`;
        expect(fileOfUri(uriOfPath(path))).toEqual({ path });
      }),
    );
  });
});

function codeOf(attempt: () => unknown): string | undefined {
  try {
    attempt();
  } catch (error) {
    if (isRingfenceError(error)) return error.code;
    throw error;
  }
  return undefined;
}
