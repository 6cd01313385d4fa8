import type { DesktopDocument } from '../../domain/desktop-entry/document.ts';
import { expandExec } from '../../domain/desktop-entry/exec-line.ts';
import type { FoundEntry } from '../../domain/desktop-entry/found-entry.ts';
import { mainGroup, parseDesktopEntry } from '../../domain/desktop-entry/parse.ts';
import type { DesktopId } from '../../domain/desktop-id.ts';
import { displayName } from '../../domain/display-name.ts';
import { RingfenceError } from '../../domain/errors.ts';

/** What is to be launched. */
export interface AppRequest {
  readonly id: DesktopId;
  /** An action of the entry, by its id. */
  readonly action?: string | undefined;
  /** URIs or absolute paths to open. */
  readonly uris: readonly string[];
}

/** Whether a program can be run. */
export type ProgramState = 'found' | 'missing' | 'not-executable';

/** What resolving has to know of the computer it runs on. */
export interface HostFacts {
  /** Locales of the keys to prefer, best first (see localesOf). */
  readonly locales: readonly string[];
  /** Looks a program up: a bare name in the app's PATH, a path with a slash from `from` (absolute) when it is relative. */
  programState(program: string, from?: string): ProgramState;
  isDirectory(path: string): boolean;
}

/** An app ready to be launched: everything the entry says that matters for it. */
export interface ResolvedApp {
  readonly id: DesktopId;
  /** Localized; the id's name when the entry has none. */
  readonly name: string;
  readonly icon?: string;
  readonly action?: string;
  /** One argument list per process; the terminal is part of it. Never empty, and none of them is. */
  readonly argvs: readonly (readonly [string, ...string[]])[];
  /** Absolute. Undefined when the entry sets none. */
  readonly workingDirectory?: string;
  readonly terminal: boolean;
  readonly sourcePath: string;
  readonly startupNotify: boolean;
  readonly startupWmClass?: string;
  readonly dbusActivatable: boolean;
}

/**
 * The terminals to run a Terminal=true entry in, best first, each with the argument that comes before the command:
 * the list of GLib 2.80 (gdesktopappinfo.c), which xdg-terminal-exec leads.
 */
export const knownTerminals: readonly (readonly [program: string, ...args: string[]])[] = [
  ['xdg-terminal-exec'],
  ['kgx', '-e'],
  ['gnome-terminal', '--'],
  ['mate-terminal', '-x'],
  ['xfce4-terminal', '-x'],
  ['tilix', '-e'],
  ['konsole', '-e'],
  ['nxterm', '-e'],
  ['color-xterm', '-e'],
  ['rxvt', '-e'],
  ['dtterm', '-e'],
  ['xterm', '-e'],
];

/**
 * Turns an entry into the argument lists to run (Desktop Entry Specification 1.5).
 *
 * @throws RingfenceError NoSuchApp (Hidden), NoSuchAction, BadEntry, ProgramNotFound, ProgramNotExecutable,
 *   InvalidArgument (a bad URI)
 */
export function resolveApp(request: AppRequest, entry: FoundEntry, facts: HostFacts): ResolvedApp {
  const document = parseDesktopEntry(entry.bytes, entry.path);
  const refuse = (code: 'NoSuchApp' | 'BadEntry', reason: string): RingfenceError =>
    new RingfenceError(code, `cannot launch ${request.id.id}: ${reason}`);
  if (document.groups()[0] !== mainGroup) throw refuse('BadEntry', `${entry.path} does not start with [${mainGroup}]`);
  if (document.getBoolean(mainGroup, 'Hidden')) {
    throw refuse('NoSuchApp', `it is marked as deleted (Hidden=true) in ${entry.path}`);
  }
  const type = document.get(mainGroup, 'Type');
  if (type !== 'Application') {
    throw refuse(
      'BadEntry',
      `${entry.path} is no application (${type === undefined ? 'it has no Type' : `Type=${type}`})`,
    );
  }
  const dbusActivatable = document.getBoolean(mainGroup, 'DBusActivatable');
  const group = groupOf(request, document);
  const exec = document.get(group, 'Exec');
  if (exec === undefined || exec.trim() === '') {
    const hint = dbusActivatable ? '; it can only be started over D-Bus (DBusActivatable=true), outside any fence' : '';
    throw refuse('BadEntry', `[${group}] of ${entry.path} has no Exec line${hint}`);
  }
  const workingDirectory = document.get(mainGroup, 'Path') || undefined;
  if (workingDirectory !== undefined && !(workingDirectory.startsWith('/') && facts.isDirectory(workingDirectory))) {
    throw refuse('BadEntry', `its folder ${workingDirectory} (Path in ${entry.path}) does not exist`);
  }
  const tryExec = document.get(mainGroup, 'TryExec');
  if (tryExec) requireProgram(request, tryExec, `TryExec in ${entry.path}`, facts, undefined);

  const name = document.getLocalized(mainGroup, 'Name', facts.locales);
  const icon = iconName(document.getLocalized(mainGroup, 'Icon', facts.locales));
  const keepUris = document.getBoolean(mainGroup, 'X-GIO-NoFuse');
  const argvs = expandExec(exec, { uris: request.uris, name, icon, entryPath: entry.path, keepUris });
  const terminal = document.getBoolean(mainGroup, 'Terminal');
  const prefix = terminal ? findTerminal(request, facts) : [];
  const startupWmClass = document.get(mainGroup, 'StartupWMClass') || undefined;
  return {
    id: request.id,
    name: displayName(name || request.id.name),
    ...(icon !== undefined && { icon }),
    ...(request.action !== undefined && { action: request.action }),
    argvs: argvs.map(([program = '', ...args]) => {
      requireProgram(request, program, `Exec in ${entry.path}`, facts, workingDirectory);
      const [first = program, ...rest] = [...prefix, program, ...args];
      return [first, ...rest] as const;
    }),
    ...(workingDirectory !== undefined && { workingDirectory }),
    terminal,
    sourcePath: entry.path,
    startupNotify: document.getBoolean(mainGroup, 'StartupNotify'),
    ...(startupWmClass !== undefined && { startupWmClass }),
    dbusActivatable,
  };
}

/** What is looked up for an entry. */
export interface LookedUp {
  /** That it starts in. */
  readonly folder: string | undefined;
  readonly programs: readonly string[];
  /** One of these. */
  readonly terminals: readonly string[];
}

/** Reads it from an entry; nothing of one that cannot be launched. */
export function lookedUp(request: AppRequest, entry: FoundEntry): LookedUp {
  try {
    const document = parseDesktopEntry(entry.bytes, entry.path);
    const exec = document.get(groupOf(request, document), 'Exec') ?? '';
    const argvs = expandExec(exec, { uris: [], name: '', icon: undefined, entryPath: entry.path, keepUris: true });
    const terminals = document.getBoolean(mainGroup, 'Terminal') ? knownTerminals.map(([program]) => program) : [];
    const tryExec = document.get(mainGroup, 'TryExec') || undefined;
    const folder = document.get(mainGroup, 'Path') || undefined;
    const programs = [tryExec, ...argvs.map(([program]) => program)].filter((one) => one !== undefined);
    return { folder, programs, terminals };
  } catch {
    return { folder: undefined, programs: [], terminals: [] };
  }
}

/** The group that holds the Exec line asked for. */
function groupOf(request: AppRequest, document: DesktopDocument): string {
  if (request.action === undefined) return mainGroup;
  const actions = document
    .getList(mainGroup, 'Actions')
    .filter((action) => document.hasGroup(`Desktop Action ${action}`));
  if (actions.includes(request.action)) return `Desktop Action ${request.action}`;
  const known = actions.length === 0 ? 'it has no actions' : `its actions are ${actions.join(', ')}`;
  throw new RingfenceError(
    'NoSuchAction',
    `cannot launch ${request.id.id}: no action ${JSON.stringify(request.action)}; ${known}`,
  );
}

function requireProgram(
  request: AppRequest,
  program: string,
  where: string,
  facts: HostFacts,
  from: string | undefined,
): void {
  const state = facts.programState(program, from);
  if (state === 'found') return;
  throw state === 'missing'
    ? new RingfenceError(
        'ProgramNotFound',
        `cannot launch ${request.id.id}: no program ${program} (${where}); is it installed?`,
      )
    : new RingfenceError(
        'ProgramNotExecutable',
        `cannot launch ${request.id.id}: ${program} (${where}) may not be executed`,
      );
}

function findTerminal(request: AppRequest, facts: HostFacts): readonly string[] {
  const terminal = knownTerminals.find(([program]) => facts.programState(program) === 'found');
  if (terminal !== undefined) return terminal;
  throw new RingfenceError(
    'ProgramNotFound',
    `cannot launch ${request.id.id}: it runs in a terminal and none was found; install xdg-terminal-exec, gnome-terminal or xterm`,
  );
}

/** GLib drops the file suffix that some entries wrongly write after a themed icon's name. */
function iconName(icon: string | undefined): string | undefined {
  if (!icon) return undefined;
  return icon.startsWith('/') ? icon : icon.replace(/\.(png|xpm|svg)$/, '');
}
