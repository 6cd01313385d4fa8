import { type ChildProcess, spawn } from 'node:child_process';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { BusConnection } from '../../src/platform/dbus/connection.ts';
import { installEntry, removeEntries } from '../fixtures/desktop-entries.ts';
import { built, connectTestBus, manager } from '../fixtures/live-daemon.ts';
import { cgroupOf, readCgroup } from '../harness/cgroup.ts';
import { command } from '../harness/command.ts';
import { type Daemon, startDaemon } from '../harness/daemon.ts';
import { waitFor } from '../harness/wait-for.ts';

// That flatpak does so is in debian12-flatpak.test.ts, that the installed Chromium does in test/integration/shadows/chromium-scope.test.ts.
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

    expect((await command([built.ringfence, 'disable', id])).code).toBe(0);
    expect(await memoryMax(await enterOwnScope(scope))).toBe('max');
  });
});
