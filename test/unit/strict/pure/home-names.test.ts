import fc from 'fast-check';
import { expect, it } from 'vitest';
import { downloadsName, homeFolder } from '../../../../src/strict/pure/home-names.ts';

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

it('names a folder in Downloads after the app, one name, and another’s never', () => {
  expect(downloadsName('Firefox Web-Browser', 'firefox', () => false)).toBe('Firefox Web-Browser');
  expect(downloadsName('Firefox', 'firefox-esr', (name) => name === 'Firefox')).toBe('Firefox (firefox-esr)');
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const name = downloadsName(text, 'app', () => false);
      expect(name).not.toMatch(/^\.|\/|\p{Cc}|^$|^ | $/u);
      expect(new TextEncoder().encode(name).length).toBeLessThan(256);
    }),
  );
});
