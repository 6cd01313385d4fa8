import { type ExecPart, type ExecWord, parseExec, quoteExec } from '../../domain/desktop-entry/exec-line.ts';
import { shellQuote } from '../../domain/shell-quote.ts';
import { knownTerminals } from '../../launch/pure/resolve-app.ts';

/** The name of the client that shadows go through. An Exec line that has it is never wrapped again. */
const clientName = 'ringfence-open';

/** What the client is told, and what is run when it is gone. */
export interface OpenLine {
  /** Absolute. */
  readonly clientPath: string;
  /** Its options; the files of the click follow behind a "--". */
  readonly options: readonly string[];
  /** The Exec value of the original. */
  readonly exec: string;
  readonly original: OriginalFacts;
  /** False for an app that must not start without its fence. */
  readonly mayFallBack: boolean;
}

/** What the field codes of the original's Exec stand for when it is run without a desktop's help. */
export interface OriginalFacts {
  readonly id: string;
  readonly name: string | undefined;
  readonly icon: string | undefined;
  /** Of the original entry, absolute. */
  readonly path: string;
  readonly terminal: boolean;
}

/**
 * The Exec value of a shadow. GLib hides an entry whose program is not there, so the program is /bin/sh, which reads the
 * client into itself and, where the client is gone (127) or asks for it (75), the original's own command.
 * The field code for files is the original's own, since GLib decides by it what it passes and how often it starts us.
 */
export function openLine(line: OpenLine): string {
  const command = parseExec(line.exec);
  const code = fileCode(command);
  const words = quoteExec([
    '/bin/sh',
    '-c',
    openScript(line, command, code !== undefined),
    line.clientPath,
    ...line.options,
    '--',
  ]);
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

/** Shell code that says, where the client is gone, that the app was not started. It waits for nothing. */
export function sayNotStarted(name: string, id: string): string {
  return say(name, id, 'was not started', 'it may run in a strict fence only, and Ringfence is gone; install it again');
}

/** Shell code that says, where the client is gone, that the app has no fence. It waits for nothing. */
export function sayNotFenced(name: string, id: string): string {
  return say(name, id, 'was started without its fence', 'Ringfence is gone; install it again to have the fence back');
}

function say(name: string, id: string, what: string, why: string): string {
  const [title, body, entry] = [`${name} ${what}`, why, `${id}: ${what.slice('was '.length)}: ${why}`].map(shellQuote);
  return `(notify-send -a Ringfence -- ${title} ${body}; logger -t ringfence -- ${entry}) >/dev/null 2>&1 &`;
}

/**
 * Ends the desktop's waiting for a window, or GNOME Shell would take no other click on the icon for 15 seconds; the argument is the
 * activation token. X11 has a message for it. On Wayland only a window can use a token up (xdg-activation-v1), so one that nobody
 * sees is opened with it for a moment.
 */
export const endStartupProgram = [
  'const [token] = ARGV;',
  'const { GLib } = imports.gi;',
  // GTK takes it from here for its first window.
  'GLib.setenv("XDG_ACTIVATION_TOKEN", token, true);',
  'for (const version of ["4.0", "3.0"]) try {',
  'imports.gi.versions.Gtk = version;',
  'const { Gdk, Gtk } = imports.gi;',
  'Gtk.init(null);',
  'const display = Gdk.Display.get_default();',
  'display.notify_startup_complete(token);',
  'if (/Wayland/.test(display.constructor.name)) {',
  'const window = new Gtk.Window({ decorated: false, opacity: 0 });',
  'const loop = new GLib.MainLoop(null, false);',
  'window.connect("notify::is-active", () => loop.quit());',
  'GLib.timeout_add(0, 2000, () => loop.quit());',
  'window.present();',
  'loop.run();',
  '}',
  'display.sync();',
  'break; } catch {}',
].join(' ');

const endStartup = [
  `t=$\{XDG_ACTIVATION_TOKEN:-$DESKTOP_STARTUP_ID}`,
  `([ -z "$t" ] || gjs -c ${shellQuote(endStartupProgram)} "$t") >/dev/null 2>&1 &`,
].join('; ');

// This shell asks the daemon itself: the client is read into it.
const ask = 's=127; [ ! -r "$0" ] || { . "$0"; s=$?; }';

function openScript(line: OpenLine, command: readonly ExecWord[], takesFiles: boolean): string {
  const { id, name } = line.original;
  if (!line.mayFallBack)
    return `${ask}; case $s in 127) ${sayNotStarted(name ?? id, id)} ${endStartup} ;; esac; exit $s`;
  return [
    ask,
    `case $s in 75) ;; 127) ${sayNotFenced(name ?? id, id)} ;; *) exit $s ;; esac`,
    `until [ "$1" = -- ]; do shift; done; shift`,
    fallback(command, takesFiles, line.original),
  ].join('; ');
}

function fallback(words: readonly ExecWord[], takesFiles: boolean, original: OriginalFacts): string {
  const command = words.flatMap((word) => shellWords(word, original));
  if (!takesFiles) command.push('"$@"');
  if (!original.terminal) return `exec ${command.join(' ')}`;
  const terminals = knownTerminals.map((terminal) => shellQuote(terminal.join(' '))).join(' ');
  return `for t in ${terminals}; do command -v $\{t%% *} >/dev/null 2>&1 && exec $t ${command.join(' ')}; done`;
}

function shellWords(word: ExecWord, original: OriginalFacts): string[] {
  const [only] = word;
  if (word.length === 1 && only !== undefined && 'code' in only) {
    if (only.code === 'i') return original.icon ? ['--icon', shellQuote(original.icon)] : [];
    if (isFileCode(only)) return ['"$@"'];
  }
  const parts = word.map((part) => shellPart(part, original)).join('');
  return parts === '' && word.some((part) => 'code' in part) ? [] : [parts];
}

function shellPart(part: ExecPart, original: OriginalFacts): string {
  if ('text' in part) return part.text === '' ? "''" : shellQuote(part.text);
  if (isFileCode(part)) return `"$\{1-}"`;
  if (part.code === 'c') return shellQuote(original.name ?? '');
  if (part.code === 'k') return shellQuote(original.path);
  return '';
}

function isFileCode(part: ExecPart): boolean {
  return 'code' in part && 'fFuU'.includes(part.code);
}

/** The code by which the line takes files; the first one counts, as in GLib. */
function fileCode(words: readonly ExecWord[]): string | undefined {
  for (const word of words) for (const part of word) if ('code' in part && isFileCode(part)) return part.code;
  return undefined;
}
