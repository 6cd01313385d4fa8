import { describe, expect, it } from 'vitest';
import { readUsage } from '../../../../src/watch/pure/usage.ts';

const from = (files: Record<string, string>) => Object.fromEntries(readUsage((file) => files[file]));

describe('the use of an instance', () => {
  it('is what its cgroup has', () => {
    expect(
      from({
        'memory.current': '317718528\n',
        'memory.peak': '400000000',
        'memory.swap.current': '0',
        'pids.current': '12',
        'cpu.stat': 'usage_usec 3400123\nuser_usec 3000000\nsystem_usec 400123\n',
      }),
    ).toEqual({
      'memory-current': '317718528',
      'memory-peak': '400000000',
      'memory-swap-current': '0',
      'tasks-current': '12',
      'cpu-usage-usec': '3400123',
    });
  });

  it('leaves out what cannot be read', () => {
    expect(from({})).toEqual({});
    expect(from({ 'memory.current': 'max', 'cpu.stat': 'nr_periods 0\nold_usage_usec 5\n' })).toEqual({});
    expect(from({ 'cpu.stat': 'usage_usec 7' })).toEqual({ 'cpu-usage-usec': '7' });
  });
});
