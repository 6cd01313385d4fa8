import { sessionBusAddress } from './adapters/dbus/address.ts';
import { connectBus } from './adapters/dbus/connection.ts';
import { createDispatcher } from './adapters/dbus/dispatcher.ts';
import { openAppCatalog } from './adapters/fs/app-catalog.ts';
import { configPlaces, openConfigStore } from './adapters/fs/config-store.ts';
import { readHostFacts } from './adapters/fs/host-facts.ts';
import { openRecords } from './adapters/fs/records.ts';
import { openLog } from './adapters/journal/open-log.ts';
import { openCgroups } from './adapters/kernel/cgroups.ts';
import { cgroupRoot, delegatedControllers, memoryAndTasks } from './adapters/kernel/host.ts';
import { openGateKeeper } from './adapters/process/gate-keeper.ts';
import { instanceInterface, instanceInterfaceName } from './adapters/service/instance-interface.ts';
import { ringfenceInterface, ringfenceInterfaceName } from './adapters/service/ringfence-interface.ts';
import { connectUserManager } from './adapters/systemd/user-manager.ts';
import { describeCapabilities, describeProfiles } from './core/describe-host.ts';
import { isRingfenceError, RingfenceError } from './core/errors.ts';
import type { HostFacts } from './core/host-facts.ts';
import { logLaunched, openInstances } from './instances.ts';
import type { Instance, LaunchStep } from './ports.ts';
import { launchApp, type RequestPorts, runCommand } from './requests.ts';

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
  /** See LaunchPorts. */
  readonly onStep?: (step: LaunchStep) => void;
  /** Numbers for unit names; random ones when not given. */
  readonly number?: () => bigint;
}

/**
 * Puts the daemon together: adapters, use cases and the objects on the bus; the name is requested last, so that whoever sees
 * it finds everything there.
 * @throws RingfenceError Unreachable (no bus, no user manager) or Failed (another daemon has the name)
 */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const { environment, version } = options;
  const log = openLog({ identifier: 'ringfenced', level: 'info', environment });
  const internalError = (error: unknown) => log.event('internal-error', 'internal error', { cause: error });
  const bus = await connectBus(sessionBusAddress(environment), { onInternalError: internalError });
  const systemd = await connectUserManager(bus);
  const cgroups = openCgroups(cgroupRoot());
  const records = openRecords(environment['XDG_RUNTIME_DIR'] ?? '', (error) =>
    log.warn('cannot write the record of an instance', { cause: error }),
  );
  const gateKeeper = openGateKeeper({ openFiles: systemd.openFiles });
  const config = openConfigStore(configPlaces(environment));
  const scopeCgroup = (unit: string) => `${systemd.controlGroup}/app.slice/${unit}`;
  const host = (): HostFacts => ({
    ...memoryAndTasks(),
    controllers: delegatedControllers(cgroupRoot(), systemd.controlGroup),
    systemdVersion: systemd.version,
  });

  const tree = createDispatcher(bus, { root: rootPath, onInternalError: internalError });
  const instances = openInstances(
    { systemd, cgroups, records, log, scopeCgroup },
    {
      added: (instance) => void tree.addObject(instance.path, [instanceInterface(instance)]),
      ended: ({ path }, outcome) => {
        tree.emit(path, instanceInterfaceName, 'Ended', [outcome]);
        void tree.removeObject(path);
      },
    },
  );
  const ports: RequestPorts = {
    systemd,
    cgroups,
    records,
    config: config.current,
    host,
    scopeCgroup,
    openGates: gateKeeper.open,
    register: instances.add,
    now: Date.now,
    // No secret: a collision with a running unit is noticed and another is drawn.
    number: options.number ?? (() => BigInt(Math.floor(Math.random() * 2 ** 32))),
    findEntry: (id, variables) => openAppCatalog(Object.fromEntries(variables)).find(id),
    hostFacts: (variables) => readHostFacts(Object.fromEntries(variables)),
    ...(options.onStep === undefined ? {} : { onStep: options.onStep }),
  };

  const underWay = new Set<Promise<Instance>>();
  // One record for the journal, whatever came of it.
  const logged = async (name: string, start: () => Promise<Instance>): Promise<Instance> => {
    const launching = start();
    underWay.add(launching);
    try {
      const instance = await launching;
      logLaunched(log, instance.report);
      return instance;
    } catch (error) {
      const reason = isRingfenceError(error) ? error.code : 'Failed';
      log.event('launch-refused', error instanceof Error ? error.message : String(error), { app: name, reason });
      throw error;
    } finally {
      underWay.delete(launching);
    }
  };
  await tree.addObject(rootPath, [
    ringfenceInterface({
      version,
      launchApp: (appId, uris, texts) => logged(appId, () => launchApp(appId, uris, texts, ports)),
      runCommand: (argv, variables, texts) => logged(argv[0] ?? '', () => runCommand(argv, variables, texts, ports)),
      profiles: () => describeProfiles(config.current()),
      capabilities: () => describeCapabilities(host()),
      configError: () => config.lastError()?.message ?? '',
    }),
  ]);
  config.onChange(() => {
    const error = config.lastError();
    if (error === undefined) log.event('config-reloaded', 'the changed configuration is in force');
    else log.event('config-rejected', error.message);
    void tree.propertiesChanged(rootPath, ringfenceInterfaceName, ['Profiles', 'ConfigError']);
  });
  const faulty = config.lastError();
  if (faulty !== undefined) log.event('config-rejected', faulty.message);

  await instances.recover();
  if ((await bus.requestName(busName)) === 'taken') {
    throw new RingfenceError('Failed', `cannot start: another process on this bus is ${busName} already`);
  }
  gateKeeper.prepare();
  log.event('daemon-started', `ringfenced ${version} with systemd ${systemd.version} takes requests`);
  return {
    lost: bus.lost,
    async stop() {
      log.event('daemon-stopping', 'ringfenced ends; what it started runs on');
      await bus.releaseName(busName).catch(() => {});
      config.close();
      while (underWay.size > 0) await Promise.allSettled(underWay);
      gateKeeper.close();
      // The last replies are written a moment after their launches.
      await new Promise((resolve) => setImmediate(resolve));
      await bus.close();
      await log.flush(1000);
    },
  };
}
