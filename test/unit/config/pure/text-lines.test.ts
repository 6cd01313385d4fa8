import { expect, it } from 'vitest';
import {
  contentEnd,
  isBlank,
  lastContentEnd,
  newlineAt,
  splice,
  startOfLine,
} from '../../../../src/config/pure/text-lines.ts';

const text = 'ab\r\n\ncd';

it.each([
  [0, 0, 2, ''],
  [2, 0, 2, '\r\n'],
  [4, 4, 4, '\n'],
  [5, 5, 7, ''],
  [7, 5, 7, ''],
])(
  'at %s of "ab\\r\\n\\ncd" the line begins at %s and ends at %s, with the newline %j here',
  (at, start, end, newline) => {
    expect([startOfLine(text, at), contentEnd(text, at), newlineAt(text, at)]).toEqual([start, end, newline]);
  },
);

it('takes a carriage return alone for no end of a line', () => {
  expect([startOfLine('a\rb', 2), contentEnd('a\rb', 0), newlineAt('a\rb', 1)]).toEqual([0, 3, '']);
  expect(startOfLine('\na', 0)).toBe(0);
});

it.each([
  ['', 0],
  [' \n\t\r\n', 0],
  ['a', 1],
  ['a \n\n', 2],
  ['a\nb \r\n\n', 4],
])('ends the content of %j at %s', (one, end) => expect(lastContentEnd(one)).toBe(end));

it('knows what is blank', () => {
  expect(['', ' \t\r\n', 'a', ' a', '\u00a0'].map(isBlank)).toEqual([true, true, false, false, false]);
});

it('changes what stands between two offsets', () => {
  expect(splice('abcd', { start: 1, end: 3, text: 'X' })).toBe('aXd');
  expect(splice('abcd', { start: 4, end: 4, text: 'X' })).toBe('abcdX');
});
