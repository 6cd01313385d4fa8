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
        'cpu.stat': 'usage_usec 3400123\nuser_usec 3000000\nsystem_usec 400123\nthrottled_usec 77\n',
        'pids.events': 'max 4\n',
        'memory.events': 'low 0\nhigh 9\nmax 8\noom 3\noom_kill 2\noom_group_kill 1\n',
        'io.stat': '254:0 rbytes=100 wbytes=7 rios=1 wios=1 dbytes=0 dios=0\n8:0 rbytes=20 wbytes=35 rios=1 wios=1\n',
        'memory.pressure':
          'some avg10=0.00 avg60=0.00 avg300=0.00 total=51\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=5\n',
        'cpu.pressure': 'some avg10=1.00 avg60=0.00 avg300=0.00 total=52\n',
        'io.pressure': 'some avg10=0.00 avg60=0.00 avg300=0.00 total=53\n',
      }),
    ).toEqual({
      'memory-current': '317718528',
      'memory-peak': '400000000',
      'memory-swap-current': '0',
      'tasks-current': '12',
      'cpu-usage-usec': '3400123',
      'cpu-throttled-usec': '77',
      'tasks-refused': '4',
      'oom-kills': '2',
      'io-read-bytes': '120',
      'io-written-bytes': '42',
      'memory-pressure-usec': '51',
      'cpu-pressure-usec': '52',
      'io-pressure-usec': '53',
    });
  });

  it('is nothing yet of a disk that was not asked', () => {
    expect(from({ 'io.stat': '' })).toEqual({ 'io-read-bytes': '0', 'io-written-bytes': '0' });
  });

  it('reads each file once', () => {
    const seen: string[] = [];
    readUsage((file) => void seen.push(file));
    expect(seen).toEqual([...new Set(seen)]);
  });

  it('leaves out what cannot be read', () => {
    expect(from({})).toEqual({});
    expect(from({ 'memory.current': 'max', 'cpu.stat': 'nr_periods 0\nold_usage_usec 5\n' })).toEqual({});
    expect(from({ 'memory.current': '5 of 7', 'memory.peak': 'about 7' })).toEqual({});
    expect(readUsage(() => undefined).size).toBe(0);
    expect(from({ 'cpu.stat': 'usage_usec 7' })).toEqual({ 'cpu-usage-usec': '7' });
  });
});
