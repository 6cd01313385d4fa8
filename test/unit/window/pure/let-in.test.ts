import { describe, expect, it } from 'vitest';
import { instanceFrom } from '../../../../src/window/pure/instance.ts';
import { latestOf, letIn } from '../../../../src/window/pure/let-in.ts';

describe('what was let in', () => {
  it('is told by part, and what was not let in is empty', () => {
    const report = [
      { name: 'own-home', value: '/h' },
      { name: 'shared', asked: 'strict', value: '/a, /b (read-only)' },
      { name: 'network', asked: 'false', value: 'a network namespace of its own' },
      { name: 'display', asked: 'strict', value: 'none' },
      { name: 'sound', asked: 'true', value: 'the PulseAudio socket' },
      { name: 'gpu', asked: 'true', value: '/dev/dri/renderD128' },
      { name: 'printing', asked: 'false', value: 'none' },
    ];
    expect(letIn(report)).toEqual([
      { name: 'shared', value: '/a, /b (read-only)' },
      { name: 'bus-names', value: '' },
      { name: 'bus-calls', value: '' },
      { name: 'network', value: '' },
      { name: 'display', value: '' },
      { name: 'sound', value: 'the PulseAudio socket' },
      { name: 'gpu', value: '/dev/dri/renderD128' },
      { name: 'printing', value: '' },
    ]);
  });

  it('is nothing to be told of a relaxed start', () => {
    expect(letIn([{ name: 'memory-max', value: '1' }])).toBeUndefined();
  });

  it('is that of the latest start', () => {
    const at = (app: string, startedAt: number) =>
      instanceFrom(`/${app}${startedAt}`, { AppId: app, StartedAt: startedAt });
    const all = [at('a', 5), at('a', 9), at('b', 11), at('a', 7)];
    expect(latestOf(all, 'a')?.startedAt).toBe(9);
    expect(latestOf(all, 'c')).toBeUndefined();
  });
});
