import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../../../src/clients/cli/client.ts';
import type { LaunchStep } from '../../../src/launch/ports.ts';
import { sessionBusAddress } from '../../../src/platform/dbus/address.ts';
import { type BusConnection, connectBus } from '../../../src/platform/dbus/connection.ts';
import { bundleDyingDaemon } from '../../fixtures/bundle-daemon.ts';
import { launchStrictly } from '../../fixtures/fenced-app.ts';
import {
  built,
  busName,
  connectTestBus,
  connectTestClient,
  endAll,
  endDaemon,
  fenceUnits,
  gates,
  instanceAt,
  namePid,
  processesWith,
  startBundledDaemon,
  temporaryFolder,
} from '../../fixtures/live-daemon.ts';
import {
  listenToNotifications,
  type Notification,
  type NotificationListener,
} from '../../fixtures/notification-listener.ts';
import { command } from '../../harness/command.ts';
import { type Daemon, type DaemonOptions, startDaemon } from '../../harness/daemon.ts';
import { waitFor } from '../../harness/wait-for.ts';

const home = process.env['HOME'] ?? '';
const runtime = process.env['XDG_RUNTIME_DIR'] ?? '';
const marker = 'ringfence-test-strict';
/** Where commands are started here: they have this folder of the home, and no other. */
const work = join(home, 'work');
const witness = join(work, 'it-ran');
// Where cgroup v1 holds the controllers the session can enforce no limit, and strict would refuse.
const strict = {
  profile: 'strict',
  'memory-max': 'infinity',
  'memory-swap-max': 'infinity',
  'tasks-max': 'infinity',
  'working-directory': work,
};
const app = ['sh', '-c', 'touch it-ran; sleep 1000; :', marker];

const sandboxes = () => {
  const folder = join(runtime, 'ringfence/sandboxes');
  return existsSync(folder) ? readdirSync(folder) : [];
};
/** Each in its box: two processes. */
const proxies = () => processesWith('--args=4');
/** Without the folders in which Ringfence keeps things of its own. */
const namesIn = (folder: string) =>
  readdirSync(folder)
    .filter((name) => name !== '.local' && name !== '.cache')
    .sort();
const systemctl = (...words: string[]) => command(['systemctl', '--user', ...words]);
const nothingIsLeft = async (bus: BusConnection) => {
  await waitFor(async () => (await fenceUnits(bus)).length === 0, { what: 'the scope to be gone' });
  // A daemon that lives keeps a gate in reserve, and after a strict start what the next one needs.
  const spare = (await namePid(bus, busName)) === undefined ? 0 : 1;
  const isLeft = () => gates().length > 2 * spare || proxies().length > 2 * spare;
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
    mkdirSync(work, { recursive: true });
  });
  afterEach(async () => {
    await endAll(bus);
    await endDaemon(bus);
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
      'own-home',
      'shared',
      'own-processes',
      'own-cgroup',
      'filtered-bus',
    ]) {
      expect(rows.get(part)?.get('state'), part).toBe('enforced');
      expect(rows.get(part)?.get('value'), part).not.toBe('');
    }
    await waitFor(() => existsSync(witness), { what: 'the app to run' });
    await client.stop(instance.path, 0);
    await nothingIsLeft(bus);
    await waitFor(() => sandboxes().length === 0, { what: 'the sandbox’s folder to be gone' });
    rmSync(witness);
    expect(namesIn(home)).toEqual(before);
    await daemon.stop();
  });

  it('lets the app watch for memory pressure, and write nothing else of its cgroup', async () => {
    const daemon = await startDaemon();
    const script = [
      'watch=$MEMORY_PRESSURE_WATCH',
      'echo "watch=$watch"',
      'if [ -n "$watch" ]; then printf %s "$MEMORY_PRESSURE_WRITE" | base64 -d 1<>"$watch" && echo told; fi',
      '(cd /sys/fs/cgroup && for file in *; do if [ -w "$file" ]; then echo "writable=$file"; fi; done)',
      'mv it-ran.part it-ran',
    ].join('\n');
    const path = await run(['sh', '-c', `{ ${script}; } >it-ran.part 2>&1`]);
    const { report } = await instanceAt(client, path).catch(() => ({ report: [] }));
    await waitFor(() => existsSync(witness), { what: 'the script' });
    const said = readFileSync(witness, 'utf8').trim().split('\n');
    const hasPressure = existsSync('/proc/pressure/memory');
    const file = '/sys/fs/cgroup/memory.pressure';
    expect(said).toEqual(hasPressure ? [`watch=${file}`, 'told', 'writable=memory.pressure'] : ['watch=']);
    const told = report.find((row) => row.get('name') === 'own-cgroup')?.get('value') ?? 'memory.pressure';
    expect(told.includes('memory.pressure')).toBe(hasPressure);
    await daemon.stop();
  });

  it('gives the app its words, its environment and its output as they are', async () => {
    const daemon = await startDaemon();
    const out = witness;
    const words = ['a b', "it's", 'new\nline', '-x', 'é'];
    await client.run(
      [
        'sh',
        '-c',
        'printf "%s\\0" "$@" "$ODD" "$(env | grep -c "^odd name=")" >it-ran.part; mv it-ran.part it-ran',
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
    const refused = async (programs: string, says: RegExp) => {
      const daemon = await startBundledDaemon(bus, program, { RINGFENCE_TEST_PROGRAMS: programs });
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
    /** A folder with the programs of a sandbox but for one. */
    const programsWithout = (missing: string) => {
      const folder = temporaryFolder();
      for (const name of ['bwrap', 'xdg-dbus-proxy'].filter((one) => one !== missing)) {
        symlinkSync(join('/usr/bin', name), join(folder, name));
      }
      return folder;
    };

    it('without bubblewrap', () => refused(programsWithout('bwrap'), /bubblewrap is not installed/));
    it('without xdg-dbus-proxy', () => refused(programsWithout('xdg-dbus-proxy'), /xdg-dbus-proxy/));

    it.each([
      ['bwrap', /bubblewrap is not installed/],
      ['xdg-dbus-proxy', /xdg-dbus-proxy is not installed/],
    ])('once %s is gone, which the daemon has used', async (name, says) => {
      const folder = programsWithout('none');
      const daemon = await startBundledDaemon(bus, program, { RINGFENCE_TEST_PROGRAMS: folder });
      await client.stop(await run(), 0);
      rmSync(join(folder, name));
      await expect(run()).rejects.toMatchObject({ code: 'NotEnforceable', message: expect.stringMatching(says) });
      symlinkSync(join('/usr/bin', name), join(folder, name));
      await client.stop(await run(), 0);
      await daemon.stop();
    });

    it('with a bubblewrap that cannot make a sandbox', async () => {
      const folder = programsWithout('bwrap');
      const script =
        '#!/bin/sh\n[ "$1" = --version ] && echo bubblewrap 0.8.0 && exit\necho no permissions >&2; exit 1\n';
      writeFileSync(join(folder, 'bwrap'), script, { mode: 0o755 });
      await refused(folder, /no permissions/);
    });

    it('where user namespaces are off', async () => {
      // A namespace of the daemon's own, in which the setting can be made without root; nothing in there belongs to root.
      const folder = temporaryFolder();
      const launcher = join(folder, 'daemon');
      const off = 'echo 0 >/proc/sys/user/max_user_namespaces && exec "$0" "$@"';
      writeFileSync(
        launcher,
        `#!/bin/sh\nexec unshare --user --map-current-user --keep-caps sh -c '${off}' "${process.execPath}" "${program}"\n`,
        { mode: 0o755 },
      );
      const env = { ...process.env, RINGFENCE_TEST_PROGRAMS: '/usr/bin' };
      const daemon = spawn(launcher, { stdio: 'ignore', env });
      await waitFor(async () => (await namePid(bus, busName)) !== undefined, { what: 'the daemon' });
      await expect(run()).rejects.toMatchObject({
        code: 'NotEnforceable',
        message: expect.stringMatching(/user\.max_user_namespaces/),
      });
      expect(existsSync(witness)).toBe(false);
      daemon.kill('SIGTERM');
    });

    it('where there is no room for its home', async () => {
      const homes = join(home, '.local/share/ringfence/homes');
      mkdirSync(homes, { recursive: true });
      // A namespace of the daemon's own, in which a file system without room can be mounted.
      const launcher = join(temporaryFolder(), 'daemon');
      const fill =
        'mount -t tmpfs -o nr_inodes=1,mode=700,uid=$(id -u) none "$2" && exec setpriv --inh-caps=-all --ambient-caps=-all -- "$0" "$1"';
      const unshare = 'unshare --user --map-current-user --keep-caps --mount';
      const words = `'${fill}' "${process.execPath}" "${program}" "${homes}"`;
      writeFileSync(launcher, `#!/bin/sh\nexec ${unshare} sh -c ${words}\n`, { mode: 0o755 });
      const daemon = spawn(launcher, { stdio: 'ignore', env: { ...process.env, RINGFENCE_TEST_PROGRAMS: '/usr/bin' } });
      await waitFor(async () => (await namePid(bus, busName)) !== undefined, { what: 'the daemon' });
      const refusal = run(app, { 'app-id': 'org.example.Full' });
      await expect(refusal).rejects.toMatchObject({
        code: 'NotEnforceable',
        message: expect.stringMatching(/cannot open the home .*Full: the disk is full; make room and try again$/),
      });
      await nothingIsLeft(bus);
      expect(existsSync(witness)).toBe(false);
      expect(sandboxes()).toEqual([]);
      daemon.kill('SIGTERM');
    });

    it.each([
      ['makes none once it is needed', ''],
      ['makes one around the bus filter alone', '*--info-fd*) exec /usr/bin/bwrap "$@" ;; '],
    ])('with a bubblewrap that %s', async (_, box) => {
      const folder = programsWithout('bwrap');
      const script = `#!/bin/sh\ncase "$*" in --version) echo bubblewrap 0.8.0;; *bin/true) ;; ${box}*) while [ "$1" != -- ]; do shift; done; shift; exec "$@";; esac\n`;
      writeFileSync(join(folder, 'bwrap'), script, { mode: 0o755 });
      const daemon = await startBundledDaemon(bus, program, { RINGFENCE_TEST_PROGRAMS: folder });
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
      await daemon.stop();
    });

    describe('for an app whose name counts', () => {
      beforeAll(() => systemctl('set-environment', 'XDG_DATA_DIRS=/opt/ringfence-entries:/usr/share'));
      afterAll(() => systemctl('unset-environment', 'XDG_DATA_DIRS'));

      it.each(['org.example.Outside', 'org.example.Outside.below', 'org.mpris.MediaPlayer2.outside.x'])(
        'when somebody outside has the name %s, and ends when somebody takes it',
        async (name) => {
          const daemon = await startDaemon();
          const other = await connectTestBus();
          await other.requestName(name);
          await expect(run(app, { 'app-id': 'org.example.Outside' })).rejects.toMatchObject({ code: 'NotEnforceable' });
          await other.releaseName(name);
          const path = await run(app, { 'app-id': 'org.example.Outside' });
          await instanceAt(client, path);
          await other.requestName(name);
          await waitFor(async () => (await fenceUnits(bus)).length === 0, { what: 'the sandbox to be ended' });
          await other.close();
          await daemon.stop();
        },
      );
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
    const none: string[] = [];
    const tmp = ['--perms', '1777', '--tmpfs', '/tmp'];
    it.each<[string, string[], string[]]>([
      ['a writable root', ['--remount-ro', '/'], none],
      ['the machine’s root', ['--ro-bind', '/usr', '/usr'], ['--ro-bind', '/', '/']],
      ['a writable system', ['--ro-bind', '/usr', '/usr'], ['--bind', '/usr', '/usr']],
      ['no filter', ['--seccomp', '4'], none],
      ['no PID namespace', ['--unshare-pid'], none],
      ['no cgroup namespace', ['--unshare-cgroup'], none],
      ['no IPC namespace', ['--unshare-ipc'], none],
      ['a capability', ['--unshare-user'], ['--unshare-user', '--cap-add', 'CAP_NET_RAW']],
      ['no /proc', ['--proc', '/proc'], none],
      ['the session’s /proc', ['--proc', '/proc'], ['--ro-bind', '/proc', '/proc']],
      ['the session’s /dev', ['--dev', '/dev'], ['--dev-bind', '/dev', '/dev']],
      ['the session’s /tmp', tmp, ['--bind', '/tmp', '/tmp']],
      ['the session’s /run', ['--dir', home], ['--ro-bind', '/run', '/run']],
      ['the session’s runtime folder', ['--perms', '0700', '--tmpfs', runtime], ['--bind', runtime, runtime]],
      ['the real home', ['--dir', home], ['--bind', home, home]],
      ['the real home to be read', ['--dir', home], ['--ro-bind', home, home]],
      ['it under a private tmpfs', tmp, [...tmp, '--bind', home, '/tmp/home']],
      ['a mount that nobody planned', ['--dir', home], ['--dir', home, '--tmpfs', '/mnt']],
      [
        'a device that nobody planned',
        ['--proc', '/proc'],
        ['--proc', '/proc', '--dev-bind', '/dev/kmsg', '/dev/kmsg'],
      ],
      ['a screen in the place of a GPU', ['--dev-bind', '/dev/dri/renderD128'], ['--dev-bind', '/dev/dri/card0']],
      ['a shared folder that is another', ['--bind', work], ['--bind', '/tmp']],
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
        'while sleep 0.05; do gdbus call --session --dest org.freedesktop.DBus --object-path / --method org.freedesktop.DBus.GetId && touch it-ran; done';
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

  describe('takes from the config, end to end:', () => {
    const id = 'org.example.Single';
    beforeAll(() => systemctl('set-environment', 'XDG_DATA_DIRS=/opt/ringfence-entries:/usr/share', 'SECRET_TOKEN=t'));
    afterAll(() => systemctl('unset-environment', 'XDG_DATA_DIRS', 'SECRET_TOKEN'));

    /** What a script says inside, started as the app. */
    const said = async (toml: string, script: string, variables: Record<string, string> = {}) => {
      const daemon = await withConfig(`[app."${id}"]\nprofile = "strict"\n${toml}\n`);
      const { profile: _, ...limits } = strict;
      const whole = `( ${script} ) >it-ran.part 2>&1; mv it-ran.part it-ran; sleep 100`;
      const path = await client.run(
        ['sh', '-c', whole, marker],
        new Map(Object.entries(variables)),
        new Map(Object.entries({ ...limits, 'app-id': id })),
      );
      const text = await waitFor(() => existsSync(witness) && readFileSync(witness, 'utf8'), { what: 'the app' });
      const { report } = await instanceAt(client, path);
      await client.stop(path, 0);
      await daemon.stop();
      return { text, report };
    };

    it('network', async () => {
      const names = 'cat /proc/net/dev';
      const { text, report } = await said('network = false', names);
      expect(text.match(/^ *\w+:(?=\s+\d)/gm)?.map((word) => word.trim())).toEqual(['lo:']);
      expect(report.find((row) => row.get('name') === 'network')?.get('state')).toBe('enforced');
    });

    it('x11', async () => {
      const display = ['DISPLAY=:77', `XAUTHORITY=${work}/cookies`];
      writeFileSync(join(work, 'cookies'), 'c');
      mkdirSync('/tmp/.X11-unix', { recursive: true });
      const socket = createServer().listen('/tmp/.X11-unix/X77');
      await systemctl('set-environment', ...display);
      const script = 'echo "<$DISPLAY|$XAUTHORITY>"; ls /tmp/.X11-unix; cat $XAUTHORITY </dev/null';
      try {
        expect((await said('x11 = true', script)).text).toBe('<:77|/run/ringfence/Xauthority>\nX77\nc');
        rmSync(witness, { force: true });
        expect((await said('x11 = false', script)).text).toMatch(/^<\|>\nls: /);
      } finally {
        await systemctl('unset-environment', 'DISPLAY', 'XAUTHORITY');
        socket.close();
      }
    });

    it('sound', async () => {
      mkdirSync(join(runtime, 'pulse'), { recursive: true });
      const socket = createServer().listen(join(runtime, 'pulse/native'));
      const script = 'ls $XDG_RUNTIME_DIR';
      try {
        expect((await said('sound = true', script)).text).toMatch(/^pulse$/m);
        rmSync(witness, { force: true });
        expect((await said('', script)).text).not.toMatch(/^pulse$/m);
      } finally {
        socket.close();
      }
    });

    it('gpu', async () => {
      const script = `cd /dev; stat -c '%n %F %t:%T' dri/* input; cat <dri/renderD128; head -c 4 dri/renderD129 | od -An -tx1`;
      const { text, report } = await said('', script);
      // No driver answers the first; who is let in but may open nothing is told "Permission denied".
      expect(text.split('\n')).toEqual([
        'dri/renderD128 character special file e2:80',
        'dri/renderD129 character special file 1:5',
        expect.stringMatching(/^stat: .*input.*No such file/),
        expect.stringMatching(/renderD128: No such device or address$/),
        ' 00 00 00 00',
        '',
      ]);
      const row = report.find((one) => one.get('name') === 'gpu');
      expect(row?.get('value')).toBe('/dev/dri/renderD128, /dev/dri/renderD129');
      rmSync(witness, { force: true });
      const closed = await said('gpu = false', 'ls /dev/dri; echo /dev/*');
      expect(closed.text).toMatch(/^ls: .*No such file/);
      expect(closed.report.find((one) => one.get('name') === 'gpu')?.get('value')).toBe('none');
    });

    it('home, kept and not', async () => {
      const script = 'echo $HOME; cat $HOME/kept; echo kept >$HOME/kept; getent passwd $(id -u) | cut -d: -f6';
      const own = join(home, '.local/share/ringfence/homes', id);
      const first = await said('', script);
      expect(first.text).toMatch(new RegExp(`^${own}\n.*No such file.*\n${own}\n$`));
      rmSync(witness, { force: true });
      expect((await said('', script)).text).toBe(`${own}\nkept\n${own}\n`);
      rmSync(witness, { force: true });
      const { text } = await said('home = "none"', script);
      expect(text).toMatch(/\/homes\/passing\.\w+\n.*No such file/);
      expect(existsSync(text.split('\n')[0] ?? '')).toBe(false);
      expect(readFileSync(join(own, 'kept'), 'utf8')).toBe('kept\n');
    });

    it('shared-folders', async () => {
      for (const name of ['open', 'readable', 'closed', '.hidden']) {
        mkdirSync(join(home, name), { recursive: true });
        writeFileSync(join(home, name, 'file'), name);
      }
      symlinkSync(join(home, 'open'), join(home, 'link'));
      const script = `cd ${home}; for f in open readable closed .hidden; do cat $f/file; touch $f/new && echo " $f written"; done; cat link/file`;
      const { text } = await said('shared-folders = ["~/link", "~/readable:ro", "~/.hidden:ro"]', script);
      expect(text).toMatch(/^open open written$/m);
      expect(text).toMatch(/^open$/m);
      expect(text).toMatch(/^readable/m);
      expect(text).toMatch(/^\.hidden/m);
      expect(text).not.toMatch(/closed written|readable written|hidden written|^closed/m);
      for (const name of ['open', 'readable', 'closed', '.hidden', 'link'])
        rmSync(join(home, name), { recursive: true });
    });

    it('pass-environment', async () => {
      expect((await said('', 'echo "<$SECRET_TOKEN>"')).text).toBe('<>\n');
      rmSync(witness, { force: true });
      expect((await said('pass-environment = ["SECRET_TOKEN"]', 'echo "<$SECRET_TOKEN>"')).text).toBe('<t>\n');
    });

    it('own-names and talk-names', async () => {
      const own = (name: string) =>
        `gdbus call --session --dest org.freedesktop.DBus --object-path / --method org.freedesktop.DBus.RequestName ${name} 4`;
      const ask = (path: string) =>
        `gdbus call --session --dest org.example.Talk --object-path ${path} --method org.freedesktop.DBus.Peer.Ping`;
      const service =
        'import dbus, dbus.mainloop.glib; from gi.repository import GLib; dbus.mainloop.glib.DBusGMainLoop(set_as_default=True); bus = dbus.SessionBus(); bus.request_name("org.example.Talk"); GLib.MainLoop().run()';
      const other = spawn('python3', ['-c', service], { stdio: 'ignore' });
      await waitFor(async () => (await namePid(bus, 'org.example.Talk')) !== undefined, { what: 'the service' });
      const script = [own('org.example.Extra'), own('org.example.More'), ask('/a'), ask('/b')].join('; ');
      const names =
        'own-names = ["org.example.Extra"]\ntalk-names = ["org.example.Talk=org.freedesktop.DBus.Peer.*@/a"]';
      const open = (await said(names, script)).text;
      expect(open.match(/uint32 1|\(\)/g)).toEqual(['uint32 1', '()']);
      rmSync(witness, { force: true });
      expect((await said('', script)).text).not.toMatch(/uint32 1|\(\)/);
      other.kill();
    });

    it.each([
      ['shared-folders = ["~/not-there"]', /config\.toml:3: shared-folders: "~\/not-there": it does not exist/],
      ['shared-folders = ["~/"]', /it is the home itself/],
      ['shared-folders = ["/home:ro"]', /the home lies in it/],
      ['shared-folders = ["/usr/share"]', /part of the system/],
      ['shared-folders = ["~/.config"]', /it is hidden|own/],
      ['shared-folders = ["~/.local:ro"]', /Ringfence/],
      ['shared-folders = ["~/work/link"]', /is a symlink/],
      ['shared-folders = ["~/bin"]', /take what they run/],
    ])('no folder that cannot stand: %s', async (line, says) => {
      for (const name of ['.config', '.local', 'bin']) mkdirSync(join(home, name), { recursive: true });
      rmSync(join(work, 'link'), { force: true });
      symlinkSync('/etc', join(work, 'link'));
      const daemon = await withConfig(`[profile.own]\nbase = "strict"\n${line}\n`);
      await expect(run(app, { profile: 'own' })).rejects.toMatchObject({
        code: 'NotEnforceable',
        message: expect.stringMatching(says),
      });
      await nothingIsLeft(bus);
      await daemon.stop();
      rmSync(join(work, 'link'), { force: true });
      rmSync(join(home, 'bin'), { recursive: true });
    });
  });
});

describe('a strict app that ends at once', () => {
  const entries = {
    silent: 'asks org.example.Silent',
    posing: 'asks org.freedesktop.Notifications',
    staying: 'stays org.freedesktop.Notifications',
    quiet: 'asks org.example.Quiet',
    failing: 'fails',
    last: 'fails',
    taken: 'asks org.example.Taken',
    other: 'asks org.example.Other',
    'org.example.Other': 'fails',
  };
  /** Nobody has enabled it, so that its name counts for nothing. */
  const unknown = ['unknown', 'asks org.example.Unknown'] as const;
  let bus: BusConnection;
  let client: Client;
  let daemon: Daemon;
  let notifications: NotificationListener;

  beforeAll(async () => {
    bus = await connectTestBus();
    client = await connectTestClient();
    notifications = await listenToNotifications();
    daemon = await startDaemon();
    const program = join(work, 'at-once');
    const script = [
      '#!/bin/sh',
      '[ "$1" != fails ] || exit 3',
      'set -- "$1" $(dbus-send --session --print-reply --dest=org.freedesktop.DBus /org/freedesktop/DBus \\',
      'org.freedesktop.DBus.RequestName "string:$2" uint32:4 2>&1 | tail -1)',
      'echo "$@" >>"$HOME/said"',
      'case "$*" in stays* | *"uint32 1") exec sleep 1000 ;; esac',
    ].join('\n');
    mkdirSync(work, { recursive: true });
    writeFileSync(program, script, { mode: 0o755 });
    const applications = join(home, '.local/share/applications');
    mkdirSync(applications, { recursive: true });
    for (const [id, words] of [...Object.entries(entries), unknown]) {
      const entry = `[Desktop Entry]\nType=Application\nName=The ${id}\nExec=${program} ${words}\n`;
      writeFileSync(join(applications, `${id}.desktop`), entry);
    }
    await client.enableApps(Object.keys(entries), new Map([['profile', 'strict']]));
  });
  afterAll(async () => {
    await endAll(bus);
    await client.disableApps(Object.keys(entries), new Map());
    await daemon.stop();
    await notifications.stop();
    await client.close();
    await bus.close();
  });

  const start = (id: string) => launchStrictly(client, id);
  const run = async (id: string) => {
    const unit = await start(id);
    await waitFor(async () => !(await fenceUnits(bus)).includes(unit), { what: `${id} to end` });
    return unit;
  };
  const told: Notification[] = [];
  const noticeOf = (id: string) =>
    waitFor(
      () => {
        told.push(...notifications.take());
        return told.find(({ desktopEntry }) => desktopEntry === id);
      },
      { what: `a notice about ${id}` },
    );
  const said = (id: string) => {
    const file = join(home, '.local/share/ringfence/homes', id, 'said');
    return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
  };

  it('is told about, with a button for a bus name that is called like it', async () => {
    await run('silent');
    const { summary, body, actions, number } = await noticeOf('silent');
    expect(summary).toBe('The silent ended at once');
    expect(body).toMatch(/: ringfence config set silent own-names org\.example\.Silent$/);
    expect(actions).toEqual([expect.stringMatching(/^have-\w{16}$/), 'Let It Have the Name, and Start']);
    const show = () => command([built.ringfence, 'show', 'silent'], { env: daemon.home.env });
    const words = ' ago The silent ended with exit code 0, at once: it was refused the bus name org.example.Silent; ';
    await waitFor(async () => (await show()).stderr.includes(words), { what: 'the journal to have its end' });
    // Not what an app could have put in its place.
    notifications.press(number, 'have');
    await run('quiet');
    const other = await noticeOf('quiet');
    notifications.press(other.number, other.actions[0] ?? '');
    await waitFor(() => said('quiet').length === 2, { what: 'it to be started again' });
    expect(said('quiet')).toEqual([expect.stringMatching(/Error/), 'asks uint32 1']);
    expect(readFileSync(join(daemon.home.config, 'ringfence/config.toml'), 'utf8')).toBe(
      '[app.quiet]\nown-names = ["org.example.Quiet"]\n',
    );
    notifications.press(number, actions[0] ?? '');
    await waitFor(() => said('silent').length === 2, { what: 'the other to be started again' });
    expect(said('silent')[1]).toBe('asks uint32 1');
  });

  it('is told about where it failed', async () => {
    const unit = await run('failing');
    expect((await noticeOf('failing')).body).toBe(
      `It is strict, and it failed (exit code 3). What it printed: journalctl --user -u ${unit}`,
    );
  });

  it.each([
    ['that others call', 'posing', 'org.freedesktop.Notifications'],
    ['that somebody has', 'taken', 'org.example.Taken'],
    ['of another app', 'other', 'org.example.Other'],
    ['where its own counts for nothing', 'unknown', 'org.example.Unknown'],
  ])('is not offered a name %s', async (_what, id, name) => {
    const owner = await connectBus(sessionBusAddress(process.env), { name: 'org.example.Taken' });
    await run(id);
    const { body, actions } = await noticeOf(id);
    expect(body).toContain(
      `asked for the bus name ${name}, which strict apps do not get: it is not called like this app`,
    );
    expect(actions).toEqual([]);
    await owner.close();
  });

  it('is told about once, and not when somebody has ended it', async () => {
    const path = await client.launch('staying', [], new Map(Object.entries({ ...strict, 'working-directory': home })));
    await waitFor(() => said('staying').length === 1, { what: 'it to be refused the name' });
    await client.stop(path, 0);
    await run('posing');
    await run('last');
    await noticeOf('last');
    // In the order of their ends.
    expect(told.map(({ desktopEntry }) => desktopEntry)).toEqual([
      ...['silent', 'quiet', 'failing'],
      ...['posing', 'taken', 'other', 'unknown'],
      'last',
    ]);
  });
});
