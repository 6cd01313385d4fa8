import { type ConfigStore, configPlaces, openConfigStore } from '../config/io/config-store.ts';
import { sharedWordsOf } from '../domain/config/model.ts';
import { asFileError } from '../domain/errno-text.ts';
import { errorTable, isRingfenceError, RingfenceError } from '../domain/errors.ts';
import { noticeOfLimit } from '../domain/notices.ts';
import type { LaunchStep } from '../launch/ports.ts';
import { environmentFolders } from '../launch/pure/environment-folders.ts';
import { sessionBusAddress } from '../platform/dbus/address.ts';
import { type BusConnection, connectBus } from '../platform/dbus/connection.ts';
import { createDispatcher, type ObjectTree } from '../platform/dbus/dispatcher.ts';
import { askMounts } from '../platform/files/silent-mounts.ts';
import type { Log } from '../platform/journal/log.ts';
import { openLog } from '../platform/journal/open-log.ts';
import { availableMemory } from '../platform/kernel/host.ts';
import { openMemoryRest } from '../platform/process/memory-rest.ts';
import { reloadBus, reloadManager } from '../platform/systemd/bus-driver.ts';
import { connectUserManager, type Systemd } from '../platform/systemd/user-manager.ts';
import type { ShadowResult } from '../shadows/shadow-results.ts';
import type { Shadows } from '../shadows/shadows.ts';
import { enabledProfiles, followChanges, wireShadows } from '../shadows/wire-shadows.ts';
import { askForSharedFolders } from '../strict/wire-sandboxes.ts';
import { type Desktop, openDesktop } from '../watch/desktop.ts';
import { openBudgetNote } from '../watch/io/budget-note.ts';
import { followProgram, type ProgramChange } from './follow-program.ts';
import { iconOf } from './icon-of.ts';
import { markRunning } from './mark-running.ts';
import { openMethods } from './methods.ts';
import { namingByButton } from './name-by-button.ts';
import { instanceInterface, instanceInterfaceName } from './objects/instance-interface.ts';
import { ringfenceInterface, ringfenceInterfaceName } from './objects/ringfence-interface.ts';
import { sharingByButton } from './share-by-button.ts';
import { soundByButton } from './sound-by-button.ts';
import { type Fences, hostFacts, wireFences } from './wire-fences.ts';
import { wireNotices } from './wire-notices.ts';
import { wireWatches } from './wire-watches.ts';

const busName = 'org.ringfence.Ringfence1';
const rootPath = '/org/ringfence/Ringfence1';

/** A running daemon. */
export interface Daemon {
  /** Resolves when the bus is lost. */
  readonly lost: Promise<Error>;
  /** Resolves when the program that runs is no longer the one that is installed. */
  readonly superseded: Promise<ProgramChange>;
  /** Gives the name up, answers what is under way and writes the log out. The apps live on. */
  stop(): Promise<void>;
}

/** What a daemon is started with. */
export interface DaemonOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  /** Of `ringfence-open`, absolute: what the desktop entries execute. */
  readonly clientPath?: string;
  /** The file that the daemon was loaded from, absolute, where it is to make way for another in its place. */
  readonly program?: string;
  /** See LaunchPorts. */
  readonly onStep?: (step: LaunchStep) => void;
  /** Where the programs of a sandbox are, for tests that have others or none. */
  readonly findProgram?: (name: string) => string | undefined;
  /** What bubblewrap is given, for tests that take something away. */
  readonly alterSandbox?: (args: readonly string[]) => readonly string[];
  /** How long systemd may take to start a scope, in ms; 30 s unless told. */
  readonly jobTimeoutMs?: number;
  /** Numbers for unit names; random ones when not given. */
  readonly number?: () => bigint;
}

/**
 * Puts the daemon together: adapters, use cases and the objects on the bus. The name comes first, which decides between two
 * daemons before either does anything; calls wait until everything is there, and are answered with the reason if it never is.
 * @throws RingfenceError Unreachable (no bus, no user manager) or Failed (another daemon has the name)
 */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const { environment } = options;
  const log = openLog({ identifier: 'ringfenced', level: 'info', environment });
  const internalError = (error: unknown) => log.event('internal-error', 'internal error', { cause: error });
  const bus = await connectBus(sessionBusAddress(environment), {
    onInternalError: internalError,
    name: busName,
    onSent: openMemoryRest().worked,
  });
  try {
    if (bus.joinedAs !== 'owner') {
      throw new RingfenceError('Failed', `cannot start: another process on this bus is ${busName} already`);
    }
    return await assemble(options, { log, internalError, bus });
  } catch (error) {
    const [errorName, message] = isRingfenceError(error)
      ? [error.dbusName, error.message]
      : [errorTable.Failed.dbusName, 'cannot start: internal error'];
    bus.serve(() => ({ errorName, message }));
    await answersWritten();
    // Whoever has called until then comes before the bus's answer to this.
    await bus.releaseName(busName).catch(() => {});
    await answersWritten();
    await bus.close();
    throw error;
  }
}

interface Connections {
  readonly log: Log;
  readonly internalError: (error: unknown) => void;
  readonly bus: BusConnection;
}

async function assemble(options: DaemonOptions, connections: Connections): Promise<Daemon> {
  const { environment, version } = options;
  const { log, internalError, bus } = connections;
  const connecting = connectUserManager(bus, options);
  connecting.catch(() => {});
  // While systemd works.
  const config = await openConfig(environment);
  const systemd = await connecting;
  const managerEnvironment = () => askedEnvironment(systemd, sharedWordsOf(config.current()));
  const shadows = wireShadowsHere(options, config.current, systemd, bus);
  // A wish is one of the user's like the config: before the first launch. What cannot be read now may ask for strict.
  const [managed] = await Promise.all([managerEnvironment(), shadows.wishes().catch(unlessSilent(internalError))]);
  const tree = createDispatcher(bus, { root: rootPath, onInternalError: internalError });
  const watches = wireWatches(bus);
  const enabledProfile = enabledProfiles(shadows, managed);
  const notices = wireNotices(connections, {
    isWanted: (limit) => config.current().notices.get(noticeOfLimit[limit])?.value ?? true,
    launch: (app, options) => methods.backend.launchApp(app, [], options),
    iconOf: async (app) => iconOf(app, await managerEnvironment()),
    instances: () => fences.instances.all(),
    sharing: sharingByButton(environment, managerEnvironment, (app) => methods.backend.updateShares(app)),
    naming: namingByButton(environment, managerEnvironment, (...asked) => fences.sandboxes.offersName(...asked)),
    sound: soundByButton(environment, managerEnvironment, config.current, enabledProfile),
  });
  const fences = wireFences({
    ...options,
    bus,
    systemd,
    log,
    config: config.current,
    enabledProfile,
    sharesChanged: (app) => void methods.backend.updateShares(app).catch(reportUnshared(log, app)),
    keptOut: (unit, path, isFolder) => void notices.sandboxes.keptOut({ unit, path, isFolder }),
    listener: {
      added(instance) {
        void tree.addObject(instance.path, [instanceInterface(instance, watches)]);
        desktop.appStarted();
        void notices.sound.started(instance.report);
      },
      changed: ({ path }, names) => void tree.propertiesChanged(path, instanceInterfaceName, names),
      limitReached(instance, reached) {
        tree.emit(rootPath, ringfenceInterfaceName, 'LimitReached', [instance.path, reached.limit, reached.details]);
        void notices.limits.tell(instance, reached);
      },
      ended({ path, report }, outcome) {
        void notices.ends.ended(report, outcome);
        watches.forget(path);
        tree.emit(path, instanceInterfaceName, 'Ended', [outcome]);
        void tree.removeObject(path);
        desktop.appEnded();
      },
    },
  });
  const appsChanged = () => tree.emit(rootPath, ringfenceInterfaceName, 'AppsChanged', []);
  const following = followChanges(shadows, { environment: managerEnvironment }, (outcome) => {
    reportSync(log, outcome);
    appsChanged();
  });
  const desktop = wireDesktop(environment, config, fences, log);
  const methods = openMethods({
    ...{ version, desktop, log, config, fences, shadows, following, appsChanged },
    imported: (name, progress) => tree.emit(rootPath, ringfenceInterfaceName, 'HomeImport', [name, progress]),
    ownEnvironment: environment,
    environment: managerEnvironment,
  });
  await tree.addObject(rootPath, [ringfenceInterface(methods.backend)]);
  announceConfig(config, log, tree);
  // Strict apps and limits in drop-ins follow the configuration.
  config.onChange(() => void following.sync());

  await takeUp(fences);
  tree.serve();
  fences.gateKeeper.prepare();
  const unmark = leaveMark(environment, log);
  log.event('daemon-started', `ringfenced ${version} with systemd ${systemd.version} takes requests`, { version });
  void following.sync();
  void desktop.apply();
  const program = openProgram(options, connections);
  let isStopping = false;
  void bus.lost.then(({ message }) => isStopping || reportLoss(log, message));
  return {
    lost: bus.lost,
    superseded: program.superseded,
    async stop() {
      isStopping = true;
      log.event('daemon-stopping', 'ringfenced ends; what it started runs on', { version });
      unmark();
      program.close();
      await stopInOrder({ ...connections, config, methods, following, desktop, fences });
    },
  };
}

/** Goes on with what an earlier daemon has started. */
async function takeUp({ instances, sandboxes, resume }: Fences): Promise<void> {
  await instances.recover();
  sandboxes.sweep(instances.all().map(({ report }) => report.unit));
  await resume();
}

function reportUnshared(log: Log, app: string): (error: Error) => void {
  return ({ message }) => log.warn(`cannot share with ${app} what was shared meanwhile: ${message}`);
}

function reportLoss(log: Log, reason: string): void {
  log.event('bus-lost', `the session bus is lost, and the daemon ends: ${reason}`, { reason });
}

/** What has to end when a daemon does. */
interface Parts extends Pick<Connections, 'bus' | 'log'> {
  readonly config: ConfigStore;
  readonly methods: ReturnType<typeof openMethods>;
  readonly following: ReturnType<typeof followChanges>;
  readonly desktop: Desktop;
  readonly fences: Fences;
}

async function stopInOrder({ bus, log, config, methods, following, desktop, fences }: Parts): Promise<void> {
  // While the name is held: a client may take no answer from who does not own it.
  await methods.settled();
  await bus.releaseName(busName).catch(() => {});
  config.close();
  following.close();
  await methods.settled();
  await desktop.stop();
  fences.gateKeeper.close();
  fences.sandboxes.close();
  // The last replies are written a moment after their launches.
  await answersWritten();
  await bus.close();
  await log.flush(1000);
}

function wireDesktop(
  environment: DaemonOptions['environment'],
  config: ConfigStore,
  { ports }: Fences,
  log: Log,
): Desktop {
  const note = openBudgetNote(environment['XDG_RUNTIME_DIR'] ?? '');
  const desktop = openDesktop({ ...ports, note, log, availableMemory, budget: () => config.current().desktop });
  config.onChange(() => void desktop.apply());
  return desktop;
}

function wireShadowsHere(
  { clientPath = '/usr/bin/ringfence-open', version }: DaemonOptions,
  config: ConfigStore['current'],
  systemd: Systemd,
  bus: BusConnection,
): Shadows {
  return wireShadows({
    // The folders of the user's desktop, not those that this process was perhaps started with.
    environment: () => askedEnvironment(systemd, []),
    clientPath,
    version,
    config,
    host: () => hostFacts(systemd),
    servicesChanged: () => reloadBus(bus),
    dropInsChanged: () => reloadManager(bus),
  });
}

/**
 * The user manager's environment, once its folders were asked, and those that these words share: whoever looks there leaves alone what does
 * not answer.
 */
async function askedEnvironment(
  systemd: Pick<Systemd, 'environment'>,
  sharedWords: readonly string[],
): Promise<Record<string, string>> {
  const environment = await systemd.environment();
  await askMounts(environmentFolders(environment).all);
  if (sharedWords.length > 0) await askForSharedFolders(sharedWords, Object.fromEntries(environment));
  return Object.fromEntries(environment);
}

/** Whatever its files lie on. */
async function openConfig(environment: DaemonOptions['environment']): Promise<ConfigStore> {
  const places = configPlaces(environment);
  await askMounts(places.files);
  return openConfigStore(places);
}

/** @throws RingfenceError Failed where a folder does not answer; anything else is reported */
function unlessSilent(report: (error: unknown) => void): (error: NodeJS.ErrnoException) => void {
  return (error) => {
    if (error.code === 'ETIMEDOUT') throw asFileError('start', error);
    report(error);
  };
}

/** The manager reads its units anew before it starts the next daemon, or knows none any more. */
function openProgram(
  { program }: DaemonOptions,
  { bus, log }: Connections,
): Pick<Daemon, 'superseded'> & { close(): void } {
  let close = () => {};
  const superseded = new Promise<ProgramChange>((resolve) => {
    if (program === undefined) return;
    close = followProgram(program, async (change) => {
      log.info(`${program} was ${change}: this daemon ends, and the apps run on`);
      await reloadManager(bus).catch(() => {});
      resolve(change);
    });
  });
  return { superseded, close };
}

/** The journal and the bus are told of every change, and of what is wrong at the start. */
function announceConfig(config: ConfigStore, log: Log, tree: ObjectTree): void {
  const tell = (isChange: boolean) => {
    const error = config.lastError();
    if (error !== undefined) {
      const { code, message, place } = error;
      log.event('config-rejected', message, { ...place, error: code, reason: message });
    } else if (isChange) log.event('config-reloaded', 'the changed configuration is in force', {});
  };
  tell(false);
  config.onChange(() => {
    tell(true);
    void tree.propertiesChanged(rootPath, ringfenceInterfaceName, ['Profiles', 'ConfigError']);
  });
}

function leaveMark(environment: DaemonOptions['environment'], log: Log): () => void {
  try {
    return markRunning(environment['XDG_RUNTIME_DIR'] ?? '', process.pid);
  } catch (cause) {
    log.warn('cannot leave the mark by which clicks see that the daemon runs: each takes some milliseconds longer', {
      cause,
    });
    return () => {};
  }
}

function answersWritten(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** What happened behind the user's back goes to the journal; that nothing had to change is no news. */
function reportSync(log: Log, outcome: readonly ShadowResult[] | Error): void {
  if (outcome instanceof Error) {
    log.warn('cannot bring the desktop entries up to date', { cause: outcome });
    return;
  }
  for (const { app, state, reason, file, change } of outcome) {
    if (state === 'edited' || state === 'failed') log.warn(`${file ?? app}: ${reason ?? state}`, { app });
    else if (change !== undefined) log.info(`${change} ${file}`, { app });
  }
}
