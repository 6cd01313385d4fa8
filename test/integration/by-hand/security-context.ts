import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../../../src/clients/cli/client.ts';
import type { BusConnection } from '../../../src/platform/dbus/connection.ts';
import { connectTestBus, connectTestClient, endAll, instanceAt } from '../../fixtures/live-daemon.ts';
import { type Compositor, installLooker, lookedAt, offeredAt, startCompositor } from '../../fixtures/wayland-world.ts';
import { output } from '../../harness/command.ts';
import { startDaemon } from '../../harness/daemon.ts';
import { waitFor } from '../../harness/wait-for.ts';

// Compositors that know security contexts, over the files of `release-root debian13 wayland`: Sway 1.10 and labwc 0.8.

const runtime = process.env['XDG_RUNTIME_DIR'] ?? '';
const folders = join(runtime, 'ringfence/sandboxes');
const limits = Object.fromEntries(['memory-max', 'memory-swap-max', 'tasks-max'].map((name) => [name, 'infinity']));
const powers = ['zwlr_screencopy_manager_v1', 'zwp_virtual_keyboard_manager_v1', 'wp_security_context_manager_v1'];

describe.each(['sway', 'labwc'] as const)('with %s', (name) => {
  let bus: BusConnection;
  let client: Client;
  let compositor: Compositor;
  const id = `org.example.Looker.${name}`;
  const launch = (profile: string) => client.launch(id, [], new Map(Object.entries({ profile, ...limits })));

  beforeAll(async () => {
    bus = await connectTestBus();
    client = await connectTestClient();
    await output(['systemctl', '--user', 'unset-environment', 'DISPLAY']);
    compositor = await startCompositor(name);
    installLooker(id);
  });
  afterEach(() => endAll(bus));
  afterAll(async () => {
    await compositor?.stop();
    await client?.close();
    await bus?.close();
  });

  it('a strict app has a display without what shows the screen and types, until it ends', async () => {
    expect(await offeredAt(compositor.display)).toEqual(expect.arrayContaining(powers));
    const daemon = await startDaemon();
    const path = await launch('strict');
    const offered = (await lookedAt(id)).split('\n');
    expect(offered).toContain('xdg_wm_base');
    expect(offered).toContain(compositor.display);
    for (const power of powers) expect(offered).not.toContain(power);
    const { report } = await instanceAt(client, path);
    const row = report.find((one) => one.get('name') === 'display');
    expect(row?.get('value')).toBe(`Wayland ${compositor.display}, by a security context of its own`);

    // The same icon again goes into the sandbox that runs.
    expect(await launch('strict')).toBe(path);

    // The display outlives the daemon, and not the app.
    const socket = join(folders, readdirSync(folders)[0] ?? '', 'wayland');
    await daemon.kill9();
    expect(await offeredAt(socket)).toContain('xdg_wm_base');
    const next = await startDaemon({ home: daemon.home });
    const listens = () => readFileSync('/proc/net/unix', 'utf8').includes(socket);
    expect(listens()).toBe(true);
    await client.stop(path, 0);
    await waitFor(() => !listens() && !existsSync(socket), { what: 'the compositor to listen there no more' });
    await next.stop();
  });
});
