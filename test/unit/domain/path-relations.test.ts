import { expect, it } from 'vitest';
import { isAtOrBelow, joinPath } from '../../../src/domain/path-relations.ts';

it.each([
  ['/a/b', '/a', true],
  ['/a', '/a', true],
  ['/a/b', '/', true],
  ['/', '/', true],
  ['/ab', '/a', false],
  ['/a', '/a/b', false],
  ['/b/a', '/a', false],
])('%s is at or below %s: %s', (path, folder, expected) => {
  expect(isAtOrBelow(path, folder)).toBe(expected);
});

it('joins with one slash', () => {
  expect([joinPath('/', 'a/b'), joinPath('/a', 'b')]).toEqual(['/a/b', '/a/b']);
});
