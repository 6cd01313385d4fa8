import { describe, expect, it } from 'vitest';
import { describeOutcome, endInWords, type ProcessEnd, wasKilled } from '../../../../src/watch/pure/outcome.ts';

const exited = (exitCode: number): ProcessEnd => ({ exitCode, signal: null });
const killed = (signal: string): ProcessEnd => ({ exitCode: null, signal });

it('a kill that an earlier daemon saw is counted, and says nothing of the end', () => {
  const outcome = describeOutcome('success', undefined, { all: 2, seen: 0, ofOthers: false });
  expect(Object.fromEntries(outcome)).toEqual({ 'oom-kills': '2', result: 'unknown' });
});

describe('how an instance ended', () => {
  it.each<
    [what: string, result: string, exit: ProcessEnd | undefined, oomKills: number, outcome: object, words: string]
  >([
    ['well', 'success', exited(0), 0, { 'exit-code': '0', result: 'success' }, 'ended with exit code 0'],
    ['with a code', 'success', exited(3), 0, { 'exit-code': '3', result: 'exit-code' }, 'ended with exit code 3'],
    ['by a signal', 'success', killed('SIGTERM'), 0, { signal: 'SIGTERM', result: 'signal' }, 'was ended by SIGTERM'],
    ['unseen', 'success', undefined, 0, { result: 'unknown' }, 'ended'],
    ['unseen, out of memory', 'success', undefined, 2, { result: 'oom-kill' }, 'was killed at its memory limit'],
    [
      'killed for its memory',
      'success',
      killed('SIGKILL'),
      1,
      { signal: 'SIGKILL', result: 'oom-kill' },
      'was killed at its memory limit',
    ],
    [
      'killed for its memory inside of bubblewrap',
      'success',
      exited(137),
      1,
      { 'exit-code': '137', result: 'oom-kill' },
      'was killed at its memory limit',
    ],
    [
      'killed by the user',
      'success',
      killed('SIGKILL'),
      0,
      { signal: 'SIGKILL', result: 'signal' },
      'was ended by SIGKILL',
    ],
    // A child was killed for its memory, and the app lived on until it was closed.
    [
      'well, but for a child',
      'success',
      exited(0),
      1,
      { 'exit-code': '0', result: 'success' },
      'ended with exit code 0',
    ],
    [
      'by a signal after a child',
      'success',
      killed('SIGTERM'),
      1,
      { signal: 'SIGTERM', result: 'signal' },
      'was ended by SIGTERM',
    ],
    ['as systemd says', 'timeout', exited(0), 0, { 'exit-code': '0', result: 'timeout' }, 'ended with exit code 0'],
    ['as systemd alone saw', 'timeout', undefined, 0, { result: 'timeout' }, 'ended: timeout'],
    ['by systemd-oomd', 'oom-kill', undefined, 0, { result: 'oom-kill' }, 'was killed at its memory limit'],
  ])('%s', (_what, result, exit, oomKills, outcome, words) => {
    const told = describeOutcome(result, exit, { all: oomKills, seen: oomKills, ofOthers: false });
    expect(Object.fromEntries(told)).toEqual({ 'oom-kills': String(oomKills), ...outcome });
    expect(endInWords(told)).toBe(words);
  });

  it('names the bus name that was refused', () => {
    const told = new Map([
      ...describeOutcome('success', exited(0), { all: 0, seen: 0, ofOthers: false }),
      ['refused-name', 'org.a.B'],
    ]);
    expect(endInWords(told)).toBe('ended with exit code 0, at once: it was refused the bus name org.a.B');
  });

  it('is in words even where nothing was told', () => {
    expect(endInWords(new Map())).toBe('ended');
    expect(endInWords(new Map([['result', 'success']]))).toBe('ended');
  });
});

it('knows a SIGKILL, and the 128 + 9 that shells and bubblewrap make of one', () => {
  expect([killed('SIGKILL'), exited(137)].map(wasKilled)).toEqual([true, true]);
  expect([killed('SIGTERM'), exited(9), exited(143), undefined].map(wasKilled)).toEqual([false, false, false, false]);
});

it('does not blame the limit of its own for what all together used', () => {
  const killed = describeOutcome('success', undefined, { all: 1, seen: 1, ofOthers: true });
  expect(Object.fromEntries(killed)).toEqual({ 'oom-kills': '1', result: 'oom-kill', cause: 'others' });
  expect(endInWords(killed)).toBe('was killed, as all apps together, or this machine, had no memory left');
  // One of its processes was, and it went on to its end.
  expect(
    describeOutcome('success', { exitCode: 0, signal: null }, { all: 1, seen: 1, ofOthers: true }).has('cause'),
  ).toBe(false);
});
