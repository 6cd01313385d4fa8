import { describe, expect, it } from 'vitest';
import { suggestLimit } from '../../../../src/watch/pure/suggest-limit.ts';

const G = 2n ** 30n;
const host = { memoryBytes: 16n * G, swapBytes: 0n, taskCeiling: 10_000n, processors: 4 };
const M = 2n ** 20n;

describe('a higher limit', () => {
  it.each([
    [6n * G, '8G'],
    [4n * G, '6G'],
    [5n * G, '8G'],
    [60n * M, '128M'],
    [700n * M, '1G'],
    [(16n * G * 7n) / 10n, undefined],
    [100n * G, undefined],
    [2n ** 60n, undefined],
    [(8n * G * 4n) / 5n, '8G'],
    [(8n * G * 4n) / 5n + 1n, '12G'],
  ])('than %i bytes is %s', (held, suggested) => {
    expect(suggestLimit('memory-max', String(held), host)).toBe(suggested);
  });

  it('is twice the tasks, and none where nothing is known', () => {
    expect(suggestLimit('tasks-max', '4096', host)).toBe('8192');
    expect(suggestLimit('tasks-max', '8192', host)).toBeUndefined();
    expect(suggestLimit('memory-max', undefined, host)).toBeUndefined();
    expect(suggestLimit('tasks-max', '5000', host)).toBe('10000');
    expect(suggestLimit('cpu-weight', '100', host)).toBeUndefined();
    for (const odd of ['max5', '5max']) expect(suggestLimit('memory-max', odd, host)).toBeUndefined();
    const exact = { ...host, memoryBytes: (8n * G * 10n) / 9n + 1n };
    expect(suggestLimit('memory-max', String(6n * G), exact)).toBe('8G');
  });

  it('is twice the quota, up to all processors', () => {
    expect(suggestLimit('cpu-quota', '50%', host)).toBe('100%');
    expect(suggestLimit('cpu-quota', '0.3%', host)).toBe('0.6%');
    expect(suggestLimit('cpu-quota', '300%', host)).toBe('400%');
    expect(suggestLimit('cpu-quota', '12.25%', host)).toBe('24.5%');
    for (const odd of ['-50%', '50%%']) expect(suggestLimit('cpu-quota', odd, host)).toBeUndefined();
    expect(suggestLimit('cpu-quota', '400%', host)).toBeUndefined();
    expect(suggestLimit('cpu-quota', undefined, host)).toBeUndefined();
  });
});
