import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cleanText, longestText, makeEntry } from '../../../../src/platform/journal/entry.ts';
import { streamHeader } from '../../../../src/platform/journal/output-stream.ts';
import { renderEntry } from '../../../../src/platform/journal/stdout-sink.ts';

describe('renderEntry', () => {
  it('prefixes every line with the priority', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (message) => {
        const lines = renderEntry(makeEntry(3, message, {}), true).split('\n');
        expect(lines.pop()).toBe('');
        for (const line of lines) expect(line).toMatch(/^<3>(\t|\P{Cc})*$/u);
      }),
      { examples: [['two\nlines\r\nand\rmore']] },
    );
  });

  it('has no prefix for a human, and shows the stack of an error', () => {
    expect(renderEntry(makeEntry(3, 'bug', { stack: 'Error\n at x' }), false)).toBe('bug\nError\n at x\n');
  });
});

describe('cleanText', () => {
  it('survives UTF-8 unchanged, has no NUL and is bounded', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const clean = cleanText(text);
        expect(Buffer.from(clean).toString()).toBe(clean);
        expect(clean).not.toContain('\0');
      }),
      { examples: [['\ud800'], ['a\0b']] },
    );
    expect(cleanText('x'.repeat(longestText + 5))).toMatch(/x… \[5 more characters\]$/);
  });
});

describe('streamHeader', () => {
  it('is seven lines whatever the identifier is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (identifier) => {
        const lines = streamHeader({ identifier }).split('\n');
        expect(lines).toHaveLength(8);
        expect(Buffer.byteLength(lines[0] ?? '')).toBeLessThan(255);
        expect(lines.slice(1)).toEqual(['', '6', '0', '0', '0', '0', '']);
      }),
      { examples: [['é'.repeat(200)], ['a\nb']] },
    );
  });
});
