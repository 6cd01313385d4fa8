import { RingfenceError } from '../errors.ts';
import { isPlainText } from '../plain-text.ts';
import { fileOfUri, uriOfPath } from './file-uri.ts';

/** A piece of an argument: text as it is, or a field code to fill in. */
export type ExecPart = { readonly text: string } | { readonly code: string; readonly quoted: boolean };

/** One word of an Exec line. It may become no argument at all (`%f` without a file) or several (`%F`). */
export type ExecWord = readonly ExecPart[];

/** What the field codes of an Exec line are filled with. */
export interface ExecContext {
  /** URIs, or absolute paths; exactly as they were given. */
  readonly uris: readonly string[];
  /** %c: the localized Name. */
  readonly name?: string | undefined;
  /** %i: the Icon; an empty one counts as none. */
  readonly icon?: string | undefined;
  /** %k: the path of the entry itself. */
  readonly entryPath?: string | undefined;
  /** X-GIO-NoFuse=true: %u and %U get URIs even for local files. */
  readonly keepUris?: boolean | undefined;
}

/**
 * Splits the value of Exec (already unescaped as a string: the first layer) into words: the second layer, quoting, as
 * GLib reads it: double quotes as in the specification, and also the single quotes, backslashes and comments of a
 * shell, since entries in use have them. Field codes are found inside quotes too.
 *
 * @throws RingfenceError BadEntry for an unclosed quote, a trailing backslash or no word at all
 */
export function parseExec(exec: string): ExecWord[] {
  const words: ExecWord[] = [];
  let word: ExecPart[] | undefined;
  const add = (part: ExecPart): void => {
    word ??= [];
    const last = word.at(-1);
    if (last !== undefined && 'text' in last && 'text' in part) word[word.length - 1] = { text: last.text + part.text };
    else word.push(part);
  };
  const end = (): void => {
    if (word !== undefined) words.push(word);
    word = undefined;
  };
  let quote = '';
  for (let at = 0; at < exec.length; at++) {
    const char = exec.charAt(at);
    const next = exec.charAt(at + 1);
    if (char === '%' && next !== '') {
      at++;
      if (next === '%') add({ text: '%' });
      else if ('fFuUick'.includes(next)) add({ code: next, quoted: quote !== '' });
    } else if (quote !== '') {
      if (char === quote) quote = '';
      else if (char === '\\' && quote === '"' && next !== '' && '"`$\\\n'.includes(next)) {
        add({ text: next });
        at++;
      } else add({ text: char });
    } else if (char === '"' || char === "'") {
      quote = char;
      add({ text: '' });
    } else if (char === '\\') {
      if (next === '') throw badExec(exec, 'it ends with a backslash');
      if (next === '%') continue;
      if (next !== '\n') add({ text: next });
      at++;
    } else if (char === ' ' || char === '\t' || char === '\n') {
      end();
    } else if (char === '#' && /^$|[ \n]/.test(exec.charAt(at - 1))) {
      while (at + 1 < exec.length && exec.charAt(at + 1) !== '\n') at++;
    } else {
      add({ text: char });
    }
  }
  if (quote !== '') throw badExec(exec, `the ${quote} quotation mark is never closed`);
  end();
  if (words.length === 0) throw badExec(exec, 'it names no program');
  return words;
}

/**
 * The argument lists to run, one per process: an entry with %f, %u or no field code for files is started once per file.
 * Follows GLib: without such a code the files come last; %u and %U give the path of a local file, unless `keepUris` or
 * a `#` in the URI; %f of a file that is not local gives nothing. Deprecated and unknown codes give nothing.
 *
 * @throws RingfenceError BadEntry for an Exec without a program; InvalidArgument for a bad URI, and for more processes than `mostProcesses`
 */
export function expandExec(exec: string | readonly ExecWord[], context: ExecContext): string[][] {
  const words = typeof exec === 'string' ? parseExec(exec) : exec;
  for (const uri of context.uris) checkUri(uri);
  const rest = [...context.uris];
  const argvs: string[][] = [];
  do {
    const before = rest.length;
    const argv = words.flatMap((word) => expandWord(word, context, rest));
    if (rest.length === before) argv.push(...expandCode('f', context, rest));
    if (argv.length === 0) throw badExec(typeof exec === 'string' ? exec : '', 'it names no program');
    argvs.push(argv);
    if (argvs.length === mostProcesses && rest.length > 0) throw tooManyFiles(context.uris.length);
  } while (rest.length > 0);
  return argvs;
}

/** Each is a process that waits until all of them do, in one scope; its tasks-max would stop thousands of them halfway. */
const mostProcesses = 100;

function tooManyFiles(count: number): RingfenceError {
  return new RingfenceError(
    'InvalidArgument',
    `cannot open ${count} files at once: the app opens one in each process; open at most ${mostProcesses} at a time`,
  );
}

/**
 * A value for Exec that gives back exactly these arguments: quoted, and `%` doubled. Only quoting is done here; the
 * escapes of the file come on top when the document sets the value.
 *
 * @throws RingfenceError InvalidArgument for no argument, and for an argument with NUL or broken Unicode
 */
export function quoteExec(argv: readonly string[]): string {
  if (argv.length === 0) throw new RingfenceError('InvalidArgument', 'cannot write an Exec line: there is no program');
  return argv.map(quoteArgument).join(' ');
}

function quoteArgument(argument: string): string {
  if (!isPlainText(argument)) {
    throw new RingfenceError('InvalidArgument', 'cannot write an Exec line: an argument is not plain text');
  }
  const escaped = argument.replaceAll('%', '%%');
  return /^[\p{L}\p{M}\p{N}_%+,./:@=-]+$/u.test(escaped) ? escaped : `"${withBackslashes(escaped)}"`;
}

/** One pass for each: three times as fast as a pattern, and a shadow has a script in each of its Exec lines. */
function withBackslashes(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('`', '\\`').replaceAll('$', '\\$$');
}

function expandWord(word: ExecWord, context: ExecContext, rest: string[]): string[] {
  const made: string[] = [];
  let current: string | undefined;
  for (const part of word) {
    if ('text' in part) {
      current = (current ?? '') + part.text;
      continue;
    }
    const values = expandCode(part.code, context, rest);
    const [first, ...more] = part.quoted ? [values.join(' ')] : values;
    if (first !== undefined) current = (current ?? '') + first;
    for (const value of more) {
      made.push(current ?? '');
      current = value;
    }
  }
  if (current !== undefined) made.push(current);
  return made;
}

function expandCode(code: string, context: ExecContext, rest: string[]): string[] {
  switch (code) {
    case 'f':
    case 'u':
      return rest.splice(0, 1).flatMap((uri) => fileArgument(code, uri, context));
    case 'F':
    case 'U':
      return rest.splice(0).flatMap((uri) => fileArgument(code, uri, context));
    case 'i':
      return context.icon ? ['--icon', context.icon] : [];
    case 'c':
      return context.name === undefined ? [] : [context.name];
    case 'k':
      return context.entryPath === undefined ? [] : [context.entryPath];
    default:
      return [];
  }
}

function fileArgument(code: string, uri: string, context: ExecContext): string[] {
  const takesUris = code === 'u' || code === 'U';
  if (uri.startsWith('/')) return [takesUris && context.keepUris ? uriOfPath(uri) : uri];
  if (takesUris && (context.keepUris || uri.includes('#'))) return [uri];
  const file = fileOfUri(uri);
  if (file?.path !== undefined) return [file.path];
  if (takesUris) return [uri];
  if (file === undefined) return [];
  throw new RingfenceError('InvalidArgument', `cannot open ${uri}: the file's name is not valid UTF-8; rename it`);
}

function checkUri(uri: string): void {
  const fault = uri.includes('\0')
    ? 'it contains a NUL byte'
    : /^(\/|[a-z][a-z0-9+.-]*:)/i.test(uri)
      ? undefined
      : 'it is neither a URI nor an absolute path';
  if (fault !== undefined) {
    throw new RingfenceError('InvalidArgument', `cannot open ${JSON.stringify(uri.slice(0, 200))}: ${fault}`);
  }
}

function badExec(exec: string, reason: string): RingfenceError {
  return new RingfenceError('BadEntry', `cannot understand Exec=${exec.slice(0, 200)}: ${reason}`);
}
