import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../../../src/clients/cli/client.ts';
import { sessionBusAddress } from '../../../src/platform/dbus/address.ts';
import { type BusConnection, connectBus } from '../../../src/platform/dbus/connection.ts';
import { busName, connectTestBus, connectTestClient, endAll, instanceAt } from '../../fixtures/live-daemon.ts';
import { RawBody, RawClient } from '../../fixtures/raw-client.ts';
import { type Daemon, startDaemon } from '../../harness/daemon.ts';
import { waitFor } from '../../harness/wait-for.ts';

const instanceInterface = 'org.ringfence.Instance1';
const propertiesInterface = 'org.freedesktop.DBus.Properties';
/** A program whose use changes all the time, and one that does nothing. */
const busy = ['sh', '-c', 'while :; do :; done'];
const idle = ['sleep', '1000'];

describe('a watch', () => {
  let bus: BusConnection;
  let client: Client;
  let daemon: Daemon;

  beforeAll(async () => {
    bus = await connectTestBus();
    daemon = await startDaemon();
    client = await connectTestClient();
  });
  afterEach(() => endAll(bus));
  afterAll(async () => {
    await client.close();
    await daemon.stop();
    await bus.close();
  });

  const run = (argv: string[]) => client.run(argv, new Map(), new Map());
  const watch = (by: BusConnection, path: string, rate: number) =>
    by.call({ destination: busName, path, interface: instanceInterface, member: 'Watch' }, 'u', [rate], '', {
      timeoutMs: 60_000,
    });
  /** A client of its own, with what it is told of usage. */
  const listener = async () => {
    const own = await connectBus(sessionBusAddress(process.env));
    const told: { path: string; usage: Map<string, string> }[] = [];
    await own.subscribe({ sender: busName, interface: propertiesInterface, member: 'PropertiesChanged' }, (signal) => {
      const [, changed] = signal.body as [string, Map<string, { value: Map<string, string> }>];
      const usage = changed.get('Usage')?.value;
      if (usage !== undefined) told.push({ path: signal.path, usage });
    });
    return { own, told, [Symbol.asyncDispose]: () => own.close() };
  };
  /** The daemon's match rules on the bus. */
  const rules = async () => {
    const stats = { destination: 'org.freedesktop.DBus', path: '/org/freedesktop/DBus' };
    const target = { ...stats, interface: 'org.freedesktop.DBus.Debug.Stats', member: 'GetAllMatchRules' };
    const [all] = await bus.call(target, '', [], 'a{sas}');
    const [owner] = await bus.call(
      { ...stats, interface: 'org.freedesktop.DBus', member: 'GetNameOwner' },
      's',
      [busName],
      's',
    );
    return all.get(owner) ?? [];
  };

  it('tells the caller alone, as often as it asked, until it is told to stop', async () => {
    await using one = await listener();
    await using other = await listener();
    const [path, quiet] = [await run(busy), await run(idle)];
    // Until it does nothing: it is still a shell when the launch is answered.
    const [sleeper = 0] = (await instanceAt(client, quiet)).pids;
    await waitFor(() => /\(sleep\) S /.test(readFileSync(`/proc/${sleeper}/stat`, 'utf8')), { what: 'it to sleep' });
    await watch(one.own, path, 250);
    await watch(one.own, quiet, 250);
    await waitFor(() => one.told.filter((each) => each.path === path).length >= 4, { what: 'four signals' });
    const times = one.told.filter((each) => each.path === path).map(({ usage }) => Number(usage.get('cpu-usage-usec')));
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(new Set(times).size).toBe(times.length);
    // What does not change is told once.
    expect(one.told.filter((each) => each.path === quiet)).toHaveLength(1);
    expect(other.told).toEqual([]);

    // Another rate takes the place of the one before, and 0 ends it.
    await watch(one.own, path, 3_600_000);
    const before = one.told.length;
    await watch(one.own, quiet, 0);
    await watch(other.own, path, 250);
    await waitFor(() => other.told.length >= 4, { what: 'the other to be told' });
    expect(one.told.slice(before).length).toBeLessThanOrEqual(1);
    await watch(other.own, path, 0);
    await watch(one.own, path, 0);
  });

  it.each([1, 249, 3_600_001])('is refused at a rate of %i', async (rate) => {
    const path = await run(idle);
    await expect(watch(bus, path, rate)).rejects.toMatchObject({ dbusName: 'org.ringfence.Error.InvalidArgument' });
  });

  it('ends with the caller, and leaves nothing on the bus', async () => {
    const path = await run(busy);
    // Those of the tests before may take a moment to go.
    await waitFor(async () => (await rules()).every((rule) => !/arg0='?:/.test(rule)), { what: 'no watch to be left' });
    const before = (await rules()).sort();
    {
      await using one = await listener();
      await watch(one.own, path, 250);
      await waitFor(() => one.told.length >= 2, { what: 'two signals' });
      expect(await rules()).toHaveLength(before.length + 1);
    }
    await waitFor(async () => (await rules()).length === before.length, { what: 'the rule to be gone' });
    await using one = await listener();
    await watch(one.own, path, 250);
    await client.stop(path, 0);
    await waitFor(async () => (await rules()).length <= before.length, { what: 'the rule to be gone with the app' });
  });

  it('stops for a caller that answers nothing, and the others are told on', async () => {
    const paths = await Promise.all(Array.from({ length: 24 }, () => run(['sh', '-c', 'while sleep 0.1; do :; done'])));
    const deaf = await RawClient.connect(/path=([^,;]+)/.exec(sessionBusAddress(process.env))?.[1] ?? '');
    await using other = await listener();
    await watch(other.own, paths[0] ?? '', 250);
    for (const path of paths) {
      await deaf.call({
        destination: busName,
        path,
        interface: instanceInterface,
        member: 'Watch',
        signature: 'u',
        body: new RawBody().uint32(250).buffer(),
      });
    }
    const signals = () => deaf.received.filter(({ member }) => member === 'PropertiesChanged').length;
    await waitFor(() => signals() === 512, { what: 'as much as it may leave unread', timeoutMs: 20_000 });
    const [then, toldThen] = [signals(), other.told.length];
    await waitFor(() => other.told.length > toldThen + 4, { what: 'the other to be told on' });
    expect(signals()).toBe(then);
    // It is asked for 30 seconds, and then it watches no more.
    const rulesWithIt = (await rules()).length;
    await waitFor(async () => (await rules()).length < rulesWithIt, { what: 'its watches to end', timeoutMs: 40_000 });
    deaf.close();
  });

  it('costs little for a thousand callers', async () => {
    const path = await run(busy);
    const memory = () =>
      Number(/^RssAnon:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${daemon.process.pid}/status`, 'utf8'))?.[1]);
    const before = memory();
    const callers = await Promise.all(Array.from({ length: 1000 }, () => listener()));
    await Promise.all(callers.map(({ own }) => watch(own, path, 1000)));
    await waitFor(() => callers.every(({ told }) => told.length >= 2), {
      what: 'all to be told twice',
      timeoutMs: 60_000,
    });
    expect(memory() - before).toBeLessThan(40_000);
    const start = performance.now();
    await client.properties();
    expect(performance.now() - start).toBeLessThan(5000);
    for (const { own } of callers) await own.close();
    await waitFor(async () => (await rules()).every((rule) => !/arg0='?:/.test(rule)), {
      what: 'all rules to be gone',
    });
  });
});
