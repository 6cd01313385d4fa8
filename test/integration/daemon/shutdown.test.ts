import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../../../src/clients/cli/client.ts';
import type { BusConnection } from '../../../src/platform/dbus/connection.ts';
import {
  built,
  connectTestBus,
  connectTestClient,
  endAll,
  fenceUnits,
  gates,
  processesWith,
  processFacts,
} from '../../fixtures/live-daemon.ts';
import { command } from '../../harness/command.ts';
import { startDaemon } from '../../harness/daemon.ts';
import { waitFor } from '../../harness/wait-for.ts';

const marker = 'ringfence-test-shutdown';

describe('the end of the daemon', () => {
  let bus: BusConnection;
  let client: Client;

  beforeAll(async () => {
    bus = await connectTestBus();
    client = await connectTestClient();
  });
  afterEach(() => endAll(bus));
  afterAll(async () => {
    await client.close();
    await bus.close();
  });

  it('SIGTERM answers the launches that are under way, and leaves no gate', async () => {
    const daemon = await startDaemon();
    // Whose answers to take is known from the first call on.
    expect(await client.instances()).toEqual([]);
    const launches = Promise.allSettled(
      Array.from({ length: 20 }, () => client.run(['sh', '-c', 'sleep 1000; :', marker], new Map(), new Map())),
    );
    await waitFor(async () => (await fenceUnits(bus)).length > 0, { what: 'the first scope' });
    expect(await daemon.stop()).toBe(0);
    const started = (await launches).filter(({ status }) => status === 'fulfilled').length;
    await waitFor(() => gates().length === 0, { what: 'the gates to be gone' });
    await waitFor(() => processesWith(marker).length === started, { what: `${started} apps, as answered` });
    for (const pid of processesWith(marker)) expect(processFacts(pid)?.cgroup).toMatch(/app-ringfence-sh-\d+\.scope$/);
    // Those of the gates that were not let run are gone a moment later.
    await expect.poll(() => fenceUnits(bus)).toHaveLength(started);
    expect(started).toBeGreaterThan(0);
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('%s ends it with 0', async (signal) => {
    const daemon = await startDaemon();
    const ended = once(daemon.process, 'exit');
    daemon.process.kill(signal);
    expect(await ended).toEqual([0, null]);
    await waitFor(() => gates().length === 0, { what: 'the spare gate to be gone' });
  });

  it('a second daemon says why it does not start, and the first goes on', async () => {
    const daemon = await startDaemon();
    const path = await client.run(['sleep', '1000'], new Map(), new Map());
    const second = await command([built.ringfenced]);
    expect(second.code).toBe(70);
    expect(second.stderr).toBe(
      'ringfenced: cannot start: another process on this bus is org.ringfence.Ringfence1 already\n',
    );
    expect((await client.instances()).map((one) => one.path)).toEqual([path]);
    await daemon.stop();
  });

  it('without a bus it says so and ends with 7', async () => {
    const alone = await command([built.ringfenced], { env: { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/no/such/bus' } });
    expect(alone.code).toBe(7);
    expect(alone.stderr).toMatch(/^ringfenced: cannot [^\n]+\n$/);
  });
});
