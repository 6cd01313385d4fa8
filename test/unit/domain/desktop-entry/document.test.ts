import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { localesOf, localeVariants } from '../../../../src/domain/desktop-entry/locale.ts';
import { parseDesktopEntry } from '../../../../src/domain/desktop-entry/parse.ts';
import {
  escapeValue,
  joinList,
  parseBoolean,
  splitList,
  unescapeValue,
} from '../../../../src/domain/desktop-entry/value.ts';
import { isRingfenceError, type RingfenceError } from '../../../../src/domain/errors.ts';

const main = 'Desktop Entry';
const sample =
  '# top\n[Desktop Entry]\r\nName = App\nName[de]=Anwendung\n\n# note\nExec=app %U\nName=App 2\n[Desktop Action new]\nName=New';

describe('an unedited document', () => {
  it.each([sample, '', '\n\n', '#only', '[Desktop Entry]\n#\xff\n', '[a]\nb=c\r'])(
    'is written as it was read: %j',
    (text) => {
      const bytes = Buffer.from(text, 'latin1');
      expect(parseDesktopEntry(bytes).render().equals(bytes)).toBe(true);
    },
  );

  it('is written as it was read, whatever its bytes, or refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (tail) => {
        const bytes = Buffer.concat([Buffer.from('[Desktop Entry]\nName='), tail]);
        try {
          expect(parseDesktopEntry(bytes).render().equals(bytes)).toBe(true);
        } catch (error) {
          if (!isRingfenceError(error, 'BadEntry')) throw error;
        }
      }),
    );
  });

  it('gives the last of equal keys, and merges groups of one name', () => {
    const document = parseDesktopEntry('[A]\nk=1\nk=2\n[B]\nk=3\n[A]\nk=4\nl=5\n');
    expect(document.get('A', 'k')).toBe('4');
    expect(document.groups()).toEqual(['A', 'B']);
    expect(document.keys('A')).toEqual(['k', 'l']);
  });

  it('keeps a value that is no UTF-8 and fails only when it is asked for', () => {
    const document = parseDesktopEntry(
      Buffer.from('[Desktop Entry]\nName=ok\nName[de]=\xff\nComment=\xff\n', 'latin1'),
      '/x.desktop',
    );
    expect(document.getLocalized(main, 'Name', ['de'])).toBe('ok');
    const error = errorOf(() => document.get(main, 'Comment'));
    expect([error?.code, error?.message]).toEqual([
      'BadEntry',
      'cannot read /x.desktop: line 4: Comment is not valid UTF-8',
    ]);
  });
});

describe('names in a document', () => {
  it('are there with their locales, each once and in order', () => {
    const document = parseDesktopEntry('[G]\nName=x\nName[de]=y\nNames[fr]=z\nName[pt_BR]=q\nName[de]=w\n');
    expect(document.locales('G', 'Name')).toEqual(['de', 'pt_BR']);
    expect(document.keys('G')).toEqual(['Name', 'Name[de]', 'Names[fr]', 'Name[pt_BR]']);
    expect([document.locales('H', 'Name'), document.keys('H'), document.getList('H', 'Name')]).toEqual([[], [], []]);
    expect([document.hasGroup('G'), document.hasGroup('H')]).toEqual([true, false]);
  });

  it('may be any text, and any bytes that are none', () => {
    const document = parseDesktopEntry('[Größe]\nSchlüssel=é\nSchlüssel[日]=本\n');
    expect(document.groups()).toEqual(['Größe']);
    expect(document.hasGroup('Größe')).toBe(true);
    expect(document.get('Größe', 'Schlüssel')).toBe('é');
    expect(document.locales('Größe', 'Schlüssel')).toEqual(['日']);
    expect(parseDesktopEntry(Buffer.from('[G]\n\xff=1\n', 'latin1')).keys('G')).toEqual(['\xff']);
  });

  it('may have blanks around them, and values before them', () => {
    const document = parseDesktopEntry(' \t[G] \t\n \f\tk \t=\t \fv \nl=\nm m=1\n\t# c\n');
    expect(document.keys('G')).toEqual(['k', 'l', 'm m']);
    expect(['k', 'l', 'm m'].map((key) => document.get('G', key))).toEqual(['v ', '', '1']);
    document.set('G', 'k', 'w');
    expect(document.render().toString()).toContain(' \f\tk \t=\t \fw\n');
  });

  it('are the same for the encoding that the first group may name, and nothing in others', () => {
    expect(parseDesktopEntry('[A]\nEncoding=utf-8\n[B]\nEncoding=KOI8-R\n').get('B', 'Encoding')).toBe('KOI8-R');
    expect(parseDesktopEntry('[A]\nEncoding= UTF-8\n').get('A', 'Encoding')).toBe('UTF-8');
  });
});

describe('a malformed document', () => {
  const refused = (text: string) => () => parseDesktopEntry(Buffer.from(text, 'latin1'), '/a');
  it.each([
    ['[G]\nName\n', 'line 2: it is neither a key, a group nor a comment'],
    ['# c\nName=x\n', 'line 2: a key stands before the first group'],
    ['[]\n', 'line 1: it is no valid group name'],
    ['[a\tb]\n', 'line 1: it is no valid group name'],
    ['[a[]\n', 'line 1: it is no valid group name'],
    ['[\xff]\n', 'line 1: it is no valid group name'],
    ['[a] x\n', 'line 1: it is neither a key, a group nor a comment'],
    ['[a]=x\n', 'line 1: "[a]" is no valid key'],
    ['[G]\n=x\n', 'line 2: "" is no valid key'],
    ['[G]\nName[de]x=1\n', 'line 2: "Name[de]x" is no valid key'],
    ['[G]\nxName[d e]=1\n', 'line 2: "xName[d e]" is no valid key'],
    ['[G]\nName[\xff]=1\n', 'line 2: "this" is no valid key'],
    ['[G]\na\0=x\n', 'line 2: it contains a NUL byte'],
    ['[G]\nEncoding=UTF-16\n', 'line 2: its encoding is UTF-16, not UTF-8'],
    ['[G]\nEncoding=XUTF-8\n', 'line 2: its encoding is XUTF-8, not UTF-8'],
    ['[G]\nEncoding=UTF-88\n', 'line 2: its encoding is UTF-88, not UTF-8'],
    ['[G]\nEncoding=\xff\n', 'line 2: its encoding is unknown, not UTF-8'],
  ])('says of %j what is wrong', (text, reason) => {
    expect(refused(text)).toThrow(expect.objectContaining({ code: 'BadEntry', message: `cannot read /a: ${reason}` }));
  });

  it('goes by that name where the caller knows no file', () => {
    expect(() => parseDesktopEntry('x')).toThrow('cannot read the desktop entry: line 1: ');
  });

  it.each([
    ['[Desktop Entry]\nName\n', 2],
    ['Name=x\n', 1],
    ['\n[a[b]\n', 2],
    ['[Desktop Entry]\n\n=x\n', 3],
    ['[Desktop Entry]\nA\0=x\n', 2],
    ['[Desktop Entry]\nName[d e]=x\n', 2],
    ['[Desktop Entry]\nEncoding=ISO-8859-1\n', 2],
    ['\ufeff[Desktop Entry]\n', 1],
    ['\x89PNG\r\n\x1a\n', 1],
  ])('is refused with its line: %j', (text, line) => {
    const error = errorOf(() => parseDesktopEntry(text, '/a.desktop'));
    expect(error?.code).toBe('BadEntry');
    expect(error?.message).toContain(`cannot read /a.desktop: line ${line}: `);
  });
});

describe('editing', () => {
  it('touches the edited line alone', () => {
    const document = parseDesktopEntry(sample);
    document.set(main, 'Exec', 'other\\ %U');
    document.set(main, 'Name', ' x');
    expect(document.render().toString()).toBe(
      sample.replace('Exec=app %U', 'Exec=other\\\\ %U').replace('Name=App 2', 'Name=\\sx'),
    );
  });

  it('adds a key after the last one of its group, with the line end of its neighbour', () => {
    const document = parseDesktopEntry('[Desktop Entry]\r\nName=x\r\n\r\n# actions\r\n[Desktop Action a]\r\nName=a');
    document.set(main, 'X-New', 'ü');
    document.set('Desktop Action a', 'Exec', 'a');
    document.set('Desktop Action b', 'Name[de]', 'b');
    expect(document.render().toString()).toBe(
      '[Desktop Entry]\r\nName=x\r\nX-New=ü\r\n\r\n# actions\r\n[Desktop Action a]\r\nName=a\r\nExec=a\r\n\r\n[Desktop Action b]\r\nName[de]=b',
    );
  });

  it('removes every line of a key and nothing else', () => {
    const document = parseDesktopEntry(sample);
    document.delete(main, 'Name');
    expect(document.render().toString()).toBe(sample.replace('Name = App\n', '').replace('Name=App 2\n', ''));
    expect(document.get(main, 'Name')).toBeUndefined();
    expect(document.get('Desktop Action new', 'Name')).toBe('New');
  });

  it('gives back what was set, in any document', () => {
    const text = fc.string({ unit: 'binary' }).map((value) => value.replaceAll('\0', '').replace(/^\f+/, ''));
    fc.assert(
      fc.property(text, fc.constantFrom(sample, '', '[a]\nb=c\r', '[Desktop Entry]\n'), (value, source) => {
        const document = parseDesktopEntry(source);
        document.set(main, 'X-Key', value);
        document.setList('New Group', 'X-List', [value, 'b']);
        const again = parseDesktopEntry(document.render());
        expect(again.get(main, 'X-Key')).toBe(value);
        expect(again.getList('New Group', 'X-List')).toEqual([value, 'b']);
        if (source.startsWith('[a]')) expect(again.get('a', 'b')).toBe('c\r');
      }),
    );
  });

  it('removes a key from each group of the name', () => {
    const document = parseDesktopEntry('[A]\nk=1\nl=2\n[B]\nk=3\n[A]\nk=4\n');
    document.delete('A', 'k');
    expect(document.render().toString()).toBe('[A]\nl=2\n[B]\nk=3\n[A]\n');
    document.delete('A', 'gone');
    document.delete('C', 'k');
    expect(document.keys('B')).toEqual(['k']);
  });

  it('adds a group behind a blank line, once', () => {
    const grown = (text: string) => {
      const document = parseDesktopEntry(text);
      document.addGroup('G');
      document.addGroup('G');
      expect(document.hasGroup('G')).toBe(true);
      return document.render().toString();
    };
    expect(grown('')).toBe('[G]\n');
    expect(grown('[A]\nk=1\n')).toBe('[A]\nk=1\n\n[G]\n');
    expect(grown('[A]\nk=1\n\n')).toBe('[A]\nk=1\n\n[G]\n');
    expect(grown('[A]\r\nk=1')).toBe('[A]\r\nk=1\r\n\r\n[G]');
    expect(grown('[A]\nk=1\r')).toBe('[A]\nk=1\r\r\n\n[G]');
    expect(grown('[A]\n[G]\n')).toBe('[A]\n[G]\n');
  });

  it('adds a key below the header of a group that has none, and behind the last of groups of one name', () => {
    const added = (text: string) => {
      const document = parseDesktopEntry(text);
      document.set('A', 'k', 'v');
      expect(document.get('A', 'k')).toBe('v');
      return document.render().toString();
    };
    expect(added('# top\n[A]\n# note\n[B]\nl=1\n')).toBe('# top\n[A]\nk=v\n# note\n[B]\nl=1\n');
    expect(added('[A]\nl=1\n[B]\n[A]\nm=2\n# end\n')).toBe('[A]\nl=1\n[B]\n[A]\nm=2\nk=v\n# end\n');
    expect(added('[A]')).toBe('[A]\nk=v');
  });

  it('sets the last of equal lines, and lists', () => {
    const document = parseDesktopEntry('[A]\nk=1\nk = 2\n');
    document.setList('A', 'k', ['a;b', ' c']);
    expect(document.render().toString()).toBe('[A]\nk=1\nk = a\\;b;\\sc;\n');
    expect(document.getList('A', 'k')).toEqual(['a;b', ' c']);
    document.set('A', 'Name[de_AT@euro]', 'ö');
    expect(document.get('A', 'Name[de_AT@euro]')).toBe('ö');
  });

  it.each<[() => void, string]>([
    [() => parseDesktopEntry('').set('A', 'a=b', 'x'), 'cannot write "a=b" into a desktop entry: it is no valid key'],
    [() => parseDesktopEntry('').set('A', 'a[]', 'x'), 'cannot write "a[]" into a desktop entry: it is no valid key'],
    [
      () => parseDesktopEntry('').set('A', 'a[d e]', 'x'),
      'cannot write "a[d e]" into a desktop entry: it is no valid key',
    ],
    [
      () => parseDesktopEntry('').set('A', 'a[de]b', 'x'),
      'cannot write "a[de]b" into a desktop entry: it is no valid key',
    ],
    [
      () => parseDesktopEntry('').set('A', 'a', '\fx'),
      'cannot write "a value" into a desktop entry: it is led by a form feed',
    ],
    [
      () => parseDesktopEntry('').setList('A', 'a', ['x', '\0']),
      'cannot write "a value" into a desktop entry: it is not plain text',
    ],
    [() => parseDesktopEntry('').addGroup('a]'), 'cannot write "[a]]" into a desktop entry: it is no valid group name'],
    [() => parseDesktopEntry('').addGroup(''), 'cannot write "[]" into a desktop entry: it is no valid group name'],
    [
      () => parseDesktopEntry('').addGroup('a\n'),
      'cannot write "[a\\n]" into a desktop entry: it is no valid group name',
    ],
  ])('says what it cannot write (%#)', (write, message) => {
    expect(write).toThrow(expect.objectContaining({ code: 'InvalidArgument', message }));
  });

  it.each(['', 'a=b', 'a b', '#a', 'a[b', 'a\n', '\x7fa', 'a]'])('refuses the key %j', (key) => {
    expect(errorOf(() => parseDesktopEntry('').set(main, key, 'x'))?.code).toBe('InvalidArgument');
  });

  it('refuses text that no file can hold', () => {
    expect(errorOf(() => parseDesktopEntry('').set(main, 'a', '\0'))?.code).toBe('InvalidArgument');
    expect(errorOf(() => parseDesktopEntry('').set(main, 'a', '\ud800'))?.code).toBe('InvalidArgument');
    expect(errorOf(() => parseDesktopEntry('').set(main, 'a', '\fx'))?.code).toBe('InvalidArgument');
    expect(errorOf(() => parseDesktopEntry('').addGroup('a]'))?.code).toBe('InvalidArgument');
  });
});

describe('values', () => {
  it('escape and list writing are undone by reading', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.array(fc.string({ unit: 'binary', minLength: 1 })),
        (text, items) => {
          expect(unescapeValue(escapeValue(text))).toBe(text);
          expect(splitList(joinList(items))).toEqual(items);
        },
      ),
    );
  });

  it('reads faulty escapes as GLib does', () => {
    expect(unescapeValue('a\\sb\\q\\')).toBe('a b\\q');
    expect(splitList('a;b\\;c;;d')).toEqual(['a', 'b;c', '', 'd']);
    expect(splitList('a\\q;')).toBeUndefined();
  });

  it.each([
    ['a', 'a'],
    [' \t a \t', '\\s\\t\\sa \t'],
    ['a\nb\rc\\d', 'a\\nb\\rc\\\\d'],
    ['a\tb', 'a\tb'],
  ])('writes %j as %j', (text, written) => {
    expect(escapeValue(text)).toBe(written);
  });

  it('reads every escape of the specification', () => {
    expect(unescapeValue('\\s\\n\\t\\r\\\\x')).toBe(' \n\t\r\\x');
    expect(unescapeValue('a\\\nb')).toBe('a\\\nb');
    expect(splitList('\\s\\n\\t\\r\\\\;x')).toEqual([' \n\t\r\\', 'x']);
    expect([splitList(''), splitList(';'), splitList('a\\')]).toEqual([[], [''], undefined]);
    expect(joinList(['a', 'b;c\\'])).toBe('a;b\\;c\\\\;');
    expect(joinList([])).toBe('');
  });

  it('reads booleans of all sorts', () => {
    const read = ['true', '1', 'false', '0', 'true \t\f', '0 ', 'yes', '', ' true', 'true1'].map(parseBoolean);
    expect(read).toEqual([true, true, false, false, true, false, undefined, undefined, undefined, undefined]);
  });

  it('reads booleans', () => {
    const document = parseDesktopEntry('[G]\na=true \nb=1\nc=TRUE\nd=false\n');
    expect(['a', 'b', 'c', 'd', 'e'].map((key) => document.getBoolean('G', key))).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });
});

describe('locales', () => {
  it('fall back from the particular to the general', () => {
    expect(localeVariants('sr_RS@latin')).toEqual(['sr_RS@latin', 'sr@latin', 'sr_RS', 'sr']);
    expect(localeVariants('de_DE.UTF-8')).toEqual(['de_DE.UTF-8', 'de.UTF-8', 'de_DE', 'de']);
    const document = parseDesktopEntry('[G]\nName=x\nName[de]=y\nName[sr@latin]=z\n');
    expect(document.getLocalized('G', 'Name', localeVariants('de_AT.UTF-8'))).toBe('y');
    expect(document.getLocalized('G', 'Name', localeVariants('sr_RS@latin'))).toBe('z');
    expect(document.getLocalized('G', 'Name', ['fr'])).toBe('x');
  });

  it('come from the environment', () => {
    expect(localesOf({ LANG: 'de_DE', LANGUAGE: 'fr:en' })).toEqual(['fr', 'en']);
    expect(localesOf({ LANG: 'de_DE', LC_ALL: 'C', LANGUAGE: 'fr' })).toEqual([]);
    expect(localesOf({})).toEqual([]);
    expect(localesOf({ LANG: 'de', LC_MESSAGES: 'it' })).toEqual(['it']);
  });
});

function errorOf(attempt: () => unknown): RingfenceError | undefined {
  try {
    attempt();
  } catch (error) {
    if (isRingfenceError(error)) return error;
    throw error;
  }
  return undefined;
}
