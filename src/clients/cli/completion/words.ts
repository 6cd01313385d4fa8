import { type Command, commonOptions, type OptionSpec } from '../command.ts';

/**
 * What can stand in a place of the command line, as far as a shell can tell without asking the daemon. "available" is an app
 * that a menu shows and that is not enabled; "setting" is what "ringfence config VERB" goes on with, "limit" a limit's name and "="; words with bars between
 * them stand for themselves.
 */
export type WordKind = (typeof wordKinds)[number] | `${string}|${string}`;

const wordKinds = [
  'app',
  'available',
  'enabled',
  'action',
  'instance',
  'limit',
  'process',
  'setting',
  'command',
  'file',
  'profile',
  'signal',
  'none',
] as const;

/** The words of a kind that is a list of them. */
export function listedWords(kind: WordKind): readonly string[] | undefined {
  return kind.includes('|') ? kind.split('|') : undefined;
}

/** An option as completions need it. */
export interface CompletionOption {
  readonly name: string;
  readonly short: string | undefined;
  readonly help: string;
  /** Undefined for a flag. */
  readonly value: { readonly name: string; readonly kind: WordKind } | undefined;
}

/** A command as completions need it. */
export interface CompletionCommand {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly CompletionOption[];
  readonly first: WordKind;
  readonly others: WordKind;
}

/** The command table in the words of completions. */
export function completionCommands(commands: readonly Command[]): CompletionCommand[] {
  return commands.map(({ name, summary, options, operands }) => ({
    name,
    summary,
    options: Object.entries({ ...options, ...commonOptions }).map(([long, spec]) => option(long, spec)),
    ...operandKinds(name, operands),
  }));
}

/** What goes for the user's words in a script of any shell: ASCII letters, digits and harmless marks. */
export function singleQuoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function option(name: string, { type, short, value, help }: OptionSpec): CompletionOption {
  const kinds: Record<string, WordKind> = {
    NAME: 'profile',
    APP: 'app',
    ACTION: 'action',
    SIGNAL: 'signal',
    FILE: 'file',
  };
  return {
    name,
    short,
    help,
    value: type === 'boolean' ? undefined : { name: value ?? 'VALUE', kind: kinds[value ?? ''] ?? listOf(value) },
  };
}

/** "cpu|memory": a value that is one of some words. */
function listOf(value = ''): WordKind {
  return value.includes('|') ? (value as WordKind) : 'none';
}

/** Read from the usage line, which people see too: "APP [FILE|URI...]", "APP...|--all", "APP|UNIT", "enable|disable". */
function operandKinds(name: string, operands: string): { first: WordKind; others: WordKind } {
  if (name === 'enable') return { first: 'available', others: 'available' };
  if (name === 'disable') return { first: 'enabled', others: 'enabled' };
  const listed = /^[a-z]+(?:\|[a-z]+)+(?= |$)/.exec(operands)?.[0];
  if (listed !== undefined) return { first: listed as WordKind, others: name === 'config' ? 'setting' : 'none' };
  const kinds: readonly (readonly [RegExp, WordKind, WordKind])[] = [
    [/^APP\|UNIT.* LIMIT=VALUE/, 'instance', 'limit'],
    [/^APP\|UNIT.*\.\.\.$/, 'instance', 'instance'],
    [/^\[?APP\|UNIT/, 'instance', 'none'],
    [/^PID\|APP/, 'process', 'none'],
    [/^APP\.\.\./, 'app', 'app'],
    [/^APP \[FILE|^APP FOLDER/, 'app', 'file'],
    [/^\[?APP/, 'app', 'none'],
    [/COMMAND/, 'command', 'command'],
    [/^SHELL$/, 'bash|zsh|fish', 'none'],
    [/FILE/, 'file', 'file'],
  ];
  const [, first, others] = kinds.find(([pattern]) => pattern.test(operands)) ?? [undefined, 'none', 'none'];
  return { first: first as WordKind, others: others as WordKind };
}
