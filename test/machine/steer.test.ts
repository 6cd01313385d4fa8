import { chmodSync, readdirSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../../src/clients/cli/client.ts';
import { errorTable } from '../../src/domain/errors.ts';
import { recordsFolder } from '../../src/domain/runtime-files.ts';
import type { BusConnection } from '../../src/platform/dbus/connection.ts';
import { connectTestBus, connectTestClient, endAll, instanceAt } from '../fixtures/live-daemon.ts';
import { type Steering, steerOver } from '../fixtures/steering.ts';
import { readCgroup } from '../harness/cgroup.ts';
import { output } from '../harness/command.ts';
import { type Daemon, startDaemon } from '../harness/daemon.ts';
import { waitFor } from '../harness/wait-for.ts';

describe('an app that runs', () => {
  let bus: BusConnection;
  let client: Client;
  let daemon: Daemon;
  let steering: Steering;

  beforeAll(async () => {
    bus = await connectTestBus();
    daemon = await startDaemon();
    client = await connectTestClient();
    steering = await steerOver(bus);
  });
  afterEach(() => endAll(bus));
  afterAll(async () => {
    await client.close();
    await daemon.stop();
    await bus.close();
  });

  const MiB = 1024 * 1024;
  const run = async (argv: string[], options: Record<string, string> = {}) =>
    instanceAt(client, await client.run(argv, new Map(), new Map(Object.entries(options))));
  const usage = async (path: string, key: string) =>
    Number(((await steering.property(path, 'Usage')) as Record<string, string>)[key]);
  const rowOf = async (path: string, name: string) => {
    const report = (await steering.property(path, 'Report')) as Record<string, string>[];
    return report.find((row) => row['name'] === name) ?? {};
  };
  // perl is essential to Debian. Of a size of its own each: a perl of 2026 has one copy of strings that are the same.
  const holds = (megabytes: number) =>
    `my @held; push @held, "x" x (1048576 + $_) for 1..${megabytes}; print STDERR "held\\n"; sleep 1000`;

  it('gets less than it uses, and more again', async () => {
    const { path, unit } = await run(['perl', '-e', holds(60)], { 'memory-max': '300M', 'memory-swap-max': '0' });
    await waitFor(async () => (await usage(path, 'memory-current')) > 60 * MiB, { what: '60 MB' });
    // A little below memory-max unless told, and along with it: the kernel rounds down to pages.
    const below = (bytes: number) => String(Math.floor((bytes * 0.98) / 4096) * 4096);
    expect(await readCgroup(unit, 'memory.high')).toBe(below(300 * MiB));
    await steering.setLimits(path, { 'memory-max': '250M' });
    expect(await readCgroup(unit, 'memory.high')).toBe(below(250 * MiB));
    const high = { asked: '98% of memory-max', origin: 'built-in', state: 'enforced', value: below(250 * MiB) };
    expect(await rowOf(path, 'memory-high')).toMatchObject(high);
    await steering.setLimits(path, { 'memory-max': 'infinity' });
    expect(await readCgroup(unit, 'memory.high')).toBe('max');
    await steering.setLimits(path, {
      'memory-max': '200M',
      'memory-high': '150M',
      'tasks-max': '7',
      'cpu-quota': '50%',
    });
    const files = { 'memory.max': 200 * MiB, 'memory.high': 150 * MiB, 'pids.max': 7, 'cpu.max': '50000 100000' };
    for (const [file, value] of Object.entries(files)) expect(await readCgroup(unit, file)).toBe(String(value));
    expect(await steering.property(path, 'Limits')).toMatchObject({
      'memory-max': String(200 * MiB),
      'tasks-max': '7',
    });
    const row = { asked: '200M', origin: 'request', state: 'enforced', value: String(200 * MiB) };
    expect(await rowOf(path, 'memory-max')).toMatchObject(row);
    // The command line sees the same.
    expect((await instanceAt(client, path)).limits.get('memory-max')).toBe(String(200 * MiB));

    await steering.setLimits(path, { 'memory-max': 'infinity', 'memory-high': 'infinity', 'cpu-quota': 'infinity' });
    expect([await readCgroup(unit, 'memory.max'), await readCgroup(unit, 'memory.high')]).toEqual(['max', 'max']);
    // systemd takes a controller away that nothing needs any more.
    expect((await readCgroup(unit, 'cpu.max')) ?? 'max 100000').toBe('max 100000');
    expect(await rowOf(path, 'oom-kill')).toEqual({});

    // Below what it uses: nothing can be reclaimed, so it is killed for, as the contract says.
    // It may be gone before the limit is read back.
    await steering.setLimits(path, { 'memory-max': '30M' }).catch((error: unknown) => {
      expect(error).toMatchObject({ dbusName: errorTable.NoSuchInstance.dbusName });
    });
    await waitFor(async () => (await client.instances()).length === 0, {
      what: 'the kernel to kill what does not fit',
    });
  });

  it('keeps its changed limits whatever is started anew, and leaves nothing of them', async () => {
    const { path, unit } = await run(['sleep', '1000'], { 'memory-max': '300M' });
    await steering.setLimits(path, { 'memory-max': '123M', 'tasks-max': '9' });
    const held = async () => [await readCgroup(unit, 'memory.max'), await readCgroup(unit, 'pids.max')];
    const { home } = daemon;
    await daemon.kill9();
    daemon = await startDaemon({ home });
    expect(await held()).toEqual([String(123 * MiB), '9']);
    expect(await rowOf(path, 'memory-max')).toMatchObject({ asked: '123M', origin: 'request' });
    for (const verb of ['daemon-reload', 'daemon-reexec']) {
      await output(['systemctl', '--user', verb]);
      expect(await held()).toEqual([String(123 * MiB), '9']);
    }
    await steering.setLimits(path, { 'tasks-max': '11' });
    expect(await held()).toEqual([String(123 * MiB), '11']);
    await client.stop(path, 0);
    const runtime = `${process.env['XDG_RUNTIME_DIR']}/systemd`;
    const left = ['transient', 'user.control'].flatMap((folder) => filesIn(`${runtime}/${folder}`));
    expect(left.filter((name) => name.startsWith('app-ringfence-'))).toEqual([]);
  });

  it.each([
    [{ 'memory-max': '100M', 'memory-high': '100M' }, 'InvalidArgument'],
    [{ 'memory-high': '400M' }, 'InvalidArgument'],
    [{ 'tasks-max': '5', 'io-weight': '300' }, 'NotEnforceable'],
    [{ 'memory-max': '1K' }, 'InvalidLimit'],
  ])('is not given %j, nor a part of it', async (limits, code) => {
    const { path, unit } = await run(['sleep', '1000'], { 'memory-max': '300M' });
    const all = async () =>
      Promise.all(['memory.max', 'memory.high', 'pids.max'].map((file) => readCgroup(unit, file)));
    const before = await all();
    await expect(steering.setLimits(path, limits)).rejects.toMatchObject({ dbusName: `org.ringfence.Error.${code}` });
    expect(await all()).toEqual(before);
    expect(await rowOf(path, 'memory-max')).toMatchObject({ asked: '300M' });
  });

  it('has its old limits back when the new ones hold and cannot be recorded', async () => {
    const { path, unit } = await run(['sleep', '1000'], { 'memory-max': '300M', 'tasks-max': '50' });
    const files = ['memory.max', 'memory.high', 'pids.max'];
    const held = async () => Promise.all(files.map((file) => readCgroup(unit, file)));
    const before = await held();
    expect(before).toContain(String(300 * MiB));
    const report = await steering.property(path, 'Report');
    const records = `${process.env['XDG_RUNTIME_DIR']}/${recordsFolder}`;
    chmodSync(records, 0o500);
    try {
      const failed = steering.setLimits(path, { 'memory-max': '123M', 'tasks-max': '9' });
      await expect(failed).rejects.toMatchObject({ dbusName: errorTable.Failed.dbusName });
    } finally {
      chmodSync(records, 0o700);
    }
    // systemd answers before it has written.
    await waitFor(async () => String(await held()) === String(before), { what: 'the limits as they were' });
    expect(await steering.property(path, 'Report')).toEqual(report);
    await steering.setLimits(path, { 'memory-max': '123M', 'tasks-max': '9' });
    expect(await held()).toEqual([String(123 * MiB), expect.any(String), '9']);
  });

  it('is counted: what was refused, held back and killed', async () => {
    const script = `sleep 1000 & perl -e '${holds(80)}' & perl -e 'for (1..20) { fork // next or sleep 1000 } while (1) {}' & wait`;
    const { path } = await run(['sh', '-c', script], {
      'memory-max': '70M',
      'memory-swap-max': '0',
      'tasks-max': '8',
      'cpu-quota': '30%',
    });
    for (const key of ['tasks-refused', 'cpu-throttled-usec', 'oom-kills'])
      await waitFor(async () => (await usage(path, key)) > 0, { what: key });
  });
});

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
