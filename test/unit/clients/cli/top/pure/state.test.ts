import { describe, expect, it } from 'vitest';
import { advance } from '../../../../../../src/clients/cli/top/pure/board.ts';
import {
  bodyHeight,
  headHeight,
  initialState,
  settled,
  shownRows,
  type TopState,
} from '../../../../../../src/clients/cli/top/pure/state.ts';
import { facts, sample } from './facts.ts';

const size = (rows: number) => ({ columns: 80, rows });

it('begins with a list, nothing in it and nothing chosen', () => {
  expect(initialState(size(24), 'memory')).toEqual({
    size: size(24),
    board: undefined,
    lost: undefined,
    sort: 'memory',
    reverse: false,
    selected: undefined,
    isChosen: false,
    place: 0,
    offset: 0,
    mode: { kind: 'list' },
    notice: undefined,
  });
  expect(shownRows(initialState(size(24), 'memory'))).toEqual([]);
});

it.each([
  [0, 0, 0],
  [2, 0, 1],
  [3, 1, 1],
  [5, 1, 3],
  [6, 3, 2],
  [9, 3, 5],
  [10, 5, 4],
  [24, 5, 18],
])('of %i lines %i are the head and %i the body', (rows, head, body) => {
  expect([headHeight(size(rows)), bodyHeight(size(rows))]).toEqual([head, body]);
});

describe('the selection', () => {
  // Ten rows, of which a terminal of ten lines shows four.
  const board = advance(
    undefined,
    sample(0, ...Array.from({ length: 10 }, (_, index) => facts(`app${index}`, { startedAt: index }))),
  );
  const state: TopState = { ...initialState(size(10), 'name'), board };
  const at = (changes: Partial<TopState>) => {
    const { selected, place, offset } = settled({ ...state, ...changes });
    return [selected, place, offset];
  };

  it('is on the first until one is chosen, and goes with that one', () => {
    expect(at({ place: 5, selected: '/i/app5' })).toEqual(['/i/app0', 0, 0]);
    expect(at({ isChosen: true, selected: '/i/app5' })).toEqual(['/i/app5', 5, 2]);
    expect(at({ isChosen: true, selected: '/i/app5', reverse: true })).toEqual(['/i/app5', 4, 1]);
  });

  it('stays at its place when its instance is gone, or at the last', () => {
    expect(at({ isChosen: true, selected: '/i/gone', place: 3 })).toEqual(['/i/app3', 3, 0]);
    expect(at({ isChosen: true, selected: '/i/gone', place: 99 })).toEqual(['/i/app9', 9, 6]);
    expect(at({ isChosen: true, selected: '/i/gone', place: 7, board: undefined })).toEqual([undefined, 0, 0]);
  });

  it('is in sight, and scrolls no further than it has to', () => {
    const chosen = (place: number, offset: number) => at({ isChosen: true, selected: `/i/app${place}`, offset })[2];
    expect([chosen(5, 2), chosen(5, 3), chosen(5, 5)]).toEqual([2, 3, 5]);
    expect([chosen(5, 1), chosen(5, 6), chosen(9, 99), chosen(0, 3)]).toEqual([2, 5, 6, 0]);
    expect(at({ isChosen: true, selected: '/i/app5', size: size(1) })).toEqual(['/i/app5', 5, 5]);
    expect(at({ isChosen: true, selected: '/i/app5', offset: 3, size: size(40) })).toEqual(['/i/app5', 5, 0]);
  });
});
