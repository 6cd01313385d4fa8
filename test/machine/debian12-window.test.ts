import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../../src/clients/cli/client.ts';
import { type AccessibleWindow, driveWindow } from '../fixtures/accessible-window.ts';
import { built, connectTestBus, connectTestClient, endAll, instanceAt } from '../fixtures/live-daemon.ts';
import { startXServer } from '../fixtures/x-screen.ts';
import { readCgroup } from '../harness/cgroup.ts';
import { command } from '../harness/command.ts';
import { type Daemon, startDaemon } from '../harness/daemon.ts';
import { waitFor } from '../harness/wait-for.ts';

const MiB = 1024 * 1024;

describe('the window, where the kernel enforces', () => {
  let screen: ChildProcess;
  let daemon: Daemon;
  let client: Client;
  let shown: ChildProcess;
  let window: AccessibleWindow;
  let log = '';

  beforeAll(async () => {
    const server = await startXServer('1024x768x24');
    screen = server.server;
    // Started by its first call, which may take longer than whoever calls waits.
    const ask = ['gdbus', 'call', '--session', '--dest', 'org.a11y.Bus', '--object-path', '/org/a11y/bus'];
    await waitFor(async () => (await command([...ask, '--method', 'org.a11y.Bus.GetAddress'])).code === 0, {
      what: 'the accessibility bus',
    });
    // Without apps: each row of the window's list is dozens of questions of a screen reader's, and this machine is slow.
    await command(['systemctl', '--user', 'set-environment', 'XDG_DATA_DIRS=/nowhere']);
    daemon = await startDaemon();
    client = await connectTestClient();
    // Each step of an animation is drawn by this machine's one processor.
    const settings = join(daemon.home.config, 'gtk-4.0');
    mkdirSync(settings, { recursive: true });
    writeFileSync(join(settings, 'settings.ini'), '[Settings]\ngtk-enable-animations=0\n');
    const env = {
      ...process.env,
      XDG_CONFIG_HOME: daemon.home.config,
      DISPLAY: server.display,
      GDK_BACKEND: 'x11',
      GSK_RENDERER: 'cairo',
      GTK_A11Y: 'atspi',
    };
    shown = spawn(join(built.ringfence, '../ringfence-window'), { env, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [shown.stdout, shown.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => {
        log += text;
      });
    window = driveWindow('org.ringfence.Ringfence');
  });
  afterAll(async () => {
    const bus = await connectTestBus();
    await endAll(bus);
    await bus.close();
    window?.stop();
    shown?.kill();
    await client?.close();
    await daemon?.stop();
    await command(['systemctl', '--user', 'unset-environment', 'XDG_DATA_DIRS']);
    screen?.kill();
  });

  it('lowers a limit of what runs, takes that back, and asks before it goes below what is used', async () => {
    // perl is essential to Debian.
    const hold = 'my @held; push @held, "x" x 1048576 for 1..160; sleep 1000';
    const options = new Map([
      ['memory-max', '384M'],
      ['memory-swap-max', '0'],
    ]);
    const { path, unit } = await instanceAt(client, await client.run(['perl', '-e', hold], new Map(), options));
    const used = async () => Number((await client.usage()).get(path)?.get('memory-current') ?? 0);
    await waitFor(async () => (await used()) > 160 * MiB, { what: 'the memory to be used' });
    const hasLimit = (bytes: number) =>
      waitFor(async () => (await readCgroup(unit, 'memory.max')) === String(bytes), {
        what: `memory.max to be ${bytes}`,
      });

    await window.press({ role: 'push button', name: '^Change Limits$' });
    const slider = { role: 'slider', name: '^Memory$' };
    // 128 MB, and 32 MB more for each notch (limit-scale.ts).
    await window.set(slider, 4);
    await hasLimit(256 * MiB);
    await window.press({ role: 'push button', name: '^Undo$' });
    await hasLimit(384 * MiB);

    await window.set(slider, 0);
    await window.one({ role: 'label', name: '^Set the Limit below What Is Used\\?$' });
    await window.press({ role: 'push button', name: '^Cancel$' });
    await window.one(slider, ({ value }) => value === 8);
    expect(await readCgroup(unit, 'memory.max')).toBe(String(384 * MiB));

    await window.set(slider, 0);
    await window.press({ role: 'push button', name: '^Lower$' });
    // As it said: there is no room for what it has, and no swap.
    await waitFor(async () => (await client.instances()).length === 0, { what: 'its end' });
    expect(log).toBe('');
  });
});
