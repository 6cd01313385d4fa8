import fc from 'fast-check';
import { expect, it } from 'vitest';
import { homeFolder } from '../../../../src/domain/home-folder.ts';
import { downloadsNames } from '../../../../src/strict/pure/home-names.ts';

it('names a home after the app, and an odd one so that no two are the same', () => {
  expect(homeFolder('org.gnome.gedit')).toBe('org.gnome.gedit');
  expect(homeFolder('a b')).not.toBe(homeFolder('a_b'));
  fc.assert(
    fc.property(
      fc.string({ minLength: 1, unit: 'grapheme' }),
      fc.string({ minLength: 1, unit: 'grapheme' }),
      (a, b) => {
        expect(homeFolder(a)).toMatch(/^[A-Za-z0-9._+#-]{1,220}$/);
        expect(homeFolder(a)).not.toMatch(/^\.{1,2}$|\.import$/);
        if (a !== b) expect(homeFolder(a)).not.toBe(homeFolder(b));
      },
    ),
  );
});

it.each([
  ['a'.repeat(201), /^a{201}$/],
  ['a'.repeat(202), /^a{120}#[0-9a-z]+$/],
  ['ä b/c', /^__b_c#[0-9a-z]+$/],
  ['gimp.import', /^gimp\.import#[0-9a-z]+$/],
  ['.hidden', /^\.hidden#[0-9a-z]+$/],
  ['import.gimp', /^import\.gimp$/],
])('calls the home of %j %s', (name, folder) => expect(homeFolder(name)).toMatch(folder));

it('tells homes apart whose names differ only in what is replaced, or behind what is kept', () => {
  const names = [' /', '/ ', '//', '  ', 'ä', 'ö', ...['x', 'y', 'xy', 'yx'].map((end) => 'a'.repeat(300) + end)];
  expect(new Set(names.map(homeFolder)).size).toBe(names.length);
});

it('names two homes for names that were looked for to have one', () => {
  // The number was the sum of the bytes, each 257 times the next, modulo 2^89 - 1: a lattice (LLL) finds such names in a second.
  const [name, twin] = ['local.堠堠堠堠堠堠堠堠堠堠堠堠堠堠堠堠', 'local.坢堢奜墠垡埝夢墠塠埞垠堞壟埢堢夜'];
  expect(homeFolder(name)).not.toBe(homeFolder(twin));
});

it.each([
  ['a/b\nc', 'a_b_c'],
  [' ..a b. ', 'a b'],
  ['a'.repeat(61), 'a'.repeat(60)],
  ["Tom & Jerry's (2+1)", "Tom & Jerry's (2+1)"],
  ['e\u0301', 'é'],
  ['...', 'app'],
  ['', 'app'],
])('calls the downloads of %j %j', (name, folder) => expect(downloadsNames(name, 'app')[0]).toBe(folder));

it('keeps the name of a folder in Downloads below 255 bytes where it has to tell the home', () => {
  const [first, second] = downloadsNames('ä'.repeat(60), 'b'.repeat(200));
  expect(first).toBe('ä'.repeat(60));
  expect(second).toBe(`${'ä'.repeat(45)} (${'b'.repeat(150)})`);
});

it('names a folder in Downloads after the app, and has others for where that name is taken', () => {
  expect(downloadsNames('Firefox', 'firefox-esr').slice(0, 3)).toEqual([
    'Firefox',
    'Firefox (firefox-esr)',
    'Firefox (firefox-esr 2)',
  ]);
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const names = downloadsNames(text, 'a'.repeat(200));
      expect(new Set(names).size).toBe(names.length);
      for (const name of names) {
        expect(name).not.toMatch(/^\.|\/|\p{Cc}|^$|^ | $/u);
        expect(new TextEncoder().encode(name).length).toBeLessThan(256);
      }
    }),
  );
});
