import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { BusConnection } from '../../src/platform/dbus/connection.ts';
import { built, connectTestBus, endAll, processFacts } from '../fixtures/live-daemon.ts';
import { pidsIn, readCgroup } from '../harness/cgroup.ts';
import { command, output } from '../harness/command.ts';
import { type Daemon, startDaemon } from '../harness/daemon.ts';
import { userUnits } from '../harness/user-units.ts';
import { waitFor } from '../harness/wait-for.ts';

// flatpak itself, which moves its app into a scope of its own making, out of ours: an app of test/fixtures/make-flatpak-app.sh, built and
// installed before the machine boots. What other launchers call theirs is in foreign-scopes.test.ts.

const flatpak = join(process.cwd(), 'out/flatpak');
const dataFolders = `${flatpak}/system/exports/share:/usr/local/share:/usr/share`;
const id = 'org.test.Fox-y';
const scopes = 'app-flatpak-org.test.Fox\\x2dy-*.scope';

let bus: BusConnection;
let daemon: Daemon;

beforeAll(async () => {
  if (!existsSync(join(flatpak, 'complete')))
    throw new Error('no flatpak app here: sh test/fixtures/make-flatpak-app.sh out/flatpak /srv/ringfence/out/flatpak');
  bus = await connectTestBus();
  await output(['systemctl', '--user', 'set-environment', `XDG_DATA_DIRS=${dataFolders}`]);
  daemon = await startDaemon({ env: { XDG_DATA_DIRS: dataFolders } });
});
afterAll(async () => {
  await command(['systemctl', '--user', 'kill', '--signal=SIGKILL', scopes]);
  await waitFor(async () => (await userUnits(scopes)).length === 0, { what: 'the app to be gone' });
  await endAll(bus);
  await command([built.ringfence, 'disable', '--all']);
  await daemon.stop();
  await output(['systemctl', '--user', 'unset-environment', 'XDG_DATA_DIRS']);
  await bus.close();
});

/** Starts it as its icon does, and waits until its program runs in the scope that flatpak made, whose name it returns. */
async function startApp(...limits: string[]): Promise<string> {
  expect(await command([built.ringfence, 'launch', ...limits, id])).toMatchObject({ code: 0, stderr: '' });
  return waitFor(
    async () => {
      for (const unit of await userUnits(scopes)) {
        const programs = (await pidsIn(unit)).map((pid) => processFacts(pid)?.argv.join(' '));
        if (programs.includes('sleep 1000')) return unit;
      }
      return undefined;
    },
    { what: `the app in ${scopes}` },
  );
}

it('the scope that flatpak makes has the limits of the start, and ends with it', async () => {
  const unit = await startApp('--memory-max', '300M', '--tasks-max', '99');
  for (const [file, value] of [
    ['memory.max', '314572800'],
    ['pids.max', '99'],
  ] as const)
    await waitFor(async () => (await readCgroup(unit, file)) === value, { what: `${file} to be ${value}` });
  const [one, ...others] = JSON.parse(await output([built.ringfence, 'list', '--json']));
  expect(others).toEqual([]);
  expect(one).toMatchObject({ app: `${id}.desktop` });
  const pids = await pidsIn(unit);
  expect(one.pids).toEqual(expect.arrayContaining(pids));
  await output([built.ringfence, 'set', id, 'memory-max=200M']);
  expect(await readCgroup(unit, 'memory.max')).toBe('209715200');
  await output([built.ringfence, 'stop', '--timeout', '0', id]);
  expect(await userUnits(scopes)).toEqual([]);
});

it('the scope that flatpak makes has the limits of the app that is enabled', async () => {
  expect((await command([built.ringfence, 'enable', id])).code).toBe(0);
  const unit = await startApp();
  // The defaults of relaxed, which nothing else sets: 70 % of the memory, in whole pages.
  const total = Number(/^MemTotal:\s+(\d+) kB$/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1]) * 1024;
  expect(Number(await readCgroup(unit, 'memory.max'))).toBeCloseTo(total * 0.7, -5);
  expect(await readCgroup(unit, 'pids.max')).toBe('4096');
  expect(await readCgroup(unit, 'memory.oom.group')).toBe('0');
});
