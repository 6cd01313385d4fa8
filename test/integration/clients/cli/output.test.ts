import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../../../../src/clients/cli/client.ts';
import type { BusConnection } from '../../../../src/platform/dbus/connection.ts';
import { built, connectTestBus, connectTestClient, endAll, instanceAt } from '../../../fixtures/live-daemon.ts';
import { command } from '../../../harness/command.ts';
import { type Daemon, startDaemon } from '../../../harness/daemon.ts';
import { waitFor } from '../../../harness/wait-for.ts';

// What the command prints, for people and for scripts.

let bus: BusConnection;
let client: Client;
let daemon: Daemon;

beforeAll(async () => {
  bus = await connectTestBus();
  daemon = await startDaemon();
  client = await connectTestClient();
});
afterEach(() => endAll(bus, client));
afterAll(async () => {
  await client.close();
  await daemon.stop();
  await bus.close();
});

const ringfence = (...args: string[]) => command([built.ringfence, ...args]);
const run = (...argv: string[]) => client.run(argv, new Map(), new Map());

describe('ringfence list', () => {
  it('has the name, first process, use and age of each instance, oldest first', async () => {
    const busy = await run('sh', '-c', 'i=0; while [ $i -lt 300000 ]; do i=$((i + 1)); done; sleep 1000; true');
    await run('sleep', '1000');
    // The loop has taken time by then, and is over.
    await waitFor(async () => (await instanceAt(client, busy)).pids.length === 2, { what: 'the end of the loop' });
    const { stdout, code } = await ringfence('list');
    expect(code).toBe(0);
    const [head = '', first = '', second = ''] = stdout.split('\n').map((line) => line.split(/ {2,}/));
    expect(head).toEqual(['NAME', 'PID', 'CPU', 'MEMORY/MAX', 'TASKS', 'PROFILE', 'AGE']);
    const { pids, usage, limits } = await instanceAt(client, busy);
    expect(first).toEqual([
      'sh',
      String(pids[0]),
      expect.stringMatching(/^\d+(\.\d)? s$/),
      expect.stringMatching(usage.has('memory-current') ? /^\d.* [KM]iB \/ / : /^-/),
      usage.get('tasks-current') ?? '-',
      'relaxed',
      expect.stringMatching(/^\d+ s$/),
    ]);
    expect(first[2]).not.toBe('0.0 s');
    expect(first[3]?.endsWith('-')).toBe(!limits.has('memory-max'));
    expect(second.slice(0, 1)).toEqual(['sleep']);
  });
});

describe('the property Usage', () => {
  it('has whole numbers, among them the CPU time, which grows', async () => {
    const path = await run('sh', '-c', 'while :; do :; done');
    const time = async () => BigInt((await instanceAt(client, path)).usage.get('cpu-usage-usec') ?? -1);
    const before = await time();
    expect(before).toBeGreaterThanOrEqual(0n);
    await waitFor(async () => (await time()) > before, { what: 'more CPU time' });
    for (const [key, text] of (await instanceAt(client, path)).usage)
      expect([key, text]).toEqual([key, expect.stringMatching(/^\d+$/)]);
  });
});

describe('ringfence show', () => {
  it('has the same in words, and amounts in units that people read', async () => {
    const path = await client.run(['sleep', '1000'], new Map(), new Map([['memory-max', '1503238553']]));
    const { limits, usage } = await instanceAt(client, path);
    const { stdout } = await ringfence('show', 'sleep');
    expect(stdout).toMatch(/^Started {4}\d{4}-\d\d-\d\d \d\d:\d\d:\d\d, \d+ s ago$/m);
    expect(stdout).toMatch(/^CPU time {3}\d\.\d s$/m);
    if (usage.has('memory-current')) expect(stdout).toMatch(/^Memory {5}\d.* [KM]iB of 1\.4 GiB/m);
    if (limits.has('memory-max')) expect(stdout).toMatch(/^memory-max +1503238553 +request +enforced +1\.4 GiB$/m);
    expect(stdout).not.toMatch(/\b1503238\d\d\d\b.*\b1503238/);
  });
});

describe('--json', () => {
  const lines = (text: string) => text.split('\n').slice(0, -1);

  it.each([
    ['list'],
    ['list', 'sleep'],
    ['show', 'sleep'],
    ['status'],
    ['apps'],
    ['doctor'],
    ['sync', '--dry-run'],
    ['disable', '--all'],
    ['run', 'sleep', '1000'],
    ['contain', 'sleep'],
    ['completion', 'bash'],
    ['install', '--dry-run'],
    ['uninstall', '--dry-run'],
    ['stop', 'sleep'],
    ['kill', '--signal', 'CONT', 'sleep'],
  ])('is one line of %s, before the command and behind it', async (...args) => {
    await run('sleep', '1000');
    const [name = '', ...rest] = args;
    const behind = await ringfence(name, '--json', ...rest);
    expect(lines(behind.stdout)).toHaveLength(1);
    JSON.parse(behind.stdout);
    await run('sleep', '1000');
    const before = await ringfence('--json', ...args);
    expect(lines(before.stdout)).toHaveLength(1);
    JSON.parse(before.stdout);
    for (const line of lines(before.stderr)) JSON.parse(line);
  });

  it.each([
    [['--json', 'show', 'nothing'], 'NoSuchInstance', 3],
    [['show', 'nothing', '--json'], 'NoSuchInstance', 3],
    [['launch', '--json', 'no.such.App'], 'NoSuchApp', 3],
    [['run', '--json', '--memory-max', 'much', 'true'], 'InvalidLimit', 2],
    [['run', '--json', '--wait', '--memory-max', 'much', 'true'], 'InvalidLimit', 2],
    [['run', '--json', '--wait', '--profile', 'none', 'true'], 'NoSuchProfile', 2],
    [['run', '--json', '--wait', '--', 'no-such-command'], 'ProgramNotFound', 127],
    [['dance', '--json'], 'InvalidArgument', 2],
    [['list', '--json', '--wat'], 'InvalidArgument', 2],
  ])('makes the error of %j a document on stderr', async (args, code, exitCode) => {
    const result = await ringfence(...args);
    expect(result).toMatchObject({ code: exitCode, stdout: '' });
    const [line = '', ...others] = lines(result.stderr);
    expect(others).toEqual([]);
    expect(JSON.parse(line)).toEqual({ error: { code, message: expect.stringMatching(/\w/), exitCode } });
  });

  it('of a command belongs to the command', async () => {
    const { stdout, stderr, code } = await ringfence('run', '--wait', 'echo', '--json');
    expect({ stdout, stderr, code }).toEqual({ stdout: '--json\n', stderr: '', code: 0 });
    const failed = await ringfence('run', '--profile', 'none', 'echo', '--json');
    expect(failed.stderr).toMatch(/^ringfence: cannot /);
  });

  it('tells how a command ended that was waited for, and leaves it its output', async () => {
    const { stdout, stderr, code } = await ringfence(
      'run',
      '--wait',
      '--json',
      '--',
      'sh',
      '-c',
      'echo out; echo err >&2; exit 3',
    );
    expect({ stdout, code }).toEqual({ stdout: 'out\n', code: 3 });
    const [own, document = ''] = lines(stderr);
    expect(own).toBe('err');
    expect(JSON.parse(document)).toEqual({
      instance: expect.stringMatching(/^\/org\/ringfence\/Ringfence1\/instance\/sh_2d\d+$/),
      exitCode: 3,
      oomKills: 0,
    });
  });
});

describe('the command line', () => {
  it('says of a limit behind a command that it limits nothing', async () => {
    const { code, stderr } = await ringfence('run', 'true', '--memory-max', '1G');
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('--memory-max went to the command') });
  });

  it.each([
    [['lsit'], '"lsit" is not a ringfence command; did you mean list?'],
    [['help', 'rnu'], '"rnu" is not a ringfence command; did you mean run?'],
    [['--verison'], 'unknown option --verison; did you mean --version?'],
    [['run', '--memroy-max', '1G', 'true'], 'unknown option --memroy-max; did you mean --memory-max?'],
    [['uninstall', '--keep'], 'unknown option --keep; did you mean --keep-enabled?'],
    [['open-once', 'https://example.org/a.pdf'], 'cannot open https://example.org/a.pdf once: it is an address'],
    [['enable'], 'cannot enable: no app given (see "ringfence apps")'],
    [['status', 'extra'], 'unexpected argument "extra"'],
    [['list', 'a', 'b'], 'unexpected argument "b"'],
    [['doctor', '--', 'x'], 'unexpected argument "x"'],
    [['kill', '-99', 'x'], 'cannot send "99"'],
  ])('%j is refused: %s', async (args, words) => {
    const { code, stdout, stderr } = await ringfence(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(words);
    expect(stderr).toMatch(/^ringfence: .*\n$/);
  });

  it('"help COMMAND" is "COMMAND --help", and "help" the overview', async () => {
    for (const name of ['run', 'kill', 'list'])
      expect(await ringfence('help', name)).toEqual(await ringfence(name, '--help'));
    expect(await ringfence('help')).toEqual(await ringfence('--help'));
  });

  it.each([
    [['-9'], 137],
    [['-KILL'], 137],
    [['-SIGKILL'], 137],
    [[], 137],
    [['-s', 'USR1'], 7],
    [['-TERM'], 8],
  ])('kill %j sends what kill(1) would', async (signal, status) => {
    const script = 'trap "exit 7" USR1; trap "exit 8" TERM; echo ready; while :; do sleep 0.01; done';
    const child = spawn(built.ringfence, ['run', '--wait', '--', 'bash', '-c', script], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const ended = once(child, 'exit');
    await once(child.stdout, 'data');
    expect(await ringfence('kill', ...signal, 'bash')).toMatchObject({ code: 0, stdout: '', stderr: '' });
    expect(await ended).toEqual([status, null]);
  });

  it('takes the pid of any process of an instance for it', async () => {
    const path = await run('sh', '-c', 'sleep 1000; true');
    await run('sleep', '1000');
    await waitFor(async () => (await instanceAt(client, path)).pids.length === 2, { what: 'its second process' });
    for (const pid of (await instanceAt(client, path)).pids) {
      const found = JSON.parse((await ringfence('show', '--json', String(pid))).stdout) as { instance: string }[];
      expect(found.map(({ instance }) => instance)).toEqual([path]);
    }
    expect((await ringfence('stop', '1')).code).toBe(3);
  });

  it('does what it can for several, and ends with the one that is not there', async () => {
    await run('sleep', '1000');
    const shown = await ringfence('show', 'sleep', 'nosuch');
    expect(shown).toMatchObject({ code: 3, stdout: expect.stringMatching(/^Name {7}sleep$/m) });
    const { code, stderr } = await ringfence('stop', 'other', 'sleep', 'nosuch');
    expect({ code, stderr }).toEqual({
      code: 3,
      stderr:
        'ringfence: no running instance of "other"; running: sleep\n' +
        'ringfence: no running instance of "nosuch"; running: sleep\n',
    });
    expect(await client.instances()).toEqual([]);
    const end =
      / ago sleep was ended by SIGTERM; what it printed: journalctl --user -u app-ringfence-sleep-\d+\.scope$/m;
    await waitFor(async () => end.test((await ringfence('show', 'sleep')).stderr), { what: 'how it ended last' });
    expect((await ringfence('show', 'sleep')).code).toBe(3);
  });

  it('stops and kills several at once, and tells which with --json', async () => {
    await run('sleep', '1000');
    await run('sh', '-c', 'sleep 1000; true');
    const stopped = JSON.parse((await ringfence('stop', '--json', 'sleep', 'sh', 'sleep')).stdout) as {
      unit: string;
    }[];
    expect(stopped.map(({ unit }) => unit.split('-')[2])).toEqual(['sleep', 'sh']);
    await waitFor(async () => (await client.instances()).length === 0, { what: 'the end of both' });
  });
});

describe('a configuration that cannot be read', () => {
  it('is told by run, launch and enable, in one line', async () => {
    const folder = join(daemon.home.config, 'ringfence');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'config.toml'), 'default-profile = \n');
    await waitFor(async () => (await client.configError()) !== '', { what: 'the daemon to see it' });
    const told = /^ringfence: your configuration is not in force: cannot read .*config\.toml: line 1: .*$/m;
    for (const args of [
      ['run', 'sleep', '1000'],
      ['run', '--wait', 'true'],
      ['enable', '--dry-run', '--all'],
    ])
      expect((await ringfence(...args)).stderr).toMatch(told);
    const { stderr } = await ringfence('--json', 'run', '--wait', 'true');
    expect(JSON.parse(stderr.split('\n')[0] ?? '')).toEqual({
      warning: expect.stringContaining('your configuration is not in force'),
    });
    rmSync(folder, { recursive: true });
    await waitFor(async () => (await client.configError()) === '', { what: 'the daemon to see it' });
    expect((await ringfence('run', 'sleep', '1000')).stderr).not.toMatch(told);
  });
});

describe('what cannot be enforced here', () => {
  it('is one line, and doctor has the rest', async () => {
    const { stderr } = await ringfence('run', 'sleep', '1000');
    const unenforced = (await client.instances()).flatMap(({ report }) =>
      report.filter((row) => row.get('state') === 'not-enforced').map((row) => row.get('name')),
    );
    expect(stderr).toBe(
      unenforced.length === 0
        ? ''
        : `ringfence: not enforced here: ${unenforced.join(', ')} (see "ringfence doctor")\n`,
    );
  });
});
