import { expect, it } from 'vitest';
import { compareVersions } from '../../../../src/window/pure/versions.ts';

it.each([
  ['0.2.0', '0.2.0', 'same'],
  ['0.1.9', '0.2.0', 'older'],
  ['0.2.0', '0.10.0', 'older'],
  ['0.3.0', '0.2.9', 'newer'],
  ['1.0.0', '0.9.9', 'newer'],
  ['0.2', '0.2.0', 'same'],
  ['0.2', '0.2.1', 'older'],
  ['', '0.2.0', 'same'],
  ['unknown', '0.2.0', 'same'],
])('a daemon %s is, to a window %s, %s', (daemon, window, order) => {
  expect(compareVersions(daemon, window)).toBe(order);
});
