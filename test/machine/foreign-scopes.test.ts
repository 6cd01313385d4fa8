import { type ChildProcess, spawn } from 'node:child_process';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { BusConnection } from '../../src/platform/dbus/connection.ts';
import { installEntry, removeEntries } from '../fixtures/desktop-entries.ts';
import { leavingAlone, leftScope } from '../fixtures/leaving-app.ts';
import {
  built,
  busName,
  connectTestBus,
  connectTestClient,
  endAll,
  instanceAt,
  manager,
} from '../fixtures/live-daemon.ts';
import { steerOver } from '../fixtures/steering.ts';
import { cgroupFolder, cgroupOf, readCgroup } from '../harness/cgroup.ts';
import { command, output } from '../harness/command.ts';
import { type Daemon, startDaemon } from '../harness/daemon.ts';
import { waitFor } from '../harness/wait-for.ts';

// That flatpak does so is in debian12-flatpak.test.ts, that the installed Chromium does in debian12-chromium.test.ts.
// Each app, its entry, and the name of the scope that its own launcher asks systemd for, with the pid at the end:
// flatpak's flatpak_run_in_transient_unit, snapd's cgroup.CreateTransientScopeForTracking, Chromium's dbus/xdg/systemd.cc.
const foreign: readonly [id: string, entry: string[], scope: (pid: number) => string, leave: string][] = [
  [
    'org.test.Flat-pak',
    ['Exec=/usr/bin/flatpak run org.test.Flat-pak', 'X-Flatpak=org.test.Flat-pak'],
    (pid) => `app-flatpak-org.test.Flat\\x2dpak-${pid}.scope`,
    'flatpak',
  ],
  [
    'fox_fox',
    ['Exec=/snap/bin/fox', 'X-SnapInstanceName=fox', 'X-SnapAppName=fox'],
    (pid) => `snap.fox.fox-${pid}.scope`,
    'snap',
  ],
  ['chromium', ['Exec=/usr/bin/chromium %U'], (pid) => `app-org.chromium.Chromium-${pid}.scope`, 'Chromium'],
];

describe('a scope that an app makes for itself', () => {
  let bus: BusConnection;
  let daemon: Daemon;
  const started: ChildProcess[] = [];

  beforeAll(async () => {
    bus = await connectTestBus();
    daemon = await startDaemon();
  });
  afterEach(async () => {
    for (const child of started.splice(0)) child.kill('SIGKILL');
    await command([built.ringfence, 'disable', '--all']);
    removeEntries();
  });
  afterAll(async () => {
    await daemon.stop();
    await bus.close();
  });

  /** As their launchers do: a transient scope with the process in it and no limits. */
  const enterOwnScope = async (name: (pid: number) => string): Promise<string> => {
    const child = spawn('sleep', ['1000']);
    started.push(child);
    const pid = child.pid ?? 0;
    const unit = name(pid);
    const properties = [['PIDs', { signature: 'au', value: [pid] }]] as [string, never][];
    await manager(bus, 'StartTransientUnit', 'ssa(sv)a(sa(sv))', [unit, 'fail', properties, []], 'o');
    await waitFor(() => cgroupOf(pid)?.endsWith(`/${unit}`), { what: `${unit} to have its process` });
    return unit;
  };
  const memoryMax = async (unit: string) => readCgroup(unit, 'memory.max');

  it.each(foreign)('of %s has the limits of the app from enable to disable', async (id, lines, scope) => {
    installEntry(id, lines);
    expect(await memoryMax(await enterOwnScope(scope))).toBe('max');

    expect((await command([built.ringfence, 'enable', id])).code).toBe(0);
    const unit = await enterOwnScope(scope);
    expect(Number(await memoryMax(unit))).toBeGreaterThan(2 ** 30);
    expect(await readCgroup(unit, 'pids.max')).toBe('4096');
    expect(await readCgroup(unit, 'memory.oom.group')).toBe('0');
    // Other limits, by the call that SetLimits makes, are not undone by what is written for the app.
    await output(['systemctl', '--user', 'set-property', '--runtime', unit, 'MemoryMax=100M', 'TasksMax=77']);
    await output(['systemctl', '--user', 'daemon-reload']);
    expect([await memoryMax(unit), await readCgroup(unit, 'pids.max')]).toEqual(['104857600', '77']);

    expect((await command([built.ringfence, 'disable', id])).code).toBe(0);
    expect(await memoryMax(await enterOwnScope(scope))).toBe('max');
  });

  it('by an app that is in a fence is held to the same limits by the kernel, and told of when it reaches them', async () => {
    const client = await connectTestClient();
    const steering = await steerOver(bus);
    const reached: Record<string, string>[] = [];
    await bus.subscribe({ sender: busName, interface: busName, member: 'LimitReached' }, ({ body }) =>
      reached.push({ limit: String(body[1]), ...Object.fromEntries(body[2] as Map<string, string>) }),
    );
    const limits = new Map([
      ['memory-max', '100M'],
      ['memory-swap-max', '0'],
      ['cpu-quota', '50%'],
      ['tasks-max', '20'],
    ]);
    const path = await client.run(leavingAlone('while :; do read line; done'), new Map(), limits);
    const unit = await leftScope();
    const files = {
      'memory.max': '104857600',
      'memory.high': '102760448',
      'cpu.max': '50000 100000',
      'pids.max': '20',
    };
    for (const [file, value] of Object.entries(files))
      await waitFor(async () => (await readCgroup(unit, file)) === value, { what: `${file} to be ${value}` });
    const { unit: own } = await instanceAt(client, path);

    await steering.setLimits(path, { 'memory-max': '60M' });
    expect([await memoryMax(own), await memoryMax(unit)]).toEqual(['62914560', '62914560']);
    const charged = async (unit: string) => Number(await readCgroup(unit, 'memory.current'));
    const { usage } = await instanceAt(client, path);
    expect(Number(usage.get('memory-current'))).toBeGreaterThan(0.9 * (await charged(own)));

    // Once more a program of the app's, into the scope: a hog.
    const folder = await cgroupFolder(unit);
    const hog = `echo $$ >${folder}/cgroup.procs; exec perl -e 'my @held; push @held, "x" x 1048576 for 1..200'`;
    started.push(spawn('sh', ['-c', hog]));
    const told = await waitFor(() => reached.find(({ scope }) => scope === unit), { what: 'the signal' });
    expect(told).toMatchObject({ limit: 'memory-max', unit: own, scope: unit, value: '62914560' });
    // systemd stops the whole scope for that, and keeps it as failed.
    await client.stop(path, 0);
    await manager(bus, 'ResetFailedUnit', 's', [unit], '').catch(() => {});
    await endAll(bus);
    await client.close();
  });
});
