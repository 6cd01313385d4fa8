import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { BusConnection } from '../../../../src/platform/dbus/connection.ts';
import { built, connectTestBus, endAll, processesWith, temporaryFolder } from '../../../fixtures/live-daemon.ts';
import { program } from '../../../fixtures/shell-world.ts';
import { openTerminal } from '../../../fixtures/tmux-terminal.ts';
import { cgroupOf } from '../../../harness/cgroup.ts';
import { command } from '../../../harness/command.ts';
import { type Daemon, startDaemon } from '../../../harness/daemon.ts';
import { waitFor } from '../../../harness/wait-for.ts';

describe('ringfence run --wait', () => {
  let bus: BusConnection;
  let daemon: Daemon;

  beforeAll(async () => {
    bus = await connectTestBus();
    daemon = await startDaemon();
  });
  afterEach(() => endAll(bus));
  afterAll(async () => {
    await daemon.stop();
    await bus.close();
  });

  const run = (args: string[], options: Parameters<typeof command>[1] = {}) =>
    command([built.ringfence, 'run', '--wait', ...args], options);

  it('runs in a scope, with the input and output of the caller, and ends as the command does', async () => {
    const script = 'grep ^0:: /proc/self/cgroup; cat; echo err >&2; exit 42';
    const { stdout, stderr, code } = await run(['--', 'sh', '-c', script], { input: 'input\n' });
    expect(stdout).toMatch(/^0::.*\/app-ringfence-sh-\d+\.scope\ninput\n$/);
    expect(stderr).toBe('err\n');
    expect(code).toBe(42);
  });

  it('says which of the limits asked for here are not enforced, and of the others nothing', async () => {
    const started = await command([built.ringfence, '--json', 'run', '--cpu-weight=50', '--', 'sleep', '1000']);
    const { report } = JSON.parse(started.stdout) as { report: { name: string; state: string }[] };
    const isLost = report.find(({ name }) => name === 'cpu-weight')?.state === 'not-enforced';
    const told = (who: string) => (isLost ? `${who}: not enforced here: cpu-weight (see "ringfence doctor")\n` : '');
    // It stays until it was told of: one that ends at once has nothing to tell.
    const child = spawn(built.ringfence, ['run', '--wait', '--cpu-weight=50', '--', 'cat'], { stdio: 'pipe' });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      stderr += chunk;
    });
    if (isLost) await waitFor(() => stderr !== '', { what: 'the limit to be told of' });
    const ended = new Promise((resolve) => child.once('close', resolve));
    child.stdin.end();
    expect([await ended, stderr]).toEqual([0, told('ringfence')]);
    expect(await run(['--', 'true'])).toMatchObject({ code: 0, stderr: '' });
    const shell = program('ringfence-shell');
    const asked = await command([shell, '--cpu-weight=50', '--', 'true']);
    expect(asked).toMatchObject({ code: 0, stderr: told('ringfence-shell') });
    expect(await command([shell, '--', 'true'])).toMatchObject({ code: 0, stderr: '' });
  });

  it('hands on arguments and variables', async () => {
    const { stdout } = await run(['printf', '%s|', '', 'a b', "it's", '--wait'], {});
    expect(stdout).toBe("|a b|it's|--wait|");
    const seen = await run(['--', 'env', '-0'], { env: { ODD: 'a=b\n"ü"', 'BASH_FUNC_f%%': '() { :; }' } });
    expect(seen.stdout.split('\0')).toEqual(expect.arrayContaining(['ODD=a=b\n"ü"', 'BASH_FUNC_f%%=() { :; }']));
  });

  it('ends with 128 + n when signal n ended the command', async () => {
    expect((await run(['--', 'sh', '-c', 'kill -TERM $$'])).code).toBe(143);
    expect((await run(['--', 'sh', '-c', 'kill -KILL $$'])).code).toBe(137);
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR2'] as const)('passes %s on', async (signal) => {
    const name = signal.slice(3);
    const program = ['sh', '-c', `trap 'echo got ${name}; exit 9' ${name}; echo ready; while :; do sleep 0.01; done`];
    const child: ChildProcess = spawn(built.ringfence, ['run', '--wait', '--', ...program], {
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true,
    });
    // Not its exit: what it has printed may come behind that.
    const ended = new Promise((resolve) => child.once('close', resolve));
    let output = '';
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
    });
    await waitFor(() => output.includes('ready'), { what: 'the command' });
    child.kill(signal);
    expect(await ended).toBe(9);
    expect(output).toBe(`ready\ngot ${name}\n`);
  });

  it('is ended by Ctrl-C, stopped by Ctrl-Z and continued by fg', async () => {
    const terminal = await openTerminal();
    const tab = await terminal.open(['env', 'PS1=ready> ', 'bash', '--norc', '--noprofile']);
    await tab.shows(/ready>/);
    await tab.enter(`${built.ringfence} run --tty -- sh -c 'tty; sleep 987'`);
    await tab.shows(/\/dev\/pts/);
    const [pid = 0] = await waitFor(() => processesWith('987').length > 0 && processesWith('987'), { what: 'sleep' });
    expect(cgroupOf(pid)).toMatch(/app-ringfence-sh-\d+\.scope$/);
    const state = () => /\) (\w) /.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1];
    await tab.press('C-z');
    await tab.shows(/Stopped/);
    await waitFor(() => state() === 'T', { what: 'sleep to stop as well' });
    await tab.enter('fg');
    await waitFor(() => state() === 'S', { what: 'sleep to go on' });
    await tab.press('C-c');
    await tab.enter('echo status=$?');
    await tab.shows(/status=130/);
    await waitFor(() => processesWith('987').length === 0, { what: 'sleep to end as well' });
    await terminal.close();
  });

  it('keeps the command off the terminal when told', async () => {
    const { stdout } = await run(['--no-tty', '--', 'sh', '-c', 'ps -o sid= -o pid= -p $$']);
    const [session, pid] = stdout.trim().split(/\s+/);
    expect(session).toBe(pid);
  });

  it.each([
    ['a command that is not there', ['no-such-command'], 127],
    ['a command that may not be executed', ['/etc/passwd'], 126],
    ['a terminal where there is none', ['--tty', 'true'], 2],
    ['both a terminal and none', ['--tty', '--no-tty', 'true'], 2],
    ['an unknown profile', ['--profile', 'none', 'true'], 2],
    ['a wrong limit', ['--memory-max', 'much', 'true'], 2],
    ['no command', [], 2],
  ])('refuses %s', async (_what, args, code) => {
    const result = await run(args);
    expect(result).toMatchObject({ code, stdout: '' });
    expect(result.stderr).toMatch(/^(ringfence(-shell)?|env): /);
  });

  it('runs nothing without its daemon', async () => {
    const file = `${temporaryFolder()}/script`;
    writeFileSync(file, '#!/bin/sh\necho ran\n');
    chmodSync(file, 0o755);
    expect(await run([file], { env: { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent' } })).toMatchObject({
      code: 7,
      stdout: '',
    });
  });

  it('leaves nothing behind', async () => {
    const child = spawn(built.ringfence, ['run', '--wait', '--', 'echo', 'done'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    expect(await text(child.stdout)).toBe('done\n');
    await waitFor(async () => (await command([built.ringfence, 'list'])).stdout === '', { what: 'an empty list' });
  });
});
