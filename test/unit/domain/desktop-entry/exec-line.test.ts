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
  ])('%j with %j', (exec, uris, argvs) => {
    expect(expandExec(exec, { uris, name: 'Näme x', icon: 'ico', entryPath: '/e.desktop' })).toEqual(argvs);
  });

  it('keeps URIs where the entry wants them', () => {
    const argvs = expandExec('app %U', { uris: ['file:///a', '/b c#d'], keepUris: true });
    expect(argvs).toEqual([['app', 'file:///a', 'file:///b%20c%23d']]);
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

  it.each([[[]], [['a\0']], [['\ud800']]])('refuses %j', (argv) => {
    expect(codeOf(() => quoteExec(argv))).toBe('InvalidArgument');
  });
});

describe('file URIs', () => {
  it.each([
    ['file:///a%20b', '/a b'],
    ['FILE:/a', '/a'],
    ['file://host.example/a/../b//c/', '/b/c'],
    ['file:///%C3%A9?x', '/é?x'],
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
