import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../../../src/clients/cli/client.ts';
import type { BusConnection } from '../../../src/platform/dbus/connection.ts';
import { connectTestBus, connectTestClient, endAll, instanceAt } from '../../fixtures/live-daemon.ts';
import { listenToNotifications, type NotificationListener } from '../../fixtures/notification-listener.ts';
import { type Daemon, startDaemon } from '../../harness/daemon.ts';
import { waitFor } from '../../harness/wait-for.ts';

const home = process.env['HOME'] ?? '';
const runtime = process.env['XDG_RUNTIME_DIR'] ?? '';
const limits = Object.fromEntries(['memory-max', 'memory-swap-max', 'tasks-max'].map((name) => [name, 'infinity']));

describe('the sound of a strict app', () => {
  let bus: BusConnection;
  let client: Client;
  let daemon: Daemon;
  let listener: NotificationListener;
  let server: Server;

  beforeAll(async () => {
    mkdirSync(join(runtime, 'pulse'), { recursive: true });
    server = createServer().listen(join(runtime, 'pulse/native'));
    for (const [name, categories] of Object.entries({
      Player: 'AudioVideo;Player;',
      Quiet: 'Utility;',
      Said: 'Audio;',
      Passing: 'Audio;',
      Last: 'WebBrowser;',
    })) {
      const entry = `[Desktop Entry]\nType=Application\nName=${name}\nExec=sleep 1000\nCategories=${categories}\n`;
      mkdirSync(join(home, '.local/share/applications'), { recursive: true });
      writeFileSync(join(home, '.local/share/applications', `org.example.${name}.desktop`), entry);
    }
    bus = await connectTestBus();
    client = await connectTestClient();
    listener = await listenToNotifications();
    daemon = await startDaemon();
    mkdirSync(join(daemon.home.config, 'ringfence'), { recursive: true });
  });
  afterAll(async () => {
    await endAll(bus);
    await daemon?.stop();
    await listener?.stop();
    server?.close();
    await client?.close();
    await bus?.close();
  });

  const launch = async (name: string, options: Readonly<Record<string, string>> = { profile: 'strict' }) => {
    const all = new Map(Object.entries({ ...limits, ...options }));
    const path = await client.launch(`org.example.${name}`, [], all);
    const { report } = await instanceAt(client, path);
    await client.stop(path, 0);
    return report.find((row) => row.get('name') === 'sound')?.get('value');
  };
  const configFile = () => join(daemon.home.config, 'ringfence/config.toml');
  const written = () => (existsSync(configFile()) ? readFileSync(configFile(), 'utf8') : '');

  it('is asked for once, when it is first started strictly, and there from the next start on', async () => {
    await launch('Player', { profile: 'relaxed' });
    expect(await launch('Player')).toBe('none');
    const [asked] = await waitFor(
      () => {
        const all = listener.take();
        return all.length > 0 && all;
      },
      { what: 'the question' },
    );
    expect(asked).toMatchObject({ summary: 'Player has no sound', desktopEntry: 'org.example.Player' });
    expect(asked?.body).toMatch(/ringfence config set org\.example\.Player sound true$/);
    const [key = '', label] = asked?.actions ?? [];
    expect([key, label]).toEqual([expect.stringMatching(/^sound-[0-9a-f]{16}$/), 'Allow Sound']);

    listener.press(asked?.number ?? 0, key);
    await waitFor(() => written().includes('sound = true'), { what: 'the answer to be written' });
    expect(written()).toBe('[app."org.example.Player"]\nsound = true\n');
    await waitFor(async () => (await launch('Player')) === 'the PulseAudio socket', { what: 'the sound' });
  });

  it('is asked for by nobody else, nor twice, nor over a word of the user’s', async () => {
    writeFileSync(configFile(), '[app."org.example.Said"]\nsound = false\n[profile.told]\nbase = "strict"\n');
    const isRead = async () => ((await client.properties()).get('Profiles') as Map<string, unknown>).has('told');
    await waitFor(isRead, { what: 'the configuration to be in force' });
    for (const name of ['Player', 'Quiet', 'Said']) await launch(name);
    await launch('Passing', { once: 'yes' });
    await launch('Last', { profile: 'relaxed' });
    // One after the other: what was asked before this one has been asked.
    await launch('Last');
    const asked = await waitFor(
      () => {
        const all = listener.take();
        return all.length > 0 && all;
      },
      { what: 'the question' },
    );
    // Whoever does not know its key, such as an app with a notice in its place, presses nothing.
    for (const { number } of asked) listener.press(number, 'sound');
    const told = join(daemon.home.path, '.local/state/ringfence/told-of-sound.json');
    await waitFor(() => existsSync(told) && readFileSync(told, 'utf8').includes('Last'), { what: 'that to be noted' });
    await launch('Last');
    await daemon.kill9();
    daemon = await startDaemon({ home: daemon.home });
    await launch('Last');
    await launch('Passing');
    await waitFor(() => asked.push(...listener.take()) > 1, { what: 'one who was not asked' });
    expect(asked.map(({ summary }) => summary)).toEqual(['Last has no sound', 'Passing has no sound']);
    expect(written()).not.toContain('sound = true');
  });
});
