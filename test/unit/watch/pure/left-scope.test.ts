import { describe, expect, it } from 'vitest';
import type { ReportRow } from '../../../../src/domain/report.ts';
import {
  heldLimits,
  limitsOfInstance,
  sumUsage,
  withLeftScope,
  withoutLeftScope,
} from '../../../../src/watch/pure/left-scope.ts';

const host = { memoryBytes: 1000n * 2n ** 20n, swapBytes: 0n, taskCeiling: 1000n };
const row = (name: string, asked: string, value = asked): ReportRow => ({
  ...{ name, asked, origin: 'request', value, reason: '', fix: '' },
  state: value === '' ? 'not-enforced' : 'enforced',
});
const rows = [
  row('memory-max', '50%', '524288000'),
  row('memory-high', '98% of memory-max'),
  row('tasks-max', '77', ''),
  row('oom-kill', 'one process', '0'),
];
const shown = (held: Record<string, string>) =>
  limitsOfInstance(rows, new Map(Object.entries(held)), host).map(({ name, value }) => [name, value]);

describe('the limits of a scope that an app has left to', () => {
  it('are those that were asked for', () => {
    expect(shown({})).toEqual([
      ['memory-max', 524_288_000n],
      ['memory-high', 513_802_240n],
      ['tasks-max', 77n],
    ]);
  });

  it('are those that another hand has set, where the kernel has them', () => {
    expect(shown({ 'memory-max': '1048576', 'tasks-max': '5' })).toEqual([
      ['memory-max', 1_048_576n],
      ['memory-high', 1_027_604n],
      ['tasks-max', 5n],
    ]);
  });

  it('are those that were asked for where another hand has set what nobody could ask for', () => {
    expect(shown({ 'memory-max': '4096' })[0]).toEqual(['memory-max', 524_288_000n]);
    expect(limitsOfInstance([row('memory-max', 'lots')], new Map(), host)).toEqual([]);
  });

  it('are expected of the kernel where it holds the own scope to them', () => {
    expect(heldLimits(limitsOfInstance(rows, new Map(), host), rows).map(({ name }) => name)).toEqual([
      'memory-max',
      'memory-high',
    ]);
  });
});

describe('the report', () => {
  it('has a row for each such scope, with what is lost there, until it ends', () => {
    const first = withLeftScope(rows, 'app-a-1.scope', new Map());
    expect(first.slice(0, -1)).toEqual(rows);
    expect(first.at(-1)).toMatchObject({ name: 'left-scope', asked: 'app-a-1.scope', state: 'enforced' });
    const both = withLeftScope(first, 'app-b-2.scope', new Map([['memory-max', 'why']]));
    expect(both.at(-1)).toMatchObject({ asked: 'app-b-2.scope', state: 'not-enforced', reason: 'memory-max: why' });
    expect(both.at(-1)?.fix).toContain("'app-b-2.scope'");
    expect(withLeftScope(both, 'app-a-1.scope', new Map())).toHaveLength(both.length);
    expect(withoutLeftScope(both, 'app-b-2.scope')).toEqual(first);
  });
});

describe('what scopes use together', () => {
  it('is the sum, but for pressure', () => {
    const one = new Map([
      ['memory-current', '9007199254740993'],
      ['cpu-pressure-usec', '7'],
      ['oom-kills', '1'],
    ]);
    const other = new Map([
      ['memory-current', '2'],
      ['cpu-pressure-usec', '9'],
      ['tasks-current', '3'],
    ]);
    const sum = {
      'memory-current': '9007199254740995',
      'cpu-pressure-usec': '9',
      'oom-kills': '1',
      'tasks-current': '3',
    };
    expect(Object.fromEntries(sumUsage([one, other]))).toEqual(sum);
    expect(Object.fromEntries(sumUsage([other, one]))).toEqual(sum);
    expect(sumUsage([one])).toEqual(one);
    expect(sumUsage([])).toEqual(new Map());
  });
});
