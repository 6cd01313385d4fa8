import { availableParallelism } from 'node:os';
import type { Context } from '../command.ts';
import { toEach } from '../on-instances.ts';
import { limitForPeople } from '../pure/readable.ts';
import { type Feed, openFeed } from './io/feed.ts';
import { openScreen, type Screen } from './io/screen.ts';
import { advance, type Board, type SortKey } from './pure/board.ts';
import type { Style } from './pure/columns.ts';
import { draw, drawOnce } from './pure/draw.ts';
import { nameOfTarget } from './pure/help.ts';
import { type Paint, painted } from './pure/paint.ts';
import { initialState, type Notice, type TopState } from './pure/state.ts';
import { type Effect, type TopEvent, update } from './pure/update.ts';

/** What `ringfence top` is asked for. */
export interface TopOptions {
  readonly intervalMs: number;
  readonly sort: SortKey;
  readonly environment: Context['environment'];
  readonly paint: Paint;
  readonly unicode: boolean;
}

/** In ms; what came of a key stands so long at the bottom. */
const noticeMs = 8000;
const stopTimeoutMs = 10_000;

/** The screen, until the user leaves it. Returns the exit code. */
export async function runScreen(options: TopOptions): Promise<number> {
  const { environment, intervalMs, sort, paint } = options;
  let state: TopState | undefined;
  let screen: Screen | undefined;
  let leave: (exitCode: number) => void = () => {};
  const left = new Promise<number>((resolve) => {
    leave = resolve;
  });
  const happens = (event: TopEvent) => {
    // Nothing is shown before the first answer.
    if (state === undefined || screen === undefined) return;
    const step = update(state, event);
    state = step.state;
    for (const effect of step.effects) carryOut(effect, screen);
    screen.show(draw(state, styleNow(options)));
  };
  const carryOut = (effect: Effect, on: Screen) => {
    switch (effect.kind) {
      case 'quit':
        return leave(0);
      case 'suspend':
        return on.suspend();
      case 'redraw':
        return on.forget();
      case 'act':
        void act(effect, feed).then((notice) => {
          happens({ kind: 'told', notice: { ...notice, until: performance.now() + noticeMs } });
          feed.refresh();
        });
    }
  };
  const feed: Feed = await openFeed(environment, intervalMs, {
    sample: (sample) => happens({ kind: 'sample', sample }),
    lost: (reason) => happens({ kind: 'lost', reason }),
  });
  try {
    const on = openScreen(process.stdin, process.stdout, paint, {
      key: (key) => happens({ kind: 'key', key }),
      resized() {
        on.forget();
        happens({ kind: 'resized', size: on.size() });
      },
      ended: (exitCode) => leave(exitCode),
    });
    screen = on;
    state = initialState(on.size(), sort);
    on.show(draw(state, styleNow(options)));
    feed.refresh();
    return await left;
  } finally {
    screen?.close();
    await feed.close();
  }
}

/** What a key asked of the daemon; what came of it in words. */
async function act(
  { act: what, target, limits = new Map() }: Extract<Effect, { kind: 'act' }>,
  feed: Feed,
): Promise<Omit<Notice, 'until'>> {
  const name = nameOfTarget(target);
  try {
    const client = feed.client();
    const calls = {
      stop: (path: string) => client.stop(path, stopTimeoutMs),
      kill: (path: string) => client.kill(path, 9),
      freeze: (path: string) => client.freeze(path),
      thaw: (path: string) => client.thaw(path),
      limit: (path: string) => client.setLimits(path, limits),
    };
    await toEach(target.paths, calls[what]);
    const set = [...limits].map(([key, value]) => `${key} ${limitForPeople(key, value)}`).join(', ');
    const done = { stop: 'stopped', kill: 'killed', freeze: 'frozen', thaw: 'goes on', limit: set };
    return { text: `${name}: ${done[what]}`, tone: 'good' };
  } catch (error) {
    return { text: error instanceof Error ? error.message : String(error), tone: 'bad' };
  }
}

/** What prints a refresh. */
export type Print = (board: Board) => void;

/**
 * Prints each refresh, or with `once` the first that knows what share of the processor is used: the second. Ends when nobody reads on,
 * or when it is asked to.
 * @throws RingfenceError Unreachable, with `once`, where there are no figures
 */
export async function runPrinted(options: TopOptions, once: boolean, print: Print): Promise<number> {
  let board: Board | undefined;
  let leave: (exitCode: number) => void = () => {};
  let fail: (error: Error) => void = () => {};
  const left = new Promise<number>((resolve, reject) => {
    leave = resolve;
    fail = reject;
  });
  const feed = await openFeed(options.environment, options.intervalMs, {
    sample(sample) {
      const before = board;
      board = advance(before, sample);
      if (once && before === undefined) return;
      print(board);
      if (once) leave(0);
    },
    lost(reason) {
      if (once) fail(new Error(reason));
      else process.stderr.write(`ringfence: ${reason}\n`);
    },
  });
  try {
    return await left;
  } finally {
    await feed.close();
  }
}

/** The screen as `--once` prints it. */
export function onceText(board: Board, columns: number, options: TopOptions): string {
  const state = { ...initialState({ columns, rows: 24 }, options.sort), board };
  return drawOnce(state, styleNow(options))
    .map((line) => painted(line, options.paint))
    .join('\n');
}

function styleNow({ unicode }: TopOptions): Style {
  return { unicode, cores: availableParallelism(), now: Date.now() };
}
