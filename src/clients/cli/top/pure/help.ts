import { shortened, widthOf } from '../../pure/cell-text.ts';
import { columns as aligned } from '../../terminal.ts';
import type { Line } from './lines.ts';
import type { Target } from './state.ts';

const keys: readonly (readonly [string, string])[] = [
  ['Up, Down, PgUp, PgDn', 'choose an app'],
  ['Home, End', 'the first, or the last'],
  ['c m t n a', 'sort by CPU, memory, tasks, name, age'],
  ['r', 'the other way round'],
  ['s', 'stop it, and kill what is left after 10 s'],
  ['k, F9', 'kill at once'],
  ['f', 'freeze, or let it go on'],
  ['l', 'change a limit until it ends: memory-max=6G'],
  ['S K F L', 'the same, to all instances of an app'],
  ['Ctrl-L', 'draw the screen anew'],
  ['q, F10, Ctrl-C', 'quit'],
];

/** The page of keys. */
export function helpLines(width: number): readonly Line[] {
  const lines =
    width >= 72
      ? aligned(keys.map(([key, says]) => [`  ${key}`, says])).split('\n')
      : keys.flatMap(([key, says]) => wrapped(`${key}: ${says}`, width));
  return lines.map((line) => [{ text: shortened(line, width) }]);
}

function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line.trim() !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = ' ';
    }
    line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** The last line of the screen: as many of the keys as there is room for. */
export function helpRow(isHelp: boolean, width: number): string {
  if (isHelp) return 'any key: back';
  const parts = ['q quit', '? help', 's stop', 'k kill', 'f freeze', 'l limit', 'c m t n a sort', 'r reverse'];
  let text = '';
  for (const part of parts) {
    const longer = text === '' ? part : `${text}  ${part}`;
    if (widthOf(longer) > width) break;
    text = longer;
  }
  return text;
}

/** What is asked before an instance is ended. */
export function questionOf(act: 'stop' | 'kill', target: Target, width: number): string {
  const verb = act === 'stop' ? 'Stop' : 'Kill';
  const end = '? y or n';
  return `${verb} ${shortened(nameOfTarget(target), width - verb.length - 1 - end.length)}${end}`;
}

/** What stands before the cursor of the prompt. */
export function promptText(target: Target, text: string, width: number): string {
  const name = shortened(nameOfTarget(target), Math.max(8, Math.floor(width / 3)));
  const before = `Limit of ${name}: `;
  const room = Math.max(4, width - widthOf(before) - 1);
  return before + (text.length > room ? text.slice(-room) : text);
}

/** "firefox", or "all 3 of firefox". */
export function nameOfTarget({ name, all, paths }: Target): string {
  return all && paths.length > 1 ? `all ${paths.length} of ${name}` : name;
}
