import { mkdirSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../../../src/clients/cli/client.ts';
import { goneAfterClosing } from '../../fixtures/fenced-app.ts';
import { startHeadlessShell, type WaylandScreen } from '../../fixtures/headless-shell.ts';
import { connectTestBus, connectTestClient, endAll, fenceUnits, instanceAt } from '../../fixtures/live-daemon.ts';
import { startXScreen, type XScreen } from '../../fixtures/x-screen.ts';
import { output } from '../../harness/command.ts';
import { type Daemon, startDaemon } from '../../harness/daemon.ts';

const home = process.env['HOME'] ?? '';
const systemctl = (...words: string[]) => output(['systemctl', '--user', ...words]);
// Where cgroup v1 holds the controllers the session can enforce no limit, and strict would refuse.
const strict = { profile: 'strict', 'memory-max': 'infinity', 'memory-swap-max': 'infinity', 'tasks-max': 'infinity' };
const browsers = [
  ['firefox-esr', 'firefox-esr.desktop', 'firefox'],
  ['Chromium', 'chromium.desktop', 'chromium'],
] as const;

describe('a second link goes into the strict browser that runs,', { timeout: 120_000 }, () => {
  let daemon: Daemon;
  let client: Client;
  let server: Server;
  let pages = '';

  beforeAll(async () => {
    server = createServer((request, response) => {
      response.setHeader('Content-Type', 'text/html');
      response.end(`<!doctype html><title>Page ${request.url?.slice(1)}</title><p>${request.url}`);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    pages = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    mkdirSync(join(home, '.config'), { recursive: true });
    // As in any desktop session: who asks for the accessibility bus gets one.
    await output([
      'gdbus',
      'call',
      '--session',
      '--dest=org.a11y.Bus',
      '--object-path=/org/a11y/bus',
      '--method=org.a11y.Bus.GetAddress',
    ]);
    daemon = await startDaemon();
    client = await connectTestClient();
  });
  afterAll(async () => {
    const bus = await connectTestBus();
    await endAll(bus);
    await bus.close();
    await client?.close();
    await daemon?.stop();
    server?.close();
  });

  const open = async (id: string, page: string) => {
    const path = await client.launch(id, [`${pages}/${page}`], new Map(Object.entries(strict)));
    return (await instanceAt(client, path)).unit;
  };
  const unitsOf = async (id: string) => {
    const bus = await connectTestBus();
    const units = (await fenceUnits(bus)).filter((unit) =>
      unit.includes(id.replace('.desktop', '').replace('-', '\\x2d')),
    );
    await bus.close();
    return units;
  };

  describe('under X11', () => {
    let screen: XScreen;
    beforeAll(async () => {
      screen = await startXScreen();
      await systemctl('set-environment', `DISPLAY=${screen.display}`, 'XDG_SESSION_TYPE=x11', 'GDK_BACKEND=x11');
    });
    afterAll(async () => {
      await systemctl('unset-environment', 'DISPLAY', 'XDG_SESSION_TYPE', 'GDK_BACKEND');
      await screen?.stop();
    });

    it.each(browsers)('%s', async (_, id, windowClass) => {
      const unit = await open(id, 'First');
      await screen.windowWith(windowClass, /Page First/);
      expect(await open(id, 'Second')).toBe(unit);
      await screen.windowWith(windowClass, /Page Second/);
      await screen.screenshot(`second-${windowClass}`);
      expect(await unitsOf(id)).toEqual([unit]);
      await client.stop((await client.instances()).find((each) => each.unit === unit)?.path ?? '', 10_000);
      await goneAfterClosing(unit);
    });
  });

  describe('under Wayland', () => {
    let screen: WaylandScreen;
    beforeAll(async () => {
      screen = await startHeadlessShell();
      await systemctl(
        'set-environment',
        `WAYLAND_DISPLAY=${screen.display}`,
        'XDG_SESSION_TYPE=wayland',
        'GDK_BACKEND=wayland',
      );
    });
    afterAll(async () => {
      await systemctl('unset-environment', 'WAYLAND_DISPLAY', 'XDG_SESSION_TYPE', 'GDK_BACKEND');
      await screen?.stop();
    });

    it('firefox-esr', async () => {
      const unit = await open('firefox-esr.desktop', 'First');
      await screen.windowWith(/Page First/);
      expect(await open('firefox-esr.desktop', 'Second')).toBe(unit);
      await screen.windowWith(/Page Second/);
      await screen.screenshot('second-firefox-wayland');
      expect(await unitsOf('firefox-esr.desktop')).toEqual([unit]);
    });
  });
});
