import { parseArgs } from 'node:util';
import { RingfenceError } from '../../domain/errors.ts';
import { nearestName } from '../../domain/nearest-name.ts';
import type { Terminal } from './terminal.ts';

/** An option of a command. The same table feeds the parser, --help, the completions and the man page. */
export interface OptionSpec {
  readonly type: 'string' | 'boolean';
  readonly short?: string;
  readonly multiple?: boolean;
  /** What stands for the value in the help: "SIZE". */
  readonly value?: string;
  readonly help: string;
}

/** The parsed words of a command line. */
export interface Words {
  readonly positionals: readonly string[];
  text(option: string): string | undefined;
  texts(option: string): readonly string[];
  flag(option: string): boolean;
}

/** What a command gets to work with: nothing of the process itself. */
export interface Context {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly workingDirectory: string;
  readonly terminal: Terminal;
  readonly version: string;
}

/** One subcommand. `run` returns the exit code; it throws RingfenceError for what a user may see. */
export interface Command {
  readonly name: string;
  /** What follows the name in the usage line: "APP [URI...]". One operand per word, any number where there are dots. */
  readonly operands: string;
  readonly summary: string;
  /** More than the summary says, in paragraphs. */
  readonly details?: string;
  readonly options: Readonly<Record<string, OptionSpec>>;
  readonly examples?: readonly string[];
  /** What exit status 1 says, for a command that has done its work and found something. All others are those of errors. */
  readonly statusOne?: string;
  /** Words behind the first operand belong to the operand's own command line. */
  readonly stopsAtOperand?: boolean;
  /** Turns words of an older custom into options: "kill -9". */
  rewrite?(args: readonly string[]): readonly string[];
  run(words: Words, context: Context): Promise<number>;
}

/**
 * Parses the words behind a command's name.
 * @throws RingfenceError InvalidArgument for an unknown option, a missing value or a word too many, with the usage line
 */
export function parseWords(command: Command, args: readonly string[]): Words {
  const own = ownWords(command, args);
  const rest = args.slice(own.length);
  const behind = rest[0] === '--' ? rest.slice(1) : rest;
  const given = command.rewrite?.(own) ?? own;
  try {
    const { values, positionals } = parseArgs({
      args: [...given],
      options: Object.fromEntries(
        Object.entries({ ...command.options, ...commonOptions }).map(([name, { type, short, multiple }]) => [
          name,
          { type, ...(short === undefined ? {} : { short }), ...(multiple === undefined ? {} : { multiple }) },
        ]),
      ),
      allowPositionals: true,
      strict: true,
    });
    const found = values as Record<string, string | boolean | string[] | undefined>;
    const operands = [...positionals, ...behind];
    if (found['help'] !== true) refuseExtra(command, operands);
    return {
      positionals: operands,
      text: (option) => (typeof found[option] === 'string' ? found[option] : undefined),
      texts: (option) => (Array.isArray(found[option]) ? found[option] : []),
      flag: (option) => found[option] === true,
    };
  } catch (error) {
    if (error instanceof RingfenceError) throw error;
    throw unreadable(command, faultOf(command, error as Error));
  }
}

/** Options that every command has. */
export const commonOptions: Readonly<Record<string, OptionSpec>> = {
  help: { type: 'boolean', short: 'h', help: 'show this help' },
  json: { type: 'boolean', help: 'print JSON, one document a line; warnings and errors too' },
};

/**
 * The words that are the command's own: all before "--", and before the first operand where that begins another command line
 * ("run --memory-max 1G ls -l").
 */
export function ownWords(command: Command, args: readonly string[]): readonly string[] {
  const options = { ...command.options, ...commonOptions };
  for (let index = 0; index < args.length; index += 1) {
    const word = args[index] ?? '';
    if (word === '--') return args.slice(0, index);
    const isOption = word.startsWith('-') && word !== '-';
    if (!isOption && command.stopsAtOperand) return args.slice(0, index);
    if (!isOption) continue;
    const named = word.startsWith('--')
      ? options[word.slice(2)]
      : Object.values(options).find(({ short }) => short === word.slice(1));
    if (named?.type === 'string') index += 1;
  }
  return args;
}

/** How many operands the usage line has: "APP [FILE|URI...]" any number, "[APP]" one, none for an empty one. */
function refuseExtra(command: Command, operands: readonly string[]): void {
  const { operands: usage } = command;
  const most = usage.includes('...') ? Number.POSITIVE_INFINITY : usage.split(' ').filter(Boolean).length;
  const extra = operands[most];
  if (extra !== undefined) throw unreadable(command, `unexpected argument ${JSON.stringify(extra)}`);
}

function faultOf(command: Command, error: Error & { code?: string }): string {
  const [reason = ''] = error.message.split('. To specify');
  const option = /^Unknown option '(-[^']*)'/.exec(reason)?.[1];
  if (option === undefined) return `${reason.charAt(0).toLowerCase()}${reason.slice(1)}`;
  const known = Object.keys({ ...command.options, ...commonOptions });
  const typed = option.slice(2);
  const begun = known.filter((name) => name.startsWith(typed));
  const near = option.startsWith('--') ? (begun.length === 1 ? begun[0] : nearestName(typed, known)) : undefined;
  return `unknown option ${option}${near === undefined ? '' : `; did you mean --${near}?`}`;
}

function unreadable(command: Command, reason: string): RingfenceError {
  const usage = ['usage: ringfence', command.name, command.operands].filter(Boolean).join(' ');
  return new RingfenceError('InvalidArgument', `${reason} (${usage})`);
}
