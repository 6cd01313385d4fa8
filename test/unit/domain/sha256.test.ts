import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { sha256 } from '../../../src/domain/sha256.ts';

it('is node’s', () => {
  const check = (text: string): void => {
    expect(sha256(text)).toBe(createHash('sha256').update(text).digest('hex'));
  };
  for (const length of [0, 1, 54, 55, 56, 63, 64, 65, 119, 120, 1000]) check('x'.repeat(length));
  fc.assert(fc.property(fc.string({ unit: 'grapheme' }), check));
});
