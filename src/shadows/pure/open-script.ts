import { type ExecPart, type ExecWord, parseExec } from '../../domain/desktop-entry/exec-line.ts';
import { escapeValue } from '../../domain/desktop-entry/value.ts';
import { shellQuote } from '../../domain/shell-quote.ts';
import { knownTerminals } from '../../launch/pure/resolve-app.ts';
import { isFileCode, takesFiles } from './open-line.ts';

/** What the icon of an app does when it is clicked. */
export interface OpenScript {
  /** Absolute. */
  readonly clientPath: string;
  readonly original: OriginalFacts;
  /** The Exec value of the original. */
  readonly exec: string;
  /** Those of its actions, by id. */
  readonly actions: ReadonlyMap<string, string>;
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

/** How an icon's script begins, with the app's id and the path of its original. */
export const scriptHead =
  /^#!\/bin\/sh\n# What the icon of (.+\.desktop) runs, by Ringfence\n# X-Ringfence-Source=(\/.*)\n/;

/**
 * The POSIX shell script that the lines of a shadow run, as "/bin/sh SCRIPT OPTION… -- [FILE|URI…]". It reads the client into
 * itself and, where the client is gone (127) or asks for it (75), becomes the original's own command; not with --strict. While
 * files are written anew, the line of one version meets the script of another: the options stay those of the client.
 */
export function openScript({ clientPath, original, exec, actions, mayFallBack }: OpenScript): string {
  const { id, path, name = id } = original;
  const lines = [
    '#!/bin/sh',
    `# What the icon of ${id} runs, by Ringfence`,
    `# X-Ringfence-Source=${escapeValue(path)}`,
    `ringfence_client=${shellQuote(clientPath)} ringfence_status=127`,
    ...(mayFallBack ? [] : ['set -- --strict "$@"']),
    // This shell asks the daemon itself. While all is well it reads no further than here.
    '[ ! -r "$ringfence_client" ] || { . "$ringfence_client"; ringfence_status=$?; }',
    'case $ringfence_status in 75 | 127) ;; *) exit "$ringfence_status" ;; esac',
    ...(mayFallBack ? [...readOptions, 'if [ -n "$ringfence_strict" ]; then'] : []),
    'if [ "$ringfence_status" = 127 ]; then',
    `  ${sayNotStarted(name, id)}`,
    ...endStartup,
    'fi',
    'exit "$ringfence_status"',
  ];
  if (mayFallBack) {
    lines.push('fi', 'if [ "$ringfence_status" = 127 ]; then', `  ${sayNotFenced(name, id)}`, 'fi');
    for (const [action, command] of actions) {
      lines.push(`[ "$ringfence_action" != ${shellQuote(action)} ] || ${start(command, original)}`);
    }
    lines.push(start(exec, original));
  }
  return `${lines.join('\n')}\n`;
}

const readOptions = [
  'ringfence_action= ringfence_strict=',
  'until [ "$1" = -- ]; do',
  '  case $1 in',
  `    --action=*) ringfence_action=$\{1#*=} ;;`,
  '    --strict) ringfence_strict=1 ;;',
  '  esac',
  '  shift || exit',
  'done',
  'shift',
];

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
  `  t=$\{XDG_ACTIVATION_TOKEN:-$DESKTOP_STARTUP_ID}`,
  `  ([ -z "$t" ] || gjs -c ${shellQuote(endStartupProgram)} "$t") >/dev/null 2>&1 &`,
];

function start(exec: string, original: OriginalFacts): string {
  const command = parseExec(exec).flatMap((word) => shellWords(word, original));
  if (!takesFiles(exec)) command.push('"$@"');
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
