import { isLimitName, readLimit } from '../../../../domain/limits.ts';
import { advance, memoryMax, type Row, type Sample, type SortKey, sortKeys } from './board.ts';
import { shortBytes } from './short-amounts.ts';
import {
  type Act,
  bodyHeight,
  type Mode,
  type Notice,
  type Size,
  settled,
  shownRows,
  type Target,
  type TopState,
} from './state.ts';

/** What can happen. */
export type TopEvent =
  | { readonly kind: 'key'; readonly key: string }
  | { readonly kind: 'sample'; readonly sample: Sample }
  | { readonly kind: 'lost'; readonly reason: string }
  | { readonly kind: 'resized'; readonly size: Size }
  | { readonly kind: 'told'; readonly notice: Notice };

/** What is to be done about it. */
export type Effect =
  | { readonly kind: 'quit' }
  | { readonly kind: 'suspend' }
  | { readonly kind: 'redraw' }
  | { readonly kind: 'act'; readonly act: Act; readonly target: Target; readonly limits?: ReadonlyMap<string, string> };

/** What a state becomes, and what is to be done. */
export interface Step {
  readonly state: TopState;
  readonly effects: readonly Effect[];
}

/** The whole of what `ringfence top` does: one event after the other. */
export function update(state: TopState, event: TopEvent): Step {
  const { state: next, effects } = react(state, event);
  return { state: settled(next), effects };
}

function react(state: TopState, event: TopEvent): Step {
  switch (event.kind) {
    case 'sample': {
      const board = advance(state.board, event.sample);
      const isOver = state.notice !== undefined && board.at >= state.notice.until;
      return quiet({ ...state, board, lost: undefined, notice: isOver ? undefined : state.notice });
    }
    case 'lost':
      return quiet({ ...state, lost: event.reason });
    case 'resized':
      return quiet({ ...state, size: event.size });
    case 'told':
      return quiet({ ...state, notice: event.notice });
    case 'key':
      return event.key === 'ctrl-c' ? { state, effects: [{ kind: 'quit' }] } : pressed(state, event.key);
  }
}

const quiet = (state: TopState): Step => ({ state, effects: [] });

function pressed(state: TopState, key: string): Step {
  if (key === 'ctrl-z') return { state, effects: [{ kind: 'suspend' }] };
  if (key === 'ctrl-l') return { state, effects: [{ kind: 'redraw' }] };
  const { mode } = state;
  switch (mode.kind) {
    case 'help':
      return quiet({ ...state, mode: { kind: 'list' } });
    case 'confirm':
      return confirmed(state, mode, key);
    case 'prompt':
      return typed(state, mode, key);
    case 'list':
      return chosen({ ...state, notice: undefined }, key);
  }
}

function confirmed(state: TopState, { act, target }: { act: 'stop' | 'kill'; target: Target }, key: string): Step {
  const back: TopState = { ...state, mode: { kind: 'list' } };
  return key === 'y' || key === 'Y' ? { state: back, effects: [{ kind: 'act', act, target }] } : quiet(back);
}

function typed(state: TopState, mode: Extract<Mode, { kind: 'prompt' }>, key: string): Step {
  const { target, text } = mode;
  const shows = (next: string) => quiet({ ...state, mode: { ...mode, text: next }, notice: undefined });
  if (key === 'escape') return quiet({ ...state, mode: { kind: 'list' } });
  if (key === 'enter') return entered(state, target, text);
  if (key === 'backspace') return shows([...text].slice(0, -1).join(''));
  if (key === 'ctrl-u') return shows('');
  if (key === 'ctrl-w') return shows(text.replace(/\S+\s*$/, ''));
  return key.length === 1 && text.length < 200 ? shows(text + key) : quiet(state);
}

/** What was typed at the prompt: NAME=VALUE, as many as there are limits; a value alone is one of memory-max. */
function entered(state: TopState, target: Target, text: string): Step {
  const words = text.trim().split(/\s+/).filter(Boolean);
  if (words.length === 0) return quiet({ ...state, mode: { kind: 'list' } });
  const limits = new Map<string, string>();
  for (const word of words) {
    const at = word.indexOf('=');
    const isValue = at < 0 && /^(?:\d|infinity$)/.test(word);
    const name = isValue ? 'memory-max' : at < 0 ? word : word.slice(0, at);
    const value = isValue ? word : at < 0 ? '' : word.slice(at + 1);
    const problem = problemOf(name, value);
    if (problem !== undefined)
      return quiet({ ...state, notice: { text: problem, tone: 'bad', until: Number.POSITIVE_INFINITY } });
    limits.set(name, value);
  }
  const list: TopState = { ...state, mode: { kind: 'list' }, notice: undefined };
  return { state: list, effects: [{ kind: 'act', act: 'limit', target, limits }] };
}

/** Told while the prompt is still there: what is typed next would be keys that stop and kill. */
function problemOf(name: string, value: string): string | undefined {
  if (!isLimitName(name)) return `there is no limit "${name}"`;
  if (value === '') return `${name} needs a value: ${name}=VALUE`;
  const read = readLimit(name, value);
  return 'problem' in read ? read.problem : undefined;
}

/** A key while the list is shown. The capital of a key does the same to all instances of the app. */
function chosen(state: TopState, key: string): Step {
  const sort = sortOf[key];
  if (sort !== undefined) return quiet(sortedBy(state, sort));
  const rows = shownRows(state);
  const page = Math.max(1, bodyHeight(state.size) - 1);
  const moves: Readonly<Record<string, number>> = {
    up: -1,
    down: 1,
    'page-up': -page,
    'page-down': page,
    home: -rows.length,
    end: rows.length,
  };
  const move = moves[key];
  if (move !== undefined) {
    const place = Math.min(rows.length - 1, Math.max(0, state.place + move));
    return quiet({ ...state, place, selected: rows[place]?.path, isChosen: true });
  }
  switch (key) {
    case 'q':
    case 'f10':
      return { state, effects: [{ kind: 'quit' }] };
    case 'h':
    case '?':
    case 'f1':
      return quiet({ ...state, mode: { kind: 'help' } });
    case 'r':
      return quiet({ ...state, reverse: !state.reverse });
    case 'f6':
    case '>':
      return quiet(sortedBy(state, sortKeys[(sortKeys.indexOf(state.sort) + 1) % sortKeys.length] ?? 'cpu'));
    case 'f9':
      return steered(state, rows, 'k');
    default:
      return steered(state, rows, key);
  }
}

const sortOf: Readonly<Record<string, SortKey>> = { c: 'cpu', m: 'memory', t: 'tasks', n: 'name', a: 'age' };

function sortedBy(state: TopState, sort: SortKey): TopState {
  return { ...state, sort, reverse: state.sort === sort && state.reverse };
}

function steered(before: TopState, rows: readonly Row[], key: string): Step {
  const row = rows[before.place];
  const target = row && targetOf(rows, row, /^[A-Z]$/.test(key));
  if (row === undefined || target === undefined) return quiet(before);
  // What is asked for next is asked for the same one.
  const state: TopState = { ...before, isChosen: true };
  switch (key.toLowerCase()) {
    case 's':
      return quiet({ ...state, mode: { kind: 'confirm', act: 'stop', target } });
    case 'k':
      return quiet({ ...state, mode: { kind: 'confirm', act: 'kill', target } });
    case 'l':
      return quiet({ ...state, mode: { kind: 'prompt', target, text: '', hint: hintOf(row) } });
    case 'f':
      return { state, effects: [{ kind: 'act', act: row.isFrozen ? 'thaw' : 'freeze', target }] };
    default:
      return quiet(before);
  }
}

/** What stands at an empty prompt. */
function hintOf(row: Row): string {
  const most = memoryMax(row);
  return `memory-max=${most === undefined ? 'infinity' : shortBytes(most)} now`;
}

function targetOf(rows: readonly Row[], row: Row, all: boolean): Target {
  const paths = all ? rows.filter(({ name }) => name === row.name).map(({ path }) => path) : [row.path];
  return { paths, name: row.name, all };
}
