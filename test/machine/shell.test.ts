import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { BusConnection } from '../../src/adapters/dbus/connection.ts';
import type { Client } from '../../src/cli/client.ts';
import { built, connectTestBus, connectTestClient, endAll, instanceAt } from '../fixtures/live-daemon.ts';
import { openTerminal, type Tab, type Terminal } from '../fixtures/tmux-terminal.ts';
import { readCgroup } from '../harness/cgroup.ts';
import { command } from '../harness/command.ts';
import { type Daemon, startDaemon } from '../harness/daemon.ts';
import { waitFor } from '../harness/wait-for.ts';

const shell = `${process.cwd()}/dist/ringfence-shell`;
const ssc = `${process.cwd()}/dist/ssc`;
const hog = `python3 -c 'held = bytearray(400_000_000)'`;

describe('ringfence-shell', () => {
  let bus: BusConnection;
  let client: Client;
  let daemon: Daemon;
  let terminal: Terminal;

  beforeAll(async () => {
    bus = await connectTestBus();
    daemon = await startDaemon();
    client = await connectTestClient();
    terminal = await openTerminal();
  });
  afterEach(() => endAll(bus));
  afterAll(async () => {
    await terminal.close();
    await client.close();
    await daemon.stop();
    await bus.close();
  });

  const openTab = async (options: string[]): Promise<Tab> => {
    const words = ['env', 'PS1=ready> ', shell, ...options, '--', 'bash', '--norc', '--noprofile'];
    const tab = await terminal.open(words);
    await tab.shows(/ready>/);
    return tab;
  };
  const isUsable = async (tab: Tab) => {
    await tab.enter('echo $((6 * 7))th');
    await tab.shows(/^42th$/m);
  };
  const unitOf = async (tab: Tab) =>
    (await client.instances()).find(({ pids }) => pids.includes(tab.pid))?.unit ?? 'no unit';

  it('kills a memory hog in one tab; its shell, the other tabs and the terminal live', async () => {
    const limits = ['--memory-max=150M', '--memory-swap-max=0'];
    const tabs = [await openTab(limits), await openTab(limits), await openTab([])];
    const [first, ...others] = tabs as [Tab, Tab, Tab];
    expect(await readCgroup(await unitOf(first), 'memory.max')).toBe(String(150 * 2 ** 20));
    await first.enter(`${hog}; echo status=$?`);
    await first.shows(/status=137/);
    for (const tab of [first, ...others]) await isUsable(tab);
  });

  it('holds a fork bomb in one tab; the others stay usable', async () => {
    const bombed = await openTab(['--tasks-max=60']);
    const others = [await openTab([]), await openTab([])];
    const unit = await unitOf(bombed);
    await bombed.enter('bomb() { bomb | bomb & }; bomb');
    await waitFor(async () => Number(/max (\d+)/.exec((await readCgroup(unit, 'pids.events')) ?? '')?.[1]) > 0, {
      what: 'a fork that was refused',
    });
    expect(Number(await readCgroup(unit, 'pids.current'))).toBeLessThanOrEqual(60);
    for (const tab of others) await isUsable(tab);
  });

  it('is what ssc -isolation=relaxed is: 70 % of the memory, no sandbox', async () => {
    const script = 'cat /sys/fs/cgroup/$(cut -d: -f3 /proc/self/cgroup)/memory.max; grep NoNewPrivs /proc/self/status';
    const { stdout, code } = await command([ssc, '-isolation=relaxed', 'sh', '-c', script]);
    const [memory, noNewPrivileges] = stdout.split('\n');
    const total = Number((await command(['awk', '/MemTotal/ { print $2 * 1024 }', '/proc/meminfo'])).stdout);
    expect(code).toBe(0);
    expect(Math.abs(Number(memory) - total * 0.7)).toBeLessThan(total * 0.01);
    expect(noNewPrivileges).toMatch(/0$/);
  });

  it('tells with ringfence run --wait that the memory limit was the reason, and ends with 137', async () => {
    const limits = ['--memory-max=100M', '--memory-swap-max=0'];
    const argv = [built.ringfence, 'run', '--wait', ...limits, '--', 'sh', '-c', `exec ${hog}`];
    const { code, stderr } = await command(argv);
    expect(code).toBe(137);
    expect(stderr).toMatch(/^ringfence: sh: it was killed at the memory limit$/m);
  });

  it('moves limits onto a running process with Contain', async () => {
    const script = "import sys\nprint('ready', flush=True)\nsys.stdin.readline()\nheld = bytearray(400_000_000)\n";
    const tab = await terminal.open(['python3', '-c', script]);
    await tab.shows(/ready/);
    const limits = new Map([
      ['memory-max', '150M'],
      ['memory-swap-max', '0'],
    ]);
    const path = await client.contain(tab.pid, limits);
    const { unit, report } = await instanceAt(client, path);
    expect(report.find((row) => row.get('name') === 'memory-max')?.get('state')).toBe('enforced');
    expect(await readCgroup(unit, 'memory.max')).toBe(String(150 * 2 ** 20));
    await tab.press('Enter');
    await waitFor(async () => (await client.instances()).length === 0, { what: 'its end at the limit' });
  });

  it('refuses a part of the kernel', async () => {
    await expect(client.contain(2, new Map())).rejects.toMatchObject({ code: 'InvalidArgument' });
  });
});
