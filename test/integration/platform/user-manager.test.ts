import { type ChildProcess, spawn } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BusConnection } from '../../../src/platform/dbus/connection.ts';
import { openCgroups } from '../../../src/platform/kernel/cgroups.ts';
import { cgroupRoot } from '../../../src/platform/kernel/host.ts';
import type { Systemd } from '../../../src/platform/systemd/user-manager.ts';
import { connectUserManager } from '../../../src/platform/systemd/user-manager.ts';
import { connectTestBus } from '../../fixtures/live-daemon.ts';
import { command } from '../../harness/command.ts';

let bus: BusConnection;
let processes: ChildProcess[];

beforeEach(async () => {
  bus = await connectTestBus();
  processes = [];
});
afterEach(async () => {
  for (const process of processes) process.kill('SIGKILL');
  await bus.close();
});

/** Starts a scope around a process of its own, and looks where the kernel has it. */
async function startScope(systemd: Systemd, unit: string): Promise<string | undefined> {
  const child = spawn('sleep', ['1000'], { stdio: 'ignore' });
  processes.push(child);
  await systemd.startScope(unit, [
    { name: 'PIDs', signature: 'au', value: [child.pid ?? 0] },
    { name: 'Slice', signature: 's', value: 'app.slice' },
  ]);
  return openCgroups(cgroupRoot()).of(child.pid ?? 0);
}

let number = 0;
const nextUnit = () => {
  number += 1;
  return `ringfence-test-manager-${process.pid}-${number}.scope`;
};

describe('the user manager', () => {
  it('starts scopes, says which failed, and tells of their end', async () => {
    const systemd = await connectUserManager(bus);
    expect(systemd.version).toBeGreaterThan(240);
    expect(Object.fromEntries(await systemd.environment())).toHaveProperty('PATH');
    const unit = nextUnit();
    expect(await startScope(systemd, unit)).toBe(`${systemd.controlGroup}/app.slice/${unit}`);
    await expect(startScope(systemd, unit)).rejects.toMatchObject({ code: 'ScopeFailed' });
    const gone = new Promise<string>((resolve) => systemd.onScopeGone(unit, resolve));
    await systemd.killScope(unit, 9);
    expect(await gone).toMatch(/success|signal/);
  });

  it('starts scopes again when it was executed anew', async () => {
    const systemd = await connectUserManager(bus);
    expect((await command(['systemctl', '--user', 'daemon-reexec'])).stderr).toBe('');
    const unit = nextUnit();
    expect(await startScope(systemd, unit)).toContain(unit);
  });
});
