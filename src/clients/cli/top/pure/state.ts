import type { Board, Row, SortKey } from './board.ts';
import { sorted } from './board.ts';

/** What is done to instances. */
export type Act = 'stop' | 'kill' | 'freeze' | 'thaw' | 'limit';

/** The instances that something is to be done to. `all`: every one of the app. */
export interface Target {
  readonly paths: readonly string[];
  readonly name: string;
  readonly all: boolean;
}

/** What the bottom of the screen and the keys are for. */
export type Mode =
  | { readonly kind: 'list' }
  | { readonly kind: 'help' }
  | { readonly kind: 'confirm'; readonly act: 'stop' | 'kill'; readonly target: Target }
  | { readonly kind: 'prompt'; readonly target: Target; readonly text: string; readonly hint: string };

/** What came of something that was asked for. */
export interface Notice {
  readonly text: string;
  readonly tone: 'good' | 'bad';
  /** In the clock of `Sample.at`. */
  readonly until: number;
}

/** Columns and rows of the terminal. */
export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** Everything that the screen shows. */
export interface TopState {
  readonly size: Size;
  readonly board: Board | undefined;
  /** Why there are no new figures; undefined while there are. */
  readonly lost: string | undefined;
  readonly sort: SortKey;
  readonly reverse: boolean;
  /** The path of the selected instance. */
  readonly selected: string | undefined;
  /** Once the user has chosen it, the selection stays on it wherever it is sorted to. Before that it is on the first. */
  readonly isChosen: boolean;
  /** Its place in the list, for when it is gone. */
  readonly place: number;
  /** The first row that is shown. */
  readonly offset: number;
  readonly mode: Mode;
  readonly notice: Notice | undefined;
}

/** The state at the start. */
export function initialState(size: Size, sort: SortKey): TopState {
  return {
    size,
    board: undefined,
    lost: undefined,
    sort,
    reverse: false,
    selected: undefined,
    isChosen: false,
    place: 0,
    offset: 0,
    mode: { kind: 'list' },
    notice: undefined,
  };
}

/** The rows in the order in which they are shown. */
export function shownRows({ board, sort, reverse }: TopState): readonly Row[] {
  return board === undefined ? [] : sorted(board.rows, sort, reverse);
}

/** Lines above the first row: the meters, a line with words, and the titles. */
export function headHeight({ rows }: Size): number {
  return rows >= 10 ? 5 : rows >= 6 ? 3 : rows >= 3 ? 1 : 0;
}

/** How many rows there is room for; the last line is the bottom's. */
export function bodyHeight(size: Size): number {
  return Math.max(0, size.rows - headHeight(size) - 1);
}

/** The same state with the selection on a row that is there, and scrolled to it. To be called whenever anything has changed. */
export function settled(state: TopState): TopState {
  const rows = shownRows(state);
  const found = state.isChosen ? rows.findIndex(({ path }) => path === state.selected) : 0;
  const place = Math.max(0, found >= 0 ? found : Math.min(state.place, rows.length - 1));
  const height = Math.max(1, bodyHeight(state.size));
  const lowest = Math.max(0, rows.length - height);
  const offset = Math.min(lowest, Math.max(place - height + 1, Math.min(state.offset, place)));
  return { ...state, selected: rows[place]?.path, place, offset: Math.max(0, offset) };
}
