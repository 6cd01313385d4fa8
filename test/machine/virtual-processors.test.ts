import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Client, InstanceView } from '../../src/clients/cli/client.ts';
import type { BusConnection } from '../../src/platform/dbus/connection.ts';
import { connectTestBus, connectTestClient, endAll, instanceAt } from '../fixtures/live-daemon.ts';
import { cgroupFolder, readCgroup } from '../harness/cgroup.ts';
import { output } from '../harness/command.ts';
import { type Daemon, startDaemon } from '../harness/daemon.ts';
import { waitFor } from '../harness/wait-for.ts';

// Needs what only test/testbed/virtual-machine has: two processors, a disk, the io controller and PSI.
describe('the kernel, with two processors and a disk', () => {
  let bus: BusConnection;
  let client: Client;
  let daemon: Daemon;

  beforeAll(async () => {
    expect(availableParallelism()).toBe(2);
    bus = await connectTestBus();
    daemon = await startDaemon();
    client = await connectTestClient();
  });
  afterEach(() => endAll(bus));
  afterAll(async () => {
    await client?.close();
    await daemon?.stop();
    await bus?.close();
  });

  const shell = async (script: string, options: Record<string, string> = {}): Promise<InstanceView> =>
    instanceAt(client, await client.run(['sh', '-c', script], new Map(), new Map(Object.entries(options))));
  const stateOf = ({ report }: InstanceView, limit: string) =>
    report.find((row) => row.get('name') === limit)?.get('state');
  const burnTwo = 'while :; do :; done & while :; do :; done';

  /** Processors in use: what the kernel has charged to the scope, by the machine's own clock. */
  const processorsUsed = async (unit: string): Promise<number> => {
    // Looking is not free here, and would take from what is measured.
    const file = `${await cgroupFolder(unit)}/cpu.stat`;
    const look = () => ({
      used: Number(/^usage_usec (\d+)$/m.exec(readFileSync(file, 'utf8'))?.[1]),
      at: performance.now(),
    });
    await waitFor(() => look().used > 1_000_000, { what: 'a second of CPU time' });
    const before = look();
    // A quota is held per 100 ms; over 60 of these its edges do not count.
    await waitFor(() => performance.now() - before.at > 6000, { what: 'six seconds' });
    const after = look();
    return (after.used - before.used) / 1000 / (after.at - before.at);
  };

  it('gives a program without a quota both processors, or nothing below proves anything', async () => {
    const { unit } = await shell(burnTwo);
    // More than a quota of 150 % may let through.
    expect(await processorsUsed(unit)).toBeGreaterThan(1.65);
  });

  it.each([
    ['150%', 1.5],
    ['50%', 0.5],
  ])('holds a CPU quota of %s within 10 %%', async (quota, share) => {
    const instance = await shell(burnTwo, { 'cpu-quota': quota });
    expect(stateOf(instance, 'cpu-quota')).toBe('enforced');
    const used = await processorsUsed(instance.unit);
    expect(used).toBeGreaterThan(share * 0.9);
    expect(used).toBeLessThan(share * 1.1);
  });

  it('shares the processors by weight', async () => {
    const [heavy, light] = [
      await shell(burnTwo, { 'cpu-weight': '300' }),
      await shell(burnTwo, { 'cpu-weight': '100' }),
    ];
    const [most, least] = await Promise.all([processorsUsed(heavy.unit), processorsUsed(light.unit)]);
    expect(most / least).toBeGreaterThan(2);
    expect(most / least).toBeLessThan(4);
  });

  it('has an IO weight, and counts what goes to the disk', async () => {
    const file = `${process.env['HOME']}/written`;
    const instance = await shell(`dd if=/dev/zero of=${file} bs=1M count=8 conv=fsync; sleep 1000`, {
      'io-weight': '250',
    });
    expect(stateOf(instance, 'io-weight')).toBe('enforced');
    expect(await readCgroup(instance.unit, 'io.weight')).toBe('default 250');
    const counted = async () => Number(/ wbytes=(\d+)/.exec((await readCgroup(instance.unit, 'io.stat')) ?? '')?.[1]);
    await waitFor(async () => (await counted()) >= 8 * 2 ** 20, { what: 'eight megabytes in io.stat' });
    const { usage } = await instanceAt(client, instance.path);
    expect(Number(usage.get('io-written-bytes'))).toBeGreaterThanOrEqual(8 * 2 ** 20);
    expect(Number(usage.get('io-read-bytes'))).toBeGreaterThanOrEqual(0);
    rmSync(file);
  });

  it('tells a program that memory is short, before and beside what is killed for it', async () => {
    const told = `${process.env['HOME']}/told`;
    // As systemd.io/MEMORY_PRESSURE has it; perl's select(2) waits for POLLPRI.
    const script = [
      'exec 3<>"$MEMORY_PRESSURE_WATCH"',
      'printf %s "$MEMORY_PRESSURE_WRITE" | base64 -d >&3',
      `(while :; do perl -e 'my @held; push @held, "x" x 1048576 for 1..200'; done) 3>&- &`,
      `exec perl -e 'vec(my $told = "", 3, 1) = 1; select(undef, undef, $told, undef); open F, ">", "${told}"; sleep 1000'`,
    ].join('\n');
    const { unit } = await shell(script, { 'memory-max': '60M', 'memory-swap-max': '0' });
    await waitFor(() => existsSync(told), { what: 'the program to be told' });
    // A little below memory-max it was slowed down first.
    const slowed = Number(/^high (\d+)$/m.exec((await readCgroup(unit, 'memory.events')) ?? '')?.[1]);
    expect(slowed).toBeGreaterThan(0);
    rmSync(told);
  });

  it('has the apps’ budget follow what others hold, also when it is used up', async () => {
    const MiB = 1024 * 1024;
    const budget = () =>
      Number(readFileSync('/sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/app.slice/memory.max', 'utf8'));
    await waitFor(() => budget() > 0, { what: 'the budget' });
    const before = budget();
    const home = process.env['HOME'] ?? '';
    const [held, go, nothing] = ['held', 'go', 'nothing'].map((name) => join(home, name));
    const hold = 'my @held; push @held, "x" x 1048576 for 1..500; open my $f, ">", $ARGV[0]; close $f; sleep 1000';
    const outside = ['--user', '--quiet', '--slice=session.slice', '--unit=holder'];
    await output(['systemd-run', ...outside, 'perl', '-e', hold, held ?? '']);
    await waitFor(() => existsSync(held ?? ''), { what: 'a program of the session to hold 500 MB' });
    // What is read of a file of nothing fills the memory that can be had back.
    await output(['truncate', '--size=3G', nothing ?? '']);
    await shell(`until [ -e ${go} ]; do sleep 0.2; done; cat ${nothing} >/dev/null; sleep 1000`);
    await waitFor(() => budget() < before - 300 * MiB, { what: 'the budget to leave it to that' });
    await output(['systemctl', '--user', 'stop', 'holder']);
    writeFileSync(go ?? '', '');
    await waitFor(() => budget() > before - 140 * MiB, { what: 'the budget to be what it was' });
    for (const file of [held, go, nothing]) rmSync(file ?? '');
  });

  it('tells how long an app has waited for the processor (PSI)', async () => {
    const { path, unit } = await shell(burnTwo, { 'cpu-quota': '20%' });
    const waited = async () =>
      Number(/^some .* total=(\d+)$/m.exec((await readCgroup(unit, 'cpu.pressure')) ?? '')?.[1]);
    await waitFor(async () => (await waited()) > 100_000, { what: 'a tenth of a second of waiting' });
    const { usage } = await instanceAt(client, path);
    expect(Number(usage.get('cpu-pressure-usec'))).toBeGreaterThan(100_000);
    for (const key of ['memory-pressure-usec', 'io-pressure-usec']) expect(usage.get(key), key).toMatch(/^\d+$/);
    expect(readFileSync('/proc/pressure/memory', 'utf8')).toMatch(/^some avg10=/);
  });
});
