import { expect, it } from 'vitest';
import { shortBytes } from '../../../../../../src/clients/cli/top/pure/short-amounts.ts';

it.each([
  [undefined, '-'],
  [0, '0B'],
  [1023, '1023B'],
  [1024, '1K'],
  [1503238553, '1.4G'],
  [14 * 2 ** 40, '14T'],
])('%s bytes are %s in a narrow column', (bytes, text) => expect(shortBytes(bytes)).toBe(text));
