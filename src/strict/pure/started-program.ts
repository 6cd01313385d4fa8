import { basename } from 'node:path';
import { parseExec } from '../../domain/desktop-entry/exec-line.ts';
import { mainGroup, parseDesktopEntry } from '../../domain/desktop-entry/parse.ts';
import { isRingfenceError } from '../../domain/errors.ts';

/** The program, as it is written, that an entry's main command starts, past an env(1) that sets variables; undefined for none. */
export function startedProgram(bytes: Uint8Array, path: string): string | undefined {
  try {
    const exec = parseDesktopEntry(bytes, path).get(mainGroup, 'Exec');
    if (exec === undefined) return undefined;
    const words = parseExec(exec).map((word) => word.map((part) => ('text' in part ? part.text : '')).join(''));
    const isEnv = basename(words[0] ?? '') === 'env';
    const program = isEnv ? words.slice(1).find((word) => !/^\w+=/.test(word)) : words[0];
    return program === '' ? undefined : program;
  } catch (error) {
    if (isRingfenceError(error, 'BadEntry')) return undefined;
    throw error;
  }
}
