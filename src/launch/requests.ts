import { basename } from 'node:path';
import type { FoundEntry } from '../domain/desktop-entry/found-entry.ts';
import { mainGroup, parseDesktopEntry } from '../domain/desktop-entry/parse.ts';
import { type DesktopId, parseDesktopId } from '../domain/desktop-id.ts';
import { RingfenceError } from '../domain/errors.ts';
import type { Instance } from '../domain/instance.ts';
import { type LaunchPorts, launch, type Startable } from './launch.ts';
import { containInTab } from './pure/contain-in-tab.ts';
import { decideContainment } from './pure/decide-containment.ts';
import { checkListSize, type LaunchOptions, parseLaunchOptions } from './pure/launch-options.ts';
import { type HostFacts, resolveApp } from './pure/resolve-app.ts';

/** What a request is resolved with, on top of what the pipeline works with. */
export interface RequestPorts extends LaunchPorts {
  /** The entry of an app, as the app's own environment finds it. */
  findEntry(id: DesktopId, environment: ReadonlyMap<string, string>): FoundEntry;
  hostFacts(environment: ReadonlyMap<string, string>): HostFacts;
  /** The absolute path of ringfence-shell; undefined where it is not installed. */
  readonly shellProgram?: string | undefined;
}

/**
 * Launches an installed application: the request behind Launch.
 * @throws RingfenceError of every kind the pipeline and the entry's resolution have
 */
export async function launchApp(
  appId: string,
  uris: readonly string[],
  texts: ReadonlyMap<string, string>,
  ports: RequestPorts,
): Promise<Instance> {
  const id = parseDesktopId(appId);
  const task = `launch ${id.id}`;
  const options = parseLaunchOptions('launch', task, texts);
  checkListSize(task, 'files', uris);
  return launch((session) => resolveLaunch({ id, uris, texts, options, task }, session, ports), ports);
}

interface LaunchRequest {
  readonly id: DesktopId;
  readonly uris: readonly string[];
  readonly texts: ReadonlyMap<string, string>;
  readonly options: LaunchOptions;
  readonly task: string;
}

function resolveLaunch(
  { id, uris, texts, options, task }: LaunchRequest,
  session: ReadonlyMap<string, string>,
  ports: RequestPorts,
): Startable {
  const environment = new Map(session);
  const entry = ports.findEntry(id, environment);
  const app = resolveApp({ id, action: options.action, uris }, entry, ports.hostFacts(environment));
  // What GLib tells the apps it launches (g_desktop_app_info_launch_uris); the gate adds its pid.
  environment.set('GIO_LAUNCHED_DESKTOP_FILE', entry.path);
  addActivationToken(environment, options);
  const tab = app.terminal ? inTab(app.argvs, id.id, texts, options, ports) : undefined;
  return {
    ...(tab ?? { appId: id.id, argvs: app.argvs, options }),
    name: app.name,
    unitStem: id.name,
    workingDirectory: workingDirectory(task, options.workingDirectory ?? app.workingDirectory, environment, ports),
    environment,
    session,
    sourcePath: entry.path,
  };
}

/**
 * An app in the tab of a terminal that is already there: the fence is made in the tab. A strict one is made there alone, and the
 * terminal's client, which runs outside, does not count as the app.
 */
function inTab(
  argvs: readonly (readonly string[])[],
  app: string,
  texts: ReadonlyMap<string, string>,
  options: LaunchOptions,
  ports: RequestPorts,
): Pick<Startable, 'appId' | 'argvs' | 'options'> | undefined {
  if (ports.shellProgram === undefined) return undefined;
  const { mode, profile } = decideContainment({ app, config: ports.config(), request: options, host: ports.host() });
  // By its name: should the daemon be gone by then, nothing may run.
  const asked = mode === 'strict' ? new Map([...texts, ['profile', profile]]) : texts;
  const contained = containInTab(argvs, app, asked, ports.shellProgram);
  if (contained === undefined) return undefined;
  if (mode !== 'strict') return { appId: app, argvs: contained, options };
  return { appId: undefined, argvs: contained, options: { ...options, profile: 'relaxed' } };
}

/**
 * Starts any command: the request behind Run. `variables` go on top of the user manager's environment.
 * @throws RingfenceError as launchApp, and ProgramNotFound or ProgramNotExecutable for the command itself
 */
export async function runCommand(
  argv: readonly string[],
  variables: ReadonlyMap<string, string>,
  texts: ReadonlyMap<string, string>,
  ports: RequestPorts,
): Promise<Instance> {
  const [program = ''] = argv;
  if (program === '') throw new RingfenceError('InvalidArgument', 'cannot run: the command is empty');
  const task = `run ${program.length > 80 ? `${program.slice(0, 80)}…` : program}`;
  const options = parseLaunchOptions('run', task, texts);
  checkListSize(task, 'arguments', argv);
  checkVariables(task, variables);
  return launch((session) => resolveRun({ argv, variables, options, task }, session, ports), ports);
}

interface RunRequest {
  readonly argv: readonly string[];
  readonly variables: ReadonlyMap<string, string>;
  readonly options: LaunchOptions;
  readonly task: string;
}

function resolveRun(
  { argv, variables, options, task }: RunRequest,
  session: ReadonlyMap<string, string>,
  ports: RequestPorts,
): Startable {
  const [program = ''] = argv;
  const environment = new Map([...session, ...variables]);
  addActivationToken(environment, options);
  const folder = workingDirectory(task, options.workingDirectory, environment, ports);
  const state = ports.hostFacts(environment).programState(program, folder);
  if (state === 'missing') {
    throw new RingfenceError(
      'ProgramNotFound',
      `cannot ${task}: no such program in ${environment.get('PATH') ?? 'PATH'}`,
    );
  }
  if (state === 'not-executable') {
    throw new RingfenceError('ProgramNotExecutable', `cannot ${task}: it may not be executed`);
  }
  const id = options.appId === undefined ? undefined : parseDesktopId(options.appId);
  return {
    appId: id?.id,
    name: id === undefined ? basename(program) : appName(id, environment, ports),
    unitStem: id?.name ?? basename(program),
    argvs: [argv],
    workingDirectory: folder,
    environment,
    session,
    options,
  };
}

/** As the user knows the app; the id where no entry says. */
function appName(id: DesktopId, environment: ReadonlyMap<string, string>, ports: RequestPorts): string {
  try {
    const { bytes, path } = ports.findEntry(id, environment);
    const { locales } = ports.hostFacts(environment);
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
  ports: RequestPorts,
): string {
  const home = environment.get('HOME') ?? '/';
  const facts = ports.hostFacts(environment);
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
