import { spawn } from 'node:child_process';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { BusConnection } from '../../../src/platform/dbus/connection.ts';
import { busName, connectTestBus, endAll, fenceUnits, rootPath } from '../../fixtures/live-daemon.ts';
import { type Daemon, startDaemon } from '../../harness/daemon.ts';
import { waitFor } from '../../harness/wait-for.ts';

let bus: BusConnection;
let daemon: Daemon;

beforeAll(async () => {
  bus = await connectTestBus();
  daemon = await startDaemon();
});
afterEach(() => endAll(bus));
afterAll(async () => {
  await daemon.stop();
  await bus.close();
});

// systemd may never hear of the end of a process that dies while it is being moved.
it('leaves no scope of a process that ends while it is contained', async () => {
  const contain = { destination: busName, path: rootPath, interface: busName, member: 'Contain' };
  for (let round = 0; round < 40; round += 1) {
    const children = Array.from({ length: 3 }, () => spawn('sleep', ['1000'], { stdio: 'ignore' }));
    const calls = children.map(({ pid = 0 }) =>
      bus.call(contain, 'ua{ss}', [pid, new Map()], 'o').catch(() => undefined),
    );
    // Each a little later than the one before: at any moment of the call.
    for (let turns = 0; turns < round; turns += 1) await new Promise((next) => setImmediate(next));
    for (const child of children) child.kill('SIGKILL');
    await Promise.all(calls);
  }
  await waitFor(async () => (await fenceUnits(bus)).length === 0, { what: 'no scope to be left' });
  const objects = { destination: busName, path: rootPath, interface: 'org.freedesktop.DBus.ObjectManager' };
  const managed = async () => {
    const [all] = await bus.call({ ...objects, member: 'GetManagedObjects' }, '', [], 'a{oa{sa{sv}}}');
    return [...all.keys()];
  };
  await expect.poll(managed).toEqual([]);
});
