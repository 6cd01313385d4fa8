import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { logEvents } from '../../../src/domain/log-events.ts';
import { brokenPromises } from '../../fixtures/journal-manual.ts';
import {
  connectTestBus,
  connectTestClient,
  endAll,
  gates,
  namePid,
  processesWith,
  shellsWith,
} from '../../fixtures/live-daemon.ts';
import { output } from '../../harness/command.ts';
import { startDaemon } from '../../harness/daemon.ts';
import { journal } from '../../harness/journal.ts';
import { waitFor } from '../../harness/wait-for.ts';

const marker = 'ringfence-test-bus-loss';

it('when the bus dies the daemon ends with 75, what it started runs on, and a new daemon finds it', async () => {
  const daemon = await startDaemon();
  const client = await connectTestClient();
  const path = await client.run(['sh', '-c', 'sleep 1000; :', marker], new Map(), new Map());
  await waitFor(() => processesWith(marker).length === 1, { what: 'the app' });
  const ended = new Promise<number | null>((resolve) => daemon.process.once('exit', (code) => resolve(code)));
  await killBus();
  expect(await ended).toBe(75);
  const fields = { MESSAGE_ID: logEvents['bus-lost'].messageId, _PID: String(daemon.process.pid) };
  // journald may take its time to read what the daemon has left it.
  const told = await waitFor(async () => [await journal({ fields })].find((all) => all.length > 0), {
    what: 'the loss of the bus in the journal',
  });
  expect(told.map(brokenPromises)).toEqual(['']);
  await client.close();
  expect(shellsWith(marker)).toHaveLength(1);
  await waitFor(() => gates().length === 0, { what: 'the spare gate to be gone' });

  // The socket still listens: the first to connect starts the next bus, and the manager joins it by itself.
  const bus = await waitFor(() => connectTestBus(), { what: 'the next bus' });
  await waitFor(() => namePid(bus, 'org.freedesktop.systemd1'), { what: 'the manager on the next bus' });
  const next = await startDaemon();
  const again = await connectTestClient();
  expect((await again.instances()).map((one) => one.path)).toEqual([path]);
  await again.close();
  await endAll(bus);
  await next.stop();
  await bus.close();
});

it('when the bus dies while a scope is being started, the daemon does not wait for a job of which nobody will tell', async () => {
  const units = join(process.env['XDG_RUNTIME_DIR'] ?? '', 'systemd/user');
  const needs = 'Requires=ringfence-test-need.service\nAfter=ringfence-test-need.service';
  mkdirSync(join(units, 'app-ringfence-.scope.d'), { recursive: true });
  writeFileSync(join(units, 'app-ringfence-.scope.d/need.conf'), `[Unit]\n${needs}\n`);
  const need = '[Service]\nType=oneshot\nExecStart=/bin/sleep 1000\n';
  writeFileSync(join(units, 'ringfence-test-need.service'), need);
  const daemon = await startDaemon();
  const client = await connectTestClient();
  await output(['systemctl', '--user', 'daemon-reload']);
  const lost = expect(client.run(['sleep', '1000', marker], new Map(), new Map())).rejects.toMatchObject({
    code: 'Unreachable',
  });
  const begun = () => output(['systemctl', '--user', 'is-active', 'ringfence-test-need.service']).catch(String);
  await waitFor(async () => (await begun()).includes('activating'), { what: 'the job to wait' });
  let code: number | null | undefined;
  daemon.process.once('exit', (exitCode) => {
    code = exitCode;
  });
  await killBus();
  await lost;
  await waitFor(() => code === 75, { what: 'the daemon to end' });
  expect(processesWith(marker)).toEqual([]);
  await client.close();
});

/**
 * SIGKILL for the bus, by the manager's own hand: systemd 252 may hang for 90 s when it learns of the lost connection before
 * it learns of the death. It connects again then, and when the death comes it waits for an answer on that connection, which
 * only a bus can give that it would have to start itself (sd_bus_flush in manager_recheck_dbus).
 */
async function killBus(): Promise<void> {
  const folder = join(process.env['XDG_RUNTIME_DIR'] ?? '', 'systemd/user/dbus.service.d');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'kill.conf'), '[Service]\nKillSignal=SIGKILL\n');
  await output(['systemctl', '--user', 'daemon-reload']);
  // systemctl speaks to the manager directly here, not over the bus.
  await output(['systemctl', '--user', 'stop', 'dbus.service']);
}
