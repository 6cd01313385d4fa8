import { type ExecPart, type ExecWord, parseExec, quoteExec } from '../../domain/desktop-entry/exec-line.ts';

/** The name of the client that shadows go through. An Exec line that has it is never wrapped again. */
const clientName = 'ringfence-open';

/** What an icon runs. */
export interface OpenLine {
  /** See openScript. Absolute. */
  readonly scriptPath: string;
  /** Of the client; the files of the click follow behind a "--". */
  readonly options: readonly string[];
  /** The Exec value of the original. */
  readonly exec: string;
}

/**
 * The Exec value of a shadow: "/bin/sh SCRIPT", in words that need no quotes where the script's path has no odd character, since
 * xdg-open splits it at blanks where it knows no desktop. GLib hides an entry whose program is not there, so that is /bin/sh.
 * The field code for files is the original's own, since GLib decides by it what it passes and how often it starts us.
 */
export function openLine({ scriptPath, options, exec }: OpenLine): string {
  const code = fileCode(parseExec(exec));
  const words = quoteExec(['/bin/sh', scriptPath, ...options, '--']);
  return code === undefined ? words : `${words} %${code}`;
}

/** Whether an Exec value has a place for files. */
export function takesFiles(exec: string): boolean {
  return fileCode(parseExec(exec)) !== undefined;
}

/** Whether an Exec value goes through Ringfence already. */
export function namesClient(exec: string): boolean {
  return exec.includes(clientName) && clientWord.test(exec);
}

const clientWord = new RegExp(`(^|[/"'\\s])${clientName}($|["'\\s])`);

/** Whether a part of a word stands for files. */
export function isFileCode(part: ExecPart): boolean {
  return 'code' in part && 'fFuU'.includes(part.code);
}

/** The code by which the line takes files; the first one counts, as in GLib. */
function fileCode(words: readonly ExecWord[]): string | undefined {
  for (const word of words) for (const part of word) if ('code' in part && isFileCode(part)) return part.code;
  return undefined;
}
