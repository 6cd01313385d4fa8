import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../../../../src/domain/config/read-config.ts';
import type { DecidedLimit } from '../../../../src/domain/decision.ts';
import { parseLimit } from '../../../../src/domain/limits.ts';
import { parseReport, type Report, reportLine, reportMaps, serializeReport } from '../../../../src/domain/report.ts';
import { decideContainment } from '../../../../src/launch/pure/decide-containment.ts';
import { lostRow, makeReport } from '../../../../src/launch/pure/make-report.ts';
import { type Judged, type Judgement, judgeLimit, judgeOomGroup } from '../../../../src/launch/pure/read-back.ts';

const decision = decideContainment({
  app: 'firefox.desktop',
  config: readConfig([{ path: '/c.toml', text: '[app.firefox]\ncpu-quota = "300%"' }]).config,
  request: { limits: new Map() },
  host: {
    memoryBytes: 10_240_000n,
    swapBytes: 0n,
    taskCeiling: 1000n,
    controllers: new Set(['memory', 'pids', 'cpu']),
    kernelHas: () => true,
    systemdVersion: 252,
  },
});
const report = makeReport(
  { unit: 'app-ringfence-firefox-1.scope', name: 'Firefox', startedAt: 1_700_000_000_000 },
  decision,
  new Map([
    ['memory-max', judgeLimit('memory-max', 7_168_000n, { file: 'memory.max', text: '7168000\n' })],
    ['memory-high', judgeLimit('memory-high', 7_024_640n, { file: 'memory.high', text: '7024640\n' })],
    ['memory-swap-max', judgeLimit('memory-swap-max', 0n, { file: 'memory.swap.max', text: '0\n' })],
    ['cpu-quota', judgeLimit('cpu-quota', 3_000_000n, undefined)],
  ]),
);

describe('report', () => {
  it('has a row for each limit that was asked for', () => {
    expect(report.rows.map(({ name, asked, origin, state, value }) => [name, asked, origin, state, value])).toEqual([
      ['memory-max', '70%', 'built-in', 'enforced', '7168000'],
      ['memory-high', '98% of memory-max', 'built-in', 'enforced', '7024640'],
      ['memory-swap-max', '25%', 'built-in', 'enforced', '0'],
      ['cpu-quota', '300%', '/c.toml:2', 'not-enforced', ''],
      ['tasks-max', '4096', 'built-in', 'not-enforced', ''],
    ]);
    expect(report.rows[3]?.reason).toContain('cpu controller');
    expect(report.rows[3]?.fix).toContain('delegate.conf');
    expect(report.rows[4]?.reason).toBe('the kernel was not asked about it');
  });

  const withMemory = (high: string, max: string) => {
    const limits = [
      ['memory-max', max],
      ['memory-high', high],
    ] as const;
    const asked = new Map(limits.map(([name, text]) => [name, parseLimit(name, text)]));
    const controllers = new Set(['memory', 'pids', 'cpu']);
    const host = {
      memoryBytes: 2n ** 33n,
      swapBytes: 0n,
      taskCeiling: 1000n,
      controllers,
      kernelHas: () => true,
      systemdVersion: 252,
    };
    const config = readConfig([]).config;
    const decided = decideContainment({ app: undefined, config, request: { limits: asked }, host });
    const held = new Map(
      decided.limits.map(({ name, value }) => {
        const text = value === 'infinity' ? 'max' : String(value);
        return [name, judgeLimit(name, value, { file: 'of the kernel', text })];
      }),
    );
    return makeReport({ unit: 'app-ringfence-x-1.scope', name: 'x', startedAt: 1 }, decided, held);
  };
  const highOf = (one: Report) => one.rows.find(({ name }) => name === 'memory-high');

  it.each([
    ['2G', '1G'],
    ['1G', '1G'],
    ['90%', '4G'],
  ])('does not call memory-high %s enforced under a memory-max of %s, which is reached first', (high, max) => {
    const told = withMemory(high, max);
    expect(highOf(told)).toMatchObject({ state: 'not-enforced', fix: expect.stringContaining('below memory-max') });
    expect(highOf(told)?.reason).toContain(`memory-max (${max}) is reached first`);
    expect(highOf(told)?.value).toMatch(/^\d+$/);
    expect(told.rows.find(({ name }) => name === 'memory-max')?.state).toBe('enforced');
    // What is asked for is held all the same: no reason to refuse a strict start.
    expect(lostRow(told)).toBe(undefined);
  });

  it.each([
    ['1G', '2G'],
    ['1G', 'infinity'],
    ['infinity', '1G'],
  ])('calls memory-high %s enforced under a memory-max of %s', (high, max) => {
    expect(highOf(withMemory(high, max))).toMatchObject({ state: 'enforced', reason: '' });
  });

  const gigabytes = (name: 'memory-high' | 'memory-max', amount: bigint): DecidedLimit => ({
    name,
    asked: `${amount}G`,
    origin: { kind: 'request' },
    value: amount * 2n ** 30n,
  });
  it.each<[what: string, judged: ReadonlyMap<Judged, Judgement>, state: string, reason: string]>([
    ['neither was read', new Map(), 'not-enforced', 'the kernel was not asked about it'],
    [
      'it does not hold itself',
      new Map<Judged, Judgement>([
        ['memory-max', { state: 'enforced', kernel: '1' }],
        ['memory-high', { state: 'not-enforced', reason: 'lost', fix: 'find it' }],
      ]),
      'not-enforced',
      'lost',
    ],
    ['memory-max was not read', new Map([['memory-high', { state: 'enforced', kernel: '2' }]]), 'enforced', ''],
    [
      'memory-max does not hold',
      new Map<Judged, Judgement>([
        ['memory-max', { state: 'not-enforced', reason: 'lost', fix: '' }],
        ['memory-high', { state: 'enforced', kernel: '2' }],
      ]),
      'enforced',
      '',
    ],
  ])('judges a memory-high above memory-max by itself where %s', (_what, judged, state, reason) => {
    const limits = [gigabytes('memory-max', 1n), gigabytes('memory-high', 2n)];
    const started = { unit: 'app-ringfence-x-1.scope', name: 'x', startedAt: 1 };
    expect(highOf(makeReport(started, { ...decision, limits }, judged))).toMatchObject({ state, reason });
  });

  it('gives the reason that is known, where the kernel has no such controller at all', () => {
    const shortcoming = { part: 'cpu-quota', reason: 'the kernel has none', fix: 'get one' };
    const limits = decision.limits.map((limit) => (limit.name === 'cpu-quota' ? { ...limit, shortcoming } : limit));
    const started = { unit: 'app-ringfence-x-1.scope', name: 'x', startedAt: 1 };
    const rowWith = (judged: Judgement) =>
      makeReport(started, { ...decision, limits }, new Map([['cpu-quota', judged]])).rows.find(
        ({ name }) => name === 'cpu-quota',
      );
    const { reason, fix } = shortcoming;
    expect(rowWith(judgeLimit('cpu-quota', 3_000_000n, undefined))).toMatchObject({ reason, fix });
    // The kernel has the last word.
    expect(rowWith({ state: 'enforced', kernel: '300000 100000' })).toMatchObject({ state: 'enforced', reason: '' });
  });

  it('has no way out where nothing was read, and no app for a command', () => {
    const started = { unit: 'app-ringfence-x-1.scope', name: 'x', startedAt: 1 };
    const bare = makeReport(started, { ...decision, app: undefined }, new Map());
    expect(bare.app).toBe('');
    expect(bare.rows.map(({ fix }) => fix)).toEqual(bare.rows.map(() => ''));
  });

  it('knows the first limit that does not hold', () => {
    expect(lostRow(report)?.name).toBe('cpu-quota');
  });

  it('has a row for what the kernel kills at the memory limit, where it was asked', () => {
    const started = { unit: 'app-ringfence-firefox-1.scope', name: 'Firefox', startedAt: 0 };
    const rowFor = (file: string) =>
      makeReport(started, decision, new Map([['oom-kill', judgeOomGroup(file)]])).rows.find(
        ({ name }) => name === 'oom-kill',
      );
    expect(rowFor('0')).toMatchObject({ asked: 'one process', origin: 'built-in', state: 'enforced', value: '0' });
    expect(rowFor('1')).toMatchObject({ state: 'not-enforced', value: '' });
    expect(report.rows.map(({ name }) => name)).not.toContain('oom-kill');
  });

  it('renders to string maps with the same keys in each', () => {
    const maps = reportMaps(report);
    expect(maps).toHaveLength(5);
    const keys = ['name', 'asked', 'origin', 'state', 'value', 'reason', 'fix'];
    for (const map of maps) expect([...map.keys()]).toEqual(keys);
    expect(maps[0]?.get('value')).toBe('7168000');
  });

  it('renders to one line', () => {
    expect(reportLine(report)).toMatch(
      /^Firefox runs relaxed in app-ringfence-firefox-1\.scope; memory-max 70% = 7168000, .*; not enforced: cpu-quota \(.*/,
    );
    expect(reportLine({ ...report, name: 'a\nb' })).not.toContain('\n');
  });

  it('comes back from its record', () => {
    expect(parseReport(serializeReport(report))).toEqual(report);
    const text = fc.string();
    const row = fc.record({
      name: text,
      asked: text,
      origin: text,
      state: fc.constantFrom('enforced' as const, 'not-enforced' as const),
      value: text,
      reason: text,
      fix: text,
    });
    const reports: fc.Arbitrary<Report> = fc.record({
      unit: text,
      app: text,
      name: text,
      profile: text,
      mode: fc.constantFrom('relaxed' as const, 'strict' as const),
      startedAt: fc.nat(),
      reasons: fc.array(text),
      rows: fc.array(row),
    });
    fc.assert(
      fc.property(reports, (any) => {
        expect(parseReport(serializeReport(any))).toEqual({ ...any });
      }),
    );
  });

  it('takes a key that a later version added', () => {
    const later = serializeReport(report).replace('{', '{"colour":"red",');
    expect(parseReport(later)).toEqual(report);
  });

  it.each([
    '',
    'null',
    '[]',
    '{}',
    '{"version":1}',
    serializeReport(report).slice(0, 100),
    serializeReport(report).replace('"version":1', '"version":2'),
    serializeReport(report).replace('"mode":"relaxed"', '"mode":"loose"'),
    serializeReport(report).replace('"not-enforced"', '7'),
    serializeReport(report).replace('1700000000000', '"yesterday"'),
  ])('does not take %j for a record', (text) => {
    expect(parseReport(text)).toBeUndefined();
  });
});
