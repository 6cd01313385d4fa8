import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { shellQuote } from '../../../src/domain/shell-quote.ts';

it('leaves what is safe as it is', () => {
  for (const text of ['app', '/usr/bin/a-b_c', 'a=b', 'x:y@z,1.2+3%u']) expect(shellQuote(text)).toBe(text);
});

it('quotes the rest', () => {
  expect(shellQuote('')).toBe("''");
  expect(shellQuote('a b')).toBe("'a b'");
  expect(shellQuote("it's 'x'")).toBe("'it'\\''s '\\''x'\\'''");
  for (const text of ['a$', '~', '*', 'a\n', '\nb', 'a;', '"']) expect(shellQuote(text)).toBe(`'${text}'`);
});

it('is read back by a shell as the same text', () => {
  const texts = fc.sample(fc.string({ unit: 'grapheme' }), 200).filter((text) => !text.includes('\0'));
  const { stdout } = spawnSync('/bin/sh', ['-c', `printf '%s\\0' ${texts.map(shellQuote).join(' ')}`], {
    encoding: 'utf8',
  });
  expect(stdout.split('\0').slice(0, -1)).toEqual(texts.map((text) => Buffer.from(text).toString()));
});
