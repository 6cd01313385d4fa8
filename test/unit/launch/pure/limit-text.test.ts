import { expect, it } from 'vitest';
import type { LimitName } from '../../../../src/domain/limits.ts';
import { limitText } from '../../../../src/launch/pure/limit-text.ts';

it.each<[LimitName, string, string]>([
  ['memory-max', 'max\n', 'infinity'],
  ['memory-max', '314572800\n', '314572800'],
  ['memory-max', 'maximum', 'maximum'],
  ['tasks-max', ' 33 \n', '33'],
  ['cpu-quota', 'max 100000\n', 'infinity'],
  ['cpu-quota', '150000 100000', '150%'],
  ['cpu-quota', '33333 100000', '33.333%'],
  ['cpu-quota', '1000 3000000', '0.0333%'],
  ['cpu-quota', '50000', '50%'],
  ['cpu-quota', '', '0%'],
  ['cpu-weight', '50', '50'],
  ['io-weight', 'default 200\n8:0 100\n', '200'],
  ['io-weight', '8:0 default 5', '8:0 default 5'],
  ['memory-high', 'default 1\nx', 'default 1\nx'],
])('%s: %j is %s', (name, kernel, text) => expect(limitText(name, kernel)).toBe(text));
