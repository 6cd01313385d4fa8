import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitted, printable, shortened, widthOf } from '../../../../../src/clients/cli/pure/cell-text.ts';

describe('text in cells of a terminal', () => {
  it.each([
    ['firefox', 7],
    ['日本語', 6],
    ['e\u0301', 1],
    ['שלום', 4],
    ['👨‍👩‍👧', 2],
    ['❤️', 2],
    ['❤', 1],
    ['🇩🇪', 2],
    ['⌚', 2],
    ['\u200b\u0301', 0],
    ['ｗｉｄｅ', 8],
    ['한글', 4],
    ['', 0],
  ])('%j is %i wide', (text, width) => expect(widthOf(text)).toBe(width));

  it.each([
    ['a\x1b[2Jb', 'a\ufffd[2Jb'],
    ['a\nb\tc\x7f\x9b', 'a\ufffdb\ufffdc\ufffd\ufffd'],
    ['\u202egnp.exe', '\ufffdgnp.exe'],
    ['a\u061cb\u200ec\u200fd\ufeff', 'a\ufffdb\ufffdc\ufffdd\ufffd'],
    ['العربية', 'العربية\u200e'],
    ['\ud800', '\ufffd'],
    ['plain ü 日本', 'plain ü 日本'],
    ['👨‍👩‍👧', '👨‍👩‍👧'],
    // The mark keeps a number that follows in its place.
    ['שלום', 'שלום\u200e'],
  ])('%j is safe as %j', (text, safe) => expect(printable(text)).toBe(safe));

  it.each([
    ['firefox', 10, 'firefox   '],
    ['firefox', 5, 'fire…'],
    ['日本語', 5, '日本…'],
    // A grapheme of two columns is not cut in the middle.
    ['日本語', 4, '日… '],
    ['abc', 0, ''],
  ])('%j fits into %i columns', (text, width, expected) => expect(fitted(text, width)).toBe(expected));

  it('says where a text from right to left was cut, so that what follows stays in its place', () => {
    expect(shortened('שלום עולם', 5)).toBe('שלום…\u200e');
    expect(shortened('ab שלום', 3)).toBe('ab…');
    expect(shortened('abc', 3)).toBe('abc');
    expect(shortened('abc', 1)).toBe('…');
    expect(shortened('abc', 0)).toBe('');
  });

  it('fills up before it where told', () => expect(fitted('12', 5, 'right')).toBe('   12'));

  it('is never wider than asked, and never moves the cursor', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.nat(12), (text, width) => {
        const safe = printable(text);
        expect(safe).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
        expect(widthOf(shortened(safe, width))).toBeLessThanOrEqual(width);
        expect(widthOf(fitted(safe, width))).toBe(width);
      }),
    );
  });
});
