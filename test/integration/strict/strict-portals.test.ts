// With portals: the real ones, which a strict app is to reach as one of its own.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../../../src/clients/cli/client.ts';
import { bundleDyingDaemon } from '../../fixtures/bundle-daemon.ts';
import {
  connectTestBus,
  connectTestClient,
  endAll,
  instanceAt,
  startBundledDaemon,
} from '../../fixtures/live-daemon.ts';
import { type PortalDialog, portalDialogOn } from '../../fixtures/portal-dialog.ts';
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
const applications = join(home, '.local/share/applications');
// Where cgroup v1 holds the controllers the session can enforce no limit, and strict would refuse.
const limits = { 'memory-max': 'infinity', 'memory-swap-max': 'infinity', 'tasks-max': 'infinity' };
const refused = 'org.freedesktop.DBus.Error.AccessDenied';
const methods = (calls: readonly PortalCall[]) => calls.map(([, , method]) => [method] as const);

const inAPython = `
import os, sys, time
from gi.repository import Gio, GLib
bus = Gio.bus_get_sync(Gio.BusType.SESSION)
def call(name, path, method, kind, args, *fds):
    passed = Gio.UnixFDList.new_from_array(list(fds))
    interface, member = ("org.freedesktop.portal." + method).rsplit(".", 1)
    return bus.call_with_unix_fd_list_sync(name, path, interface, member, GLib.Variant(kind, args), None, 0, 10000, passed)[0].unpack()
def desktop(*words):
    return call("org.freedesktop.portal.Desktop", "/org/freedesktop/portal/desktop", *words)
def transfer(method, *words):
    return call("org.freedesktop.portal.Documents", "/org/freedesktop/portal/documents", "FileTransfer." + method, *words)
def say(text):
    open("${work}/said.part", "w").write(text)
    os.rename("${work}/said.part", "${work}/said")
`;

describe('the portals, from a strict sandbox', () => {
  let screen: XScreen;
  let dialog: PortalDialog;
  let daemon: Daemon;
  let settings: ReturnType<typeof tempHome>;
  let client: Client;

  beforeAll(async () => {
    mkdirSync(work, { recursive: true });
    writeFileSync(join(work, 'document'), 'a document\n');
    for (const scheme of ['http', 'planted']) {
      const handler = join(work, `open-${scheme}`);
      writeFileSync(handler, `#!/bin/sh\necho "$1" >>${work}/opened-${scheme}\n`, { mode: 0o755 });
      const entry = `[Desktop Entry]\nType=Application\nName=${scheme}\nExec=${handler} %u\nMimeType=x-scheme-handler/${scheme};\n`;
      mkdirSync(applications, { recursive: true });
      writeFileSync(join(applications, `open-${scheme}.desktop`), entry);
    }
    await output(['update-desktop-database', applications]);
    writeFileSync(
      join(applications, 'mimeapps.list'),
      '[Default Applications]\nx-scheme-handler/http=open-http.desktop\n',
    );
    screen = await startXScreen();
    dialog = portalDialogOn(screen);
    await startPortals(screen.display);
    settings = tempHome();
    mkdirSync(join(settings.config, 'ringfence'), { recursive: true });
    const closed = '[profile.no-links]\nbase = "strict"\nopen-links = false\n';
    const offline = '[profile.offline]\nbase = "strict"\nnetwork = false\n';
    const printing = '[profile.printing]\nbase = "strict"\nprinting = true\n';
    writeFileSync(join(settings.config, 'ringfence/config.toml'), `${closed}${offline}${printing}`);
    daemon = await startDaemon({ home: settings });
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

  const run = (argv: readonly string[], profile: string, more: Readonly<Record<string, string>> = {}) =>
    client.run(argv, new Map(), new Map(Object.entries({ profile, 'working-directory': work, ...limits, ...more })));
  const answersTo = async (calls: readonly PortalCall[], profile: string): Promise<Record<string, string>> => {
    const [asked, answers] = [join(work, 'calls.json'), join(work, 'answers.json')];
    rmSync(answers, { force: true });
    writeFileSync(asked, JSON.stringify(calls));
    const script = join(process.cwd(), 'test/fixtures/portal-calls.py');
    // The project is not visible inside.
    writeFileSync(join(work, 'portal-calls.py'), readFileSync(script));
    const path = await run(['/usr/bin/python3', join(work, 'portal-calls.py'), asked, answers], profile);
    await waitFor(() => existsSync(answers), { what: 'the calls to be made', timeoutMs: 60_000 });
    // It has its home until its last process has ended.
    await waitFor(async () => (await client.instances()).every((one) => one.path !== path), { what: 'its end' });
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

    it('prints where the settings say so', async () => {
      const prints = closedPortals.filter(([, , method]) => method.includes('.Print.'));
      const outside = ['PreparePrint', 'Print'].map((name) => `org.freedesktop.portal.Print.${name}`);
      expect(await answersTo(prints, 'printing')).toEqual(
        Object.fromEntries(outside.map((method) => [method, relaxed[method]])),
      );
    });

    it.each(methods(closedPortals))('%s is closed', (method) => {
      expect(relaxed[method]).not.toBe(refused);
      expect(strict[method]).toBe(refused);
    });
  });

  const recordOf = async (path: string) => {
    const { unit } = await instanceAt(client, path);
    return readFileSync(join(runtime, 'ringfence/instances', `${unit.replace(/\.scope$/, '')}.json`), 'utf8');
  };

  /** Runs Python in an app of that profile, until it has written its result. */
  const python = async (profile: string, script: string, more: Readonly<Record<string, string>> = {}) => {
    const said = join(work, 'said');
    rmSync(said, { force: true });
    writeFileSync(join(work, 'script.py'), `${inAPython}\n${script}\n`);
    const path = await run(['/usr/bin/python3', join(work, 'script.py')], profile, more);
    await waitFor(() => existsSync(said), { what: 'what the script says' });
    return { path, said: readFileSync(said, 'utf8') };
  };

  describe('of files dragged to an app', () => {
    const file = join(home, 'dragged.txt');
    /** What a program outside does when something is dragged from its window: says the key, and waits. */
    const drag = async (writable: boolean) => {
      const script = `${inAPython}
key, = transfer("StartTransfer", "(a{sv})", ({"writable": GLib.Variant("b", ${writable ? 'True' : 'False'})},))
transfer("AddFiles", "(saha{sv})", (key, [0], {}), os.open("${file}", os.O_RDWR))
print(key, flush=True)
sys.stdin.read()`;
      const child = spawn('/usr/bin/python3', ['-c', script], { stdio: ['pipe', 'pipe', 'inherit'] });
      let key = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        key += text;
      });
      await waitFor(() => key.endsWith('\n'), { what: 'the key of the transfer' });
      return { key: key.trim(), end: () => child.stdin.end() };
    };
    const take = async (key: string, look?: (path: string) => Promise<void>) => {
      const { path, said } = await python(
        'strict',
        `
path = transfer("RetrieveFiles", "(sa{sv})", ("${key}", {}))[0][0]
read = open(path).read()
try:
    open(path, "a").write("changed")
    say(read + "written")
except OSError as error:
    say(read + str(error.errno))
time.sleep(1000)
`,
      );
      await look?.(path);
      await client.stop(path, 0);
      return said;
    };

    it.each([
      [false, 'dragged\n30', 'dragged\n'],
      [true, 'dragged\nwritten', 'dragged\nchanged'],
    ])('it has them as they were dragged (writable: %s)', async (writable, said, after) => {
      writeFileSync(file, 'dragged\n');
      const { key, end } = await drag(writable);
      expect(await take(key)).toBe(said);
      expect(readFileSync(file, 'utf8')).toBe(after);
      end();
    });

    it.each([
      ['perl is not installed', undefined],
      ['perl does not run', '/bin/false'],
    ])('without Perl it can read them only, and that is said: %s', async (reason, perl) => {
      writeFileSync(file, 'dragged\n');
      const programs = join(home, `programs-${perl === undefined}`);
      mkdirSync(programs);
      for (const name of ['bwrap', 'xdg-dbus-proxy']) symlinkSync(`/usr/bin/${name}`, join(programs, name));
      if (perl !== undefined) symlinkSync(perl, join(programs, 'perl'));
      await daemon.stop();
      const bus = await connectTestBus();
      const without = await startBundledDaemon(bus, await bundleDyingDaemon(), { RINGFENCE_TEST_PROGRAMS: programs });
      try {
        const { key, end } = await drag(true);
        let record = '';
        expect(
          await take(key, async (path) => {
            record = await recordOf(path);
          }),
        ).toBe('dragged\n30');
        expect(record).toContain(`documents can be read only: ${reason}`);
        expect(record).toContain('what dialogs offer, to be read only, as Perl is missing or does not run');
        end();
      } finally {
        await without.stop();
        await bus.close();
        daemon = await startDaemon({ home: settings });
      }
    });
  });

  describe('of links', () => {
    const opened = (scheme: string) => {
      const file = join(work, `opened-${scheme}`);
      return existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
    };
    const open = (profile: string, link: string, more: Readonly<Record<string, string>> = {}) =>
      python(
        profile,
        `
desktop("OpenURI.OpenURI", "(ssa{sv})", ("", "${link}", {}))
say("")
time.sleep(1000)
`,
        more,
      );
    const isOpen = (scheme: string, link: string) =>
      waitFor(() => opened(scheme).includes(link), { what: `${link} to be open` });

    it('one of the web is opened at once', async () => {
      const { path } = await open('strict', 'http://strict.example/');
      await isOpen('http', 'http://strict.example/');
      await client.stop(path, 0);
    });

    it('another is opened when the user says so, though one program only opens such links', async () => {
      const relaxed = await open('relaxed', 'planted://-oProxyCommand=relaxed');
      await isOpen('planted', 'planted://-oProxyCommand=relaxed');
      await client.stop(relaxed.path, 0);
      const { path } = await open('strict', 'planted://-oProxyCommand=strict');
      await dialog.shown();
      expect(opened('planted')).toEqual(['planted://-oProxyCommand=relaxed']);
      await client.stop(path, 0);
      // It stays when who was asked about has ended, and would be taken for the next.
      await dialog.dismiss();
    });

    it('of an app without a network, one of the web as well, which would carry something out', async () => {
      const home = { home: 'links' };
      const offline = await open('offline', 'http://offline.example/?secret', home);
      await dialog.shown();
      await client.stop(offline.path, 0);
      // It stays when who was asked about has ended, and would be taken for the next.
      await dialog.dismiss();
      // With one it is not asked about any more, though the home is the same.
      const online = await open('strict', 'http://online.example/', home);
      await isOpen('http', 'http://online.example/');
      expect(opened('http')).not.toContain('http://offline.example/?secret');
      await client.stop(online.path, 0);
    });

    it('none is, where the portals could not ask', async () => {
      const unit = 'xdg-permission-store.service';
      const mask = join(runtime, 'systemd/user', unit);
      mkdirSync(join(runtime, 'systemd/user'), { recursive: true });
      symlinkSync('/dev/null', mask);
      await output(['systemctl', '--user', 'daemon-reload']);
      await output(['systemctl', '--user', 'stop', unit]);
      try {
        const link = openPortals.filter(([, , method]) => method.endsWith('.OpenURI'));
        expect(Object.values(await answersTo(link, 'strict'))).toEqual([refused]);
      } finally {
        rmSync(mask);
        await output(['systemctl', '--user', 'daemon-reload']);
      }
    });
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
      const record = await recordOf(path);
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

    it('dead, whether its file system is still mounted (1.16) or not (1.22), starts without and says so', async () => {
      symlinkSync('/dev/null', mask);
      await systemctl('daemon-reload');
      await systemctl('kill', '--signal=KILL', unit);
      try {
        await waitFor(async () => (await command(['systemctl', '--user', 'is-active', unit])).stdout !== 'active\n', {
          what: 'it to be dead',
        });
        expect(await found()).toEqual({ inside: 'none', isSaid: true });
      } finally {
        rmSync(mask);
        await systemctl('daemon-reload');
      }
    });
  });
});
