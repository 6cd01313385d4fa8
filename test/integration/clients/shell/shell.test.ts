import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseReport } from '../../../../src/domain/report.ts';
import { recordName, recordsFolder } from '../../../../src/domain/runtime-files.ts';
import { terminalOf, writeToTerminal } from '../../../../src/platform/kernel/terminal.ts';
import { tellTerminal } from '../../../../src/watch/tell-terminal.ts';
import { processesWith, processFacts, temporaryFolder } from '../../../fixtures/live-daemon.ts';
import { hasTerminal, plainBash, program, shellWorld } from '../../../fixtures/shell-world.ts';
import type { Tab } from '../../../fixtures/tmux-terminal.ts';
import { cgroupOf } from '../../../harness/cgroup.ts';
import { type CommandResult, command } from '../../../harness/command.ts';
import { waitFor } from '../../../harness/wait-for.ts';

const shell = program('ringfence-shell');
const scopePattern = /\/app\.slice\/(app-ringfence-[^/]+\.scope)$/;

/** Starts a command as tmux does, and tells its number once the user manager has moved it. */
const lateTerminal = `import ctypes, os, subprocess, sys, time
ctypes.CDLL('libsystemd.so.0')
told, *command = sys.argv[1:]
pid = os.fork()
if pid == 0:
    os.setsid()
    os.environ['TMUX'] = f'/nowhere,{os.getppid()},0'
    os.execvp(command[0], command)
time.sleep(0.4)
scope = f'tmux-spawn-{pid}.scope'
manager = ['org.freedesktop.systemd1', '/org/freedesktop/systemd1', 'org.freedesktop.systemd1.Manager']
subprocess.run(['busctl', '--user', '--quiet', 'call', *manager, 'StartTransientUnit', 'ssa(sv)a(sa(sv))', scope, 'fail', '1',
                'PIDs', 'au', '1', str(pid), '0'], check=True)
while scope.encode() in subprocess.check_output(['systemctl', '--user', 'list-jobs']): time.sleep(0.02)
open(told + '.part', 'w').write(str(pid))
os.rename(told + '.part', told)
os.waitpid(pid, 0)`;

describe('ringfence-shell', () => {
  const world = shellWorld();

  const openTab = async (argv: string[] = plainBash, options: string[] = []): Promise<Tab> => {
    const tab = await world.terminal.open([shell, ...options, '--', ...argv], { env: { PS1: 'ready> ' } });
    await tab.shows(/ready>/);
    return tab;
  };

  describe('in a terminal', () => {
    it('gives each of three tabs a scope of its own', async () => {
      const tabs = [await openTab(), await openTab(), await openTab()];
      const scopes = tabs.map(({ pid }) => scopePattern.exec(cgroupOf(pid) ?? '')?.[1]);
      expect(new Set(scopes).size).toBe(3);
      expect((await world.client.instances()).map(({ unit }) => unit).sort()).toEqual([...scopes].sort());
    });

    // tmux moves what it starts into a scope, the later the busier the machine is: here by a program that does so, and takes its time.
    it('has its scope where the terminal is late with one of its own', async () => {
      const told = join(temporaryFolder(), 'told');
      const late = spawn('python3', ['-c', lateTerminal, told, shell, '--', 'sleep', '1000'], { stdio: 'inherit' });
      await waitFor(() => existsSync(told), { what: 'its scope' });
      const pid = Number(readFileSync(told, 'utf8'));
      await waitFor(() => processFacts(pid)?.argv[0] === 'sleep', { what: 'the command' });
      expect(cgroupOf(pid)).toMatch(scopePattern);
      process.kill(pid, 'SIGKILL');
      await once(late, 'exit');
    });

    it('becomes the shell: the same process, and no other stays', async () => {
      const tab = await openTab();
      expect(processFacts(tab.pid)?.argv).toEqual(plainBash);
      const [instance] = await world.client.instances();
      expect(instance).toMatchObject({ name: 'bash', pids: [tab.pid] });
    });

    it('hands on the exit status', async () => {
      const tab = await world.terminal.open(['env', 'PS1=outer> ', ...plainBash]);
      await tab.shows(/outer>/);
      await tab.enter(`PS1='inner> ' ${shell} -- ${plainBash.join(' ')}`);
      await tab.shows(/inner>/);
      await tab.enter('exit 3');
      // A shell may read what is typed ahead, and take it with it.
      await tab.shows(/^outer> *$/m);
      await tab.enter('echo status=$?');
      await tab.shows(/status=3/);
    });

    it('has job control', async () => {
      const tab = await openTab();
      await tab.enter('sleep 4713');
      const pid = await waitFor(() => processesWith('4713')[0], { what: 'sleep to run' });
      await tab.press('C-z');
      await tab.shows(/\[1\]\+ +Stopped +sleep 4713/);
      await tab.enter('bg; jobs -r');
      await tab.shows(/Running +sleep 4713/);
      await tab.enter('fg');
      await tab.shows(/\nsleep 4713\n/);
      // The shell says so before it gives the terminal away.
      await waitFor(() => hasTerminal(pid), { what: 'sleep to have the terminal' });
      await tab.press('C-c');
      await tab.enter('echo status=$?');
      await tab.shows(/status=130/);
    });

    it('tells the shell when the window changes its size', async () => {
      const tab = await openTab();
      await tab.enter("trap 'echo changed to $(stty size)' WINCH; stty size");
      // Until then the size is told to stty's process group.
      await tab.shows(/\n30 100\nready> *$/m);
      await tab.resize(77, 22);
      await tab.press('Enter');
      await tab.shows(/changed to 22 77/);
    });

    // What is written, and when, is in test/machine/shell.test.ts: here no limit is enforced.
    it('can be told something as long as it is its terminal', async () => {
      const tab = await world.terminal.open(['env', 'PS1=outer> ', ...plainBash]);
      await tab.shows(/outer>/);
      await tab.enter(`PS1='inner> ' ${shell} -- ${plainBash.join(' ')}`);
      await tab.shows(/^inner>/m);
      const unit = (await world.client.instances())[0]?.unit ?? '';
      const record = `${process.env['XDG_RUNTIME_DIR']}/${recordsFolder}/${recordName(unit)}`;
      const place = parseReport(readFileSync(record, 'utf8'))?.terminal ?? { device: '', leader: 0, startTime: 0 };
      expect(place).toMatchObject({ leader: tab.pid });
      expect(place.device).toMatch(/^\/dev\/pts\/\d+$/);
      expect(writeToTerminal(place, '\r\nfirst word\r\n')).toBe(true);
      await tab.shows(/^first word$/m);
      // Another session's, by the same number.
      expect(writeToTerminal({ ...place, startTime: place.startTime + 1 }, 'second word')).toBe(false);
      expect(await tab.screen()).not.toContain('second word');
      // Nobody waits for one that is held.
      await tab.enter('stty ixon; echo reading; cat');
      await tab.shows(/^reading$/m);
      await tab.press('C-s');
      const isHeld = () => {
        try {
          return !writeToTerminal(place, 'much\r\n');
        } catch (error) {
          return (error as NodeJS.ErrnoException).code === 'EAGAIN';
        }
      };
      await waitFor(isHeld, { what: 'the terminal to be held' });
      // But what is held for a moment gets it.
      const details = new Map([
        ['name', 'bash'],
        ['value', '5'],
      ]);
      const report = parseReport(readFileSync(record, 'utf8'));
      if (report === undefined) throw new Error('there is no record');
      const telling = tellTerminal({ report }, { limit: 'tasks-max', details }, { writeToTerminal });
      await tab.press('C-q');
      await telling;
      await tab.shows(/^ringfence-shell: bash: refused a new process at the task limit \(tasks-max 5\)/m);
      await tab.press('C-c');
      // Nothing of it is on the terminal.
      await tab.enter('clear; sleep 1000 </dev/null >/dev/null 2>&1 & echo pid=$!');
      const [, elsewhere] = await tab.shows(/^pid=(\d+)$/m);
      // Its shell redirects after it has forked.
      await waitFor(() => terminalOf(Number(elsewhere)) === undefined, { what: 'it to have left the terminal' });
      expect(terminalOf(tab.pid)).toEqual(place);
    });

    it('hides a password', async () => {
      const tab = await openTab();
      await tab.enter("read -rsp 'Password: ' word; echo; printf 'got %s' \"$word\" | wc -c");
      await tab.shows(/Password:$/m);
      await tab.enter('secret words');
      await tab.shows(/^16$/m);
      expect(await tab.screen()).not.toContain('secret');
    });

    it('runs vim and less', async () => {
      const folder = temporaryFolder();
      writeFileSync(`${folder}/long`, Array.from({ length: 500 }, (_, line) => `line ${line + 1}\n`).join(''));
      const tab = await openTab();
      await tab.enter(`vim -u NONE -N ${folder}/text`);
      await tab.shows(/~\n/);
      await tab.press('i');
      await tab.enter('written in vim');
      await tab.press('Escape');
      await tab.enter(':wq');
      await waitFor(() => existsSync(`${folder}/text`) && readFileSync(`${folder}/text`, 'utf8').includes('vim'), {
        what: 'the text on the disk',
      });
      // What is typed before is vim's.
      await tab.shows(/ready> *\n*$/);
      await tab.enter(`less ${folder}/long`);
      await tab.shows(/line 28\n/);
      await tab.press('G');
      await tab.shows(/line 500\n/);
      await tab.press('q');
      await tab.enter('echo back');
      await tab.shows(/\nback\n/);
    });

    it('is a login shell, or interactive, as asked', async () => {
      const login = await world.terminal.open(['env', 'SHELL=/bin/bash', shell, '--login']);
      await login.shows(/[$#]$/m);
      await login.enter('shopt login_shell; echo $0');
      await login.shows(/login_shell\s+on/);
      const interactive = await openTab([...plainBash, '-i']);
      await interactive.enter('echo flags=$-');
      await interactive.shows(/flags=\w*i/);
      const own = await world.terminal.open(['env', 'SHELL=/bin/dash', 'PS1=dash> ', shell]);
      await own.shows(/dash>/);
      expect(processFacts(own.pid)?.argv).toEqual(['/bin/dash']);
    });

    it('starts where it is called', async () => {
      const folder = temporaryFolder();
      const tab = await world.terminal.open([shell, '--', ...plainBash], { env: { PS1: 'ready> ' }, cwd: folder });
      await tab.shows(/ready>/);
      expect(readlinkSync(`/proc/${tab.pid}/cwd`)).toBe(folder);
    });
  });

  describe('from anywhere', () => {
    const run = (args: string[], env: Record<string, string | undefined> = {}): Promise<CommandResult> =>
      command([shell, ...args], { env });

    it('hands on the whole environment, name by name', async () => {
      const variables: Record<string, string> = {
        PATH: process.env['PATH'] ?? '',
        DBUS_SESSION_BUS_ADDRESS: process.env['DBUS_SESSION_BUS_ADDRESS'] ?? '',
        A: 'b=c=d',
        EMPTY: '',
        LINES: 'one\ntwo\n\n',
        QUOTES: `'"\\'\\"$HOME\`id\``,
        'BASH_FUNC_greet%%': '() {  echo "hello $1"\n}',
        'with-dash': 'x',
        '1st': 'y',
        Größe: 'größer',
        IFS: ':',
        OPTIND: '7',
        PS4: '$(id)',
        PWD: '/nowhere',
        OLDPWD: '/',
        _: 'underscore',
        SHLVL: '5',
        ENV: '/dev/null',
        LC_ALL: 'C',
        words: 'w',
        reply: 'r',
        options: 'o',
      };
      for (let index = 0; index < 2000; index += 1)
        variables[`NAME_${index}`] = `${index}=\n'日本 🐧' \\`.repeat(index % 4);
      const stale = { MEMORY_PRESSURE_WATCH: '/sys/fs/cgroup/another/memory.pressure', MEMORY_PRESSURE_WRITE: 'eA==' };
      const child = spawn(shell, ['--', 'cat', '/proc/self/cgroup', '/proc/self/environ'], {
        env: { ...variables, ...stale },
      });
      let text = '';
      child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      await new Promise((resolve) => child.once('close', resolve));
      const end = text.indexOf('\n', text.indexOf('0::'));
      const cgroup = text.slice(text.indexOf('0::') + 3, end);
      const pairs = text
        .slice(end + 1)
        .split('\0')
        .slice(0, -1);
      const inside = pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]);
      // Its own place for that, where the kernel has PSI, and never another's.
      const hasPressure = existsSync(`/sys/fs/cgroup${cgroupOf(process.pid)}/memory.pressure`);
      const watch = `/sys/fs/cgroup${cgroup}/memory.pressure`;
      const pressure = { MEMORY_PRESSURE_WATCH: watch, MEMORY_PRESSURE_WRITE: 'c29tZSAyMDAwMDAgMjAwMDAwMAA=' };
      Object.assign(variables, hasPressure ? pressure : {});
      expect(cgroup).toMatch(scopePattern);
      expect(Object.fromEntries(inside)).toEqual(variables);
      expect(pairs).toHaveLength(Object.keys(variables).length);
    });

    it('hands on exported functions', async () => {
      const { stdout } = await command([
        'bash',
        '-c',
        `greet() { echo "hello $1"; }; export -f greet; ${shell} -- bash -c 'greet you'`,
      ]);
      expect(stdout).toBe('hello you\n');
    });

    it('hands on stdin, stdout, stderr, arguments and the exit status', async () => {
      const { stdout, stderr, code } = await command(
        [
          shell,
          '--',
          'sh',
          '-c',
          'cat; printf "<%s>" "$@"; echo err >&2; exit 42',
          'sh',
          '',
          'a b',
          "it's",
          '$x',
          'ü\n',
        ],
        { input: 'from stdin ' },
      );
      expect(stdout).toBe("from stdin <><a b><it's><$x><ü\n>");
      expect(stderr).toBe('err\n');
      expect(code).toBe(42);
    });

    it('asks for the limits, the app and the name it is told', async () => {
      const { stdout } = await run(['--cpu-weight=30', '--app', 'org.test.App', '--', 'cat', '/proc/self/cgroup']);
      expect(stdout).toMatch(/\/app-ringfence-org\.test\.App-\d+\.scope/);
      expect((await run(['--name', 'made', '--', 'cat', '/proc/self/cgroup'])).stdout).toMatch(/-made-\d+\.scope/);
    });

    it('runs a program with an equals sign in its name, or a dash before it', async () => {
      const folder = temporaryFolder();
      symlinkSync('/bin/echo', `${folder}/e=cho`);
      symlinkSync('/bin/echo', `${folder}/-echo`);
      const env = { PATH: `${folder}:${process.env['PATH']}` };
      for (const name of ['e=cho', '-echo']) expect((await run(['--', name, 'x'], env)).stdout).toBe('x\n');
    });

    it.each([
      ['an unknown profile', ['--profile=none', '--', 'echo', 'ran'], 2],
      ['a wrong limit', ['--memory-max', 'much', '--', 'echo', 'ran'], 2],
      ['an unknown option', ['--nonsense', '--', 'echo', 'ran'], 2],
      ['an option without its value', ['--profile'], 2],
      ['a comma in a value', ['--profile', 'relaxed,name,x', '--', 'echo', 'ran'], 2],
      ['a command that is not there', ['--', 'no-such-command'], 127],
      ['a command that may not be executed', ['--', '/etc/passwd'], 126],
    ])('refuses %s in one line and runs nothing', async (_what, args, code) => {
      const result = await run(args);
      expect(result).toMatchObject({ code, stdout: '' });
      expect(result.stderr.trimEnd().split('\n')).toHaveLength(1);
    });

    it('opens without a fence and says so in one line when the daemon cannot be reached', async () => {
      const env = { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent', 'BASH_FUNC_x%%': '() { :; }' };
      const result = await run(['--', 'sh', '-c', 'tr "\\0" "\\n" </proc/$$/environ; exit 9'], env);
      expect(result.code).toBe(9);
      expect(result.stderr).toMatch(/^ringfence-shell: not contained: .*\n$/);
      expect(result.stdout).toContain('BASH_FUNC_x%%=() { :; }');
      for (const profile of ['strict', 'mine']) {
        expect(await run(['--profile', profile, '--', 'echo', 'ran'], env)).toMatchObject({ code: 7, stdout: '' });
      }
    });

    it('finds the bus of the user without an environment, as in cron', async () => {
      const { stdout, code } = await command(['env', '-i', shell, '--', 'cat', '/proc/self/cgroup']);
      expect(code).toBe(0);
      expect(stdout).toMatch(/app-ringfence-cat-\d+\.scope/);
    });
  });
});
