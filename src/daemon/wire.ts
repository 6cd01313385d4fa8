import { configPlaces, openConfigStore } from '../config/io/config-store.ts';
import { containProcess } from '../contain/contain.ts';
import { type EnclosePorts, encloseProcess, type Offer } from '../contain/enclose.ts';
import { localesOf } from '../domain/desktop-entry/locale.ts';
import { parseDesktopId } from '../domain/desktop-id.ts';
import { errorTable, isRingfenceError, RingfenceError } from '../domain/errors.ts';
import type { HostFacts } from '../domain/host-facts.ts';
import type { Instance } from '../domain/instance.ts';
import { resolveProfile } from '../domain/profile.ts';
import { readHostFacts } from '../launch/io/host-facts.ts';
import { openRecords } from '../launch/io/records.ts';
import type { LaunchStep } from '../launch/ports.ts';
import { launchApp, type RequestPorts, runCommand } from '../launch/requests.ts';
import { sessionBusAddress } from '../platform/dbus/address.ts';
import { type BusConnection, connectBus, connectPeer, type PeerConnection } from '../platform/dbus/connection.ts';
import { createDispatcher } from '../platform/dbus/dispatcher.ts';
import { type Joining, joinBus } from '../platform/dbus/join.ts';
import { openAppCatalog } from '../platform/desktop/app-catalog.ts';
import type { Log } from '../platform/journal/log.ts';
import { openLog } from '../platform/journal/open-log.ts';
import { connectOutput, journalStreamVariable, nameOutput } from '../platform/journal/output-stream.ts';
import { openCgroups } from '../platform/kernel/cgroups.ts';
import { cgroupRoot, delegatedControllers, memoryAndTasks } from '../platform/kernel/host.ts';
import { openProcessTree } from '../platform/kernel/process-tree.ts';
import { type GateOptions, openGateKeeper } from '../platform/process/gate-keeper.ts';
import { reloadBus, reloadManager } from '../platform/systemd/bus-driver.ts';
import { connectUserManager } from '../platform/systemd/user-manager.ts';
import { manifestPath } from '../shadows/io/manifest-store.ts';
import { withEnabledProfile } from '../shadows/pure/enabled-profile.ts';
import { parseShadowOptions } from '../shadows/pure/shadow-options.ts';
import type { ShadowResult } from '../shadows/shadow-results.ts';
import { followChanges, resultRows, shadowPlaces, wireShadows } from '../shadows/wire-shadows.ts';
import { wireSandboxes } from '../strict/wire-sandboxes.ts';
import { launchLogger, openInstances } from '../watch/instances.ts';
import { instanceInterface, instanceInterfaceName } from './objects/instance-interface.ts';
import { ringfenceInterface, ringfenceInterfaceName } from './objects/ringfence-interface.ts';
import { describeCapabilities, describeProfiles } from './pure/describe-host.ts';
import { wireClicks } from './wire-clicks.ts';

const busName = 'org.ringfence.Ringfence1';
const rootPath = '/org/ringfence/Ringfence1';

/** A running daemon. */
export interface Daemon {
  /** Resolves when the bus is lost. */
  readonly lost: Promise<Error>;
  /** Gives the name up, answers what is under way and writes the log out. The apps live on. */
  stop(): Promise<void>;
}

/** What a daemon is started with. */
export interface DaemonOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  /** The connection to the session bus with the request for `busName`, where it was begun already. */
  readonly joining?: Joining | undefined;
  /** Of `ringfence-open`, absolute: what the desktop entries execute. */
  readonly clientPath?: string;
  /** See LaunchPorts. */
  readonly onStep?: (step: LaunchStep) => void;
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
  const manager = openManagerSocket(environment, internalError);
  const address = sessionBusAddress(environment);
  const joining = options.joining ?? joinBus(address, busName);
  const bus = await connectBus(address, { onInternalError: internalError, joining });
  try {
    if (bus.joinedAs !== 'owner') {
      throw new RingfenceError('Failed', `cannot start: another process on this bus is ${busName} already`);
    }
    return await assemble(options, { log, internalError, bus, manager });
  } catch (error) {
    const [errorName, message] = isRingfenceError(error)
      ? [error.dbusName, error.message]
      : [errorTable.Failed.dbusName, 'cannot start: internal error'];
    bus.serve(() => ({ errorName, message }));
    await answersWritten();
    await bus.close();
    throw error;
  }
}

/** The user manager's own socket: connected while the bus is being joined, and anew whenever it is asked for again. */
function openManagerSocket(environment: DaemonOptions['environment'], onInternalError: (error: unknown) => void) {
  const path = `${environment['XDG_RUNTIME_DIR'] ?? ''}/systemd/private`;
  const connect = () => connectPeer(path, { timeoutMs: 2000, onInternalError });
  let first: Promise<PeerConnection> | undefined = connect();
  first.catch(() => {});
  return () => {
    const connection = first ?? connect();
    first = undefined;
    return connection;
  };
}

interface Connections {
  readonly log: Log;
  readonly internalError: (error: unknown) => void;
  readonly bus: BusConnection;
  readonly manager: () => Promise<PeerConnection>;
}

async function assemble(options: DaemonOptions, { log, internalError, bus, manager }: Connections): Promise<Daemon> {
  const { environment, version } = options;
  const systemd = await connectUserManager(bus, manager, options);
  const cgroups = openCgroups(cgroupRoot());
  const records = openRecords(environment['XDG_RUNTIME_DIR'] ?? '', (error) =>
    log.warn('cannot write the record of an instance', { cause: error }),
  );
  const gateOptions: GateOptions = {
    openFiles: systemd.openFiles,
    streams: {
      // Off a click's path, for the next gate: on a busy machine it may take its time.
      connect: () => connectOutput({ withinMs: 2000 }),
      name: (stream, identifier) => nameOutput(stream, { identifier }),
      variable: journalStreamVariable,
    },
  };
  const gateKeeper = openGateKeeper(gateOptions);
  const config = openConfigStore(configPlaces(environment));
  const scopeCgroup = (unit: string) => `${systemd.controlGroup}/app.slice/${unit}`;
  const host = (): HostFacts =>
    Object.assign(memoryAndTasks(), {
      controllers: delegatedControllers(cgroupRoot(), systemd.controlGroup),
      systemdVersion: systemd.version,
    });

  const tree = createDispatcher(bus, { root: rootPath, onInternalError: internalError });
  const instances = openInstances(
    { systemd, cgroups, records, log, scopeCgroup },
    {
      added: (instance) => void tree.addObject(instance.path, [instanceInterface(instance)]),
      ended: ({ path, report }, outcome) => {
        if (report.mode === 'strict') sandboxes.ended(report.unit);
        tree.emit(path, instanceInterfaceName, 'Ended', [outcome]);
        void tree.removeObject(path);
      },
    },
  );
  const sandboxes = wireSandboxes({
    environment,
    bus,
    cgroups,
    scopeCgroup,
    gates: gateOptions,
    running: instances.all,
    busAddress: sessionBusAddress(environment),
    ...(options.alterSandbox === undefined ? {} : { alterArgs: options.alterSandbox }),
  });
  const ports: RequestPorts = {
    systemd,
    cgroups,
    records,
    config: config.current,
    host,
    scopeCgroup,
    openGates: gateKeeper.open,
    register: instances.add,
    sandboxes,
    now: Date.now,
    // No secret: a collision with a running unit is noticed and another is drawn.
    number: options.number ?? (() => BigInt(Math.floor(Math.random() * 2 ** 32))),
    findEntry: (id, variables) => openAppCatalog(Object.fromEntries(variables)).find(id),
    hostFacts: (variables) => readHostFacts(Object.fromEntries(variables)),
    shellProgram: options.clientPath?.replace(/[^/]*$/, 'ringfence-shell'),
    ...(options.onStep === undefined ? {} : { onStep: options.onStep }),
  };

  const containPorts: EnclosePorts = {
    ...ports,
    sandboxes,
    processes: openProcessTree(cgroupRoot()),
    ownPid: process.pid,
    register: instances.add,
    sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
  };

  const logLaunched = launchLogger(log);
  const underWay = new Set<Promise<Instance>>();
  // One record for the journal, whatever came of it.
  const logged = async (name: string, start: () => Promise<Instance>): Promise<Instance> => {
    const launching = start();
    underWay.add(launching);
    try {
      const instance = await launching;
      logLaunched(instance.report);
      return instance;
    } catch (error) {
      const reason = isRingfenceError(error) ? error.code : 'Failed';
      log.event('launch-refused', error instanceof Error ? error.message : String(error), { app: name, reason });
      throw error;
    } finally {
      underWay.delete(launching);
    }
  };
  // The folders of the user's desktop, not those that this process was perhaps started with.
  const managerEnvironment = async () => Object.fromEntries(await systemd.environment());
  const shadows = wireShadows({
    environment: managerEnvironment,
    clientPath: options.clientPath ?? '/usr/bin/ringfence-open',
    version,
    config: config.current,
    host,
    servicesChanged: () => reloadBus(bus),
    dropInsChanged: () => reloadManager(bus),
  });
  const following = followChanges(shadows, { environment: managerEnvironment }, (outcome) => reportSync(log, outcome));
  // The profile that an app was enabled with counts like one of the configuration, but below it.
  await shadows.wishes().catch(internalError);
  const manifestFile = manifestPath(shadowPlaces(await managerEnvironment()).dataHome);
  const portsFor = (id: string | undefined): RequestPorts =>
    id === undefined
      ? ports
      : {
          ...ports,
          config: () => withEnabledProfile(config.current(), shadows.known(), parseDesktopId(id).id, manifestFile),
        };
  const changed = async (results: readonly ShadowResult[]) => {
    await following.rewatch();
    return resultRows(results);
  };
  await tree.addObject(rootPath, [
    ringfenceInterface({
      enableApps: async (apps, texts) => {
        const request = parseShadowOptions('enable', texts, apps.length);
        if (request.wish.profile !== undefined) resolveProfile(config.current().profiles, request.wish.profile);
        return changed(await shadows.enable({ apps, ...request }));
      },
      disableApps: async (apps, texts) =>
        changed(await shadows.disable({ apps, ...parseShadowOptions('disable', texts, apps.length) })),
      syncApps: async (texts) => changed(await shadows.sync(parseShadowOptions('sync', texts, 0))),
      listApps: async () => resultRows(await shadows.list(localesOf(await managerEnvironment()))),
      version,
      launchApp: (appId, uris, texts) => logged(appId, () => launchApp(appId, uris, texts, portsFor(appId))),
      runCommand: (argv, variables, texts) =>
        logged(argv[0] ?? '', () => runCommand(argv, variables, texts, portsFor(texts.get('app-id')))),
      containProcess: (pid, texts) =>
        logged(texts.get('app-id') ?? texts.get('name') ?? `process ${pid}`, () =>
          containProcess(pid, texts, { ...containPorts, config: portsFor(texts.get('app-id')).config }),
        ),
      encloseProcess: (pid, texts) =>
        new Promise<Offer>((offer, refuse) => {
          const own = { ...containPorts, config: portsFor(texts.get('app-id')).config };
          const name = texts.get('app-id') ?? texts.get('name') ?? `process ${pid}`;
          logged(name, () => encloseProcess(pid, texts, offer, own)).catch(refuse);
        }),
      profiles: () => describeProfiles(config.current()),
      capabilities: async () => describeCapabilities(host(), await sandboxes.shortcoming()),
      configError: () => config.lastError()?.message ?? '',
    }),
  ]);
  config.onChange(() => {
    const error = config.lastError();
    // Strict apps and limits in drop-ins follow the configuration.
    void following.sync();
    if (error === undefined) log.event('config-reloaded', 'the changed configuration is in force');
    else log.event('config-rejected', error.message);
    void tree.propertiesChanged(rootPath, ringfenceInterfaceName, ['Profiles', 'ConfigError']);
  });
  const faulty = config.lastError();
  if (faulty !== undefined) log.event('config-rejected', faulty.message);

  await instances.recover();
  sandboxes.sweep(instances.all().map(({ report }) => report.unit));
  tree.serve();
  gateKeeper.prepare();
  const clicks = wireClicks(environment, { tree, path: rootPath, interface: ringfenceInterfaceName }).catch(
    (cause: unknown) => log.warn('cannot open the short way for clicks, which go over the bus', { cause }),
  );
  log.event('daemon-started', `ringfenced ${version} with systemd ${systemd.version} takes requests`);
  void following.sync();
  return {
    lost: bus.lost,
    async stop() {
      log.event('daemon-stopping', 'ringfenced ends; what it started runs on');
      (await clicks)?.close();
      // While the name is held: a client may take no answer from who does not own it.
      await Promise.allSettled(underWay);
      await bus.releaseName(busName).catch(() => {});
      config.close();
      following.close();
      while (underWay.size > 0) await Promise.allSettled(underWay);
      gateKeeper.close();
      sandboxes.close();
      // The last replies are written a moment after their launches.
      await answersWritten();
      await bus.close();
      await log.flush(1000);
    },
  };
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
