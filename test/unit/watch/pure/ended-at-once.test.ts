import { expect, it } from 'vitest';
import { hasFailed, isAtOnce } from '../../../../src/watch/pure/ended-at-once.ts';

it.each([
  ['3', true],
  ['139', true],
  ['0', false],
  // Asked to: by SIGHUP, SIGINT, SIGKILL, SIGTERM.
  ['129', false],
  ['130', false],
  ['137', false],
  ['143', false],
  [undefined, false],
])('exit code %s has failed: %s', (code, failed) => {
  expect(hasFailed(new Map(code === undefined ? [] : [['exit-code', code]]))).toBe(failed);
});

it('takes half a minute for at once', () => {
  expect(isAtOnce({ startedAt: 1000 }, 30_999)).toBe(true);
  expect(isAtOnce({ startedAt: 1000 }, 31_000)).toBe(false);
});
