import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../../../src/clients/cli/client.ts';
import type { LaunchStep } from '../../../src/launch/ports.ts';
import type { BusConnection } from '../../../src/platform/dbus/connection.ts';
import { bundleDyingDaemon } from '../../fixtures/bundle-daemon.ts';
import {
  busName,
  connectTestBus,
  connectTestClient,
  endAll,
  fenceUnits,
  gates,
  instanceAt,
  namePid,
  processesWith,
  startBundledDaemon,
  temporaryFolder,
} from '../../fixtures/live-daemon.ts';
import { type DaemonOptions, startDaemon } from '../../harness/daemon.ts';
import { waitFor } from '../../harness/wait-for.ts';

const home = process.env['HOME'] ?? '';
const runtime = process.env['XDG_RUNTIME_DIR'] ?? '';
const marker = 'ringfence-test-strict';
const witness = join(home, 'it-ran');
// Where cgroup v1 holds the controllers the session can enforce no limit, and strict would refuse.
const strict = { profile: 'strict', 'memory-max': 'infinity', 'memory-swap-max': 'infinity', 'tasks-max': 'infinity' };
const app = ['sh', '-c', 'touch "$HOME/it-ran"; sleep 1000; :', marker];

const sandboxes = () => {
  const folder = join(runtime, 'ringfence/sandboxes');
  return existsSync(folder) ? readdirSync(folder) : [];
};
const proxies = () => processesWith('--args=4');
/** Without the folders in which Ringfence keeps things of its own. */
const namesIn = (folder: string) =>
  readdirSync(folder)
    .filter((name) => name !== '.local' && name !== '.cache')
    .sort();
const nothingIsLeft = async (bus: BusConnection) => {
  await waitFor(async () => (await fenceUnits(bus)).length === 0, { what: 'the scope to be gone' });
  // A daemon that lives keeps a gate in reserve, and after a strict start what the next one needs.
  const spare = (await namePid(bus, busName)) === undefined ? 0 : 1;
  const isLeft = () => gates().length > 2 * spare || proxies().length > spare;
  await waitFor(() => !isLeft(), { what: 'gates and proxies to be gone' });
  expect(processesWith(marker)).toEqual([]);
};

describe('a strict launch', () => {
  let bus: BusConnection;
  let client: Client;
  let program: string;

  beforeAll(async () => {
    bus = await connectTestBus();
    client = await connectTestClient();
    program = await bundleDyingDaemon();
  });
  afterEach(async () => {
    await endAll(bus);
    const pid = await namePid(bus, busName);
    if (pid !== undefined) process.kill(pid, 'SIGKILL');
    await waitFor(async () => (await namePid(bus, busName)) === undefined, { what: 'the name to be free' });
    rmSync(witness, { force: true });
  });
  afterAll(async () => {
    await client.close();
    await bus.close();
  });

  const run = (argv: readonly string[] = app, options: Readonly<Record<string, string>> = {}) =>
    client.run(argv, new Map(), new Map(Object.entries({ ...strict, ...options })));
  const withConfig = async (toml: string, options: DaemonOptions = {}) => {
    const daemon = await startDaemon(options);
    mkdirSync(join(daemon.home.config, 'ringfence'), { recursive: true });
    writeFileSync(join(daemon.home.config, 'ringfence/config.toml'), toml);
    await daemon.kill9();
    return startDaemon({ ...options, home: daemon.home });
  };

  it('reports every part with what was read back, and undoes everything at the end', async () => {
    const before = namesIn(home);
    const daemon = await startDaemon();
    const instance = await instanceAt(client, await run());
    const rows = new Map(instance.report.map((row) => [row.get('name'), row]));
    for (const part of [
      'no-new-privileges',
      'system-call-filter',
      'private-tmp',
      'read-only-system',
      'hidden-paths',
      'own-processes',
      'own-cgroup',
      'filtered-bus',
    ]) {
      expect(rows.get(part)?.get('state'), part).toBe('enforced');
      expect(rows.get(part)?.get('value'), part).not.toBe('');
    }
    await waitFor(() => existsSync(witness), { what: 'the app to run' });
    expect(existsSync(join(home, '.zshenv'))).toBe(true);
    // The user may take a placeholder over meanwhile.
    writeFileSync(join(home, '.zshenv'), '# mine\n');
    await client.stop(instance.path, 0);
    await nothingIsLeft(bus);
    await waitFor(() => sandboxes().length === 0, { what: 'the sandbox’s folder to be gone' });
    expect(readFileSync(join(home, '.zshenv'), 'utf8')).toBe('# mine\n');
    rmSync(join(home, '.zshenv'));
    rmSync(witness);
    expect(namesIn(home)).toEqual(before);
    await daemon.stop();
  });

  it('gives the app its words, its environment and its output as they are', async () => {
    const daemon = await startDaemon();
    const out = join(home, 'it-ran');
    const words = ['a b', "it's", 'new\nline', '-x', 'é'];
    await client.run(
      [
        'sh',
        '-c',
        'printf "%s\\0" "$@" "$ODD" "$(env | grep -c "^odd name=")" >"$HOME/it-ran.part"; mv "$HOME/it-ran.part" "$HOME/it-ran"',
        'sh',
        ...words,
      ],
      new Map([
        ['ODD', 'x=y\nz'],
        ['odd name', '1'],
      ]),
      new Map(Object.entries(strict)),
    );
    await waitFor(() => existsSync(out), { what: 'the app to run' });
    expect(readFileSync(out, 'utf8').split('\0').slice(0, -1)).toEqual([...words, 'x=y\nz', '0']);
    await daemon.stop();
  });

  describe('refuses, and nothing runs,', () => {
    const refused = async (options: DaemonOptions, says: RegExp) => {
      const daemon = await startDaemon(options);
      await expect(run()).rejects.toMatchObject({ code: 'NotEnforceable', message: expect.stringMatching(says) });
      await nothingIsLeft(bus);
      expect(existsSync(witness)).toBe(false);
      expect(sandboxes()).toEqual([]);
      const capabilities = (await client.properties()).get('Capabilities') as Map<string, string>[];
      const sandbox = capabilities.find((row) => row.get('name') === 'sandbox');
      expect(sandbox?.get('available')).toBe('no');
      expect(sandbox?.get('reason')).toMatch(says);
      expect(sandbox?.get('fix')).not.toBe('');
      await daemon.stop();
    };
    /** A PATH with everything but one program. */
    const pathWithout = (missing: string) => {
      const folder = temporaryFolder();
      const folders = (process.env['PATH'] ?? '').split(':');
      for (const name of ['node', 'env', 'sh', 'bwrap', 'xdg-dbus-proxy'].filter((one) => one !== missing)) {
        const found = folders.map((path) => join(path, name)).find((path) => existsSync(path));
        if (found !== undefined) symlinkSync(found, join(folder, name));
      }
      return folder;
    };

    it('without bubblewrap', () => refused({ env: { PATH: pathWithout('bwrap') } }, /bubblewrap is not installed/));
    it('without xdg-dbus-proxy', () => refused({ env: { PATH: pathWithout('xdg-dbus-proxy') } }, /xdg-dbus-proxy/));

    it('with a bubblewrap that cannot make a sandbox', async () => {
      const folder = pathWithout('bwrap');
      const script =
        '#!/bin/sh\n[ "$1" = --version ] && echo bubblewrap 0.8.0 && exit\necho no permissions >&2; exit 1\n';
      writeFileSync(join(folder, 'bwrap'), script, { mode: 0o755 });
      await refused({ env: { PATH: folder } }, /no permissions/);
    });

    it('where user namespaces are off', async () => {
      // A namespace of the daemon's own, in which the setting can be made without root.
      const folder = temporaryFolder();
      const launcher = join(folder, 'daemon');
      const off = 'echo 0 >/proc/sys/user/max_user_namespaces && exec "$0" "$@"';
      writeFileSync(
        launcher,
        `#!/bin/sh\nexec unshare --user --map-current-user --keep-caps sh -c '${off}' "${process.cwd()}/dist/ringfenced" "$@"\n`,
        { mode: 0o755 },
      );
      const daemon = spawn(launcher, { stdio: 'ignore' });
      await waitFor(async () => (await namePid(bus, busName)) !== undefined, { what: 'the daemon' });
      await expect(run()).rejects.toMatchObject({
        code: 'NotEnforceable',
        message: expect.stringMatching(/user\.max_user_namespaces/),
      });
      expect(existsSync(witness)).toBe(false);
      daemon.kill('SIGTERM');
    });

    it('with a bubblewrap that makes none once it is needed', async () => {
      const folder = pathWithout('bwrap');
      const script =
        '#!/bin/sh\ncase "$*" in --version) echo bubblewrap 0.8.0;; *bin/true) ;; *) while [ "$1" != -- ]; do shift; done; shift; exec "$@";; esac\n';
      writeFileSync(join(folder, 'bwrap'), script, { mode: 0o755 });
      const daemon = await startDaemon({ env: { PATH: folder } });
      await expect(run()).rejects.toMatchObject({ code: 'NotEnforceable' });
      await nothingIsLeft(bus);
      expect(existsSync(witness)).toBe(false);
      await daemon.stop();
    });

    it('when the app runs relaxed already', async () => {
      const daemon = await startDaemon();
      const path = await run(app, { profile: 'relaxed', 'app-id': 'org.example.Single' });
      await expect(run(app, { 'app-id': 'org.example.Single' })).rejects.toMatchObject({
        code: 'NotEnforceable',
        message: expect.stringMatching(/close it first/),
      });
      await client.stop(path, 0);
      await run(app, { 'app-id': 'org.example.Single' });
      // In the same fence it may start as often as it likes.
      await run(app, { 'app-id': 'org.example.Single' });
      await daemon.stop();
    });

    it('when somebody outside has the app’s name', async () => {
      const daemon = await startDaemon();
      const other = await connectTestBus();
      await other.requestName('org.example.Outside');
      await expect(run(app, { 'app-id': 'org.example.Outside' })).rejects.toMatchObject({ code: 'NotEnforceable' });
      await other.close();
      await run(app, { 'app-id': 'org.example.Outside' });
      await daemon.stop();
    });

    it.each([
      ['flatpak', ['sh', '/usr/bin/flatpak', 'run', 'org.example.App']],
      ['snap', ['env', 'X=1', '/snap/bin/app']],
    ])('for a %s app', async (_, argv) => {
      const daemon = await startDaemon();
      await expect(run(argv)).rejects.toMatchObject({ code: 'NotEnforceable' });
      await daemon.stop();
    });
  });

  describe('believes the kernel only:', () => {
    const s = join(home, '.ssh');
    const none: string[] = [];
    it.each<[string, string[], string[]]>([
      ['a writable system', ['--ro-bind', '/', '/'], ['--bind', '/', '/']],
      ['no filter', ['--seccomp', '4'], none],
      ['no PID namespace', ['--unshare-pid'], none],
      ['no cgroup namespace', ['--unshare-cgroup'], none],
      ['no IPC namespace', ['--unshare-ipc'], none],
      ['the session’s /proc', ['--proc', '/proc'], none],
      ['the session’s /dev', ['--dev', '/dev'], none],
      ['the session’s /tmp', ['--perms', '1777', '--tmpfs', '/tmp'], none],
      ['the session’s /run', ['--perms', '0755', '--tmpfs', '/run'], none],
      ['a writable /run', ['--remount-ro', '/run'], none],
      ['the session’s runtime folder', ['--perms', '0700', '--tmpfs', runtime], none],
      ['~/.ssh to be seen', ['--perms', '0000', '--tmpfs', s], none],
      ['~/.bashrc to be written', ['--ro-bind', `${home}/.bashrc`], ['--bind', `${home}/.bashrc`]],
      ['nothing at all', ['--unshare-user'], ['--nonsense']],
    ])('%s', async (_, from, to) => {
      const daemon = await startBundledDaemon(bus, program, { RINGFENCE_TEST_SANDBOX: JSON.stringify([from, to]) });
      await expect(run()).rejects.toMatchObject({ code: 'NotEnforceable' });
      await nothingIsLeft(bus);
      expect(existsSync(witness)).toBe(false);
      expect(sandboxes()).toEqual([]);
      await daemon.stop();
    });

    it('the bus itself in the place of the filter', async () => {
      const filter = { RINGFENCE_TEST_SANDBOX: JSON.stringify([['BUS'], [join(runtime, 'bus')]]) };
      const daemon = await startBundledDaemon(bus, program, filter);
      await expect(run()).rejects.toMatchObject({ code: 'NotEnforceable' });
      await nothingIsLeft(bus);
      expect(existsSync(witness)).toBe(false);
      await daemon.stop();
    });
  });

  describe('survives a kill -9 of the daemon', () => {
    it.each<LaunchStep>(['decided', 'gated', 'scoped', 'verified', 'entering', 'enclosed', 'recorded'])(
      'after it was %s: nothing runs, nothing waits, nothing is left',
      async (step) => {
        const before = namesIn(home);
        const daemon = await startBundledDaemon(bus, program, { RINGFENCE_TEST_FAULT: `${step} die` });
        await expect(run()).rejects.toMatchObject({ code: 'Unreachable' });
        await daemon.ended;
        await nothingIsLeft(bus);
        expect(existsSync(witness)).toBe(false);
        const next = await startBundledDaemon(bus, program);
        expect(sandboxes()).toEqual([]);
        expect(namesIn(home)).toEqual(before);
        await next.stop();
      },
    );

    it('after the release: app and bus live on, the next daemon finds them and clears up at the end', async () => {
      const before = namesIn(home);
      const daemon = await startBundledDaemon(bus, program, { RINGFENCE_TEST_FAULT: 'released die' });
      const talk =
        'while sleep 0.05; do gdbus call --session --dest org.freedesktop.DBus --object-path / --method org.freedesktop.DBus.GetId && touch "$HOME/it-ran"; done';
      await expect(run(['sh', '-c', talk, marker])).rejects.toMatchObject({ code: 'Unreachable' });
      await daemon.ended;
      const next = await startBundledDaemon(bus, program);
      const [instance] = await client.instances();
      expect(instance?.profile).toBe('strict');
      rmSync(witness, { force: true });
      await waitFor(() => existsSync(witness), { what: 'the app to reach its bus' });
      expect(sandboxes()).toHaveLength(1);
      await client.stop(instance?.path ?? '', 0);
      await waitFor(() => sandboxes().length === 0 && proxies().length === 0, { what: 'all to be cleared up' });
      rmSync(witness, { force: true });
      expect(namesIn(home)).toEqual(before);
      await next.stop();
    });
  });

  describe('takes from the config', () => {
    it('paths, names and switches, of profile and app together', async () => {
      for (const name of ['secret', 'kept']) mkdirSync(join(home, name), { recursive: true });
      const daemon = await withConfig(
        [
          '[profile.tight]',
          'base = "strict"',
          'network = false',
          'inaccessible-paths = ["~/secret"]',
          '[app."org.example.Tight"]',
          'profile = "tight"',
          'read-only-paths = ["~/kept"]',
        ].join('\n'),
      );
      const script = 'for f in secret kept .; do touch "$HOME/$f/x" && echo "$f"; done; ls /sys/class/net; :';
      const { profile: _, ...limits } = strict;
      const path = await client.run(
        [
          'sh',
          '-c',
          `{ ${script}; cat /proc/net/dev; } >"$HOME/it-ran.part" 2>&1; mv "$HOME/it-ran.part" "$HOME/it-ran"; sleep 100`,
          marker,
        ],
        new Map(),
        new Map(Object.entries({ ...limits, 'app-id': 'org.example.Tight' })),
      );
      const instance = await instanceAt(client, path);
      expect(instance.report.find((row) => row.get('name') === 'network')?.get('state')).toBe('enforced');
      const text = await waitFor(() => existsSync(witness) && readFileSync(witness, 'utf8'), { what: 'the app' });
      expect(text).toMatch(/^\.$/m);
      expect(text).not.toMatch(/^(secret|kept)$/m);
      expect(text.match(/^ *\w+:(?=\s+\d)/gm)?.map((word) => word.trim())).toEqual(['lo:']);
      for (const name of ['secret', 'kept', 'x']) rmSync(join(home, name), { recursive: true, force: true });
      await daemon.stop();
    });

    it.each([
      ['inaccessible-paths = ["~/not-there"]', /config\.toml:3: inaccessible-paths/],
      ['read-write-paths = ["/usr/share"]', /config\.toml:3: read-write-paths/],
      ['read-write-paths = ["~/.config/ringfence"]', /config\.toml:3: read-write-paths/],
    ])('no path that cannot stand: %s', async (line, says) => {
      const daemon = await withConfig(`[profile.own]\nbase = "strict"\n${line}\n`);
      await expect(run(app, { profile: 'own' })).rejects.toMatchObject({
        code: 'NotEnforceable',
        message: expect.stringMatching(says),
      });
      await nothingIsLeft(bus);
      await daemon.stop();
    });
  });
});
