import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../../src/clients/cli/client.ts';
import type { BusConnection } from '../../src/platform/dbus/connection.ts';
import {
  built,
  busName,
  connectTestBus,
  connectTestClient,
  endAll,
  namePid,
  rootPath,
  temporaryFolder,
} from '../fixtures/live-daemon.ts';
import { type Steering, steerOver } from '../fixtures/steering.ts';
import { output } from '../harness/command.ts';
import { type Daemon, startDaemon } from '../harness/daemon.ts';
import { type TempHome, tempHome } from '../harness/temp-home.ts';
import { unitProperty } from '../harness/user-units.ts';
import { waitFor } from '../harness/wait-for.ts';

const own = '/sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service';
const held = (slice: string, file: string) =>
  existsSync(`${own}/${slice}/${file}`) ? readFileSync(`${own}/${slice}/${file}`, 'utf8').trim() : undefined;
const memTotal = Number(/^MemTotal:\s+(\d+) kB$/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1]) * 1024;
const MiB = 1024 * 1024;

describe('the desktop', () => {
  let bus: BusConnection;
  let client: Client;
  let steering: Steering;
  let home: TempHome;
  let daemon: Daemon;

  beforeAll(async () => {
    bus = await connectTestBus();
    home = tempHome();
    daemon = await startDaemon({ home });
    client = await connectTestClient();
    steering = await steerOver(bus);
  });
  afterEach(async () => {
    await endAll(bus);
    await configure('');
  });
  afterAll(async () => {
    await client.close();
    await daemon.stop();
    await bus.close();
    home.remove();
  });

  const rows = async () => {
    const all = (await steering.property(rootPath, 'Desktop')) as Record<string, string>[];
    return Object.fromEntries(all.map((row) => [row['name'], row]));
  };
  const memory = async () => (await rows())['apps-memory-max'] ?? {};
  async function configure(section: string): Promise<void> {
    const folder = join(home.config, 'ringfence');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'config.toml'), section === '' ? '' : `[desktop]\n${section}\n`);
    const asked = /apps-memory-max = "(.*)"/.exec(section)?.[1] ?? '90%';
    await waitFor(async () => (await memory())['asked'] === asked, { what: 'the configuration to be in force' });
  }
  const holds = (megabytes: number) =>
    `my @held; push @held, "x" x 1048576 for 1..${megabytes}; open my $f, ">", $ARGV[0]; close $f; sleep 1000`;
  let number = 0;
  const hog = async (megabytes: number) => {
    const file = `/tmp/hog-${number++}`;
    const path = await client.run(['perl', '-e', holds(megabytes), file], new Map(), new Map());
    return { path, isThere: () => existsSync(file) };
  };

  it('keeps a tenth of the memory from all apps together, and says so', async () => {
    const budget = () => Number(held('app.slice', 'memory.max'));
    await waitFor(() => budget() > 0, { what: 'the budget' });
    // Or more, where the rest of the machine holds more: what can be had, and what apps have already, but for a twentieth. It may have changed
    // by a fiftieth since.
    const room = () => {
      const available = Number(/^MemAvailable:\s+(\d+) kB$/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1]) * 1024;
      const anonymous = Number(/^anon (\d+)$/m.exec(held('app.slice', 'memory.stat') ?? '')?.[1]);
      return Math.min(0.9 * memTotal, available + anonymous - memTotal / 20);
    };
    expect(budget()).toBeLessThanOrEqual(memTotal * 0.9);
    expect(Math.abs(budget() - room())).toBeLessThan(memTotal * 0.05);
    // The kernel has it before the daemon has read it back.
    await waitFor(async () => (await memory())['state'] === 'enforced', { what: 'the row to say so' });
    const row = await memory();
    expect(row).toMatchObject({ asked: '90%', origin: 'built-in', state: 'enforced' });
    expect(row['value']).toBe(held('app.slice', 'memory.max'));
    expect(Number(row['current'])).toBeGreaterThan(0);

    // Outside of the apps, and seen at the next start of one. Two, as this kernel gives no process so much.
    const before = budget();
    const units = ['one', 'other'].map((name) => ({ name: `bystander-${name}`, file: `/tmp/${name}` }));
    for (const { name, file } of units) {
      const unit = ['--user', '--quiet', '--slice=session.slice', `--unit=${name}`];
      await output(['systemd-run', ...unit, 'perl', '-e', holds(140), file]);
      await waitFor(() => existsSync(file), { what: 'a program of the session to hold 140 MB' });
    }
    await client.run(['sleep', '1000'], new Map(), new Map());
    await waitFor(() => budget() < before - 180 * MiB, { what: 'the budget to leave them to it' });
    await waitFor(async () => (await memory())['value'] === String(budget()), { what: 'the row to say so' });
    expect(await memory()).toMatchObject({ asked: '90%', state: 'enforced', value: String(budget()) });
    await output(['systemctl', '--user', 'stop', ...units.map(({ name }) => name)]);
    await client.run(['sleep', '1000'], new Map(), new Map());
    await waitFor(() => budget() > before - 140 * MiB, { what: 'the budget to be what it was' });
    // What was asked for in so many words is that.
    await configure('apps-memory-max = "90%"\n');
    await waitFor(() => budget() > memTotal * 0.899, { what: 'all of 90 %' });
  });

  it('has memory that is reclaimed last, as far as what is above it has', async () => {
    await waitFor(() => Number(held('session.slice', 'memory.low')) > 0, { what: 'the protection' });
    const isSaid = async () => (await rows())['session-memory-low']?.['value'] === held('session.slice', 'memory.low');
    await waitFor(isSaid, { what: 'the row to say so' });
    expect((await rows())['session-memory-low']).toMatchObject({
      state: 'not-enforced',
      value: held('session.slice', 'memory.low'),
      fix: expect.stringContaining('user@1000.service'),
    });
  });

  it('follows the configuration', async () => {
    await configure('apps-memory-max = "700M"\nsession-memory-low = "50M"');
    await waitFor(() => held('app.slice', 'memory.max') === String(700 * MiB), { what: '700 MB' });
    await waitFor(() => held('session.slice', 'memory.low') === String(50 * MiB), { what: '50 MB' });
    await configure('apps-memory-max = "infinity"\nsession-memory-low = 0');
    await waitFor(() => held('app.slice', 'memory.max') === 'max', { what: 'no limit' });
    await waitFor(() => held('session.slice', 'memory.low') === '0', { what: 'no protection' });
    await waitFor(async () => (await memory())['state'] === 'off', { what: 'the row to say so' });
    expect(await memory()).toMatchObject({ state: 'off', value: 'max' });
  });

  it('lives on when apps take more together than there is for them', async () => {
    await configure('apps-memory-max = "300M"\napps-swap-max = 0');
    await waitFor(() => held('app.slice', 'memory.max') === String(300 * MiB), { what: 'the budget' });
    await output([
      'systemd-run',
      '--user',
      '--quiet',
      '--slice=session.slice',
      '--unit=bystander',
      'perl',
      '-e',
      holds(150),
      '/tmp/by',
    ]);
    const kills = () => Number(/^oom_kill (\d+)$/m.exec(held('app.slice', 'memory.events') ?? '')?.[1]);
    const before = kills();
    for (let count = 0; count < 4; count++) await hog(120);
    await waitFor(() => kills() - before >= 2, { what: 'the kernel to kill among the apps' });
    expect(await unitProperty('bystander.service', 'ActiveState')).toBe('active');
    expect(Number(held('app.slice', 'memory.current'))).toBeLessThanOrEqual(300 * MiB);
    await output(['systemctl', '--user', 'stop', 'bystander.service']);
  });

  it('kills nothing when it follows what others hold, however little is left', async () => {
    const budget = () => Number(held('app.slice', 'memory.max'));
    const kills = () => Number(/^oom_kill (\d+)$/m.exec(held('app.slice', 'memory.events') ?? '')?.[1]);
    const available = () =>
      Number(/^MemAvailable:\s+(\d+) kB$/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1]) * 1024;
    await waitFor(() => budget() > memTotal / 2, { what: 'the budget' });
    const [before, killed] = [budget(), kills()];
    // Files in memory are held as well, and made sooner than programs take it. They go with the namespace.
    const folder = temporaryFolder();
    const holding = (bytes: number, name: string) => {
      const make = `mount -t tmpfs -o size=100% held /mnt && fallocate -l ${bytes} /mnt/held`;
      const script = `${make} && : >${join(folder, name)} && exec sleep 1000`;
      return ['unshare', '--user', '--map-root-user', '--mount', 'sh', '-c', script];
    };
    // All of it: what is still to come would be counted twice.
    const isHeldBy = (name: string) => waitFor(() => existsSync(join(folder, name)), { what: `${name} to hold it` });
    const whole = available();
    await client.run(holding(1100 * MiB, 'app'), new Map(), new Map());
    await isHeldBy('app');
    await waitFor(() => available() < whole - 1000 * MiB, { what: 'an app to hold 1,100 MB' });
    const others = ['--user', '--quiet', '--slice=session.slice', '--unit=holder'];
    await output(['systemd-run', ...others, ...holding(available() - 70 * MiB, 'others')]);
    await isHeldBy('others');
    await waitFor(() => available() < 90 * MiB, { what: 'others to hold the rest' });
    await client.run(['sleep', '1000'], new Map(), new Map());
    await waitFor(() => budget() < before - 100 * MiB, { what: 'the budget to leave others what they hold' });
    expect(kills()).toBe(killed);
    expect((await client.instances()).length).toBe(2);
    await output(['systemctl', '--user', 'stop', 'holder']);
  });

  it('waits with a budget below what apps hold, and sets it when they hold less', async () => {
    const { path, isThere } = await hog(200);
    await waitFor(isThere, { what: '200 MB' });
    await configure('apps-memory-max = "100M"\napps-swap-max = "50M"');
    const row = await waitFor(async () => [await memory()].find(({ reason }) => reason?.includes('already')), {
      what: 'the row to say why not',
    });
    expect(row).toMatchObject({ state: 'not-enforced', fix: expect.stringContaining('close some') });
    // Until then they have the usual one, and not all of the memory.
    await waitFor(() => held('app.slice', 'memory.swap.max') === String(50 * MiB), {
      what: 'the rest of it to be set',
    });
    expect(Number(held('app.slice', 'memory.max'))).toBeGreaterThanOrEqual(memTotal / 2);
    expect(Number(held('app.slice', 'memory.max'))).toBeLessThanOrEqual(memTotal * 0.9);
    expect((await client.instances()).length).toBe(1);
    await client.stop(path, 0);
    await waitFor(() => held('app.slice', 'memory.max') === String(100 * MiB), { what: 'the budget' });
    await waitFor(async () => (await memory())['state'] === 'enforced', { what: 'the row to say so' });
  });

  it('keeps it over a kill of the daemon and a restart, and loses it when the daemon ends for good', async () => {
    await configure('apps-memory-max = "400M"');
    const isSet = () => held('app.slice', 'memory.max') === String(400 * MiB);
    await waitFor(isSet, { what: 'the budget' });
    await daemon.kill9();
    expect(isSet()).toBe(true);
    // As systemd has it when it is installed, so that it can be started anew.
    const variables = Object.entries(home.env).map(([name, value]) => `--setenv=${name}=${value}`);
    await output(['systemd-run', '--user', '--quiet', '--unit=fences', ...variables, built.ringfenced]);
    const pid = async () => namePid(bus, busName);
    const first = await waitFor(pid, { what: 'the daemon' });
    await waitFor(async () => (await memory())['state'] === 'enforced', { what: 'its budget' });
    await output(['systemctl', '--user', 'restart', 'fences.service']);
    await waitFor(async () => ![undefined, first].includes(await pid()), { what: 'the next daemon' });
    expect(isSet()).toBe(true);
    await output(['systemctl', '--user', 'stop', 'fences.service']);
    // systemd answers before it has written.
    await waitFor(() => held('app.slice', 'memory.max') === 'max', { what: 'no limit' });
    await waitFor(() => held('session.slice', 'memory.low') === '0', { what: 'no protection' });
    const control = `${process.env['XDG_RUNTIME_DIR']}/systemd/user.control`;
    for (const slice of ['app.slice', 'session.slice']) {
      expect(await output(['sh', '-c', `ls -A ${control}/${slice}.d 2>/dev/null || :`])).toBe('');
      expect(await unitProperty(slice, 'NeedDaemonReload')).toBe('no');
    }
    daemon = await startDaemon({ home });
    await waitFor(isSet, { what: 'the budget, anew' });
  });

  it('leaves a limit alone that another hand has set', async () => {
    await daemon.stop();
    await waitFor(() => held('app.slice', 'memory.max') === 'max', { what: 'no limit' });
    await output(['systemctl', '--user', 'set-property', '--runtime', 'app.slice', 'MemoryMax=600M']);
    daemon = await startDaemon({ home });
    await waitFor(async () => (await memory())['reason']?.includes('did not set'), { what: 'the row to say so' });
    expect(held('app.slice', 'memory.max')).toBe(String(600 * MiB));
    await daemon.stop();
    expect(held('app.slice', 'memory.max')).toBe(String(600 * MiB));
    await output(['systemctl', '--user', 'set-property', '--runtime', 'app.slice', 'MemoryMax=infinity']);
    daemon = await startDaemon({ home });
    await waitFor(async () => (await memory())['state'] === 'enforced', { what: 'the budget' });
  });
});
