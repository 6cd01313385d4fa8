import { expect, it } from 'vitest';
import { namedWithinWord, withOpenedFiles } from '../../../../src/strict/pure/opened-words.ts';

const inside = new Map([['/home/u/a b.pdf', '/run/user/1000/doc/1f/a b.pdf']]);

it('puts what an app sees in place of what was opened', () => {
  const words = ['viewer', '/home/u/a b.pdf', 'file:///home/u/a%20b.pdf', '/home/u/a b.pdf.txt', 'https://x/'];
  expect(withOpenedFiles(words, inside)).toEqual([
    'viewer',
    '/run/user/1000/doc/1f/a b.pdf',
    'file:///run/user/1000/doc/1f/a%20b.pdf',
    '/home/u/a b.pdf.txt',
    'https://x/',
  ]);
});

it('leaves the program and what is no path', () => {
  expect(withOpenedFiles(['/home/u/a b.pdf', '-', 'file:///%zz'], inside)).toEqual([
    '/home/u/a b.pdf',
    '-',
    'file:///%zz',
  ]);
});

it('tells a file within another word from one of its own', () => {
  expect(namedWithinWord(['v', '/a', 'file:///b'], ['/a', '/b'])).toBeUndefined();
  expect(namedWithinWord(['/a', '/a', '--file=/b'], ['/a', '/b'])).toBe('/b');
});
