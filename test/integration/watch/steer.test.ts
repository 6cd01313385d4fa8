import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../../../src/clients/cli/client.ts';
import type { BusConnection } from '../../../src/platform/dbus/connection.ts';
import { connectTestBus, connectTestClient, endAll, instanceAt } from '../../fixtures/live-daemon.ts';
import { type Steering, steerOver } from '../../fixtures/steering.ts';
import { cgroupFolder, readCgroup } from '../../harness/cgroup.ts';
import { type Daemon, startDaemon } from '../../harness/daemon.ts';
import { unitProperty } from '../../harness/user-units.ts';
import { waitFor } from '../../harness/wait-for.ts';

// What the kernel makes of limits is in machine/steer.test.ts: here no controller reaches the session.

describe('a running instance', () => {
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

  const run = async (...argv: string[]) => {
    const path = await client.run(argv, new Map(), new Map());
    return instanceAt(client, path);
  };
  /** How often a busy loop has gone round: its processor time, in ticks. */
  const ticks = (pid: number) => Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[11]);
  const said = (path: string, name: string) =>
    steering.announced.filter((one) => one.path === path && one.name === name).map(({ value }) => value);

  it('is stopped where it is and goes on, and says so', async () => {
    const { path, unit, pids } = await run('sh', '-c', 'while :; do :; done');
    const [pid = 0] = pids;
    await waitFor(() => ticks(pid) > 0, { what: 'the loop to go round' });
    expect(await steering.property(path, 'Frozen')).toBe(false);
    await steering.freeze(path);
    expect(await readCgroup(unit, 'cgroup.events')).toMatch(/^frozen 1$/m);
    expect(await steering.property(path, 'Frozen')).toBe(true);
    const then = ticks(pid);
    await sleep(100);
    expect(ticks(pid)).toBe(then);
    await steering.freeze(path);
    await steering.thaw(path);
    expect(await readCgroup(unit, 'cgroup.events')).toMatch(/^frozen 0$/m);
    await waitFor(() => ticks(pid) > then, { what: 'the loop to go on' });
    await steering.thaw(path);
    await expect.poll(() => said(path, 'Frozen')).toEqual([true, true, false, false]);
  });

  it('is still frozen for the next daemon, and is stopped and killed all the same', async () => {
    const ready = async (path: string) =>
      waitFor(async () => (await instanceAt(client, path)).pids.length === 2, { what: 'the trap to be set' });
    const [polite, deaf] = [
      await run('sh', '-c', 'trap "exit 7" TERM; sleep 1000 & wait'),
      await run('sh', '-c', 'trap "" TERM; sleep 1000 & wait'),
    ];
    for (const { path } of [polite, deaf]) {
      await ready(path);
      await steering.freeze(path);
    }
    const { home } = daemon;
    await daemon.kill9();
    daemon = await startDaemon({ home });
    expect(await steering.property(polite.path, 'Frozen')).toBe(true);
    // Asked to end, it gets to do so: it is thawed.
    const start = performance.now();
    await client.stop(polite.path, 30_000);
    expect(performance.now() - start).toBeLessThan(20_000);
    await client.kill(deaf.path, 9);
    await waitFor(async () => (await client.instances()).length === 0, { what: 'both to end' });
  });

  it('is frozen by another hand, and the property has it', async () => {
    const { path, unit } = await run('sleep', '1000');
    const file = join(await cgroupFolder(unit), 'cgroup.freeze');
    writeFileSync(file, '1');
    expect(await steering.property(path, 'Frozen')).toBe(true);
    writeFileSync(file, '0');
    expect(await steering.property(path, 'Frozen')).toBe(false);
  });

  it.each([
    [{ 'memory-maxx': '1G' }, 'UnknownOption'],
    [{ 'memory-max': 'lots' }, 'InvalidLimit'],
    [{ 'memory-max': '1G', 'memory-high': '2G' }, 'NotEnforceable'],
    [{}, 'InvalidArgument'],
  ])('refuses the limits %j, and nothing is changed', async (limits, code) => {
    const { path, unit } = await run('sleep', '1000');
    const before = await unitProperty(unit, 'MemoryMax');
    await expect(steering.setLimits(path, limits)).rejects.toMatchObject({ dbusName: `org.ringfence.Error.${code}` });
    expect(await unitProperty(unit, 'MemoryMax')).toBe(before);
    expect(said(path, 'Limits')).toEqual([]);
  });

  it('gets what systemd is told, and the report and its record say so', async () => {
    const { path, unit } = await run('sleep', '1000');
    expect(await unitProperty(unit, 'TasksMax')).toBe('4096');
    await steering.setLimits(path, { 'tasks-max': 'infinity', 'memory-max': 'infinity' });
    expect(await unitProperty(unit, 'TasksMax')).toBe('infinity');
    const rows = async () => {
      const report = (await steering.property(path, 'Report')) as Record<string, string>[];
      return report.map(({ name, asked, origin, state }) => [name, asked, origin, state]);
    };
    const expected = [
      ['memory-max', 'infinity', 'request', 'enforced'],
      ['memory-high', '98% of memory-max', 'built-in', 'enforced'],
      ['memory-swap-max', '25%', 'built-in', 'not-enforced'],
      ['tasks-max', 'infinity', 'request', 'enforced'],
    ];
    expect(await rows()).toEqual(expected);
    await expect.poll(() => said(path, 'Report').length).toBe(1);
    const { home } = daemon;
    await daemon.kill9();
    daemon = await startDaemon({ home });
    expect(await rows()).toEqual(expected);
  });

  it('cannot be changed once it has ended', async () => {
    const { path } = await run('sleep', '1000');
    await client.kill(path, 9);
    await waitFor(async () => (await client.instances()).length === 0, { what: 'its end' });
    for (const change of [steering.setLimits(path, { 'tasks-max': '5' }), steering.freeze(path), steering.thaw(path)])
      await expect(change).rejects.toMatchObject({ dbusName: 'org.freedesktop.DBus.Error.UnknownObject' });
  });

  it('is in the list of what all use', async () => {
    const [one, other] = [await run('sleep', '1000'), await run('sh', '-c', 'while :; do :; done')];
    const time = async (path: string) => Number((await steering.listUsage())[path]?.['cpu-usage-usec']);
    await waitFor(async () => (await time(other.path)) > 100_000, { what: 'a tenth of a second of processor time' });
    expect(await time(one.path)).toBeLessThan(100_000);
    expect(Object.keys(await steering.listUsage()).sort()).toEqual([one.path, other.path].sort());
  });
});
