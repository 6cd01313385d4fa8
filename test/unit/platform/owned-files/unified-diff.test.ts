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

  it.each([
    ['a file that is made', '', 'a\nb\n', '@@ -0,0 +1,2 @@\n+a\n+b\n'],
    ['a file that goes', 'a\n', '', '@@ -1 +0,0 @@\n-a\n'],
    ['one line', 'a\n', 'b\n', '@@ -1 +1 @@\n-a\n+b\n'],
    ['a newline at the end', 'a', 'a\n', '@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n'],
  ])('has POSIX’s hunk for %s', (_what, before, after, hunk) => {
    expect(unifiedDiff('/dev/null', '/b', before, after)).toBe(`--- /dev/null\n+++ /b\n${hunk}`);
  });

  const numbers = (lines: number, ...changed: number[]) =>
    Array.from({ length: lines }, (_, at) => `${at}${changed.includes(at) ? 'x' : ''}\n`).join('');
  it('joins changes with six lines between them, and parts those with seven', () => {
    const headers = (second: number) => unifiedDiff('a', 'b', numbers(20), numbers(20, 5, second)).match(/^@@.*$/gm);
    expect(headers(12)).toEqual(['@@ -3,14 +3,14 @@']);
    expect(headers(13)).toEqual(['@@ -3,7 +3,7 @@', '@@ -11,7 +11,7 @@']);
  });

  it('leads back when it is read the other way round', () => {
    const turn = (line: string) =>
      line.replace(/^@@ -(\S+) \+(\S+) @@/, '@@ -$2 +$1 @@').replace(/^[-+]/, (sign) => (sign === '+' ? '-' : '+'));
    fc.assert(
      fc.property(text, text, (before, after) => {
        const lines = unifiedDiff('a', 'b', before, after).match(/[^\n]*\n/g) ?? [];
        expect(applied(after, lines.map((line, at) => (at < 2 ? line : turn(line))).join(''))).toBe(before);
      }),
    );
  });

  it('has no line more than it needs, and counts those of each hunk', () => {
    fc.assert(
      fc.property(text, text, (before, after) => {
        const [old, made] = [linesOf(before), linesOf(after)];
        const diff = (unifiedDiff('a', 'b', before, after).match(/[^\n]*\n/g) ?? []).slice(2);
        const changed = diff.filter((line) => /^[-+]/.test(line)).length;
        expect(changed).toBe(old.length + made.length - 2 * longestCommon(old, made));
        for (const hunk of diff
          .join('')
          .split(/^(?=@@)/m)
          .filter(Boolean)) {
          const [, olds = '1', news = '1'] = /^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@$/m.exec(hunk) ?? [];
          const count = (signs: RegExp) =>
            hunk
              .split('\n')
              .slice(1, -1)
              .filter((line) => signs.test(line)).length;
          expect([count(/^[- ]/), count(/^[+ ]/)]).toEqual([Number(olds), Number(news)]);
        }
      }),
    );
  });

  it('leads from one text to the other', () => {
    fc.assert(
      fc.property(text, text, (before, after) => {
        expect(applied(before, unifiedDiff('a', 'b', before, after))).toBe(after);
      }),
    );
  });
});

function linesOf(one: string): readonly string[] {
  return one.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

/** The length of the longest common subsequence, by the textbook's table. */
function longestCommon(one: readonly string[], other: readonly string[]): number {
  let row = Array.from({ length: other.length + 1 }, () => 0);
  for (const line of one) {
    const next = [0];
    other.forEach((word, at) => {
      next.push(line === word ? (row[at] ?? 0) + 1 : Math.max(row[at + 1] ?? 0, next[at] ?? 0));
    });
    row = next;
  }
  return row.at(-1) ?? 0;
}

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
