import { type ErrorCode, errorTable, isRingfenceError, RingfenceError } from '../../domain/errors.ts';
import { unitName } from '../../install/pure/places.ts';
import { sessionBusAddress } from '../../platform/dbus/address.ts';
import { type BusConnection, connectBus } from '../../platform/dbus/connection.ts';
import { isRemoteError } from '../../platform/dbus/messages.ts';
import { notInstalled, openOwnUnit } from '../../platform/systemd/own-unit.ts';

const destination = 'org.ringfence.Ringfence1';
const root = '/org/ringfence/Ringfence1';
const launchTimeoutMs = 60_000;
const pingTimeoutMs = 10_000;
/** Thousands of entries on a slow disk. */
const entriesTimeoutMs = 600_000;

/** A running instance as the daemon describes it. */
export interface InstanceView {
  readonly path: string;
  readonly appId: string;
  readonly name: string;
  readonly unit: string;
  readonly profile: string;
  /** Like `limits` and `usage` empty where it is `incomplete`. */
  readonly pids: readonly number[];
  /** The daemon could not read all of it, for want of descriptors or memory. */
  readonly incomplete: boolean;
  /** Microseconds since the epoch. */
  readonly startedAt: bigint;
  readonly isFrozen: boolean;
  readonly limits: ReadonlyMap<string, string>;
  /** Empty from a daemon that does not tell it yet. */
  readonly usage: ReadonlyMap<string, string>;
  readonly report: readonly ReadonlyMap<string, string>[];
}

/** What the daemon tells of desktop entries, one row each: see the XML. */
export type Rows = readonly ReadonlyMap<string, string>[];

/** What a command asks of the daemon. Every call throws RingfenceError with the daemon's own code and message. */
export interface Client {
  launch(appId: string, uris: readonly string[], options: ReadonlyMap<string, string>): Promise<string>;
  run(
    argv: readonly string[],
    environment: ReadonlyMap<string, string>,
    options: ReadonlyMap<string, string>,
  ): Promise<string>;
  contain(pid: number, options: ReadonlyMap<string, string>): Promise<string>;
  instances(): Promise<InstanceView[]>;
  /** What every instance uses, by its path. */
  usage(): Promise<ReadonlyMap<string, ReadonlyMap<string, string>>>;
  stop(path: string, timeoutMs: number): Promise<void>;
  kill(path: string, signal: number): Promise<void>;
  setLimits(path: string, limits: ReadonlyMap<string, string>): Promise<void>;
  freeze(path: string): Promise<void>;
  thaw(path: string): Promise<void>;
  properties(): Promise<ReadonlyMap<string, unknown>>;
  /** What keeps the desktop alive, and whether it holds: see the XML. Empty from a daemon that does not tell it yet. */
  desktop(): Promise<Rows>;
  /** Empty, or why the configuration on the disk is not the one in force. */
  configError(): Promise<string>;
  enableApps(apps: readonly string[], options: ReadonlyMap<string, string>): Promise<Rows>;
  disableApps(apps: readonly string[], options: ReadonlyMap<string, string>): Promise<Rows>;
  listApps(): Promise<Rows>;
  syncApps(options: ReadonlyMap<string, string>): Promise<Rows>;
  /** Gives the strict sandboxes of an app that run the folders that are shared with it now. */
  updateShares(appId: string): Promise<Rows>;
  close(): Promise<void>;
}

/**
 * Connects to the session bus; the first call starts the daemon where it does not run.
 * @throws RingfenceError Unreachable
 */
export async function connectClient(environment: Readonly<Record<string, string | undefined>>): Promise<Client> {
  try {
    return clientOn(await connectBus(sessionBusAddress(environment)));
  } catch (error) {
    if (!isRingfenceError(error, 'Unreachable')) throw error;
    const wayOut = 'run it in your session, without sudo (see "ringfence doctor")';
    throw new RingfenceError('Unreachable', `${error.message}; ${wayOut}`, { cause: error });
  }
}

/** The same on a connection that is there. */
export function clientOn(bus: BusConnection): Client {
  const call = callsOn(bus);
  return {
    ...startCalls(call),
    ...instanceCalls(call),
    ...stateCalls(call),
    ...entryCalls(call),
    close: () => bus.close(),
  };
}

type Call = ReturnType<typeof callsOn>;

function callsOn(bus: BusConnection) {
  const unit = openOwnUnit(bus, unitName);
  let awake: Promise<void> | undefined;
  return async <I extends string, O extends string>(
    path: string,
    iface: string,
    member: string,
    signature: I,
    args: Parameters<typeof bus.call<I, O>>[2],
    reply: O,
    timeoutMs = launchTimeoutMs,
  ) => {
    try {
      awake ??= unit.wake().then(() => requireLife(bus));
      await awake;
      return await bus.call({ destination, path, interface: iface, member }, signature, args, reply, { timeoutMs });
    } catch (error) {
      throw asOwnError(error);
    }
  };
}

function startCalls(call: Call): Pick<Client, 'launch' | 'run' | 'contain'> {
  return {
    async launch(appId, uris, options) {
      const [path] = await call(root, destination, 'Launch', 'sasa{ss}', [appId, [...uris], new Map(options)], 'o');
      return path;
    },
    async run(argv, variables, options) {
      const args: [string[], Map<string, string>, Map<string, string>] = [
        [...argv],
        new Map(variables),
        new Map(options),
      ];
      const [path] = await call(root, destination, 'Run', 'asa{ss}a{ss}', args, 'o');
      return path;
    },
    async contain(pid, options) {
      const [path] = await call(root, destination, 'Contain', 'ua{ss}', [pid, new Map(options)], 'o');
      return path;
    },
  };
}

function instanceCalls(
  call: Call,
): Pick<Client, 'instances' | 'usage' | 'stop' | 'kill' | 'setLimits' | 'freeze' | 'thaw'> {
  return {
    async instances() {
      const [objects] = await call(
        root,
        'org.freedesktop.DBus.ObjectManager',
        'GetManagedObjects',
        '',
        [],
        'a{oa{sa{sv}}}',
      );
      return [...objects].flatMap(([path, interfaces]) => {
        const values = interfaces.get('org.ringfence.Instance1');
        return values === undefined
          ? []
          : [instanceView(path, new Map([...values].map(([key, { value }]) => [key, value])))];
      });
    },
    async usage() {
      const [usage] = await call(root, destination, 'ListUsage', '', [], 'a{oa{ss}}');
      return usage;
    },
    async stop(path, timeoutMs) {
      // setTimeout() in node holds 31 bits.
      const patience = Math.min(timeoutMs + launchTimeoutMs, 2 ** 31 - 1);
      await call(path, 'org.ringfence.Instance1', 'Stop', 'u', [timeoutMs], '', patience);
    },
    async kill(path, signal) {
      await call(path, 'org.ringfence.Instance1', 'Kill', 'u', [signal], '');
    },
    async setLimits(path, limits) {
      await call(path, 'org.ringfence.Instance1', 'SetLimits', 'a{ss}', [new Map(limits)], '');
    },
    async freeze(path) {
      await call(path, 'org.ringfence.Instance1', 'Freeze', '', [], '');
    },
    async thaw(path) {
      await call(path, 'org.ringfence.Instance1', 'Thaw', '', [], '');
    },
  };
}

function stateCalls(call: Call): Pick<Client, 'properties' | 'desktop' | 'configError'> {
  const get = async (name: string) => {
    const [{ value }] = await call(root, 'org.freedesktop.DBus.Properties', 'Get', 'ss', [destination, name], 'v');
    return value;
  };
  return {
    async properties() {
      const [values] = await call(root, 'org.freedesktop.DBus.Properties', 'GetAll', 's', [destination], 'a{sv}');
      return new Map([...values].map(([key, { value }]) => [key, value]));
    },
    async desktop() {
      return (await get('Desktop').catch(ignoreUnknownProperty)) as Rows;
    },
    async configError() {
      return String(await get('ConfigError'));
    },
  };
}

function entryCalls(call: Call): Pick<Client, 'enableApps' | 'disableApps' | 'listApps' | 'syncApps' | 'updateShares'> {
  return {
    async enableApps(apps, options) {
      const args: [string[], Map<string, string>] = [[...apps], new Map(options)];
      const [rows] = await call(root, destination, 'EnableApp', 'asa{ss}', args, 'aa{ss}', entriesTimeoutMs);
      return rows;
    },
    async disableApps(apps, options) {
      const args: [string[], Map<string, string>] = [[...apps], new Map(options)];
      const [rows] = await call(root, destination, 'DisableApp', 'asa{ss}', args, 'aa{ss}', entriesTimeoutMs);
      return rows;
    },
    async listApps() {
      const [rows] = await call(root, destination, 'ListApps', '', [], 'aa{ss}', entriesTimeoutMs);
      return rows;
    },
    async updateShares(appId) {
      const [rows] = await call(root, destination, 'UpdateShares', 's', [appId], 'aa{ss}');
      return rows;
    },
    async syncApps(options) {
      const [rows] = await call(root, destination, 'SyncApps', 'a{ss}', [new Map(options)], 'aa{ss}', entriesTimeoutMs);
      return rows;
    },
  };
}

/** A daemon that is alive answers this in milliseconds, however long a launch takes it. */
async function requireLife(bus: BusConnection): Promise<void> {
  const ping = { destination, path: root, interface: 'org.freedesktop.DBus.Peer', member: 'Ping' };
  await bus.call(ping, '', [], '', { timeoutMs: pingTimeoutMs }).catch((error: unknown) => {
    if (!isRingfenceError(error) || error.code !== 'TimedOut') throw error;
    const wayOut = `"systemctl --user restart ${unitName}" starts it anew; what runs in a fence stays as it is`;
    const why = `it has not answered for ${pingTimeoutMs / 1000} s; ${wayOut}`;
    throw new RingfenceError('Unreachable', `cannot reach the Ringfence daemon: ${why}`, { cause: error });
  });
}

/** An instance from the properties of its interface. */
function instanceView(path: string, values: ReadonlyMap<string, unknown>): InstanceView {
  return {
    path,
    appId: values.get('AppId') as string,
    name: values.get('Name') as string,
    unit: values.get('Unit') as string,
    profile: values.get('Profile') as string,
    // A property that the daemon cannot read it leaves out.
    incomplete: !(values.has('Pids') && values.has('Limits')),
    pids: (values.get('Pids') as number[] | undefined) ?? [],
    startedAt: values.get('StartedAt') as bigint,
    isFrozen: values.get('Frozen') === true,
    limits: (values.get('Limits') as Map<string, string> | undefined) ?? new Map(),
    usage: (values.get('Usage') as Map<string, string> | undefined) ?? new Map(),
    report: values.get('Report') as Map<string, string>[],
  };
}

function ignoreUnknownProperty(error: unknown): Rows {
  const cause = (error as Error).cause;
  if (isRemoteError(cause, 'org.freedesktop.DBus.Error.UnknownProperty')) return [];
  throw error;
}

const codeOf = new Map(
  Object.entries(errorTable).map(([code, { dbusName }]) => [dbusName as string, code as ErrorCode]),
);

function asOwnError(error: unknown): unknown {
  if (!isRemoteError(error)) return error;
  const code = codeOf.get(error.dbusName);
  if (code !== undefined) return new RingfenceError(code, error.message, { cause: error });
  if (error.dbusName === 'org.freedesktop.DBus.Error.UnknownObject') {
    return new RingfenceError('NoSuchInstance', 'cannot find the instance: it has ended', { cause: error });
  }
  if (error.dbusName === 'org.freedesktop.DBus.Error.ServiceUnknown') {
    return new RingfenceError('Unreachable', notInstalled, { cause: error });
  }
  const unreachable = /\.(NameHasNoOwner|NoReply|Spawn\.[A-Za-z]+|Disconnected)$/.test(error.dbusName);
  return unreachable
    ? new RingfenceError('Unreachable', `cannot reach the Ringfence daemon: ${error.message}`, { cause: error })
    : new RingfenceError('Failed', error.message, { cause: error });
}
