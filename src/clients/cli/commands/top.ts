import { availableParallelism } from 'node:os';
import { RingfenceError } from '../../../domain/errors.ts';
import { nearestName } from '../../../domain/nearest-name.ts';
import type { Command, Words } from '../command.ts';
import { type SortKey, sortKeys } from '../top/pure/board.ts';
import { topDocument } from '../top/pure/document.ts';
import { inWords } from '../top/pure/words.ts';
import { onceText, runPrinted, runScreen, type TopOptions } from '../top/run-top.ts';

const leastSeconds = 0.25;
const mostSeconds = 3600;

/** `ringfence top` */
export const topCommand: Command = {
  name: 'top',
  operands: '',
  summary: 'watch what is running: usage and limits, with keys to stop, kill, freeze and change limits',
  details:
    'CPU% is of one core, since the refresh before; the line beside it is its past, up to a core or to its own highest. The bar is the memory ' +
    'in use, of the most that the instance may have. Keys: arrows choose, c m t n a sort by CPU, memory, tasks, name and age, r turns the ' +
    'order round; s stops, k kills, f freezes or thaws and l changes a limit of the chosen instance, their capitals of all instances of ' +
    'the app; ? shows all keys, q quits. Off a terminal it prints one refresh, as with --once.',
  options: {
    once: { type: 'boolean', help: 'print one refresh and exit' },
    plain: { type: 'boolean', help: 'print each refresh in sentences, without bars and columns: for a screen reader' },
    interval: {
      type: 'string',
      short: 'd',
      value: 'SECONDS',
      help: 'time between refreshes (default: 1; with --plain, 10)',
    },
    sort: { type: 'string', value: sortKeys.join('|'), help: 'order at the start (default: cpu)' },
  },
  examples: ['ringfence top', 'ringfence top --once --sort memory', 'ringfence top --json --interval 5 >>usage.jsonl'],
  async run(words, { environment, terminal }) {
    const json = words.flag('json');
    const plain = words.flag('plain');
    const isTerminal = process.stdout.isTTY === true;
    const colours = isTerminal && !environment['NO_COLOR'] && environment['TERM'] !== 'dumb';
    const options: TopOptions = {
      intervalMs: intervalOf(words, plain && !words.flag('once') ? 10 : 1) * 1000,
      sort: sortOf(words),
      environment,
      paint: colours ? 'colours' : isTerminal && environment['TERM'] !== 'dumb' ? 'no-colours' : 'plain',
      unicode: hasUnicode(environment),
    };
    const once = words.flag('once') || (!isTerminal && !json && !plain);
    if (json) return runPrinted(options, once, (board) => terminal.printJson(topDocument(board, options.sort)));
    if (plain) {
      const cores = availableParallelism();
      return runPrinted(options, once, (board) =>
        terminal.print(`${inWords(board, options.sort, { cores, now: Date.now() })}${once ? '' : '\n'}`),
      );
    }
    if (once) {
      const columns = process.stdout.columns || Number(environment['COLUMNS']) || 100;
      return runPrinted(options, once, (board) => terminal.print(onceText(board, columns, options)));
    }
    if (process.stdin.isTTY !== true || environment['TERM'] === 'dumb') {
      const why = process.stdin.isTTY ? 'this terminal has no screen (TERM=dumb)' : 'the input is no terminal';
      throw new RingfenceError('InvalidArgument', `cannot show the screen: ${why}; use --plain, --once or --json`);
    }
    return runScreen(options);
  },
};

function intervalOf(words: Words, usual: number): number {
  const text = words.text('interval');
  const seconds = text === undefined ? usual : Number(text);
  if (seconds >= leastSeconds && seconds <= mostSeconds) return seconds;
  const expected = `expected ${leastSeconds} to ${mostSeconds} seconds`;
  throw new RingfenceError('InvalidArgument', `cannot refresh every ${JSON.stringify(text)}: ${expected}`);
}

function sortOf(words: Words): SortKey {
  const text = words.text('sort') ?? 'cpu';
  const found = sortKeys.find((key) => key === text);
  if (found !== undefined) return found;
  const near = nearestName(text, sortKeys);
  const hint = near === undefined ? `known: ${sortKeys.join(', ')}` : `did you mean ${near}?`;
  throw new RingfenceError('InvalidArgument', `cannot sort by ${JSON.stringify(text)}: ${hint}`);
}

/** As locale(7) says which one counts. */
function hasUnicode(environment: Readonly<Record<string, string | undefined>>): boolean {
  const locale = environment['LC_ALL'] || environment['LC_CTYPE'] || environment['LANG'] || '';
  return /utf-?8/i.test(locale);
}
