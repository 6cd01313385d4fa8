import { describe, expect, it } from 'vitest';
import type { HostFacts } from '../../../../src/domain/host-facts.ts';
import type { ReportRow } from '../../../../src/domain/report.ts';
import type { Judged, Judgement } from '../../../../src/launch/pure/read-back.ts';
import { formerLimits, planChange, rowsAfter } from '../../../../src/watch/pure/change-limits.ts';

const G = 2n ** 30n;
const host: HostFacts = {
  memoryBytes: 10n * G,
  swapBytes: 4n * G,
  taskCeiling: 1000n,
  controllers: new Set(['memory', 'pids', 'cpu']),
  kernelHas: () => true,
  systemdVersion: 252,
};
const plan = (asked: Record<string, string>, held: Record<string, string> = {}, rows: readonly ReportRow[] = []) =>
  planChange(
    new Map(Object.entries(asked)),
    { held: new Map(Object.entries(held)), rows },
    host,
    'set limits of firefox',
  );
const row = (name: string, over: Partial<ReportRow> = {}): ReportRow => ({
  name,
  asked: '70%',
  origin: 'built-in',
  state: 'enforced',
  value: '1',
  reason: '',
  fix: '',
  ...over,
});
const held = (...names: Judged[]) =>
  new Map<Judged, Judgement>(names.map((name) => [name, { state: 'enforced', kernel: 'K' }]));

describe('the limits of what runs', () => {
  it('are read as those of a launch, in the order of all limits', () => {
    expect(
      plan({ 'tasks-max': '10%', 'memory-max': '50%', 'cpu-quota': '150%', 'memory-swap-max': 'infinity' }),
    ).toEqual([
      { name: 'memory-max', asked: '50%', value: 5n * G },
      { name: 'memory-swap-max', asked: 'infinity', value: 'infinity' },
      { name: 'cpu-quota', asked: '150%', value: 1_500_000n },
      { name: 'tasks-max', asked: '10%', value: 100n },
    ]);
  });

  it.each([
    [{}, 'InvalidArgument', /no limit/],
    [{ 'memory-maxx': '1G' }, 'UnknownOption', /did you mean memory-max/],
    [{ 'memory-max': 'lots' }, 'InvalidLimit', /bytes like 4G/],
    [{ 'memory-max': '1K' }, 'InvalidLimit', /64K/],
    [{ 'io-weight': '200' }, 'NotEnforceable', /io controller.*Delegate/],
    [
      { zzzz: '1' },
      'UnknownOption',
      /^cannot set limits of firefox: unknown limit "zzzz" \(known: memory-max, memory-high, /,
    ],
    [{ ['y'.repeat(60)]: '1' }, 'UnknownOption', /"y{60}" /],
    [{ ['y'.repeat(61)]: '1' }, 'UnknownOption', /"y{60}…" /],
    [
      { 'memory-high': '1G', 'memory-max': '512M' },
      'InvalidArgument',
      /memory-high \(1G\) has to be below memory-max \(512M\)/,
    ],
  ])('are refused where %j is asked for', (asked, code, message) => {
    expect(() => plan(asked)).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }));
  });

  it('are told in the units that they are written in', () => {
    const held = new Map([['memory-max', String(3n * 2n ** 29n)]]);
    expect(() => planChange(new Map([['memory-high', '2G']]), { held, rows: [] }, host, 'set')).toThrow(
      'cannot set: memory-high (2G) has to be below memory-max (1.5G); set both',
    );
  });

  it('may be taken away though no controller enforces them', () => {
    const none = { ...host, controllers: new Set<string>() };
    const asked = new Map([['memory-max', 'infinity']]);
    expect(planChange(asked, { held: new Map(), rows: [] }, none, 'set')).toHaveLength(1);
  });

  it('may not contradict each other, nor what is in force', () => {
    const contradiction = expect.objectContaining({ code: 'InvalidArgument' });
    expect(() => plan({ 'memory-max': '1G', 'memory-high': '1G' })).toThrow(contradiction);
    expect(() => plan({ 'memory-max': '1G' }, { 'memory-high': String(2n * G) })).toThrow(contradiction);
    expect(() => plan({ 'memory-high': '3G' }, { 'memory-max': String(2n * G) })).toThrow(contradiction);
    expect(plan({ 'memory-max': '2G', 'memory-high': '1G' }, { 'memory-max': String(G) })).toHaveLength(2);
    expect(plan({ 'memory-max': '1G', 'memory-high': 'infinity' }, { 'memory-high': String(2n * G) })).toHaveLength(2);
    expect(() => plan({ 'memory-max': '1G', 'tasks-max': '5' }, { 'memory-high': String(2n * G) })).toThrow(
      contradiction,
    );
    expect(plan({ 'memory-high': '1G', 'memory-max': 'infinity' }, { 'memory-max': '5' })).toHaveLength(2);
    expect(plan({ 'memory-high': '1G' })).toHaveLength(1);
    // Who names neither has nothing to do with it.
    expect(plan({ 'tasks-max': '5' }, { 'memory-max': '1', 'memory-high': '2' })).toHaveLength(1);
  });

  it('take a memory-high along that is a share of memory-max', () => {
    const share = row('memory-high', { asked: '50% of memory-max', origin: 'config.toml:3' });
    const high = { name: 'memory-high', asked: share.asked, origin: share.origin };
    const now = { 'memory-max': String(8n * G), 'memory-high': String(4n * G) };
    expect(plan({ 'memory-max': '2G' }, now, [share])[1]).toEqual({ ...high, value: G });
    expect(plan({ 'memory-max': 'infinity' }, now, [share])[1]).toEqual({ ...high, value: 'infinity' });
    expect(plan({ 'tasks-max': '5' }, now, [share])).toHaveLength(1);
    expect(plan({ 'memory-max': '9G' }, now, [row('memory-high', { asked: '4G' })])).toHaveLength(1);
    // Who names both has said which.
    expect(plan({ 'memory-max': '2G', 'memory-high': '512M' }, now, [share])[1]).toEqual({
      name: 'memory-high',
      asked: '512M',
      value: G / 2n,
    });
    expect(plan({ 'memory-high': '75% of memory-max' })).toEqual([
      { name: 'memory-high', asked: '75% of memory-max', value: 'infinity' },
    ]);
    // The share of what is in force, where memory-max is not named.
    expect(plan({ 'memory-high': '75% of memory-max' }, now)).toEqual([
      { name: 'memory-high', asked: '75% of memory-max', value: 6n * G },
    ]);
    const judged = held('memory-max', 'memory-high');
    const rows = rowsAfter([share], plan({ 'memory-max': '2G' }, now, [share]), judged);
    expect(rows.map(({ name, origin }) => [name, origin]).slice(0, 2)).toEqual([
      ['memory-max', 'request'],
      ['memory-high', 'config.toml:3'],
    ]);
  });

  it('are put back as they were', () => {
    const changes = plan({ 'memory-max': '1G', 'cpu-quota': '50%', 'cpu-weight': '7', 'tasks-max': '3' });
    const before = new Map([
      ['memory-max', String(2n * G)],
      ['cpu-quota', '150%'],
    ]);
    expect(formerLimits(changes, before).map(({ name, value }) => [name, value])).toEqual([
      ['memory-max', 2n * G],
      ['cpu-quota', 1_500_000n],
      ['cpu-weight', 100n],
      ['tasks-max', 'infinity'],
    ]);
    const weight = [{ name: 'io-weight', asked: '50', value: 50n }] as const;
    expect(formerLimits(weight, new Map())).toEqual([{ name: 'io-weight', asked: '100', value: 100n }]);
    const tasks = [{ name: 'tasks-max', asked: '50', value: 50n }] as const;
    expect(formerLimits(tasks, new Map())).toEqual([{ name: 'tasks-max', asked: 'infinity', value: 'infinity' }]);
  });
});

describe('the report after a change', () => {
  it('has what was asked for last, and keeps the rest', () => {
    const rows = [row('memory-max'), row('tasks-max'), row('oom-kill'), row('own-home')];
    const after = rowsAfter(
      rows,
      plan({ 'memory-max': '1G', 'cpu-weight': '5' }),
      held('memory-max', 'cpu-weight', 'oom-kill'),
    );
    expect(after.map(({ name }) => name)).toEqual(['memory-max', 'cpu-weight', 'tasks-max', 'oom-kill', 'own-home']);
    expect(after[0]).toEqual(row('memory-max', { asked: '1G', origin: 'request', value: 'K' }));
    expect(after[2]).toEqual(row('tasks-max'));
  });

  it('speaks of who is killed where memory is limited, and only there', () => {
    const names = (rows: ReportRow[]) => rows.map(({ name }) => name);
    expect(names(rowsAfter([row('tasks-max')], plan({ 'memory-max': '1G' }), held('memory-max', 'oom-kill')))).toEqual([
      'memory-max',
      'tasks-max',
      'oom-kill',
    ]);
    const limited = [row('memory-max'), row('oom-kill')];
    expect(names(rowsAfter(limited, plan({ 'memory-max': 'infinity' }), held('memory-max')))).toEqual(['memory-max']);
    const tasks = rowsAfter(limited, plan({ 'tasks-max': '5' }), held('tasks-max', 'oom-kill'));
    expect(tasks.filter(({ name }) => name === 'oom-kill')).toEqual([row('oom-kill')]);
    // What nobody judged stays as it was told.
    expect(rowsAfter(limited, plan({ 'memory-max': '1G' }), held('memory-max'))[1]).toEqual(row('oom-kill'));
    const other = rowsAfter(limited, plan({ 'tasks-max': '5', 'memory-max': '1G' }), held('memory-max', 'oom-kill'));
    expect(other.at(-1)).toEqual(row('oom-kill', { asked: 'one process', value: 'K' }));
  });

  it('lets a memory-high act again that memory-max was in the way of', () => {
    const moot = row('memory-high', {
      state: 'not-enforced',
      value: String(2n * G),
      reason: 'reached first',
      fix: 'set',
    });
    const left = (text: string) => rowsAfter([moot], plan({ 'memory-max': text }), held('memory-max'))[1];
    expect(left('3G')).toEqual({ ...moot, state: 'enforced', reason: '', fix: '' });
    expect(left('infinity')).toMatchObject({ state: 'enforced' });
    expect(left('2G')).toEqual(moot);
    const kept = (one: ReportRow, asked: Record<string, string> = { 'memory-max': '3G' }) =>
      rowsAfter([one], plan(asked), held('memory-max', 'tasks-max')).find(({ name }) => name === one.name);
    expect(kept(moot, { 'tasks-max': '5' })).toEqual(moot);
    expect(kept(moot, { 'tasks-max': 'infinity' })).toEqual(moot);
    for (const other of [
      { ...moot, name: 'memory-swap-max' },
      { ...moot, state: 'not-judged' as never },
      { ...moot, value: '' },
      row('memory-high', { value: '', state: 'not-enforced' }),
    ])
      expect(kept(other)).toEqual(other);
    expect(kept({ ...moot, value: '' }, { 'memory-max': 'infinity' })).toEqual({ ...moot, value: '' });
  });
});
