import { type Command, ownWords } from './command.ts';

/** A command line, cut into its command and the command's words. */
export interface Invocation {
  /** The first word that is no common option; undefined when there is none. */
  readonly name: string | undefined;
  /** What stands behind it, and a `--json` that stood before it. */
  readonly words: readonly string[];
  /** Whether JSON is asked for: known before the rest is read, since errors are JSON then too. */
  readonly json: boolean;
}

/** Reads as much of a command line as has to be known before its command is. */
export function readInvocation(args: readonly string[], commands: readonly Command[]): Invocation {
  const start = args.findIndex((word) => word !== '--json');
  const [name, ...rest] = start === -1 ? [] : args.slice(start);
  const words = [...args.slice(0, start === -1 ? args.length : start), ...rest];
  const command = commands.find((one) => one.name === name);
  return { name, words, json: (command === undefined ? words : ownWords(command, words)).includes('--json') };
}
