import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { BusConnection } from '../../src/platform/dbus/connection.ts';
import { built, connectTestBus, endAll, processFacts } from '../fixtures/live-daemon.ts';
import { startXScreen, type XScreen } from '../fixtures/x-screen.ts';
import { cgroupOf, pidsIn, readCgroup } from '../harness/cgroup.ts';
import { command, output } from '../harness/command.ts';
import { type Daemon, startDaemon } from '../harness/daemon.ts';
import { userUnits } from '../harness/user-units.ts';
import { waitFor } from '../harness/wait-for.ts';

// The installed Chromium, which moves its main process into a scope of its own making.

let bus: BusConnection;
let daemon: Daemon;
let screen: XScreen;

beforeAll(async () => {
  bus = await connectTestBus();
  screen = await startXScreen();
  await output(['systemctl', '--user', 'set-environment', `DISPLAY=${screen.display}`]);
  daemon = await startDaemon();
});
afterEach(async () => {
  await command([built.ringfence, 'disable', '--all']);
  await command(['systemctl', '--user', 'kill', '--signal=SIGKILL', 'app-org.chromium.Chromium-*.scope']);
  await waitFor(async () => (await ownScopes()).length === 0, { what: 'Chromium to be gone' });
  await endAll(bus);
});
afterAll(async () => {
  await daemon.stop();
  await output(['systemctl', '--user', 'unset-environment', 'DISPLAY']);
  await screen.stop();
  await bus.close();
});

/** Chromium names its scope after the process that it moves there. */
const mainPid = (unit: string) => Number(/-(\d+)\.scope$/.exec(unit)?.[1]);

const ownScopes = () => userUnits('app-org.chromium.Chromium-*.scope');

/** Starts it as an icon does, and waits until its main process is where it moves itself. */
async function startChromium(...limits: string[]): Promise<string> {
  expect((await command([built.ringfence, 'launch', ...limits, 'chromium'])).code).toBe(0);
  const [unit = ''] = await waitFor(async () => (await ownScopes()).length > 0 && ownScopes(), {
    what: 'a scope of its own',
  });
  const pid = mainPid(unit);
  expect(processFacts(pid)?.argv[0]).toMatch(/chromium/);
  await waitFor(() => cgroupOf(pid)?.endsWith(`/${unit}`), { what: 'its process in there' });
  return unit;
}

it('Chromium’s own scope has the limits of the start, and ends with it', async () => {
  const unit = await startChromium('--memory-max', '900M', '--tasks-max', '999');
  for (const [file, value] of [
    ['memory.max', String(900 * 2 ** 20)],
    ['pids.max', '999'],
  ] as const)
    await waitFor(async () => (await readCgroup(unit, file)) === value, { what: `${file} to be ${value}` });
  const [one, ...others] = JSON.parse(await output([built.ringfence, 'list', '--json']));
  expect([one.name, others]).toEqual([expect.stringMatching(/Chromium/), []]);
  expect(one.pids).toContain(mainPid(unit));
  // Zygotes and renderers stay where they were.
  const stayed = await pidsIn(one.unit);
  expect(one.pids.filter((pid: number) => stayed.includes(pid))).not.toEqual([]);
  await output([built.ringfence, 'stop', 'chromium']);
  expect([await ownScopes(), await userUnits('app-ringfence-*.scope')]).toEqual([[], []]);
});

it('Chromium’s own scope has the limits of the app once that is enabled', async () => {
  expect((await command([built.ringfence, 'enable', 'chromium'])).code).toBe(0);
  const unit = await startChromium();
  // The defaults of relaxed, which nothing else sets: 70 % of the memory, in whole pages.
  const total = Number(/^MemTotal:\s+(\d+) kB$/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1]) * 1024;
  expect(Number(await readCgroup(unit, 'memory.max'))).toBeCloseTo(total * 0.7, -5);
  expect(await readCgroup(unit, 'pids.max')).toBe('4096');
  expect(await readCgroup(unit, 'memory.oom.group')).toBe('0');
});
