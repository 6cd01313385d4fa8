import { basename } from 'node:path';
import { containInTab } from './core/contain-in-tab.ts';
import { type DesktopId, parseDesktopId } from './core/desktop-id.ts';
import { RingfenceError } from './core/errors.ts';
import { checkListSize, type LaunchOptions, parseLaunchOptions } from './core/launch-options.ts';
import { type FoundEntry, type HostFacts, resolveApp } from './core/resolve-app.ts';
import { type LaunchPorts, launch, type Startable } from './launch.ts';
import type { Instance } from './ports.ts';

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
  // What the user manager has now: DISPLAY and WAYLAND_DISPLAY come and go with the desktop.
  const session = await ports.systemd.environment();
  const environment = new Map(session);
  const entry = ports.findEntry(id, environment);
  const app = resolveApp({ id, action: options.action, uris }, entry, ports.hostFacts(environment));
  // What GLib tells the apps it launches (g_desktop_app_info_launch_uris); the gate adds its pid.
  environment.set('GIO_LAUNCHED_DESKTOP_FILE', entry.path);
  addActivationToken(environment, options);
  const start: Startable = {
    appId: id.id,
    name: app.name,
    unitStem: id.name,
    argvs:
      app.terminal && ports.shellProgram !== undefined
        ? containInTab(app.argvs, id.id, texts, ports.shellProgram)
        : app.argvs,
    workingDirectory: workingDirectory(task, options.workingDirectory ?? app.workingDirectory, environment, ports),
    environment,
    session,
    sourcePath: entry.path,
  };
  return launch(start, options, ports);
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
  const session = await ports.systemd.environment();
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
  const start: Startable = {
    appId: id?.id,
    name: id?.name ?? basename(program),
    unitStem: id?.name ?? basename(program),
    argvs: [argv],
    workingDirectory: folder,
    environment,
    session,
  };
  return launch(start, options, ports);
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
