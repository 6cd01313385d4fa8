import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printable, widthOf } from '../../../../../../src/clients/cli/pure/cell-text.ts';
import { draw, drawOnce } from '../../../../../../src/clients/cli/top/pure/draw.ts';
import { textOf } from '../../../../../../src/clients/cli/top/pure/lines.ts';
import { painted } from '../../../../../../src/clients/cli/top/pure/paint.ts';
import { initialState, type TopState } from '../../../../../../src/clients/cli/top/pure/state.ts';
import { type TopEvent, update } from '../../../../../../src/clients/cli/top/pure/update.ts';
import { facts, GiB, now, sample } from './facts.ts';

const style = { unicode: true, cores: 2, now };
const following = (state: TopState, ...events: TopEvent[]) =>
  events.reduce((before, event) => update(before, event).state, state);
const limited = (bytes: number) => new Map([['memory-max', String(bytes)]]);
/** Four apps after eight seconds. */
const watched = (columns: number, rows: number) =>
  following(
    initialState({ columns, rows }, 'cpu'),
    ...Array.from({ length: 9 }, (_, second): TopEvent => {
      const firefox = { cpu: second * 250_000 + (second > 6 ? 900_000 : 0), memory: 3.1 * GiB, tasks: 87 };
      return {
        kind: 'sample',
        sample: sample(
          second,
          facts('firefox-esr', { ...firefox, limits: limited(4 * GiB) }),
          facts('org.gnome.gedit', { cpu: 5000, memory: 0.95 * GiB, limits: limited(GiB), isFrozen: true }),
          facts(printable('日本語のアプリ'), { memory: 1.3 * GiB, startedAt: now - 7_500_000 }),
          facts(printable('שלום'), { memory: 2 ** 20 }),
        ),
      };
    }),
  );
const screen = (state: TopState) => draw(state, style).map(textOf);

describe('the screen', () => {
  it('has bars and the past at 80 columns', () =>
    expect(screen(watched(80, 12))).toEqual([
      'Memory  ███████▋░░░░░░░░░░░░  5.4 GiB of 14 GiB for all apps (38 %)',
      'CPU     ██▌░░░░░░░░░░░░░░░░░  25 % of 200 % (2 cores)                   ▂▂▂▂▂▂▆▂',
      '4 apps, 90 tasks, 1 frozen',
      '',
      '  NAME              CPU%v                   MEMORY/MAX                     TASKS',
      '> firefox-esr          25        ▃▃▃▃▃▃█▃      3.1G/4G  ████████████▍░░░      87',
      '  日本語のアプリ      0.0        ▁▁▁▁▁▁▁▁         1.3G  █▌░░░░░░░░░░░░░░       1',
      '  org.gnome.gedit  frozen        ▁▁▁▁▁▁▁▁      973M/1G  ███████████████▎       1',
      '  שלום\u200e                0.0        ▁▁▁▁▁▁▁▁           1M  ░░░░░░░░░░░░░░░░       1',
      '',
      '',
      'q quit  ? help  s stop  k kill  f freeze  l limit  c m t n a sort  r reverse',
    ]));

  it('has what matters most at 40 columns', () =>
    expect(screen(watched(40, 10))).toEqual([
      'Memory  ███▉░░░░░░  5.4G of 14G',
      'CPU     █▎░░░░░░░░  25 % of 200 %',
      '4 apps, 90 tasks, 1 frozen',
      '',
      '  NAME              CPU%v   MEMORY/MAX',
      '> firefox-esr          25      3.1G/4G',
      '  日本語のアプリ      0.0         1.3G',
      '  org.gnome.gedit  frozen      973M/1G',
      '  שלום\u200e                0.0           1M',
      'q quit  ? help  s stop  k kill  f freeze',
    ]));

  it('says that the figures are old, and goes on when there are new ones', () => {
    const lost = following(watched(60, 10), { kind: 'lost', reason: 'the daemon has ended' });
    expect(screen(lost)[2]).toBe('the daemon has ended');
    expect(screen(lost)[5]).toContain('firefox-esr');
    const back = following(lost, { kind: 'sample', sample: sample(20, facts('sleep')) });
    expect(screen(back)[2]).toBe('1 app, 1 task');
  });

  it('is readable without an answer, without apps, without a budget and without controllers', () => {
    const start = initialState({ columns: 60, rows: 7 }, 'cpu');
    expect(screen(start)[0]).toBe('asking the daemon...');
    expect(screen(following(start, { kind: 'lost', reason: 'no bus' }))[0]).toBe('no bus');
    const none = following(start, { kind: 'sample', sample: sample(0) });
    expect(screen(none)[3]).toBe('  nothing is running in a fence');
    const bare = facts('sleep', { usage: new Map([['cpu-usage-usec', '5']]) });
    const desktop = { memoryMax: undefined, memoryCurrent: undefined };
    const uncounted = following(start, { kind: 'sample', sample: { ...sample(0, bare), desktop } });
    expect(screen(uncounted)[0]).toBe('Memory  not counted here; see "ringfence doctor"');
    const unbounded = following(start, {
      kind: 'sample',
      sample: { ...sample(0, facts('sleep', { memory: GiB })), desktop },
    });
    expect(screen(unbounded)[0]).toBe('Memory  1 GiB of all apps, without a limit');
  });

  it('shows the keys, a question, the prompt, and what came of it, in the last line', () => {
    const state = watched(80, 12);
    const last = (...keys: string[]) =>
      screen(following(state, ...keys.map((key): TopEvent => ({ kind: 'key', key })))).at(-1);
    expect(last('?')).toBe('any key: back');
    expect(last('s')).toBe('Stop firefox-esr? y or n');
    expect(last('l', 'c', 'p')).toBe('Limit of firefox-esr: cp_');
    expect(last('l')).toMatch(/^Limit of firefox-esr: _ {2}memory-max=\S+ now$/);
    expect(last('l', ...'memory-max', 'enter')).toBe(
      'Limit of firefox-esr: memory-max_  memory-max needs a value: memory-max=VALUE',
    );
    const told = following(state, { kind: 'told', notice: { text: 'firefox-esr: stopped', tone: 'good', until: 9e9 } });
    expect(screen(told).at(-1)).toBe('firefox-esr: stopped');
    expect(screen(following(state, { kind: 'key', key: '?' }))[0]).toContain('Up, Down');
  });

  it('prints all rows for scripts, in ASCII where the terminal has no more', () => {
    const lines = drawOnce(watched(80, 6), { ...style, unicode: false }).map(textOf);
    expect(lines).toHaveLength(9);
    expect(lines[5]).toBe('  firefox-esr          25        ::::::#:      3.1G/4G  ############....      87');
  });

  const two = [
    facts('a', { cpu: 5, memory: GiB, path: '/1' }),
    facts('a', { memory: GiB, path: '/2', isFrozen: true }),
  ];
  const small = (rows: number, columns = 60) =>
    following(initialState({ columns, rows }, 'name'), { kind: 'sample', sample: sample(0, ...two) });

  it('gives up its head where there are few lines: the titles and the processor, then the memory', () => {
    const starts = (state: TopState) => screen(state).map((line) => line.slice(0, 7).trimEnd());
    expect(starts(small(10))).toEqual(['Memory', 'CPU', '1 app,', '', '  NAMEv', '> a', '  a', '', '', 'q quit']);
    expect(starts(small(6))).toEqual(['Memory', 'CPU', '  NAMEv', '> a', '  a', 'q quit']);
    expect(starts(small(3))).toEqual(['Memory', '> a', 'q quit']);
    expect(starts(small(2))).toEqual(['> a', 'q quit']);
    expect(starts(small(1))).toEqual(['q quit']);
    expect([starts(small(0)), starts(small(5, 0))]).toEqual([[], []]);
    const lost = (rows: number) => starts(following(small(rows), { kind: 'lost', reason: 'no bus' }));
    expect([lost(3)[0], lost(6)[1], lost(10)[2]]).toEqual(['no bus', 'no bus', 'no bus']);
    expect(starts(initialState({ columns: 60, rows: 2 }, 'cpu'))).toEqual(['', 'q quit']);
    expect(drawOnce(initialState({ columns: 60, rows: 9 }, 'cpu'), style)).toEqual([]);
  });

  it('counts apps, their instances and tasks', () => {
    expect(screen(small(10))[2]).toBe('1 app, 2 instances, 2 tasks, 1 frozen');
    const none = following(small(10), { kind: 'sample', sample: sample(1) });
    expect(screen(none)[2]).toBe('0 apps, 0 tasks');
  });

  it('tells of one core, and of no figure yet', () => {
    const [, meter] = draw(small(10, 80), { ...style, cores: 1 }).map(textOf);
    expect(meter).toBe('CPU     ░░░░░░░░░░░░░░░░░░░░  - % of 100 % (1 core)');
    expect(screen(small(10, 59))[1]).toBe('CPU     ░░░░░░░░░░░░░░  - % of 200 %');
    expect(screen(small(10, 59))[0]).toBe('Memory  ██░░░░░░░░░░░░  2G of 14G');
    expect(screen(small(10, 20))[0]).toBe('Memory  ▉░░░░░  2G …');
    expect(screen(small(10, 200))[0]).toMatch(/^Memory {2}\S{40} {2}2 GiB of 14 GiB for all apps \(14 %\)$/);
  });

  it('marks the order, either way', () => {
    const titles = (...keys: string[]) =>
      screen(following(small(10), ...keys.map((key): TopEvent => ({ kind: 'key', key }))))[4]?.match(/\S+[v^]/g);
    expect([titles(), titles('r'), titles('m'), titles('m', 'r')]).toEqual([
      ['NAMEv'],
      ['NAME^'],
      ['MEMORY/MAXv'],
      ['MEMORY/MAX^'],
    ]);
  });

  it('has looks for what is chosen, old, bad and near its limit', () => {
    const looks = (state: TopState, line: number) => draw(state, style)[line]?.map(({ look }) => look);
    const state = small(10, 40);
    expect(looks(state, 0)).toEqual(['bold', 'low', undefined]);
    expect(looks(state, 1)).toEqual(['bold', 'low', undefined]);
    expect(looks(state, 4)).toEqual(['title']);
    expect(looks(state, 5)).toEqual(['selected', 'selected', 'selected', 'selected', 'selected']);
    expect(looks(state, 6)).toEqual(['bold', undefined, 'bold', undefined, undefined]);
    expect(looks(state, 9)).toEqual(['dim']);
    const lost = following(state, { kind: 'lost', reason: 'no bus' });
    expect([looks(lost, 2), looks(lost, 6)]).toEqual([['bad'], ['dim', 'dim', 'dim', 'dim', 'dim']]);
    const bad = following(state, { kind: 'told', notice: { text: 'no', tone: 'bad', until: 9e9 } });
    expect(looks(bad, 9)).toEqual(['bad']);
    const start = initialState({ columns: 40, rows: 10 }, 'cpu');
    expect(looks(start, 0)).toEqual(['dim']);
    expect(looks(following(start, { kind: 'lost', reason: 'no bus' }), 0)).toEqual(['bad']);
    expect(looks(following(start, { kind: 'sample', sample: sample(0) }), 5)).toEqual(['dim']);
    const key = (name: string) => looks(following(state, { kind: 'key', key: name }), 9);
    expect([key('s'), key('l'), key('?')]).toEqual([['bold'], ['bold', undefined, 'dim'], ['dim']]);
    // Nothing is chosen in what a script reads.
    expect(drawOnce(state, style).map((line) => line[0]?.look)).toEqual([
      'bold',
      'bold',
      undefined,
      undefined,
      'title',
      'bold',
      'bold',
    ]);
  });

  it('shows the rows from where it is scrolled to', () => {
    const many = Array.from({ length: 9 }, (_, index) => facts(`app${index}`));
    const state = following(
      initialState({ columns: 60, rows: 8 }, 'name'),
      { kind: 'sample', sample: sample(0, ...many) },
      { kind: 'key', key: 'end' },
    );
    expect(
      screen(state)
        .slice(3, 7)
        .map((line) => line.slice(0, 6)),
    ).toEqual(['  app5', '  app6', '  app7', '> app8']);
  });

  it('has as many lines as the terminal, none wider, however it is shaped and whatever apps are called', () => {
    const anything = fc.record({
      name: fc.string({ unit: 'binary', maxLength: 60 }),
      memory: fc.double({ min: 0, max: 2 ** 50, noNaN: true }),
      isFrozen: fc.boolean(),
      limits: fc.option(fc.nat(), { nil: undefined }),
    });
    const shape = fc.tuple(fc.integer({ min: 1, max: 240 }), fc.integer({ min: 1, max: 40 }));
    const keys = fc.array(fc.constantFrom('down', 'end', 'page-up', '?', 'l', 'K', 'x', 'enter', 'escape', 'm', 'n'));
    fc.assert(
      fc.property(shape, fc.array(anything, { maxLength: 50 }), keys, ([columns, rows], apps, pressed) => {
        const all = apps.map(({ name, limits, ...rest }, index) =>
          facts(printable(name), {
            ...rest,
            path: `/${index}`,
            ...(limits === undefined ? {} : { limits: limited(limits) }),
          }),
        );
        const state = following(
          initialState({ columns, rows }, 'memory'),
          { kind: 'sample', sample: sample(0, ...all) },
          ...pressed.map((key): TopEvent => ({ kind: 'key', key })),
        );
        const lines = draw(state, style);
        expect(lines).toHaveLength(rows);
        for (const line of lines) expect(widthOf(textOf(line))).toBeLessThanOrEqual(columns);
      }),
      { numRuns: 60 },
    );
  });
});

describe('a line on a terminal', () => {
  const line = [
    { text: '> ', look: 'selected' as const },
    { text: '日本', look: 'bold' as const },
    { text: ' 12', look: 'full' as const },
  ];
  it('has colours, or none, or nothing but its text', () => {
    expect(painted(line, 'colours')).toBe('\x1b[7;1m> \x1b[0m\x1b[1m日本\x1b[0m\x1b[7G\x1b[31m 12\x1b[0m');
    expect(painted(line, 'no-colours')).toBe('\x1b[7m> \x1b[0m\x1b[1m日本\x1b[0m\x1b[7G 12');
    expect(painted(line, 'plain')).toBe('> 日本 12');
    expect(painted([{ text: '  a  ' }], 'plain')).toBe('  a');
  });
});
