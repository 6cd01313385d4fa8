// With portals: the real ones, which a strict app is to reach as one of its own.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../../../src/clients/cli/client.ts';
import { connectTestBus, connectTestClient, endAll, instanceAt } from '../../fixtures/live-daemon.ts';
import { closedPortals, openPortals, type PortalCall } from '../../fixtures/portal-table.ts';
import { startPortals } from '../../fixtures/portals.ts';
import { startXScreen, type XScreen } from '../../fixtures/x-screen.ts';
import { pidsIn } from '../../harness/cgroup.ts';
import { command, output } from '../../harness/command.ts';
import { type Daemon, startDaemon } from '../../harness/daemon.ts';
import { tempHome } from '../../harness/temp-home.ts';
import { waitFor } from '../../harness/wait-for.ts';

const home = process.env['HOME'] ?? '';
const runtime = process.env['XDG_RUNTIME_DIR'] ?? '';
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
    mkdirSync(join(home, 'shared'), { recursive: true });
    const shares = ['reading', 'writing'].map((name) => {
      const folder = name === 'reading' ? '~/shared:ro' : '~/shared';
      return `[profile.${name}]\nbase = "strict"\nshared-folders = ["${folder}"]\n`;
    });
    writeFileSync(join(own.config, 'ringfence/config.toml'), closed + shares.join(''));
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

  it('what is shared for reading cannot be made writable as a document', async () => {
    // By every kind of descriptor that an app can have of it: the portal grants what the descriptor allows.
    const file = join(home, 'shared/only-read.txt');
    const said = join(work, 'said');
    writeFileSync(
      join(work, 'grab.py'),
      `
import os, sys
from gi.repository import Gio, GLib
bus = Gio.bus_get_sync(Gio.BusType.SESSION)
documents = ("org.freedesktop.portal.Documents", "/org/freedesktop/portal/documents", "org.freedesktop.portal.Documents")
read = wrote = 0
for flags in (os.O_PATH, os.O_RDONLY):
    fds = Gio.UnixFDList()
    index = fds.append(os.open("${file}", flags))
    for method, kind, rest in (("Add", "(hbb)", (False, False)), ("AddFull", "(ahusas)", (0, "", ["read", "write"]))):
        try:
            body = GLib.Variant(kind, ([index] if method == "AddFull" else index, *rest))
            reply, _ = bus.call_with_unix_fd_list_sync(*documents, method, body, None, 0, 5000, fds)
            name = reply.unpack()[0]
            path = os.path.join(os.environ["XDG_RUNTIME_DIR"], "doc", name[0] if isinstance(name, list) else name, "only-read.txt")
            read += open(path).read() == "only to be read\\n"
            open(path, "a").write("changed")
            wrote += 1
        except (GLib.Error, OSError) as error:
            print(method, flags, error, file=sys.stderr)
open("${said}.part", "w").write(f"{read} {wrote}")
os.rename("${said}.part", "${said}")
`,
    );
    const grab = async (profile: string) => {
      rmSync(said, { force: true });
      writeFileSync(file, 'only to be read\n');
      await run(['sh', '-c', 'python3 grab.py'], profile);
      await waitFor(() => existsSync(said), { what: 'the attempt' });
      return [...readFileSync(said, 'utf8').split(' ').map(Number), readFileSync(file, 'utf8')];
    };
    const [read, wrote, text] = await grab('reading');
    expect(read, 'it is a document for reading').toBeGreaterThan(0);
    expect([wrote, text]).toEqual([0, 'only to be read\n']);
    const shared = await grab('writing');
    expect(shared[1], 'shared for writing, which proves the attempt').toBeGreaterThan(0);
  });

  it('knows the first process of the sandbox, as long as it runs', async () => {
    const folder = join(runtime, '.flatpak');
    const instances = () => (existsSync(folder) ? readdirSync(folder).filter((name) => /^ringfence-/.test(name)) : []);
    await waitFor(() => instances().length === 0, { what: 'those of earlier starts to be gone' });
    const path = await run(['sh', '-c', 'exec sleep 1000'], 'strict');
    const { unit } = await instanceAt(client, path);
    const [instance = ''] = instances();
    const { 'child-pid': pid } = JSON.parse(readFileSync(join(folder, instance, 'bwrapinfo.json'), 'utf8'));
    expect(await pidsIn(unit)).toContain(pid);
    expect(readFileSync(`/proc/${pid}/status`, 'utf8')).toMatch(/^NSpid:\t\d+\t1$/m);
    await client.stop(path, 0);
    await waitFor(() => instances().length === 0, { what: 'it to be gone' });
  });

  describe('with the document portal', () => {
    const unit = 'xdg-document-portal.service';
    const systemctl = (...words: string[]) => output(['systemctl', '--user', ...words]);
    const mask = join(runtime, 'systemd/user', unit);
    /** What a strict start finds of it, and what its report says. */
    const found = async () => {
      const said = join(work, 'found');
      rmSync(said, { force: true });
      const script =
        'if ls "$XDG_RUNTIME_DIR/doc"; then echo there; else echo none; fi >found.part; mv found.part found';
      const path = await run(['sh', '-c', `${script}; exec sleep 1000`], 'strict');
      await waitFor(() => existsSync(said), { what: 'the script' });
      const { unit: scope } = await instanceAt(client, path);
      const record = readFileSync(
        join(runtime, 'ringfence/instances', `${scope.replace(/\.scope$/, '')}.json`),
        'utf8',
      );
      await client.stop(path, 0);
      return { inside: readFileSync(said, 'utf8').trim(), isSaid: /no document portal/.test(record) };
    };

    it('there, has its folder', async () => {
      expect(await found()).toEqual({ inside: 'there', isSaid: false });
    });

    it('hanging, starts without and says so', async () => {
      await systemctl('kill', '--signal=STOP', unit);
      try {
        expect(await found()).toEqual({ inside: 'none', isSaid: true });
      } finally {
        await systemctl('kill', '--signal=CONT', unit);
      }
    });

    it('dead, its file system still mounted, starts without and says so', async () => {
      symlinkSync('/dev/null', mask);
      await systemctl('daemon-reload');
      await systemctl('kill', '--signal=KILL', unit);
      try {
        await waitFor(async () => (await command(['systemctl', '--user', 'is-active', unit])).stdout !== 'active\n', {
          what: 'it to be dead',
        });
        expect(readFileSync('/proc/self/mountinfo', 'utf8')).toContain(` ${runtime}/doc `);
        expect(await found()).toEqual({ inside: 'none', isSaid: true });
      } finally {
        rmSync(mask);
        await systemctl('daemon-reload');
      }
    });
  });
});
