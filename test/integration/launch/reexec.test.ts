import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { BusConnection } from '../../../src/platform/dbus/connection.ts';
import {
  busName,
  connectTestBus,
  endAll,
  fenceUnits,
  namePid,
  rootPath,
  shellsWith,
} from '../../fixtures/live-daemon.ts';
import { output } from '../../harness/command.ts';
import { type Daemon, startDaemon } from '../../harness/daemon.ts';
import { waitFor } from '../../harness/wait-for.ts';

const marker = 'ringfence-test-reexec';
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

const run = () => {
  const call = { destination: busName, path: rootPath, interface: busName, member: 'Run' };
  return bus.call(call, 'asa{ss}a{ss}', [['sh', '-c', 'sleep 1000; :', marker], new Map(), new Map()], 'o');
};

it('launches while the user manager is executed anew come through, each once', async () => {
  let launched = 0;
  for (let round = 0; round < 4; round += 1) {
    // Some before it, some while it is away, some after.
    const early = Array.from({ length: 8 }, run);
    const reexec = output(['systemctl', '--user', 'daemon-reexec']).catch(() => '');
    const late = Array.from({ length: 12 }, async (_, index) => {
      for (let turns = 0; turns < index * 4; turns += 1) await new Promise((next) => setImmediate(next));
      return run();
    });
    const outcomes = await Promise.allSettled([...early, ...late]);
    expect(outcomes.flatMap((one) => (one.status === 'rejected' ? [String(one.reason)] : []))).toEqual([]);
    launched += outcomes.length;
    await reexec;
    await waitFor(() => namePid(bus, 'org.freedesktop.systemd1'), { what: 'the manager to be back' });
  }
  await waitFor(() => shellsWith(marker).length >= launched, { what: 'the apps' });
  expect(shellsWith(marker)).toHaveLength(launched);
  expect(await waitFor(() => fenceUnits(bus), { what: 'the manager to answer' })).toHaveLength(launched);
});
