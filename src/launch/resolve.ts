import { basename, isAbsolute, join, resolve as resolvePath } from 'node:path';
import { isNameless, pathToOpen } from '../domain/desktop-entry/file-uri.ts';
import { mainGroup, parseDesktopEntry } from '../domain/desktop-entry/parse.ts';
import { type DesktopId, parseDesktopId } from '../domain/desktop-id.ts';
import { displayName } from '../domain/display-name.ts';
import { RingfenceError } from '../domain/errors.ts';
import { answeringEnvironment, requireAnswer } from './answering.ts';
import type { LaunchPorts, Mounts } from './ports.ts';
import { checkListSize, type LaunchOptions, parseLaunchOptions } from './pure/launch-options.ts';
import { type LookedUp, lookedUp, resolveApp } from './pure/resolve-app.ts';

/** What is to be started, once the desktop entry or the command line has been read: plain data. */
export interface Startable {
  /** With ".desktop"; undefined for a command. */
  readonly appId: string | undefined;
  /** As the user knows it. */
  readonly name: string;
  /** The unit is named after it: the desktop id or the program's name. */
  readonly unitStem: string;
  /** One process each. */
  readonly argvs: readonly (readonly string[])[];
  /** Whether they begin with a terminal, as the entry asks for one. */
  readonly inTerminal: boolean;
  /** Absolute. */
  readonly workingDirectory: string;
  readonly environment: ReadonlyMap<string, string>;
  /** The user manager's environment, without anything on top. */
  readonly session: ReadonlyMap<string, string>;
  /** What the caller of a command has put on top of it; undefined for an app. */
  readonly variables?: ReadonlyMap<string, string> | undefined;
  /** Files and folders to open, as absolute paths. */
  readonly documents?: readonly string[] | undefined;
  /** URIs of files that cannot be let in, as their names are no UTF-8. */
  readonly nameless?: readonly string[] | undefined;
  /** The folder that a command was started in, where the caller names one. */
  readonly folder?: string | undefined;
  /** The home of a strict command. */
  readonly home?: string | undefined;
  /** The desktop entry's absolute path. */
  readonly sourcePath?: string | undefined;
  /** Its home is thrown away at the end, and files are let in to be read. */
  readonly once?: boolean | undefined;
  readonly options: LaunchOptions;
  /** The options as they came. */
  readonly texts: ReadonlyMap<string, string>;
}

/** What a request is resolved with. */
export interface ResolvePorts extends Pick<LaunchPorts, 'entryPaths' | 'findEntry' | 'programFacts'> {
  readonly mounts: Mounts;
}

/** What is asked for, checked as far as it can be without looking at the machine. */
export type LaunchRequest = AppRequest | CommandRequest;

interface AsAsked {
  readonly texts: ReadonlyMap<string, string>;
  readonly options: LaunchOptions;
  /** Opens the messages: "launch firefox.desktop". */
  readonly task: string;
}

interface AppRequest extends AsAsked {
  readonly id: DesktopId;
  readonly uris: readonly string[];
}

interface CommandRequest extends AsAsked {
  readonly argv: readonly string[];
  readonly variables: ReadonlyMap<string, string>;
}

/** The request for an installed application. @throws RingfenceError InvalidArgument, UnknownOption, InvalidLimit */
export function appRequest(appId: string, uris: readonly string[], texts: ReadonlyMap<string, string>): LaunchRequest {
  const id = parseDesktopId(appId);
  const task = `launch ${id.id}`;
  const options = parseLaunchOptions('launch', task, texts);
  checkListSize(task, 'files', uris);
  return { id, uris, texts, options, task };
}

/** The request for a command. @throws as `appRequest` */
export function commandRequest(
  argv: readonly string[],
  variables: ReadonlyMap<string, string>,
  texts: ReadonlyMap<string, string>,
): LaunchRequest {
  const [program = ''] = argv;
  if (program === '') throw new RingfenceError('InvalidArgument', 'cannot run: the command is empty');
  const task = `run ${program.length > 80 ? `${program.slice(0, 80)}…` : program}`;
  const options = parseLaunchOptions('run', task, texts);
  checkListSize(task, 'arguments', argv);
  checkVariables(task, variables);
  return { argv, variables, texts, options, task };
}

/**
 * What the request means on this machine: reads the desktop entry or looks the program up, and changes nothing. Where a look may hang it is
 * asked before.
 * @throws RingfenceError NoSuchApp, NoSuchAction, BadEntry, InvalidArgument, ProgramNotFound, ProgramNotExecutable
 */
export async function resolve(
  request: LaunchRequest,
  session: ReadonlyMap<string, string>,
  ports: ResolvePorts,
): Promise<Startable> {
  return 'id' in request ? resolveEntry(request, session, ports) : resolveCommand(request, session, ports);
}

async function resolveEntry(
  { id, uris, texts, options, task }: AppRequest,
  session: ReadonlyMap<string, string>,
  ports: ResolvePorts,
): Promise<Startable> {
  const environment = new Map(session);
  const mayHang = ports.mounts.mayHang();
  if (mayHang) await ports.mounts.ask(ports.entryPaths(id, environment));
  const entry = ports.findEntry(id, environment);
  const looked = mayHang
    ? lookedUp({ id, action: options.action, uris }, entry)
    : { folder: undefined, programs: [], terminals: [] };
  const folders = [options.workingDirectory, looked.folder].filter((folder) => folder !== undefined);
  await askForStart(task, folders.filter(isAbsolute), looked, environment, ports);
  const app = resolveApp({ id, action: options.action, uris }, entry, ports.programFacts(environment));
  // What GLib tells the apps it launches (g_desktop_app_info_launch_uris); the gate adds its pid.
  environment.set('GIO_LAUNCHED_DESKTOP_FILE', entry.path);
  addActivationToken(environment, options);
  return {
    appId: id.id,
    name: app.name,
    unitStem: id.name,
    argvs: app.argvs,
    inTerminal: app.terminal,
    workingDirectory: workingDirectory(task, options.workingDirectory ?? app.workingDirectory, environment, ports),
    environment,
    session,
    documents: uris.map(pathToOpen).filter((path) => path !== undefined),
    nameless: uris.filter(isNameless),
    once: options.once,
    sourcePath: entry.path,
    options,
    texts,
  };
}

async function resolveCommand(
  { argv, variables, texts, options, task }: CommandRequest,
  session: ReadonlyMap<string, string>,
  ports: ResolvePorts,
): Promise<Startable> {
  const [program = ''] = argv;
  const environment = new Map(
    variables.size === 0
      ? session
      : await answeringEnvironment(task, new Map([...session, ...variables]), ports.mounts),
  );
  const asked = options.workingDirectory;
  await askForStart(
    task,
    asked === undefined ? [] : [asked],
    { programs: [program], terminals: [] },
    environment,
    ports,
  );
  addActivationToken(environment, options);
  const folder = workingDirectory(task, options.workingDirectory, environment, ports);
  requireProgram(program, folder, task, environment, ports);
  const id = options.appId === undefined ? undefined : parseDesktopId(options.appId);
  return {
    appId: id?.id,
    name: displayName(id === undefined ? basename(program) : appName(id, environment, ports)),
    unitStem: id?.name ?? basename(program),
    argvs: [argv],
    inTerminal: false,
    workingDirectory: folder,
    environment,
    session,
    variables,
    // What it is to open; a command has no other way to say so.
    documents: options.once ? argv.filter((word) => word.startsWith('/')) : [],
    once: options.once,
    folder: options.once ? undefined : options.workingDirectory,
    home: options.home,
    options,
    texts,
  };
}

/**
 * Asks for the folder that something is started in and for its programs, wherever they may be. `folders`: the first is the one.
 * @throws RingfenceError ProgramNotExecutable where one does not answer: a shell would hang there as well
 */
async function askForStart(
  task: string,
  folders: readonly string[],
  { programs, terminals }: Pick<LookedUp, 'programs' | 'terminals'>,
  environment: ReadonlyMap<string, string>,
  { mounts, programFacts }: ResolvePorts,
): Promise<void> {
  await mounts.ask(folders, { desktops: true });
  for (const folder of folders) requireAnswer(task, `the folder ${folder}`, folder, mounts);
  // PATH leads into nothing of the desktop's.
  if (!mounts.mayHang() && !programs.some((program) => program.includes('/'))) return;
  const [from = environment.get('HOME') ?? '/'] = folders;
  const facts = programFacts(environment);
  const search = (environment.get('PATH') ?? '').split(':').filter(isAbsolute);
  const placesOf = (program: string) =>
    program.includes('/') ? [resolvePath(from, program)] : search.map((folder) => join(folder, program));
  await mounts.ask([...programs, ...terminals].flatMap(placesOf));
  for (const places of programs.map(placesOf)) {
    if (!places.some((place) => mounts.silent(place) !== undefined)) continue;
    for (const place of places) {
      requireAnswer(task, `the program ${place}`, place, mounts);
      if (facts.programState(place) === 'found') break;
    }
  }
}

function requireProgram(
  program: string,
  folder: string,
  task: string,
  environment: ReadonlyMap<string, string>,
  ports: ResolvePorts,
): void {
  const state = ports.programFacts(environment).programState(program, folder);
  if (state === 'missing') {
    throw new RingfenceError(
      'ProgramNotFound',
      `cannot ${task}: no such program in ${environment.get('PATH') ?? 'PATH'}`,
    );
  }
  if (state === 'not-executable') {
    throw new RingfenceError('ProgramNotExecutable', `cannot ${task}: it may not be executed`);
  }
}

/** As the user knows the app; the id where no entry says. */
function appName(id: DesktopId, environment: ReadonlyMap<string, string>, ports: ResolvePorts): string {
  try {
    const { bytes, path } = ports.findEntry(id, environment);
    const { locales } = ports.programFacts(environment);
    return parseDesktopEntry(bytes, path).getLocalized(mainGroup, 'Name', locales) || id.name;
  } catch {
    // The command itself needs no entry, nor a good one.
    return id.name;
  }
}

function addActivationToken(environment: Map<string, string>, { activationToken }: LaunchOptions): void {
  // A token is good for one activation: the manager's own would be an old one.
  environment.delete('XDG_ACTIVATION_TOKEN');
  environment.delete('DESKTOP_STARTUP_ID');
  if (activationToken === undefined) return;
  environment.set('XDG_ACTIVATION_TOKEN', activationToken);
  environment.set('DESKTOP_STARTUP_ID', activationToken);
}

function workingDirectory(
  task: string,
  asked: string | undefined,
  environment: ReadonlyMap<string, string>,
  ports: ResolvePorts,
): string {
  const home = environment.get('HOME') ?? '/';
  const facts = ports.programFacts(environment);
  if (asked === undefined) return facts.isDirectory(home) ? home : '/';
  if (facts.isDirectory(asked)) return asked;
  throw new RingfenceError('InvalidArgument', `cannot ${task}: the working directory ${asked} does not exist`);
}

function checkVariables(task: string, variables: ReadonlyMap<string, string>): void {
  for (const name of variables.keys()) {
    if (name === '' || name.includes('=')) {
      throw new RingfenceError(
        'InvalidArgument',
        `cannot ${task}: "${name}" cannot be the name of an environment variable`,
      );
    }
  }
  checkListSize(
    task,
    'environment variables',
    [...variables].map(([name, value]) => `${name}=${value}`),
  );
}
