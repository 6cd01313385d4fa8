import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { displayName } from '../../../src/domain/display-name.ts';

describe('a name for people', () => {
  it.each([
    ['Firefox', 'Firefox'],
    ['Zeichenkarte 📇 مرحبا', 'Zeichenkarte 📇 مرحبا'],
    ['Red \x1b[31malarm', 'Red \ufffd[31malarm'],
    ['two\nlines\r', 'two\ufffdlines\ufffd'],
    ['C1 \x9b31m', 'C1 \ufffd31m'],
    ['del\x7f', 'del\ufffd'],
    ['txt.\u202eexe', 'txt.\ufffdexe'],
    ['a\u2028b\ud800c', 'a\ufffdb\ufffdc'],
    ['\u200fפיירפוקס', '\u200fפיירפוקס'],
    ['\u2066isolated\u2069', '\ufffdisolated\ufffd'],
  ])('%j is shown as %j', (name, shown) => {
    expect(displayName(name)).toBe(shown);
  });

  it('holds nothing that a terminal takes for a command', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (name) => {
        for (const character of displayName(name)) {
          const code = character.codePointAt(0) ?? 0;
          expect(code >= 0x20 && !(code >= 0x7f && code <= 0x9f)).toBe(true);
        }
      }),
    );
  });
});
