import { type ChildProcess, spawn } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type BusConnection, connectPeer } from '../../../src/platform/dbus/connection.ts';
import { openCgroups } from '../../../src/platform/kernel/cgroups.ts';
import { cgroupRoot } from '../../../src/platform/kernel/host.ts';
import type { Systemd } from '../../../src/platform/systemd/user-manager.ts';
import { connectUserManager } from '../../../src/platform/systemd/user-manager.ts';
import { connectTestBus } from '../../fixtures/live-daemon.ts';
import { command } from '../../harness/command.ts';
import { waitFor } from '../../harness/wait-for.ts';

const socket = `${process.env['XDG_RUNTIME_DIR']}/systemd/private`;
const noLink = () => Promise.reject(new Error('no such socket'));

let bus: BusConnection;
let processes: ChildProcess[];
let connections: { close(): Promise<void> }[];

beforeEach(async () => {
  bus = await connectTestBus();
  processes = [];
  connections = [bus];
});
afterEach(async () => {
  for (const process of processes) process.kill('SIGKILL');
  for (const connection of connections) await connection.close();
});

async function openLink() {
  const link = await connectPeer(socket);
  connections.push(link);
  return link;
}

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

describe.each<[string, undefined | (() => ReturnType<typeof openLink>)]>([
  ['over its own socket', openLink],
  ['where it has no socket of its own', noLink],
  ['over the bus alone', undefined],
])('the user manager %s', (_where, openDirect) => {
  it('starts scopes, says which failed, and tells of their end', async () => {
    const systemd = await connectUserManager(bus, openDirect);
    expect(systemd.version).toBeGreaterThan(240);
    expect(Object.fromEntries(await systemd.environment())).toHaveProperty('PATH');
    const unit = nextUnit();
    expect(await startScope(systemd, unit)).toBe(`${systemd.controlGroup}/app.slice/${unit}`);
    await expect(startScope(systemd, unit)).rejects.toMatchObject({ code: 'ScopeFailed' });
    const gone = new Promise<string>((resolve) => systemd.onScopeGone(unit, resolve));
    await systemd.killScope(unit, 9);
    expect(await gone).toMatch(/success|signal/);
  });
});

describe('a user manager that is executed anew', () => {
  it('starts scopes again, at once over the bus and then over its own socket', async () => {
    let opened = 0;
    const counted = async () => {
      const link = await openLink();
      opened += 1;
      return link;
    };
    const systemd = await connectUserManager(bus, counted);
    expect(opened).toBe(1);
    const [link] = connections.slice(-1) as [Awaited<ReturnType<typeof openLink>>];
    expect((await command(['systemctl', '--user', 'daemon-reexec'])).stderr).toBe('');
    await link.lost;
    const first = nextUnit();
    expect(await startScope(systemd, first)).toContain(first);
    await waitFor(async () => (await systemd.environment()) && opened === 2, { what: 'the socket to be used again' });
    const second = nextUnit();
    expect(await startScope(systemd, second)).toContain(second);
  });
});
