import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { localesOf, localeVariants } from '../../../../src/domain/desktop-entry/locale.ts';
import { parseDesktopEntry } from '../../../../src/domain/desktop-entry/parse.ts';
import { escapeValue, joinList, splitList, unescapeValue } from '../../../../src/domain/desktop-entry/value.ts';
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

describe('a malformed document', () => {
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

  it.each(['', 'a=b', 'a b', '#a', 'a[b', 'a\n'])('refuses the key %j', (key) => {
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
