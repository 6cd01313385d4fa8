import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unifiedDiff } from '../../../../src/platform/owned-files/unified-diff.ts';

const text = fc
  .array(fc.constantFrom('a', 'b', 'c', 'd', ''), { maxLength: 40 })
  .chain((lines) => fc.boolean().map((ended) => lines.join('\n') + (ended && lines.length > 0 ? '\n' : '')));

describe('unifiedDiff', () => {
  it('is what diff -u prints', () => {
    const before = 'one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine\nten\n';
    const after = 'one\ntwo\n3\nfour\nfive\nsix\nseven\neight\nnine\nten\neleven';
    expect(unifiedDiff('a', 'b', before, after)).toBe(
      '--- a\n+++ b\n@@ -1,6 +1,6 @@\n one\n two\n-three\n+3\n four\n five\n six\n@@ -8,3 +8,4 @@\n eight\n nine\n ten\n+eleven\n\\ No newline at end of file\n',
    );
  });

  it('says nothing of equal texts', () => {
    fc.assert(fc.property(text, (one) => unifiedDiff('a', 'b', one, one) === ''));
  });

  it('leads from one text to the other', () => {
    fc.assert(
      fc.property(text, text, (before, after) => {
        expect(applied(before, unifiedDiff('a', 'b', before, after))).toBe(after);
      }),
    );
  });
});

/** A patch(1) that trusts every number. */
function applied(before: string, diff: string): string {
  if (diff === '') return before;
  const old = before.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  const made: string[] = [];
  let at = 0;
  let sign = '';
  for (const line of (diff.match(/[^\n]*\n/g) ?? []).slice(2)) {
    const header = /^@@ -(\d+)(?:,(\d+))? /.exec(line);
    if (header !== null) {
      const start = Number(header[1]) - (header[2] === '0' ? 0 : 1);
      made.push(...old.slice(at, start));
      at = start;
    } else if (line.startsWith('\\')) {
      if (sign !== '-') made[made.length - 1] = made.at(-1)?.replace(/\n$/, '') ?? '';
    } else {
      if (line.startsWith('-') || line.startsWith(' ')) at++;
      if (line.startsWith('+')) made.push(line.slice(1));
      if (line.startsWith(' ')) made.push(old[at - 1] ?? '');
      sign = line.charAt(0);
    }
  }
  return [...made, ...old.slice(at)].join('');
}
