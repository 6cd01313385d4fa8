// With portals: the real ones, which a strict app is to reach as one of its own.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../../../src/clients/cli/client.ts';
import { connectTestBus, connectTestClient, endAll } from '../../fixtures/live-daemon.ts';
import { closedPortals, openPortals, type PortalCall } from '../../fixtures/portal-table.ts';
import { startPortals } from '../../fixtures/portals.ts';
import { startXScreen, type XScreen } from '../../fixtures/x-screen.ts';
import { command } from '../../harness/command.ts';
import { type Daemon, startDaemon } from '../../harness/daemon.ts';
import { tempHome } from '../../harness/temp-home.ts';
import { waitFor } from '../../harness/wait-for.ts';

const home = process.env['HOME'] ?? '';
const work = join(home, 'work');
// Where cgroup v1 holds the controllers the session can enforce no limit, and strict would refuse.
const limits = { 'memory-max': 'infinity', 'memory-swap-max': 'infinity', 'tasks-max': 'infinity' };
const refused = 'org.freedesktop.DBus.Error.AccessDenied';
const methods = (calls: readonly PortalCall[]) => calls.map(([, , method]) => [method] as const);

describe('the portals, from a strict sandbox', () => {
  let screen: XScreen;
  let daemon: Daemon;
  let client: Client;

  beforeAll(async () => {
    mkdirSync(work, { recursive: true });
    writeFileSync(join(work, 'document'), 'a document\n');
    screen = await startXScreen();
    await startPortals(screen.display);
    const own = tempHome();
    mkdirSync(join(own.config, 'ringfence'), { recursive: true });
    const closed = '[profile.no-links]\nbase = "strict"\nopen-links = false\n';
    writeFileSync(join(own.config, 'ringfence/config.toml'), closed);
    daemon = await startDaemon({ home: own });
    client = await connectTestClient();
  });
  afterAll(async () => {
    const bus = await connectTestBus();
    await endAll(bus);
    await bus.close();
    await client?.close();
    await daemon?.stop();
    await screen?.stop();
    await command(['systemctl', '--user', 'unset-environment', 'DISPLAY', 'GDK_BACKEND', 'GTK_A11Y']);
  });

  const run = (argv: readonly string[], profile: string) =>
    client.run(argv, new Map(), new Map(Object.entries({ profile, 'working-directory': work, ...limits })));
  const answersTo = async (calls: readonly PortalCall[], profile: string): Promise<Record<string, string>> => {
    const [asked, answers] = [join(work, 'calls.json'), join(work, 'answers.json')];
    rmSync(answers, { force: true });
    writeFileSync(asked, JSON.stringify(calls));
    const script = join(process.cwd(), 'test/fixtures/portal-calls.py');
    // The project is not visible inside.
    writeFileSync(join(work, 'portal-calls.py'), readFileSync(script));
    await run(['/usr/bin/python3', join(work, 'portal-calls.py'), asked, answers], profile);
    await waitFor(() => existsSync(answers), { what: 'the calls to be made', timeoutMs: 60_000 });
    return JSON.parse(readFileSync(answers, 'utf8'));
  };

  describe('one by one', () => {
    let strict: Record<string, string>;
    let relaxed: Record<string, string>;

    beforeAll(async () => {
      strict = await answersTo([...openPortals, ...closedPortals], 'strict');
      relaxed = await answersTo([...openPortals, ...closedPortals], 'relaxed');
    }, 200_000);

    it.each(methods(openPortals))('%s answers as outside', (method) => {
      expect(strict[method]).toBe(relaxed[method]);
      expect(relaxed[method]).not.toBe(refused);
    });

    it('opens no link where the settings say so', async () => {
      const link = openPortals.filter(([, , method]) => method.endsWith('.OpenURI'));
      expect(Object.values(await answersTo(link, 'no-links'))).toEqual([refused]);
    });

    it.each(methods(closedPortals))('%s is closed', (method) => {
      expect(relaxed[method]).not.toBe(refused);
      expect(strict[method]).toBe(refused);
    });
  });
});
