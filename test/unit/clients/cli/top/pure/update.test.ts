import { describe, expect, it } from 'vitest';
import { decodeKeys } from '../../../../../../src/clients/cli/top/pure/decode-keys.ts';
import { initialState, shownRows, type TopState } from '../../../../../../src/clients/cli/top/pure/state.ts';
import { type Effect, update } from '../../../../../../src/clients/cli/top/pure/update.ts';
import { facts, GiB, sample } from './facts.ts';

const many = Array.from({ length: 200 }, (_, index) =>
  facts(`app-${String(index).padStart(3, '0')}`, { memory: (200 - index) * 2 ** 20, startedAt: index }),
);
const watching = (...instances: Parameters<typeof sample>[1][]) =>
  update(initialState({ columns: 80, rows: 16 }, 'memory'), { kind: 'sample', sample: sample(0, ...instances) }).state;

/** The keys one after the other: the state, and all that is to be done. */
function press(state: TopState, ...keys: string[]): { state: TopState; effects: Effect[] } {
  const effects: Effect[] = [];
  let now = state;
  for (const key of keys) {
    const step = update(now, { kind: 'key', key });
    now = step.state;
    effects.push(...step.effects);
  }
  return { state: now, effects };
}

describe('keys', () => {
  it('move through 200 instances, and the selection stays in sight', () => {
    const start = watching(...many);
    const at = (...keys: string[]) => {
      const { state } = press(start, ...keys);
      return [state.place, state.offset];
    };
    expect(at()).toEqual([0, 0]);
    expect(at('up')).toEqual([0, 0]);
    expect(at('end')).toEqual([199, 190]);
    expect(at('end', 'down', 'home')).toEqual([0, 0]);
    expect(at('page-down', 'page-down')).toEqual([18, 9]);
    expect(at('end', 'page-up')).toEqual([190, 190]);
    const shrunk = update(press(start, 'end').state, { kind: 'resized', size: { columns: 40, rows: 8 } }).state;
    expect([shrunk.place, shrunk.offset]).toEqual([199, 196]);
  });

  it('sort, and the selection stays on its instance', () => {
    const state = watching(facts('b', { memory: GiB, tasks: 1 }), facts('a', { memory: 1, tasks: 9 }));
    const order = (...keys: string[]) => shownRows(press(state, ...keys).state).map(({ name }) => name);
    expect(order()).toEqual(['b', 'a']);
    expect(order('t')).toEqual(['a', 'b']);
    expect(order('n')).toEqual(['a', 'b']);
    expect(order('n', 'r')).toEqual(['b', 'a']);
    expect(order('r', 't')).toEqual(['a', 'b']);
    expect(order('>')).toEqual(['a', 'b']);
    // On the first until one is chosen; then it goes with that one.
    expect(press(state, 'n').state).toMatchObject({ selected: '/i/a', place: 0 });
    expect(press(state, 'down', 'up', 'n').state).toMatchObject({ selected: '/i/b', place: 1 });
  });

  it('ask before they end anything', () => {
    const state = watching(facts('a'));
    const target = { paths: ['/i/a'], name: 'a', all: false };
    expect(press(state, 's').effects).toEqual([]);
    expect(press(state, 's', 'y').effects).toEqual([{ kind: 'act', act: 'stop', target }]);
    expect(press(state, 'k', 'y').effects).toEqual([{ kind: 'act', act: 'kill', target }]);
    expect(press(state, 'f9', 'y').effects).toEqual([{ kind: 'act', act: 'kill', target }]);
    for (const key of ['n', 'escape', 'enter', 'k', 'x'])
      expect(press(state, 'k', key)).toMatchObject({ effects: [], state: { mode: { kind: 'list' } } });
  });

  it('freeze, and thaw what is frozen; a capital means all of the app', () => {
    const state = watching(
      facts('a', { path: '/1' }),
      facts('b', { path: '/2', isFrozen: true }),
      facts('a', { path: '/3' }),
    );
    expect(press(state, 'n', 'home', 'F').effects).toEqual([
      { kind: 'act', act: 'freeze', target: { paths: ['/1', '/3'], name: 'a', all: true } },
    ]);
    expect(press(state, 'n', 'end', 'f').effects).toMatchObject([{ act: 'thaw', target: { paths: ['/2'] } }]);
  });

  it('type limits at the prompt', () => {
    const state = watching(facts('a'));
    const type = (text: string) => press(state, 'l', ...text, 'enter');
    const [effect] = type('memory-max=6G cpu-quota=50%').effects;
    expect(effect).toMatchObject({ act: 'limit', target: { paths: ['/i/a'] } });
    expect(effect).toHaveProperty(
      'limits',
      new Map([
        ['memory-max', '6G'],
        ['cpu-quota', '50%'],
      ]),
    );
    expect(type('memory-mx=1').state.notice?.text).toBe('there is no limit "memory-mx"');
    expect(type('memory-max=').state).toMatchObject({ mode: { kind: 'prompt', text: 'memory-max=' } });
    expect(type('').state.mode).toEqual({ kind: 'list' });
    expect(press(state, 'l', 'q', 'escape')).toMatchObject({ effects: [], state: { mode: { kind: 'list' } } });
    // A value alone is of what the hint names.
    expect(type('6G').effects[0]).toHaveProperty('limits', new Map([['memory-max', '6G']]));
    expect(type('infinity').effects[0]).toHaveProperty('limits', new Map([['memory-max', 'infinity']]));
    // "q" is a letter there, and Ctrl-C is not.
    expect(press(state, 'l', 'q').state.mode).toMatchObject({ text: 'q' });
    expect(press(state, 'l', 'q', 'w', 'backspace').state.mode).toMatchObject({ text: 'q' });
    expect(press(state, 'l', 'q', 'w', 'ctrl-u').state.mode).toMatchObject({ text: '' });
    expect(press(state, 'l', 'ctrl-c').effects).toEqual([{ kind: 'quit' }]);
  });

  it('end a prompt with the limits that were typed, and nothing else on the screen', () => {
    const { state, effects } = press(watching(facts('a')), 'l', ...'cpu-quota=50%   tasks-max=9 ', 'enter');
    const limits = new Map(Object.entries({ 'cpu-quota': '50%', 'tasks-max': '9' }));
    const target = { paths: ['/i/a'], name: 'a', all: false };
    expect(effects).toEqual([{ kind: 'act', act: 'limit', target, limits }]);
    expect(state).toMatchObject({ mode: { kind: 'list' }, notice: undefined });
  });

  it.each([
    ['5=3', 'there is no limit "5"'],
    ['cpu5', 'there is no limit "cpu5"'],
    ['infinitely', 'there is no limit "infinitely"'],
    ['=6G', 'there is no limit ""'],
    ['tasks-max', 'tasks-max needs a value: tasks-max=VALUE'],
    ['cpu-quota=9', 'expected CPU time like 50% or 300% (100% is one core), or infinity'],
    ['4', 'less than 64K would kill the app at once (4 is bytes; did you mean 4G?)'],
  ])('say what is wrong with %j until something else is typed', (text, problem) => {
    const { state, effects } = press(watching(facts('a')), 'l', ...text, 'enter');
    expect(effects).toEqual([]);
    expect(state.notice).toEqual({ text: problem, tone: 'bad', until: Number.POSITIVE_INFINITY });
    expect(press(state, '9').state).toMatchObject({ notice: undefined, mode: { text: `${text}9` } });
  });

  it('edit what is typed', () => {
    const typed = (...keys: string[]) => press(watching(facts('a')), 'l', ...keys).state.mode;
    expect(typed(...'abc', 'backspace')).toMatchObject({ text: 'ab' });
    expect(typed(...'a=1 bc  ', 'ctrl-w')).toMatchObject({ text: 'a=1 ' });
    expect(typed(...'a=1 bc', 'ctrl-w', 'ctrl-w')).toMatchObject({ text: '' });
    expect(typed('a', 'up', 'f9', 'b')).toMatchObject({ text: 'ab' });
    expect(typed(...'x'.repeat(201))).toMatchObject({ text: 'x'.repeat(200) });
    expect(typed(...'  ', 'enter')).toEqual({ kind: 'list' });
  });

  it('have a prompt say what the memory limit is now', () => {
    const hint = (limit: string) =>
      press(watching(facts('a', { limits: new Map([['memory-max', limit]]) })), 'l').state.mode;
    expect(hint(String(4 * GiB))).toMatchObject({ text: '', hint: 'memory-max=4G now' });
    expect(hint('infinity')).toMatchObject({ hint: 'memory-max=infinity now' });
  });

  it('go round the orders, and keep the direction where the order stays', () => {
    const order = (...keys: string[]) => press(watching(facts('a')), ...keys).state;
    const round = ['memory', 'tasks', 'name', 'age', 'cpu', 'memory'];
    const seen = round.map((_, times) => order(...Array(times).fill('f6')));
    expect(seen.map(({ sort, reverse }) => [sort, reverse])).toEqual(round.map((sort) => [sort, false]));
    expect(order('r', 'm')).toMatchObject({ sort: 'memory', reverse: true });
    expect(order('r', 'c')).toMatchObject({ sort: 'cpu', reverse: false });
  });

  it.each(['h', '?', 'f1'])('show the keys with %s, and with any other no longer', (key) => {
    const help = press(watching(facts('a')), 'k', 'n', key).state;
    expect(help.mode).toEqual({ kind: 'help' });
    expect(press(help, 'y')).toMatchObject({ effects: [], state: { mode: { kind: 'list' } } });
  });

  it('end it with q or F10, and confirm with a capital too', () => {
    const state = watching(facts('a'));
    for (const key of ['q', 'f10']) expect(press(state, key).effects).toEqual([{ kind: 'quit' }]);
    expect(press(state, 's', 'Y').effects).toMatchObject([{ kind: 'act', act: 'stop' }]);
  });

  it('keep the selection on what was nearly ended', () => {
    const state = watching(facts('b', { memory: GiB }), facts('a', { memory: 1 }));
    expect(press(state, 'k', 'x', 'n').state).toMatchObject({ selected: '/i/b', place: 1 });
    // A key that does nothing chooses nothing.
    expect(press(state, 'z', 'n').state).toMatchObject({ selected: '/i/a', place: 0 });
  });

  it('do nothing where nothing runs', () => {
    for (const key of ['s', 'k', 'f', 'l', 'L', 'up', 'end']) expect(press(watching(), key).effects).toEqual([]);
    expect(press(watching(), 'q').effects).toEqual([{ kind: 'quit' }]);
    expect(press(watching(), 'ctrl-z', 'ctrl-l').effects).toEqual([{ kind: 'suspend' }, { kind: 'redraw' }]);
  });
});

describe('an instance that ends', () => {
  it('leaves the selection at its place', () => {
    const state = press(watching(...many.slice(0, 5)), 'down', 'down').state;
    expect(state.selected).toBe('/i/app-002');
    const next = update(state, { kind: 'sample', sample: sample(1, ...many.slice(0, 2), ...many.slice(3, 5)) }).state;
    expect(next).toMatchObject({ selected: '/i/app-003', place: 2 });
    const none = update(next, { kind: 'sample', sample: sample(2) }).state;
    expect(none).toMatchObject({ selected: undefined, place: 0 });
  });
});

describe('what came of something', () => {
  const notice = { text: 'a was stopped', tone: 'good', until: 5000 } as const;
  const told = () => update(watching(facts('a')), { kind: 'told', notice }).state;
  const at = (second: number) => update(told(), { kind: 'sample', sample: sample(second, facts('a')) }).state.notice;

  it('is told until its time is over, or a key is pressed', () => {
    expect([at(4), at(5), at(6)]).toEqual([notice, undefined, undefined]);
    expect(press(told(), 'down').state.notice).toBeUndefined();
  });
});

describe('what a terminal sends', () => {
  it.each([
    ['q', ['q']],
    ['\x1b[A\x1bOB\x1b[5~\x1b[6~', ['up', 'down', 'page-up', 'page-down']],
    ['\x1b[1;5B', ['down']],
    ['\x1b', ['escape']],
    ['\x03\x1a\x0c\x7f\r', ['ctrl-c', 'ctrl-z', 'ctrl-l', 'backspace', 'enter']],
    ['\x1b[20~\x1b[21~\x1b[17~', ['f9', 'f10', 'f6']],
    // Neither a key that is used here, nor letters of one.
    ['\x1b[200~k\x1b[201~', ['k']],
    ['\x1b[M', []],
    ['é日', ['é', '日']],
  ])('%j is %j', (text, keys) => expect(decodeKeys(text)).toEqual({ keys, rest: '' }));

  it('may come in pieces', () => {
    expect(decodeKeys('a\x1b[')).toEqual({ keys: ['a'], rest: '\x1b[' });
    expect(decodeKeys('\x1b[1;')).toEqual({ keys: [], rest: '\x1b[1;' });
  });
});
