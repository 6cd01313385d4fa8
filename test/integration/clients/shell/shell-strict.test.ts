import { type ChildProcess, spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { LaunchStep } from '../../../../src/launch/ports.ts';
import type { BusConnection } from '../../../../src/platform/dbus/bus-connection.ts';
import { commandEnvironment, planEnvironment } from '../../../../src/strict/pure/environment.ts';
import type { SandboxSettings } from '../../../../src/strict/pure/model.ts';
import { bundleDyingDaemon } from '../../../fixtures/bundle-daemon.ts';
import {
  built,
  busName,
  connectTestBus,
  endAll,
  fenceUnits,
  namePid,
  processesWith,
  processFacts,
  startBundledDaemon,
  temporaryFolder,
} from '../../../fixtures/live-daemon.ts';
import { probeArgv, probes } from '../../../fixtures/probes/table.ts';
import { startTargets } from '../../../fixtures/run-probes.ts';
import { plainBash, program, shellWorld } from '../../../fixtures/shell-world.ts';
import { cgroupOf } from '../../../harness/cgroup.ts';
import { type CommandOptions, command } from '../../../harness/command.ts';
import { startDaemon } from '../../../harness/daemon.ts';
import { waitFor } from '../../../harness/wait-for.ts';

const realHome = process.env['HOME'] ?? '';
/** Where commands are started here: they have this folder of the home, and no other. */
const home = join(realHome, 'shell-work');
mkdirSync(home, { recursive: true });
const runtime = process.env['XDG_RUNTIME_DIR'] ?? '';
const shell = program('ringfence-shell');
// Where cgroup v1 holds the controllers the session can enforce no limit, and strict would refuse.
const limits = ['--memory-max=infinity', '--memory-swap-max=infinity', '--tasks-max=infinity'];
const strict = [shell, '--profile=strict', ...limits, '--'];
const run = (argv: readonly string[], options: CommandOptions = {}) =>
  command([...strict, ...argv], { cwd: home, ...options });
const sandboxes = () =>
  existsSync(`${runtime}/ringfence/sandboxes`) ? readdirSync(`${runtime}/ringfence/sandboxes`) : [];
const proxies = () => processesWith('--args=4');
const nothingIsLeft = async (bus: BusConnection) => {
  await waitFor(async () => (await fenceUnits(bus)).length === 0, { what: 'the scopes to be gone' });
  await waitFor(() => proxies().length === 0 && processesWith('ringfence-gate').length <= 1, {
    what: 'bus filters and gates to be gone',
  });
};
const settings: SandboxSettings = {
  ...{ network: true, x11: true, wayland: true, sound: false, gpu: false, printing: false },
};
const oneLine = /^ringfence-shell: [^\n]+\n$/;

describe('a strict ringfence-shell', () => {
  const world = shellWorld();
  // A daemon that ends before it has cleared up leaves that to the next one of its home.
  afterAll(async () => {
    await endAll(world.bus);
    await waitFor(() => sandboxes().length === 0, { what: 'the folders to be gone' });
  });

  describe('in a terminal', () => {
    const openOuter = async () => {
      const tab = await world.terminal.open(['env', 'PS1=outer> ', ...plainBash], { cwd: home });
      await tab.shows(/outer>/);
      return tab;
    };

    it.each([
      ['bash', [...plainBash, '-i'], 'jobs -s'],
      ['dash', ['dash'], 'jobs'],
      ['zsh', ['zsh', '-f'], 'jobs -s'],
    ])('is a %s with job control, a window and an exit status', async (_name, argv, jobs) => {
      const tab = await openOuter();
      await tab.enter(`PS1='inner> ' ${strict.join(' ')} ${argv.join(' ')}`);
      await tab.shows(/^inner>/m);
      await tab.enter('grep -c "NoNewPrivs.*1" /proc/self/status; ls /tmp | wc -l; stty size');
      await tab.shows(/^1\n0\n30 100\n/m);
      await tab.enter('sleep 4711');
      await waitFor(() => processesWith('4711').length > 0, { what: 'sleep to run' });
      await tab.press('C-z');
      await tab.enter(`${jobs}; echo $((40 + 2))nd`);
      await tab.shows(/sleep 4711\n42nd/);
      await tab.enter('fg');
      const [pid = 0] = processesWith('4711');
      const state = () => /\) (\w) /.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1];
      await waitFor(() => state() === 'S', { what: 'sleep to go on' });
      await tab.press('C-c');
      await tab.enter('echo status=$?');
      await tab.shows(/status=130\ninner> *$/m);
      await tab.resize(77, 22);
      await tab.enter('stty size');
      // What is typed before dash prompts is echoed before its prompt, and then "outer>" comes behind "inner>".
      await tab.shows(/^22 77\ninner> *$/m);
      await tab.enter('exit 3');
      await tab.shows(/^outer> *$/m);
      await tab.enter('echo status=$?');
      await tab.shows(/status=3/);
      expect(await tab.screen()).not.toMatch(/Cannot set|ringfence-shell:/);
    });

    it('tells the shell when the window changes its size', async () => {
      const tab = await world.terminal.open([...strict, ...plainBash], { env: { PS1: 'ready> ' }, cwd: home });
      await tab.shows(/ready>/);
      await tab.enter("trap 'echo changed to $(stty size)' WINCH; stty size");
      await tab.shows(/\n30 100\nready> *$/m);
      await tab.resize(77, 22);
      await tab.press('Enter');
      await tab.shows(/changed to 22 77/);
    });

    it('has one instance, whose processes are the scope’s', async () => {
      const tab = await world.terminal.open([...strict, ...plainBash], { env: { PS1: 'ready> ' }, cwd: home });
      await tab.shows(/ready>/);
      const [instance] = await world.client.instances();
      expect(instance).toMatchObject({ name: 'bash', profile: 'strict' });
      expect(instance?.pids).toContain(tab.pid);
      const inner = processesWith('--noprofile').filter((pid) => processFacts(pid)?.argv[0] === 'bash');
      expect(inner.filter((pid) => instance?.pids.includes(pid))).toHaveLength(1);
      await tab.enter('exit');
      await nothingIsLeft(world.bus);
      await waitFor(() => sandboxes().length === 0, { what: 'the folder to be gone' });
    });

    it('leaves Ctrl-C to a program that has a use for it, and Ctrl-Z and fg to the shell outside', async () => {
      // Without children: one that is stopped between its vfork and its exec leaves a shell waiting, bare or not.
      const script =
        'trap "echo caught" INT; echo waiting; while [ "$word" != end ]; do read -rt 0.05 word; done; exit 7';
      const tab = await openOuter();
      await tab.enter(`${strict.join(' ')} bash -c '${script}' ctrl-marker`);
      await tab.shows(/^waiting$/m);
      await tab.press('C-c');
      await tab.shows(/(\^C|^)caught$/m);
      await tab.press('C-z');
      await tab.shows(/\[1\]\+ +Stopped/);
      const [pid = 0] = processesWith('ctrl-marker').filter((one) => processFacts(one)?.argv[0] === 'bash');
      const state = () => /\) (\w) /.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1];
      expect(state()).toBe('T');
      await tab.enter('clear; fg');
      await waitFor(() => state() !== 'T', { what: 'it to go on' });
      await tab.press('C-c');
      await tab.shows(/(\^C|^)caught$/m);
      await tab.enter('end');
      await tab.enter('echo status=$?');
      await tab.shows(/status=7/);
    });

    it('runs less and a password prompt', async () => {
      const folder = join(home, 'strict-less');
      writeFileSync(folder, Array.from({ length: 500 }, (_, line) => `line ${line + 1}\n`).join(''));
      const tab = await openOuter();
      await tab.enter(`${strict.join(' ')} less ${folder}`);
      await tab.shows(/line 28\n/);
      await tab.press('C-z');
      await tab.shows(/Stopped/);
      await tab.enter('fg');
      await tab.shows(/line 28\n/);
      await tab.press('G');
      await tab.shows(/line 500\n/);
      await tab.press('q');
      await tab.enter(`${strict.join(' ')} bash -c 'read -rsp "Password: " word; echo; printf %s "$word" | wc -c'`);
      await tab.shows(/Password:$/m);
      await tab.enter('secret words');
      await tab.shows(/^12$/m);
      expect(await tab.screen()).not.toContain('secret words');
      rmSync(folder);
    });

    it('cannot get out: not by the terminal either', async () => {
      const targetsFolder = join(home, 'targets');
      const targets = await startTargets(targetsFolder);
      const names = [
        ...['read-tmp', 'read-ssh-key', 'plant-bashrc', 'write-own-config', 'see-process', 'signal-process'],
        ...['ptrace-process', 'systemd-run', 'activate-program', 'watch-bus', 'read-memory'],
      ];
      const chosen = probes.filter(({ name }) => names.includes(name));
      const folder = join(home, 'probes');
      cpSync(`${process.cwd()}/test/fixtures/probes`, folder, { recursive: true });
      // On its own terminal, not on one that it makes.
      const type = `import fcntl, termios; fcntl.ioctl(0, termios.TIOCSTI, b"x")`;
      const file = join(home, 'strict-probes');
      const lines = chosen.map((probe) => {
        const words = probeArgv(folder, probe).map((word) => `'${word.replaceAll("'", "'\\''")}'`);
        return `${words.join(' ')} </dev/null >/dev/null 2>&1; echo "${probe.name} $?" >>${file}.part`;
      });
      const script = [...lines, `python3 -c '${type}' 2>${file}.typed; ls "$XDG_RUNTIME_DIR" >${file}.runtime`];
      writeFileSync(`${file}.sh`, [...script, `mv ${file}.part ${file}`].join('\n'));
      await world.terminal.open([...strict, 'sh', `${file}.sh`], {
        cwd: home,
        env: { PROBE_TARGETS: targetsFolder, PROBE_HOME: realHome },
      });
      await waitFor(() => existsSync(file), { what: 'the probes to have run', timeoutMs: 120_000 });
      const results = readFileSync(file, 'utf8').trim().split('\n');
      expect(results.length).toBe(chosen.length);
      expect(results.length).toBeGreaterThan(8);
      for (const line of results) expect(line).not.toMatch(/ (0|12[4-7])$/);
      expect(readFileSync(`${file}.typed`, 'utf8')).toMatch(/PermissionError/);
      expect(readFileSync(`${file}.runtime`, 'utf8')).toMatch(/^(at-spi-bus\n)?bus\n$/);
      for (const name of ['', '.sh', '.typed', '.runtime']) rmSync(`${file}${name}`, { force: true });
      await targets.stop();
    });
  });

  describe('from anywhere', () => {
    it('hands on stdin, stdout, stderr, arguments and the exit status', async () => {
      const script = 'cat; printf "<%s>" "$@"; echo err >&2; exit 42';
      const words = ['', 'a b', "it's", '$x', 'ü\n', '-x', 'A=b'];
      const { stdout, stderr, code } = await run(['sh', '-c', script, 'sh', ...words], { input: 'from stdin ' });
      expect(stdout).toBe("from stdin <><a b><it's><$x><ü\n><-x><A=b>");
      expect(stderr).toBe('err\n');
      expect(code).toBe(42);
    });

    it('hands on the whole environment, name by name, but for what strict changes', async () => {
      const variables: Record<string, string> = {
        PATH: process.env['PATH'] ?? '',
        DBUS_SESSION_BUS_ADDRESS: process.env['DBUS_SESSION_BUS_ADDRESS'] ?? '',
        ...{ A: 'b=c=d', EMPTY: '', LINES: 'one\ntwo\n\n', QUOTES: `'"\\'\\"$HOME\`id\`` },
        ...{ 'BASH_FUNC_greet%%': '() {  echo "hello $1"\n}', 'with-dash': 'x', '1st': 'y', Größe: 'größer' },
        ...{ IFS: ':', OPTIND: '7', PS4: '$(id)', OLDPWD: '/', _: 'underscore', SHLVL: '5', ENV: '/dev/null' },
        ...{ words: 'w', reply: 'r', variables: 'v', job: 'j', LD_PRELOAD: '', go: 'g', PWD: home, HOME: home },
      };
      for (let index = 0; index < 2000; index += 1)
        variables[`NAME_${index}`] = `${index}=\n'日本 🐧' \\`.repeat(index % 4);
      const [, ...rest] = strict;
      const taken = { SSH_AUTH_SOCK: '/x', TMUX: '/y', XDG_RUNTIME_DIR: runtime };
      const child = spawn(shell, [...rest, 'cat', '/proc/self/environ'], {
        env: { ...variables, ...taken },
        cwd: home,
      });
      const pairs = (await text(child.stdout)).split('\0').slice(0, -1);
      const inside = pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]);
      const own = inside.find(([name]) => name === 'HOME')?.[1] ?? '';
      expect(own).toMatch(/\/ringfence\/homes\/passing\.\w+$/);
      // Where the kernel has PSI.
      const hasPressure = existsSync(`/sys/fs/cgroup${cgroupOf(process.pid)}/memory.pressure`);
      const host = { own: { path: own, kept: false }, runtimeDir: runtime, hasA11y: false, hasPressure };
      const change = planEnvironment(settings, host);
      const expected = commandEnvironment(new Map(Object.entries({ ...variables, ...taken })), change);
      expect(Object.fromEntries(inside)).toEqual(Object.fromEntries(expected));
      expect(expected.has('SSH_AUTH_SOCK') || expected.has('TMUX')).toBe(false);
      expect(expected.get('DBUS_SESSION_BUS_ADDRESS')).toBe(`unix:path=${runtime}/bus`);
      expect(new Set(pairs.map((pair) => pair.split('=')[0])).size).toBe(pairs.length);
    });

    it('hands on signals, and which of them the caller ignores', async () => {
      const ready =
        'for s in HUP TERM USR1 USR2 QUIT INT; do trap "echo $s" $s; done; echo ready; while :; do sleep 0.01; done';
      const [, ...rest] = strict;
      const child: ChildProcess = spawn(shell, [...rest, 'sh', '-c', ready], {
        stdio: ['ignore', 'pipe', 'inherit'],
        detached: true,
        cwd: home,
      });
      const ended = new Promise((resolve) => child.once('exit', resolve));
      let said = '';
      child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
        said += chunk;
      });
      await waitFor(() => said.includes('ready'), { what: 'the command' });
      for (const name of ['HUP', 'TERM', 'USR1', 'USR2', 'QUIT', 'INT'] as const) {
        child.kill(`SIG${name}`);
        await waitFor(() => said.includes(`${name}\n`), { what: `${name} inside` });
      }
      const [instance] = await world.client.instances();
      await world.client.stop(instance?.path ?? '', 0);
      expect(await ended).not.toBe(0);
      const ignored = ['sh', '-c', `trap "" INT USR1; exec ${strict.join(' ')} grep SigIgn /proc/self/status`];
      const bare = ['sh', '-c', 'trap "" INT USR1; exec grep SigIgn /proc/self/status'];
      expect((await command(ignored, { cwd: home })).stdout).toBe((await command(bare, { cwd: home })).stdout);
      expect((await run(['sh', '-c', 'kill -KILL $$'])).code).toBe(137);
    });

    it('starts where it is called, by the name it is called by', async () => {
      const folder = join(home, 'strict folder');
      mkdirSync(folder, { recursive: true });
      symlinkSync(folder, join(home, 'strict-link'));
      const { stdout } = await command([
        'sh',
        '-c',
        `cd "${home}/strict-link" && exec ${strict.join(' ')} sh -c 'pwd; pwd -P'`,
      ]);
      expect(stdout).toBe(`${home}/strict-link\n${folder}\n`);
      rmSync(join(home, 'strict-link'));
      rmSync(folder, { recursive: true });
    });

    it('refuses a command in a folder that is not there inside, and starts a shell in the home folder', async () => {
      const folder = temporaryFolder();
      expect(await run(['echo', 'ran'], { cwd: folder })).toMatchObject({
        code: 2,
        stdout: '',
        stderr: expect.stringMatching(oneLine),
      });
      const [, ...rest] = strict;
      const started = await command([shell, ...rest.slice(0, -1)], {
        cwd: folder,
        input: 'pwd\n',
        env: { SHELL: '/bin/dash' },
      });
      expect(started).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/\/homes\/passing\.\w+\n$/),
        stderr: expect.stringMatching(oneLine),
      });
    });

    it('closes what the caller has open beside its input and output, and refuses a folder as one of these', async () => {
      const leak = `import os, sys; [os.dup2(os.open("/", 0), n) for n in (3, 7, 31)]; os.execvp(sys.argv[1], sys.argv[1:])`;
      const open = 'for n in 0 1 2 3 7 31; do [ ! -e /proc/$$/fd/$n ] || echo $n; done';
      const { stdout } = await command(['python3', '-c', leak, ...strict, 'sh', '-c', open], { cwd: home });
      expect(stdout).toBe('0\n1\n2\n');
      const [, ...rest] = strict;
      const child = spawn(shell, [...rest, 'echo', 'ran'], { stdio: [openSync('/', 'r'), 'pipe', 'pipe'], cwd: home });
      const ended = new Promise((resolve) => child.once('exit', resolve));
      const [out, err] = await Promise.all([
        text(child.stdout as NodeJS.ReadableStream),
        text(child.stderr as NodeJS.ReadableStream),
      ]);
      expect([out, await ended]).toEqual(['', 5]);
      expect(err).toMatch(oneLine);
    });

    it('hands on files as pipes, which cannot be opened anew', async () => {
      const secret = join(realHome, '.reopened');
      const [, ...rest] = strict;
      const attempt =
        'cat; for path in /proc/self/fd/0 /dev/stdin; do (echo planted >>$path) 2>/dev/null; done; echo end; echo err >&2; exit 3';
      const through = async (argv: readonly string[], input: string, output: string) => {
        writeFileSync(input, 'secret\n');
        writeFileSync(output, 'before\n');
        const child = spawn(argv[0] ?? '', argv.slice(1), {
          stdio: [openSync(input, 'r'), openSync(output, 'a'), openSync(output, 'a')],
          cwd: home,
        });
        const code = await new Promise((resolve) => child.once('exit', resolve));
        return { code, input: readFileSync(input, 'utf8'), output: readFileSync(output, 'utf8') };
      };
      const files = ['sh', '-c', 'for n in 0 1 2; do [ ! -f /proc/self/fd/$n ] || echo file; done'];
      const bare = await through(['sh', '-c', attempt], secret, join(home, 'out'));
      expect(bare.input).toMatch(/planted/);
      const held = await through([shell, ...rest, 'sh', '-c', attempt], secret, join(home, 'out'));
      expect(held.input).toBe('secret\n');
      expect(held.code).toBe(3);
      expect(held.output).toMatch(/^before\nsecret\nend\nerr\n$/);
      expect((await through([shell, ...rest, ...files], secret, join(home, 'out'))).output).toBe('before\n');
      rmSync(secret);
    });

    it('ends with the command, though nobody reads the file to its end', async () => {
      writeFileSync(join(home, 'long'), 'x\n'.repeat(1_000_000));
      const [, ...rest] = strict;
      const child = spawn(shell, [...rest, 'head', '-n1'], {
        stdio: [openSync(join(home, 'long'), 'r'), 'pipe', 'pipe'],
        cwd: home,
      });
      expect(await text(child.stdout as NodeJS.ReadableStream)).toBe('x\n');
      rmSync(join(home, 'long'));
    });

    it('keeps a home by its name', async () => {
      const [, ...rest] = strict;
      const named = (script: string) => command([shell, '--home=tools', ...rest, 'sh', '-c', script], { cwd: home });
      expect(await named('echo $HOME; echo kept >~/kept')).toMatchObject({
        stdout: `${realHome}/.local/share/ringfence/homes/named.tools\n`,
      });
      expect(await named('cat ~/kept')).toMatchObject({ code: 0, stdout: 'kept\n' });
      expect((await run(['sh', '-c', 'cat ~/kept'])).code).not.toBe(0);
      expect(await command([shell, '--home=../x', ...rest, 'true'], { cwd: home })).toMatchObject({ code: 2 });
    });

    it('has a home as soon as the command before it has ended, though not yet all that served that one', async () => {
      const [, ...rest] = strict;
      const first = spawn(shell, ['--home=tools', ...rest, 'sh', '-c', 'echo in; read -r line'], { cwd: home });
      const ended = new Promise((resolve) => first.once('exit', resolve));
      await new Promise((resolve) => first.stdout.once('data', resolve));
      const [instance] = await world.client.instances();
      const filters = proxies().filter((pid) => instance?.pids.includes(pid));
      expect(filters.length).toBeGreaterThan(0);
      for (const pid of filters) process.kill(pid, 'SIGSTOP');
      first.stdin.end('go\n');
      expect(await ended).toBe(0);
      const second = command([shell, '--home=tools', ...rest, 'echo', 'again'], { cwd: home });
      const lock = `${runtime}/ringfence/homes/named.tools.lock`;
      await Promise.race([second, waitFor(() => existsSync(lock), { what: 'the next to want the home' })]);
      for (const pid of filters) process.kill(pid, 'SIGCONT');
      expect(await second).toMatchObject({ code: 0, stdout: 'again\n' });
    });

    it('has the folder it was started in, and nothing else of the home', async () => {
      writeFileSync(join(realHome, 'private'), 'p');
      const script = `ls -A ${realHome}; cat ${realHome}/private; touch here`;
      expect((await run(['sh', '-c', script])).stdout).toBe('.local\nshell-work\n');
      expect(existsSync(join(home, 'here'))).toBe(true);
      expect((await run(['sh', '-c', script], { cwd: realHome })).stdout).toBe('.local\n');
      mkdirSync(join(realHome, '.hidden'), { recursive: true });
      expect((await run(['sh', '-c', script], { cwd: join(realHome, '.hidden') })).code).toBe(2);
      rmSync(join(realHome, 'private'));
    });

    it.each([
      ['an unknown profile', ['--profile=none', '--', 'echo', 'ran'], 2],
      ['a wrong limit', ['--profile=strict', '--memory-max', 'much', '--', 'echo', 'ran'], 2],
      ['a command that is not there', ['--profile=strict', '--', 'no-such-command'], 127],
    ])('refuses %s in one line', async (_what, args, code) => {
      const result = await command([shell, ...args], { cwd: home });
      expect(result).toMatchObject({ code, stdout: '', stderr: expect.stringMatching(oneLine) });
    });

    it('ends with 126 for a command that may not be executed', async () => {
      expect((await run(['/etc/passwd'])).code).toBe(126);
    });

    it('runs nothing when the daemon cannot be reached, and says why', async () => {
      const result = await run(['echo', 'ran'], { env: { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent' } });
      expect(result).toMatchObject({ code: 7, stdout: '', stderr: expect.stringMatching(oneLine) });
    });

    it('may be there several times at once', async () => {
      const results = await Promise.all(
        [1, 2, 3, 4].map((number) => run(['sh', '-c', `echo ${number}; exit ${number}`])),
      );
      expect(results.map(({ stdout, code }) => [stdout, code])).toEqual(
        [1, 2, 3, 4].map((number) => [`${number}\n`, number]),
      );
      await nothingIsLeft(world.bus);
      await waitFor(() => sandboxes().length === 0, { what: 'the folders to be gone' });
    });

    it('is what ringfence run does with --wait and with --tty', async () => {
      const words = ['--profile=strict', ...limits, '--', 'sh', '-c', 'cat; grep NoNewPrivs /proc/self/status; exit 6'];
      const waited = await command([built.ringfence, 'run', '--wait', ...words], { cwd: home, input: 'in\n' });
      expect(waited).toMatchObject({ code: 6, stdout: 'in\nNoNewPrivs:\t1\n', stderr: '' });
      const tab = await world.terminal.open(
        [built.ringfence, 'run', '--tty', ...words.slice(0, 7), 'grep Seccomp: /proc/self/status; sleep 1000'],
        { cwd: home },
      );
      await tab.shows(/^Seccomp:\s+2$/m);
      const [instance] = await world.client.instances();
      expect(instance?.profile).toBe('strict');
    });
  });

  it('is refused like any part of strict where Contain is asked for it', async () => {
    const child = spawn('sleep', ['1000']);
    await expect(world.client.contain(child.pid ?? 0, new Map([['profile', 'strict']]))).rejects.toMatchObject({
      message: expect.stringMatching(/cannot/),
    });
    expect(cgroupOf(child.pid ?? 0)).not.toContain('app-ringfence');
    child.kill('SIGKILL');
  });
});

describe('a strict ringfence-shell with another daemon', () => {
  let bus: BusConnection;
  let dying: string;
  // What these daemons remember from one to the next is not to be seen by others.
  const state = { XDG_STATE_HOME: temporaryFolder() };

  beforeAll(async () => {
    bus = await connectTestBus();
    dying = await bundleDyingDaemon();
  });
  afterEach(async () => {
    await endAll(bus);
    const pid = await namePid(bus, busName);
    if (pid !== undefined) process.kill(pid, 'SIGKILL');
    await waitFor(async () => (await namePid(bus, busName)) === undefined, { what: 'the name to be free' });
  });
  afterAll(() => bus.close());

  it.each<LaunchStep>(['decided', 'gated', 'scoped', 'verified', 'entering', 'enclosed', 'recorded'])(
    'runs nothing when it is killed once it was %s, says so in one line, and leaves nothing',
    async (step) => {
      const daemon = await startBundledDaemon(bus, dying, { ...state, RINGFENCE_TEST_FAULT: `${step} die` });
      const result = await run(['echo', 'ran']);
      expect(result).toMatchObject({ code: 7, stdout: '', stderr: expect.stringMatching(oneLine) });
      await daemon.ended;
      await nothingIsLeft(bus);
      const next = await startBundledDaemon(bus, dying, state);
      expect(sandboxes()).toEqual([]);
      await next.stop();
    },
  );

  it('lives on when it is killed afterwards; the next one finds it and clears up', async () => {
    const daemon = await startBundledDaemon(bus, dying, { ...state, RINGFENCE_TEST_FAULT: 'released die' });
    const [, ...rest] = strict;
    const child = spawn(shell, [...rest, 'sh', '-c', 'echo in; read -r line; exit 9'], { cwd: home });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    await daemon.ended;
    const next = await startBundledDaemon(bus, dying, state);
    expect(sandboxes()).toHaveLength(1);
    child.stdin.end('go\n');
    expect(await text(child.stdout)).toBe('in\n');
    expect(await ended).toBe(9);
    await waitFor(() => sandboxes().length === 0 && proxies().length === 0, { what: 'all to be cleared up' });
    await next.stop();
  });

  it.each<[string, string[], string[]]>([
    ['no filter', ['--seccomp', '8'], []],
    ['a writable system', ['--ro-bind', '/usr', '/usr'], ['--bind', '/usr', '/usr']],
    ['the session’s /tmp', ['--perms', '1777', '--tmpfs', '/tmp'], ['--bind', '/tmp', '/tmp']],
    ['the real home', ['--dir', realHome], ['--bind', realHome, realHome]],
    ['no PID namespace', ['--unshare-pid'], []],
    ['nothing at all', ['--unshare-user'], ['--nonsense']],
  ])('runs nothing in a sandbox with %s', async (_what, from, to) => {
    const daemon = await startBundledDaemon(bus, dying, {
      ...state,
      RINGFENCE_TEST_SANDBOX: JSON.stringify([from, to]),
    });
    const result = await run(['echo', 'ran']);
    expect(result.stdout).toBe('');
    expect(result.code).not.toBe(0);
    expect(result.stderr).not.toBe('');
    await nothingIsLeft(bus);
    await waitFor(() => sandboxes().length === 0, { what: 'the folder to be gone' });
    await daemon.stop();
  });

  it('runs nothing without bubblewrap, and says what to install', async () => {
    const folder = temporaryFolder();
    symlinkSync('/usr/bin/xdg-dbus-proxy', join(folder, 'xdg-dbus-proxy'));
    const daemon = await startBundledDaemon(bus, dying, { ...state, RINGFENCE_TEST_PROGRAMS: folder });
    const result = await run(['echo', 'ran']);
    expect(result).toMatchObject({ code: 5, stdout: '', stderr: expect.stringMatching(oneLine) });
    expect(result.stderr).toMatch(/install the package bubblewrap/);
    await nothingIsLeft(bus);
    await daemon.stop();
  });

  it('is what a configuration makes of every tab, and of a profile of one’s own', async () => {
    const infinite = 'memory-max = "infinity"\nmemory-swap-max = "infinity"\ntasks-max = "infinity"\n';
    const first = await startDaemon();
    mkdirSync(join(first.home.config, 'ringfence'), { recursive: true });
    writeFileSync(
      join(first.home.config, 'ringfence/config.toml'),
      `default-profile = "mine"\n[profile.mine]\nbase = "strict"\n${infinite}[profile.open]\nbase = "relaxed"\n`,
    );
    await first.kill9();
    const daemon = await startDaemon({ home: first.home });
    const words = ['--', 'grep', 'NoNewPrivs', '/proc/self/status'];
    for (const args of [words, ['--profile=mine', ...words]]) {
      expect(await command([shell, ...args], { cwd: home })).toMatchObject({ code: 0, stdout: 'NoNewPrivs:\t1\n' });
    }
    expect((await command([shell, '--profile=open', ...words], { cwd: home })).stdout).toBe('NoNewPrivs:\t0\n');
    await waitFor(() => sandboxes().length === 0, { what: 'the folders to be gone' });
    await daemon.stop();
  });
});
