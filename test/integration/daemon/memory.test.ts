import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { sessionBusAddress, socketPaths } from '../../../src/platform/dbus/address.ts';
import type { BusConnection } from '../../../src/platform/dbus/connection.ts';
import { installProgram } from '../../fixtures/desktop-entries.ts';
import { busName, connectTestBus, endAll, fenceUnits, rootPath, temporaryFolder } from '../../fixtures/live-daemon.ts';
import { RawClient } from '../../fixtures/raw-client.ts';
import { type Daemon, startDaemon } from '../../harness/daemon.ts';
import { waitFor } from '../../harness/wait-for.ts';

const instances = 60;
/** For what keeps a processor busy for ten seconds where nothing else runs, in ms. */
const longest = 120_000;
let bus: BusConnection;
let daemon: Daemon;
let client: RawClient;

beforeAll(async () => {
  bus = await connectTestBus();
  daemon = await startDaemon();
  const app = installProgram(temporaryFolder(), 'app', '#!/bin/sh\nsleep 1000\n');
  const call = { destination: busName, path: rootPath, interface: busName, member: 'Run' };
  for (let left = instances; left > 0; left -= 1) {
    await bus.call(call, 'asa{ss}a{ss}', [[app], new Map(), new Map()], 'o');
  }
});
afterEach(() => client?.close());
afterAll(async () => {
  await endAll(bus);
  await daemon.stop();
  await bus.close();
});

/** In MB: what it has now, and the most it had since this was last asked (proc(5), clear_refs). */
function memory(): { now: number; peak: number } {
  const status = readFileSync(`/proc/${daemon.process.pid}/status`, 'utf8');
  const kb = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]);
  return { now: kb('RssAnon') / 1024, peak: (kb('VmHWM') - kb('RssFile')) / 1024 };
}

/** Answered only after all that was asked before. */
async function untilServed(): Promise<void> {
  const ping = { destination: busName, path: rootPath, interface: 'org.freedesktop.DBus.Peer', member: 'Ping' };
  await bus.call(ping, '', [], '', { timeoutMs: longest });
}

/** Ten looks in a row that find it at rest: every call is answered or refused by then. */
async function untilIdle(): Promise<void> {
  let last = '';
  let same = 0;
  await waitFor(
    () => {
      const [computed = ''] = readFileSync(`/proc/${daemon.process.pid}/schedstat`, 'utf8').split(' ');
      same = computed === last ? same + 1 : 0;
      last = computed;
      return same === 10;
    },
    { what: 'the daemon to rest', timeoutMs: longest },
  );
}

/** Descriptors that it has open, and its match rules as the bus counts them. */
async function held(): Promise<{ descriptors: number; rules: unknown }> {
  const driver = { destination: 'org.freedesktop.DBus', path: '/org/freedesktop/DBus' };
  const [owner] = await bus.call(
    { ...driver, interface: 'org.freedesktop.DBus', member: 'GetNameOwner' },
    's',
    [busName],
    's',
  );
  const stats = { ...driver, interface: 'org.freedesktop.DBus.Debug.Stats', member: 'GetConnectionStats' };
  const [facts] = await bus.call(stats, 's', [owner], 'a{sv}');
  const descriptors = readdirSync(`/proc/${daemon.process.pid}/fd`).length;
  return { descriptors, rules: facts.get('MatchRules')?.value };
}

// After 10,000 a fresh daemon is 4 MB larger, at rest: V8's machine code and what that needs. The rest is garbage, for V8 to collect.
it('launches that have ended leave nothing', { timeout: 2 * longest }, async () => {
  await untilIdle();
  const before = { ...(await held()), now: memory().now };
  const call = { destination: busName, path: rootPath, interface: busName, member: 'Run' };
  for (let left = 360; left > 0; left -= 20) {
    const run = () => bus.call(call, 'asa{ss}a{ss}', [['true'], new Map(), new Map()], 'o', { timeoutMs: longest });
    await Promise.all(Array.from({ length: 20 }, run));
  }
  await waitFor(async () => (await fenceUnits(bus)).length === instances, { what: 'all to have ended' });
  await waitFor(() => memory().now < before.now + 5, { what: 'the memory to be given back', timeoutMs: longest });
  const { now: _now, ...counts } = before;
  await waitFor(async () => JSON.stringify(await held()) === JSON.stringify(counts), {
    what: `no more than ${JSON.stringify(counts)}`,
  });
});

it.each([
  ['GetManagedObjects', 'org.freedesktop.DBus.ObjectManager', 'GetManagedObjects', 600, 60],
  ['Introspect', 'org.freedesktop.DBus.Introspectable', 'Introspect', 20_000, 100],
])(
  'a client that never reads what it asks for with %s does not fill the memory for good',
  { timeout: 2 * longest },
  async (_name, iface, member, count, most) => {
    const before = memory();
    client = await RawClient.connect(socketPaths(sessionBusAddress(process.env))[0] ?? '');
    client.stopReading();
    for (let left = count; left > 0; left -= 1) {
      client.send({ type: 1, destination: busName, path: rootPath, interface: iface, member });
    }
    await client.sent();
    await untilServed();
    await untilIdle();
    expect(memory().peak).toBeLessThan(before.now + most);
    await waitFor(() => memory().now < before.now + 50, { what: 'the memory to be given back' });
  },
);

it('a client that reads gets every answer', async () => {
  client = await RawClient.connect(socketPaths(sessionBusAddress(process.env))[0] ?? '');
  const call = { destination: busName, path: rootPath, interface: 'org.freedesktop.DBus.ObjectManager' };
  const answers = await Promise.all(
    Array.from({ length: 50 }, () => client.call({ ...call, member: 'GetManagedObjects' })),
  );
  expect(answers.map(({ errorName }) => errorName)).toEqual(answers.map(() => ''));
});
