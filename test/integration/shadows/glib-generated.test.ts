import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expandExec, parseExec, quoteExec } from '../../../src/domain/desktop-entry/exec-line.ts';
import { parseDesktopEntry } from '../../../src/domain/desktop-entry/parse.ts';
import { splitList } from '../../../src/domain/desktop-entry/value.ts';
import { isRingfenceError } from '../../../src/domain/errors.ts';
import { askGlib } from '../../fixtures/ask-glib.ts';

const fragments = fc.constantFrom(
  '[Desktop Entry]',
  '[Desktop Action a b]',
  '[]',
  '[a[b]',
  '[x] \t',
  '[x] y',
  '# note',
  ';note',
  '',
  ' ',
  '\t#',
  'Name=x',
  'Name = x ',
  ' Name=y',
  'Name[de]=ü',
  'Name[sr@latin]=a',
  'Name[]=a',
  'Name[d e]=a',
  'Name [de]=a',
  '=x',
  'Key',
  'A B=c',
  'Encoding=UTF-8',
  'Encoding=latin1',
  'List=a;b\\;c;',
  'Bad=\\q;',
  'End=\\',
  'Esc=\\s\\n\\t\\r\\\\',
  'X=a=b',
  '-Y=1',
  'Ä=ö',
  '\ufeff[Desktop Entry]',
  'K\t=v',
  '\fK=v',
);
const keyFile = fc
  .array(
    fc.tuple(
      fc.oneof({ weight: 5, arbitrary: fragments }, fc.string({ unit: 'binary', maxLength: 12 })),
      fc.constantFrom('\n', '\n', '\r\n'),
    ),
  )
  .chain((lines) =>
    fc.boolean().map((open) =>
      lines
        .map(([text, eol]) => text.replace(/\0/g, '') + eol)
        .join('')
        .replace(open ? /\n$/ : /$^/, ''),
    ),
  );

describe('generated files', () => {
  it('parse as in GKeyFile, and survive', { timeout: 120_000 }, () => {
    const files = fc
      .sample(keyFile, 3000)
      .flatMap((text) => [text, `[Desktop Entry]\n${text}`])
      .map((text) => Buffer.from(text, 'utf8'));
    const theirs = askGlib<(object | null)[]>({ mode: 'keyfile', files: files.map((file) => file.toString('base64')) });
    let valid = 0;
    files.forEach((file, at) => {
      const ours = readOurs(file);
      if (ours !== null) valid++;
      expect({ file: file.toString('utf8'), read: ours }).toEqual({ file: file.toString('utf8'), read: theirs[at] });
    });
    expect(valid).toBeGreaterThan(500);
  });

  it('quoted arguments are read back by GLib', () => {
    const argument = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom(...'"\'\\$`% #\n\t;a=~*?') }),
    );
    const argvs = fc
      .sample(fc.array(argument, { minLength: 1, maxLength: 6 }), 3000)
      .map((argv) => argv.map((text) => text.replace(/\0/g, '')));
    const values = argvs.map(quoteExec);
    // GLib undoes %% in a pass of its own before it parses the quoting.
    const theirs = askGlib<(string[] | null)[]>({
      mode: 'shell',
      values: values.map((value) => value.replaceAll('%%', '%')),
    });
    expect(theirs).toEqual(argvs);
    expect(values.map((value) => expandExec(parseExec(value), { uris: [] })[0])).toEqual(argvs);
  });
});

function readOurs(file: Buffer): object | null {
  try {
    const document = parseDesktopEntry(file);
    expect(document.render().equals(file)).toBe(true);
    return Object.fromEntries(
      document.groups().map((group) => [
        group,
        Object.fromEntries(
          document.keys(group).map((key) => {
            const raw = document.raw(group, key) ?? null;
            return [key, { raw, list: raw === null ? null : (splitList(raw) ?? null) }];
          }),
        ),
      ]),
    );
  } catch (error) {
    if (isRingfenceError(error, 'BadEntry')) return null;
    throw error;
  }
}
