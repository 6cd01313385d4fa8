import { type ChildProcess, spawn } from 'node:child_process';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../../src/clients/cli/client.ts';
import type { BusConnection, Signal } from '../../src/platform/dbus/connection.ts';
import { busName, connectTestBus, connectTestClient, endAll, instanceAt } from '../fixtures/live-daemon.ts';
import { cgroupOf, pidsIn, readCgroup } from '../harness/cgroup.ts';
import { type Daemon, startDaemon } from '../harness/daemon.ts';
import { waitFor } from '../harness/wait-for.ts';

// perl is essential to Debian. Waits for a line, then takes 200 MB, a megabyte at a time.
const hog = 'my $line = <STDIN>; my @held; push @held, "x" x 1048576 for 1..200; sleep 1000';
const limits = new Map([
  ['memory-max', '40M'],
  ['memory-swap-max', '0'],
]);

describe('a process that ran already', () => {
  let bus: BusConnection;
  let client: Client;
  let daemon: Daemon;
  const started: ChildProcess[] = [];
  const outcomes = new Map<string, Map<string, string>>();

  beforeAll(async () => {
    bus = await connectTestBus();
    daemon = await startDaemon();
    client = await connectTestClient();
    await bus.subscribe(
      { sender: busName, interface: 'org.ringfence.Instance1', member: 'Ended' },
      ({ path, body }: Signal) => outcomes.set(path, body[0] as Map<string, string>),
    );
  });
  afterEach(async () => {
    for (const child of started.splice(0)) child.kill('SIGKILL');
    await endAll(bus);
  });
  afterAll(async () => {
    await client.close();
    await daemon.stop();
    await bus.close();
  });

  const start = (argv: string[]): ChildProcess => {
    const child = spawn(argv[0] ?? '', argv.slice(1), { stdio: ['pipe', 'ignore', 'ignore'] });
    started.push(child);
    return child;
  };
  const contain = (child: ChildProcess, options = limits) => client.contain(child.pid ?? 0, options);
  const endOf = (path: string) => waitFor(() => outcomes.get(path), { what: `the end of ${path}` });

  it('is told of as killed at its memory limit, every time', async () => {
    const ends: (string | undefined)[][] = [];
    for (let round = 0; round < 8; round += 1) {
      const child = start(['perl', '-e', hog]);
      const path = await contain(child);
      expect(await readCgroup((await instanceAt(client, path)).unit, 'memory.max')).toBe(String(40 * 2 ** 20));
      child.stdin?.end('go\n');
      const end = await endOf(path);
      ends.push([end.get('result'), end.get('oom-kills')]);
    }
    expect(ends).toEqual(ends.map(() => ['oom-kill', '1']));
  });

  it('is not, when it ended otherwise while another was killed', async () => {
    const [quiet, loud] = [start(['perl', '-e', hog]), start(['perl', '-e', hog])];
    const [quietPath, loudPath] = [await contain(quiet, new Map()), await contain(loud)];
    loud.stdin?.end('go\n');
    expect((await endOf(loudPath)).get('result')).toBe('oom-kill');
    quiet.kill('SIGTERM');
    const end = await endOf(quietPath);
    expect(end.get('result')).toBe('unknown');
    expect(end.get('oom-kills')).toBe('0');
  });

  it('loses the process that overran, and no other', async () => {
    const child = start(['sh', '-c', `sleep 1001 & perl -e '${hog}'; wait`]);
    await waitFor(() => cgroupOf(child.pid ?? 0) !== undefined, { what: 'it to run' });
    const path = await contain(child);
    const { unit } = await instanceAt(client, path);
    await waitFor(async () => (await pidsIn(unit)).length === 3, { what: 'all three of it inside' });
    child.stdin?.end('go\n');
    await waitFor(async () => (await pidsIn(unit)).length === 2, { what: 'the kernel to kill' });
    await client.stop(path, 0);
    expect((await endOf(path)).get('oom-kills')).toBe('1');
  });
});
