import { spawn } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../../../src/clients/cli/client.ts';
import type { BusConnection } from '../../../src/platform/dbus/connection.ts';
import { bundleDyingDaemon } from '../../fixtures/bundle-daemon.ts';
import {
  connectTestBus,
  connectTestClient,
  endAll,
  instanceAt,
  startBundledDaemon,
  temporaryFolder,
} from '../../fixtures/live-daemon.ts';
import { type Compositor, installLooker, lookedAt, offeredAt, startCompositor } from '../../fixtures/wayland-world.ts';
import { output } from '../../harness/command.ts';
import { startDaemon } from '../../harness/daemon.ts';
import { tempHome } from '../../harness/temp-home.ts';
import { waitFor } from '../../harness/wait-for.ts';

// A compositor that knows no security contexts: Sway 1.7.

const runtime = process.env['XDG_RUNTIME_DIR'] ?? '';
const limits = Object.fromEntries(['memory-max', 'memory-swap-max', 'tasks-max'].map((name) => [name, 'infinity']));
const powers = ['zwlr_screencopy_manager_v1', 'zwp_virtual_keyboard_manager_v1'];
const systemctl = (...words: string[]) => output(['systemctl', '--user', ...words]);

describe('with a compositor that gives every program the screen', () => {
  let bus: BusConnection;
  let client: Client;
  let compositor: Compositor;
  let daemon: { stop(): Promise<unknown> } | undefined;

  beforeAll(async () => {
    bus = await connectTestBus();
    client = await connectTestClient();
    await systemctl('unset-environment', 'DISPLAY');
    compositor = await startCompositor('sway');
  });
  afterEach(async () => {
    await endAll(bus);
    await daemon?.stop();
    daemon = undefined;
  });
  afterAll(async () => {
    await compositor?.stop();
    await client?.close();
    await bus?.close();
  });

  const withProfile = (toml: string) => {
    const home = tempHome();
    mkdirSync(join(home.config, 'ringfence'), { recursive: true });
    writeFileSync(join(home.config, 'ringfence/config.toml'), `[profile.own]\nbase = "strict"\n${toml}\n`);
    return { home };
  };
  const launch = (id: string, profile: string) =>
    client.launch(id, [], new Map(Object.entries({ profile, ...limits })));
  const recordOf = async (path: string) => {
    const { unit } = await instanceAt(client, path);
    return readFileSync(join(runtime, 'ringfence/instances', `${unit.replace(/\.scope$/, '')}.json`), 'utf8');
  };

  it('a relaxed app has it', async () => {
    installLooker('org.example.Relaxed');
    daemon = await startDaemon();
    await launch('org.example.Relaxed', 'relaxed');
    expect((await lookedAt('org.example.Relaxed')).split('\n')).toEqual(expect.arrayContaining(powers));
  });

  it('a strict app without another display is refused, and told the way out', async () => {
    installLooker('org.example.Refused');
    daemon = await startDaemon();
    const refusal = launch('org.example.Refused', 'strict');
    await expect(refusal).rejects.toMatchObject({
      code: 'NotEnforceable',
      message: expect.stringMatching(
        /Wayland display: sway cannot tell it from other programs .*ringfence config set org\.example\.Refused wayland unsafe/,
      ),
    });
    await waitFor(() => !existsSync(join(runtime, 'ringfence/sandboxes')) || sandboxes() === 0, {
      what: 'nothing to be left of it',
    });
  });

  it('a strict app draws by X11 where it can, and has no way to the other', async () => {
    installLooker('org.example.Drawn');
    mkdirSync('/tmp/.X11-unix', { recursive: true });
    const socket = createServer().listen('/tmp/.X11-unix/X78');
    await systemctl('set-environment', 'DISPLAY=:78', 'QT_QPA_PLATFORM=wayland');
    daemon = await startDaemon();
    try {
      const path = await launch('org.example.Drawn', 'strict');
      const text = await lookedAt('org.example.Drawn');
      expect(text).toMatch(/^environment <:78> <> <>$/m);
      expect(text).not.toMatch(/^wayland/m);
      expect(text).toMatch(/^ended with 1$/m);
      expect(await recordOf(path)).toContain('it draws by X11, as the Wayland display is not let in: sway cannot');
    } finally {
      await systemctl('unset-environment', 'DISPLAY', 'QT_QPA_PLATFORM');
      socket.close();
    }
  });

  it('a strict command runs without a display', async () => {
    daemon = await startDaemon();
    const argv = ['sh', '-c', 'ls $XDG_RUNTIME_DIR >looked.part; mv looked.part looked; sleep 1000'];
    const work = join(process.env['HOME'] ?? '', 'looking');
    mkdirSync(work, { recursive: true });
    const options = { profile: 'strict', 'working-directory': work, ...limits };
    const variables = new Map([['WAYLAND_DISPLAY', compositor.display]]);
    const path = await client.run(argv, variables, new Map(Object.entries(options)));
    const looked = await waitFor(() => existsSync(join(work, 'looked')) && readFileSync(join(work, 'looked'), 'utf8'), {
      what: 'the command',
    });
    expect(looked).toMatch(/^bus$/m);
    expect(looked).not.toContain('wayland');
    expect(await recordOf(path)).toContain('it has no display: sway cannot');
  });

  it('a strict app has all of it where the settings say so', async () => {
    installLooker('org.example.Unsafe');
    daemon = await startDaemon(withProfile('wayland = "unsafe"'));
    const path = await launch('org.example.Unsafe', 'own');
    expect((await lookedAt('org.example.Unsafe')).split('\n')).toEqual(expect.arrayContaining(powers));
    expect(await recordOf(path)).toContain('whatever its compositor lets programs do');
  });

  it('is not asked without Perl', async () => {
    const folder = temporaryFolder();
    for (const name of ['bwrap', 'xdg-dbus-proxy']) symlinkSync(join('/usr/bin', name), join(folder, name));
    const program = await bundleDyingDaemon();
    daemon = await startBundledDaemon(bus, program, { RINGFENCE_TEST_PROGRAMS: folder });
    installLooker('org.example.Unasked');
    await expect(launch('org.example.Unasked', 'strict')).rejects.toMatchObject({
      code: 'NotEnforceable',
      message: expect.stringMatching(/Wayland display: Perl is missing/),
    });
  });

  describe('is not taken for GNOME’s by', () => {
    // Listens, and hangs up on everybody.
    const program = `import socket
line = socket.socket(socket.AF_UNIX)
line.bind('${runtime}/wayland-fake')
line.listen()
while True: line.accept()[0].close()`;
    const outer = 'mount --bind /usr/bin/python3 /usr/bin/gnome-shell && exec /usr/bin/gnome-shell -c "$0"';
    it.each([
      ['the name of a program that is not root’s', () => [copied(), '-c', program]],
      ['what a mount shows in the place of root’s', () => [...own, 'sh', '-c', outer, program]],
    ])('%s', async (_, argv) => {
      const [name = '', ...words] = argv();
      const fake = spawn(name, words, { stdio: 'inherit' });
      try {
        await waitFor(() => isListening('wayland-fake'), { what: 'the socket' });
        expect(readlinkSync(`/proc/${fake.pid}/exe`)).toMatch(/\/gnome-shell$/);
        await systemctl('set-environment', 'WAYLAND_DISPLAY=wayland-fake');
        installLooker('org.example.Faked');
        daemon = await startDaemon();
        await expect(launch('org.example.Faked', 'strict')).rejects.toMatchObject({
          code: 'NotEnforceable',
          message: expect.stringMatching(/Wayland display: .* made no security context for it/),
        });
      } finally {
        await systemctl('set-environment', `WAYLAND_DISPLAY=${compositor.display}`);
        fake.kill();
        rmSync(join(runtime, 'wayland-fake'), { force: true });
      }
    });
  });

  // One that makes security contexts, and leaves a sandbox its own controls.
  it.each(['zriver_control_v1', 'hyprland_toplevel_export_manager_v1', 'ext_session_lock_manager_v1'])(
    'a compositor that leaves it %s is not trusted',
    async (power) => {
      const lax = spawn('python3', ['-c', laxCompositor, join(runtime, 'wayland-lax'), power], { stdio: 'inherit' });
      try {
        await waitFor(() => isListening('wayland-lax'), { what: 'the socket' });
        await systemctl('set-environment', 'WAYLAND_DISPLAY=wayland-lax');
        installLooker('org.example.Left');
        daemon = await startDaemon();
        await expect(launch('org.example.Left', 'strict')).rejects.toMatchObject({
          code: 'NotEnforceable',
          message: expect.stringContaining(`python3 made no security context for it: it still offers ${power}`),
        });
      } finally {
        await systemctl('set-environment', `WAYLAND_DISPLAY=${compositor.display}`);
        lax.kill();
        rmSync(join(runtime, 'wayland-lax'), { force: true });
      }
    },
  );

  it('stands', async () => expect(await offeredAt(compositor.display)).toEqual(expect.arrayContaining(powers)));
});

/** What a compositor says to whoever looks what it offers, and makes of one security context. */
const laxCompositor = `import socket, struct, sys
path, power = sys.argv[1:]
def event(number, opcode, words): return struct.pack('II', number, 8 + len(words) << 16 | opcode) + words
def text(word):
    data = word.encode() + bytes(1)
    return struct.pack('I', len(data)) + data + bytes(-len(data) % 4)
def offer(line):
    line.recv(4096)
    for number, name in enumerate(['wp_security_context_manager_v1'] if line is first else [power]):
        line.sendall(event(2, 0, struct.pack('I', number) + text(name) + struct.pack('I', 1)))
    line.sendall(event(3, 0, bytes(4)))
outer = socket.socket(socket.AF_UNIX)
outer.bind(path)
outer.listen()
first = outer.accept()[0]
offer(first)
said, passed = b'', []
while not said.endswith(struct.pack('III', 1, 12 << 16, 6)):
    data, more, _, _ = socket.recv_fds(first, 4096, 4)
    said, passed = said + data, passed + more
first.sendall(event(6, 0, bytes(4)))
offer(socket.socket(fileno=passed[0]).accept()[0])`;

const own = ['unshare', '--user', '--map-root-user', '--mount'];
function copied(): string {
  const path = join(temporaryFolder(), 'gnome-shell');
  copyFileSync('/usr/bin/python3', path);
  return path;
}

/** Whether somebody takes connections there, which is a moment after the socket is there (__SO_ACCEPTCON, linux/net.h). */
const isListening = (name: string) =>
  readFileSync('/proc/net/unix', 'utf8')
    .split('\n')
    .some((line) => line.endsWith(` ${join(runtime, name)}`) && line.split(' ')[3] === '00010000');
const sandboxes = () => readdirSync(join(runtime, 'ringfence/sandboxes')).length;
