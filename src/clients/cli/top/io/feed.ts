import { RingfenceError } from '../../../../domain/errors.ts';
import { sessionBusAddress } from '../../../../platform/dbus/address.ts';
import { type BusConnection, connectBus, type Signal } from '../../../../platform/dbus/connection.ts';
import { type Client, clientOn, type InstanceView } from '../../client.ts';
import { nameOf } from '../../find-instances.ts';
import { printable } from '../../pure/cell-text.ts';
import { appsMemory } from '../../pure/desktop-text.ts';
import type { Facts, Sample } from '../pure/board.ts';

/** Who gets what the daemon tells. */
export interface FeedListener {
  sample(sample: Sample): void;
  /** There are no new figures for now, and why. */
  lost(reason: string): void;
}

/** The daemon's figures, again and again, also over its end and its next start. */
export interface Feed {
  /** @throws RingfenceError, as every call does; Unreachable while there is no bus */
  client(): Client;
  /** Asks at once. */
  refresh(): void;
  close(): Promise<void>;
}

const daemonName = 'org.ringfence.Ringfence1';
const rootPath = '/org/ringfence/Ringfence1';
/** What another hand changes (limits, frozen) is announced by nobody: all is read anew after so many samples. */
const samplesBetweenReads = 30;

/**
 * Starts asking. One call a sample has the figures of all instances; what changes seldom is read once and then announced.
 * @throws RingfenceError Unreachable where there is no bus, or no daemon to be had
 */
export async function openFeed(
  environment: Readonly<Record<string, string | undefined>>,
  intervalMs: number,
  listener: FeedListener,
): Promise<Feed> {
  let link: Link | undefined = await openLink(environment);
  // Started where it does not run; later it is not, as somebody may have ended it for good.
  await link.client.instances();
  let isAsking = false;
  let isClosed = false;
  const ask = async () => {
    if (isAsking || isClosed) return;
    isAsking = true;
    try {
      if (link?.isLost) link = undefined;
      link ??= await openLink(environment);
      const sample = await link.sample();
      if (isClosed) return;
      if (sample === undefined) listener.lost('the Ringfence daemon has ended; waiting for it to come back');
      else listener.sample(sample);
    } catch (error) {
      if (!isClosed) listener.lost(error instanceof Error ? error.message : String(error));
    } finally {
      isAsking = false;
    }
  };
  const timer = setInterval(() => void ask(), intervalMs);
  void ask();
  return {
    client() {
      if (link === undefined)
        throw new RingfenceError('Unreachable', 'cannot reach the Ringfence daemon: it has ended');
      return link.client;
    },
    refresh: () => void ask(),
    async close() {
      isClosed = true;
      clearInterval(timer);
      await link?.client.close();
    },
  };
}

/** One connection to the bus. */
interface Link {
  readonly client: Client;
  readonly isLost: boolean;
  /** Undefined while nobody has the daemon's name. */
  sample(): Promise<Sample | undefined>;
}

async function openLink(environment: Readonly<Record<string, string | undefined>>): Promise<Link> {
  const bus = await connectBus(sessionBusAddress(environment));
  const client = clientOn(bus);
  let isLost = false;
  void bus.lost.then(() => {
    isLost = true;
  });
  const known = new Map<string, InstanceView>();
  let samplesLeft = 0;
  const forget = () => {
    samplesLeft = 0;
  };
  const changed = ({ path, body }: Signal) => {
    const [iface, values] = body as [string, ReadonlyMap<string, { value: unknown }>];
    const view = known.get(path);
    if (iface !== 'org.ringfence.Instance1' || view === undefined) return;
    const limits = values.get('Limits')?.value as InstanceView['limits'] | undefined;
    const isFrozen = values.get('Frozen')?.value as boolean | undefined;
    known.set(path, { ...view, limits: limits ?? view.limits, isFrozen: isFrozen ?? view.isFrozen });
  };
  const removed = ({ body }: Signal) => void known.delete(String(body[0]));
  const manager = { sender: daemonName, interface: 'org.freedesktop.DBus.ObjectManager', path: rootPath };
  try {
    await Promise.all([
      bus.subscribe({ ...manager, member: 'InterfacesAdded' }, forget),
      bus.subscribe({ ...manager, member: 'InterfacesRemoved' }, removed),
      bus.subscribe(
        { sender: daemonName, interface: 'org.freedesktop.DBus.Properties', member: 'PropertiesChanged' },
        changed,
      ),
      bus.subscribe({ ...driver, member: 'NameOwnerChanged', arg0: daemonName }, forget),
    ]);
  } catch (error) {
    await client.close();
    throw error;
  }
  return {
    client,
    get isLost() {
      return isLost;
    },
    async sample() {
      if (!(await hasOwner(bus))) {
        forget();
        return undefined;
      }
      if (samplesLeft === 0) {
        samplesLeft = samplesBetweenReads;
        const all = await client.instances();
        known.clear();
        for (const one of all) known.set(one.path, one);
      }
      samplesLeft -= 1;
      const [usage, rows] = await Promise.all([client.usage(), client.desktop()]);
      const desktop = appsMemory(rows);
      const instances = [...known.values()].flatMap((view) => {
        const use = usage.get(view.path);
        return use === undefined ? [] : [factsOf(view, use)];
      });
      return { at: performance.now(), time: Date.now(), instances, desktop };
    },
  };
}

const driver = { sender: 'org.freedesktop.DBus', interface: 'org.freedesktop.DBus' };

/** Asked by name, the bus would start the daemon. */
async function hasOwner(bus: BusConnection): Promise<boolean> {
  const { sender: destination, ...rest } = driver;
  const target = { destination, path: '/org/freedesktop/DBus', ...rest, member: 'NameHasOwner' };
  const [owned] = await bus.call(target, 's', [daemonName], 'b');
  return owned;
}

function factsOf(view: InstanceView, usage: ReadonlyMap<string, string>): Facts {
  return {
    path: view.path,
    name: printable(nameOf(view)),
    app: view.appId,
    unit: view.unit,
    profile: view.profile,
    startedAt: Number(view.startedAt / 1000n),
    isFrozen: view.isFrozen,
    limits: view.limits,
    usage,
  };
}
