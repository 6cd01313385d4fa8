import { type DesktopDocument, encodeText } from '../../domain/desktop-entry/document.ts';
import { expandExec, parseExec } from '../../domain/desktop-entry/exec-line.ts';
import { mainGroup, parseDesktopEntry } from '../../domain/desktop-entry/parse.ts';
import { escapeValue } from '../../domain/desktop-entry/value.ts';
import { RingfenceError } from '../../domain/errors.ts';
import { isWindow } from '../../domain/window-id.ts';
import { clientScript } from './client-script.ts';
import { namesClient, openLine, takesFiles } from './open-line.ts';
import { openScript } from './open-script.ts';
import { onceActionId, sandboxActionGroup, strictActionId } from './sandbox-actions.ts';
import { windowActionGroup, windowActionId } from './window-action.ts';

/** Marks what Ringfence wrote; its value is the absolute path of the original. */
export const sourceKey = 'X-Ringfence-Source';

/** Whether these contents say that Ringfence wrote them. */
export function isMarked(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes(sourceKey);
}

/** What a shadow is made from, beside the original's bytes. */
export interface ShadowInput {
  /** With ".desktop". */
  readonly id: string;
  readonly original: Uint8Array;
  /** Where the original is, or will be once it is set aside. Absolute. */
  readonly sourcePath: string;
  /** Of the original, in hex. */
  readonly sourceHash: string;
  /** Of `ringfence-open`, absolute. */
  readonly clientPath: string;
  /** Of the script that goes with it, absolute. */
  readonly scriptPath: string;
  readonly version: string;
  /** The app's profile is a strict one: it may not start without its fence. */
  readonly strict: boolean;
  /** The window is installed: one more action opens the app's page there. */
  readonly window: boolean;
}

/**
 * The entry that stands before an original, same id: every byte of it, but Exec of the entry and of each action runs its
 * script (see shadowScript), the desktop no longer starts it over D-Bus or in a terminal of its own, and there are one to three actions more.
 *
 * @throws RingfenceError BadEntry for an entry that is not to be wrapped; the message says why
 */
export function shadowEntry(input: ShadowInput): Buffer {
  const document = parseDesktopEntry(input.original, input.sourcePath);
  const exec = requireWrappable(document, input);
  const line = (command: string, extra: readonly string[], strict: boolean) =>
    openLine({
      scriptPath: input.scriptPath,
      options: [`--app=${input.id}`, ...extra, ...(strict ? ['--strict'] : []), `--original=${input.sourcePath}`],
      exec: command,
    });
  for (const { group, action, command } of wrappedActions(document)) {
    document.set(group, 'Exec', line(command, [`--action=${action}`], input.strict));
  }
  askOverBus(document, input.id);
  const sandboxed = (id: typeof strictActionId | typeof onceActionId, option: string) => ({
    id,
    group: () => {
      const command = escapeValue(line(exec, [option], true));
      return sandboxActionGroup(id, command, actionIcon(document), document.locales(mainGroup, 'Name'));
    },
  });
  const more = newActions(document, [
    sandboxed(strictActionId, '--profile=strict'),
    ...(opensFiles(document, exec) ? [sandboxed(onceActionId, '--once')] : []),
    ...(input.window ? [{ id: windowActionId, group: () => windowActionGroup(input.id) }] : []),
  ]);
  const added = [...mark(input), ...more.lines];
  document.set(mainGroup, 'Exec', line(exec, [], input.strict));
  added.push(...hideWithProgram(document, exec));
  for (const key of ['DBusActivatable', 'Terminal']) {
    if (document.getBoolean(mainGroup, key)) document.set(mainGroup, key, 'false');
  }
  const body = withKeys(document.renderBytes(), added);
  if (more.groups.length === 0) return Buffer.from(body, 'latin1');
  const gap = body.endsWith('\n') ? '\n' : '\n\n';
  return Buffer.from(body + gap + encodeText(more.groups.join('\n')), 'latin1');
}

/**
 * Lists actions in the entry. Their groups are to follow at its end; one that the original has under the same id stays. `lines` are keys
 * that the entry does not have yet.
 */
function newActions(
  document: DesktopDocument,
  actions: readonly { readonly id: string; group(): string }[],
): { readonly lines: readonly string[]; readonly groups: readonly string[] } {
  const missing = actions.filter(({ id }) => !document.hasGroup(`Desktop Action ${id}`));
  const groups = missing.map(({ group }) => group());
  const listed = document.getList(mainGroup, 'Actions');
  if (document.raw(mainGroup, 'Actions') === undefined) {
    return { lines: [`Actions=${actions.map(({ id }) => `${id};`).join('')}`], groups };
  }
  if (missing.length > 0) document.setList(mainGroup, 'Actions', [...listed, ...missing.map(({ id }) => id)]);
  return { lines: [], groups };
}

/**
 * The script that the lines of a shadow run.
 * @throws RingfenceError as shadowEntry
 */
export function shadowScript(input: ShadowInput): string {
  const document = parseDesktopEntry(input.original, input.sourcePath);
  const exec = requireWrappable(document, input);
  return openScript({
    clientPath: input.clientPath,
    original: {
      id: input.id,
      name: readable(() => document.get(mainGroup, 'Name')),
      icon: readable(() => document.get(mainGroup, 'Icon')),
      path: input.sourcePath,
      terminal: document.getBoolean(mainGroup, 'Terminal'),
    },
    exec,
    actions: new Map(wrappedActions(document).map(({ action, command }) => [action, command])),
    mayFallBack: !input.strict,
  });
}

/** A shadow such as this version writes them: where another version's is not the same, its shadows are written anew. */
export function sampleShadow(): Buffer {
  const lines = [
    'Type=Application',
    'Name=A',
    'Exec=a %U',
    'MimeType=a/a;',
    'Actions=b;',
    '[Desktop Action b]',
    'Name=B',
    'Exec=a b',
  ];
  const input: ShadowInput = {
    id: 'a.desktop',
    original: Buffer.from(`[Desktop Entry]\n${lines.join('\n')}\n`),
    sourcePath: '/a.desktop',
    sourceHash: '',
    clientPath: '/client',
    scriptPath: '/script',
    version: '',
    strict: false,
    window: true,
  };
  const scripts = [false, true].map((strict) => Buffer.from(shadowScript({ ...input, strict })));
  return Buffer.concat([shadowEntry(input), ...scripts]);
}

/**
 * The entry that stands before one in an autostart folder. Exec is only "/bin/sh SCRIPT" (see autostartScript), since the
 * desktop and systemd's xdg-autostart generator unquote differently.
 * @throws RingfenceError BadEntry as shadowEntry, and for a path that cannot be written so that both read it
 */
export function autostartEntry(input: ShadowInput): Buffer {
  const document = parseDesktopEntry(input.original, input.sourcePath);
  const exec = requireWrappable(document, input);
  if (!/^[\w+,./:@-]+$/.test(input.scriptPath)) {
    throw new RingfenceError(
      'BadEntry',
      `cannot enable the autostart of ${input.id}: unusual characters in ${input.scriptPath}`,
    );
  }
  document.set(mainGroup, 'Exec', `/bin/sh ${input.scriptPath}`);
  return Buffer.from(withKeys(document.renderBytes(), [...mark(input), ...hideWithProgram(document, exec)]), 'latin1');
}

/** The script of an autostart entry: the original's own command line, through the client. */
export function autostartScript(input: ShadowInput): string {
  const document = parseDesktopEntry(input.original, input.sourcePath);
  const argv = expandExec(requireWrappable(document, input), {
    uris: [],
    name: document.get(mainGroup, 'Name'),
    icon: document.get(mainGroup, 'Icon'),
    entryPath: input.sourcePath,
  })[0];
  return clientScript({
    comment: `${sourceKey}=${input.sourcePath}`,
    client: [input.clientPath, `--app=${input.id}`, '--run'],
    argv: argv ?? [],
    title: input.id,
    id: input.id,
    strict: input.strict,
  });
}

function requireWrappable(document: DesktopDocument, { id }: ShadowInput): string {
  const refuse = (reason: string) => new RingfenceError('BadEntry', `cannot enable ${id}: ${reason}`);
  const path = document.path;
  if (isWindow(id)) throw refuse('it is the window that steers the fences');
  if (document.groups()[0] !== mainGroup) throw refuse(`${path} does not start with [${mainGroup}]`);
  if (document.get(mainGroup, sourceKey) !== undefined) throw refuse(`${path} is a shadow already`);
  if (document.get(mainGroup, 'Type') !== 'Application') throw refuse(`${path} is no application`);
  if (document.getBoolean(mainGroup, 'Hidden')) throw refuse(`it is marked as deleted (Hidden=true) in ${path}`);
  const phase = document.get(mainGroup, 'X-GNOME-Autostart-Phase');
  if (phase !== undefined && phase !== 'Applications') throw refuse('it is a part of the desktop session itself');
  const exec = document.get(mainGroup, 'Exec');
  if (exec === undefined || exec === '') throw refuse(`${path} has no Exec line`);
  if (namesClient(exec)) throw refuse('it goes through Ringfence already');
  parseExec(exec);
  return exec;
}

function mark({ sourcePath, sourceHash, version }: ShadowInput): string[] {
  return [
    `${sourceKey}=${escapeValue(sourcePath)}`,
    `X-Ringfence-Hash=${sourceHash}`,
    `X-Ringfence-Version=${escapeValue(version)}`,
  ];
}

/** Puts lines behind the first group's header, which is much faster than one key after the other into the document. */
function withKeys(bytes: string, lines: readonly string[]): string {
  const header = /^[ \t]*\[[^\]]*\][ \t]*\r?\n?/m.exec(bytes);
  const at = header === null ? 0 : header.index + header[0].length;
  const gap = header?.[0].endsWith('\n') ? '' : '\n';
  return `${bytes.slice(0, at)}${gap}${encodeText(lines.join('\n'))}\n${bytes.slice(at)}`;
}

/** The actions that start the program, and not through Ringfence already. */
function wrappedActions(document: DesktopDocument) {
  return actionsOf(document).flatMap(({ group, action }) => {
    const command = document.get(group, 'Exec');
    return command === undefined || command === '' || namesClient(command) ? [] : [{ group, action, command }];
  });
}

/** An action without Exec of a D-Bus-activatable app is one that the app answers itself; gapplication asks it. */
function askOverBus(document: DesktopDocument, id: string): void {
  if (!document.getBoolean(mainGroup, 'DBusActivatable')) return;
  for (const { group, action } of actionsOf(document)) {
    if (document.get(group, 'Exec') || !/^[\w.-]+$/.test(action)) continue;
    document.set(group, 'Exec', `gapplication action ${id.replace(/\.desktop$/, '')} ${action}`);
  }
}

function actionsOf(document: DesktopDocument): { readonly group: string; readonly action: string }[] {
  return document.groups().flatMap((group) => {
    const action = /^Desktop Action (.+)$/.exec(group)?.[1];
    return action === undefined ? [] : [{ group, action }];
  });
}

/** The shadow's own program is always there; it must be hidden all the same where the original's is not. */
function hideWithProgram(document: DesktopDocument, exec: string): string[] {
  if (document.get(mainGroup, 'TryExec') !== undefined) return [];
  const first = parseExec(exec)[0] ?? [];
  const program = first.map((part) => ('text' in part ? part.text : '%')).join('');
  if (program.includes('%') || (program.includes('/') && !program.startsWith('/'))) return [];
  return [`TryExec=${escapeValue(program)}`];
}

/** Whether a file manager would open files of some type with it. */
function opensFiles(document: DesktopDocument, exec: string): boolean {
  return (
    takesFiles(exec) && document.getList(mainGroup, 'MimeType').some((type) => !type.startsWith('x-scheme-handler/'))
  );
}

/** Names with a file suffix are against the rules; they are not spread to where there was none. */
function actionIcon(document: DesktopDocument): string | undefined {
  const icon = readable(() => document.raw(mainGroup, 'Icon'));
  return icon === undefined || icon === '' || (!icon.startsWith('/') && /\.(png|svg|xpm)$/.test(icon))
    ? undefined
    : icon;
}

/** A name that is no UTF-8 is no reason to leave the app without its fence. */
function readable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
