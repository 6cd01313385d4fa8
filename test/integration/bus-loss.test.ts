import { expect, it } from 'vitest';
import { connectTestBus, connectTestClient, endAll, gates, namePid, processesWith } from '../fixtures/live-daemon.ts';
import { command } from '../harness/command.ts';
import { startDaemon } from '../harness/daemon.ts';
import { waitFor } from '../harness/wait-for.ts';

const marker = 'ringfence-test-bus-loss';

it('when the bus dies the daemon ends with 75, what it started runs on, and a new daemon finds it', async () => {
  const daemon = await startDaemon();
  const client = await connectTestClient();
  const path = await client.run(['sh', '-c', 'sleep 1000; :', marker], new Map(), new Map());
  await waitFor(() => processesWith(marker).length === 1, { what: 'the app' });
  const ended = new Promise<number | null>((resolve) => daemon.process.once('exit', (code) => resolve(code)));
  // systemctl speaks to the manager directly here, not over the bus.
  const killed = await command(['systemctl', '--user', 'kill', '--signal=KILL', 'dbus.service']);
  expect(killed.stderr).toBe('');
  expect(await ended).toBe(75);
  await client.close();
  expect(processesWith(marker)).toHaveLength(1);
  await waitFor(() => gates().length === 0, { what: 'the spare gate to be gone' });

  // The socket still listens: the first to connect starts the next bus, and the manager joins it by itself.
  await command(['systemctl', '--user', '--no-block', 'start', 'dbus.service']);
  const bus = await waitFor(() => connectTestBus(), { what: 'the next bus' });
  await waitFor(() => namePid(bus, 'org.freedesktop.systemd1'), { what: 'the manager on the next bus' });
  const next = await startDaemon();
  const again = await connectTestClient();
  expect((await again.instances()).map((one) => one.path)).toEqual([path]);
  await again.close();
  await endAll(bus);
  await next.stop();
  await bus.close();
}, 60_000);
