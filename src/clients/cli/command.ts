import { parseArgs } from 'node:util';
import { RingfenceError } from '../../domain/errors.ts';
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
  /** What follows the name in the usage line: "APP [URI...]". */
  readonly operands: string;
  readonly summary: string;
  /** More than the summary says, in paragraphs. */
  readonly details?: string;
  readonly options: Readonly<Record<string, OptionSpec>>;
  readonly examples?: readonly string[];
  /** Words behind the first operand belong to the operand's own command line. */
  readonly stopsAtOperand?: boolean;
  run(words: Words, context: Context): Promise<number>;
}

/**
 * Parses the words behind a command's name.
 * @throws RingfenceError InvalidArgument for an unknown option or a missing value, with the usage line
 */
export function parseWords(command: Command, args: readonly string[]): Words {
  const { own, rest } = command.stopsAtOperand ? splitAtOperand(command, args) : { own: args, rest: [] };
  try {
    const { values, positionals } = parseArgs({
      args: [...own],
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
    return {
      positionals: [...positionals, ...rest],
      text: (option) => (typeof found[option] === 'string' ? found[option] : undefined),
      texts: (option) => (Array.isArray(found[option]) ? found[option] : []),
      flag: (option) => found[option] === true,
    };
  } catch (error) {
    const [reason = ''] = (error as Error).message.split('. To specify');
    throw new RingfenceError(
      'InvalidArgument',
      `cannot read the command line: ${reason.charAt(0).toLowerCase()}${reason.slice(1)} (usage: ringfence ${command.name} ${command.operands})`,
    );
  }
}

/** Options that every command has. */
export const commonOptions: Readonly<Record<string, OptionSpec>> = {
  help: { type: 'boolean', short: 'h', help: 'show this help' },
  json: { type: 'boolean', help: 'print JSON for scripts' },
};

// "run --memory-max 1G ls -l": the first word that is no option, and no option's value, starts the other command line.
function splitAtOperand(
  command: Command,
  args: readonly string[],
): { own: readonly string[]; rest: readonly string[] } {
  const options = { ...command.options, ...commonOptions };
  for (let index = 0; index < args.length; index += 1) {
    const word = args[index] ?? '';
    if (word === '--') return { own: args.slice(0, index), rest: args.slice(index + 1) };
    if (!word.startsWith('-') || word === '-') return { own: args.slice(0, index), rest: args.slice(index) };
    const named = word.startsWith('--')
      ? options[word.slice(2)]
      : Object.values(options).find(({ short }) => short === word.slice(1));
    if (named?.type === 'string') index += 1;
  }
  return { own: args, rest: [] };
}
