import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { built, instanceAt } from '../fixtures/live-daemon.ts';
import { plainBash, program, shellWorld } from '../fixtures/shell-world.ts';
import type { Tab } from '../fixtures/tmux-terminal.ts';
import { readCgroup } from '../harness/cgroup.ts';
import { command } from '../harness/command.ts';
import { waitFor } from '../harness/wait-for.ts';

const shell = program('ringfence-shell');
const ssc = program('ssc');
const hog = `python3 -c 'held = bytearray(400_000_000)'`;

describe('ringfence-shell', () => {
  const world = shellWorld();

  const openTab = async (options: string[]): Promise<Tab> => {
    const words = ['env', 'PS1=ready> ', shell, ...options, '--', ...plainBash];
    const tab = await world.terminal.open(words);
    await tab.shows(/ready>/);
    return tab;
  };
  const isUsable = async (tab: Tab) => {
    await tab.enter('echo $((6 * 7))th');
    await tab.shows(/^42th$/m);
  };
  const unitOf = async (tab: Tab) =>
    (await world.client.instances()).find(({ pids }) => pids.includes(tab.pid))?.unit ?? 'no unit';

  it('kills a memory hog in one tab; its shell, the other tabs and the terminal live', async () => {
    const limits = ['--memory-max=150M', '--memory-swap-max=0'];
    const tabs = [await openTab(limits), await openTab(limits), await openTab([])];
    const [first, ...others] = tabs as [Tab, Tab, Tab];
    expect(await readCgroup(await unitOf(first), 'memory.max')).toBe(String(150 * 2 ** 20));
    await first.enter(`${hog}; echo status=$?`);
    await first.shows(/status=137/);
    const told =
      /^ringfence-shell: bash: one of its processes was killed at the memory limit \(memory-max 150 MiB\); /m;
    await first.shows(told);
    for (const tab of [first, ...others]) await isUsable(tab);
    for (const tab of others) expect(await tab.screen()).not.toContain('ringfence-shell:');
    // A command that is killed itself, and with it its scope.
    const outer = await world.terminal.open(['env', 'PS1=outer> ', ...plainBash]);
    await outer.shows(/outer>/);
    await outer.enter(`${shell} ${limits.join(' ')} -- sh -c "exec ${hog}"; echo status=$?`);
    await outer.shows(/^status=137$/m);
    await outer.shows(
      /^ringfence-shell: sh: one of its processes was killed at the memory limit \(memory-max 150 MiB\); /m,
    );
  });

  it('holds a fork bomb in one tab; the others stay usable', async () => {
    const bombed = await openTab(['--tasks-max=60']);
    const others = [await openTab([]), await openTab([])];
    const unit = await unitOf(bombed);
    // What it says of forks that fail would push the rest off the screen.
    await bombed.enter('bomb() { bomb | bomb & }; (bomb) 2>/dev/null');
    await waitFor(async () => Number(/max (\d+)/.exec((await readCgroup(unit, 'pids.events')) ?? '')?.[1]) > 0, {
      what: 'a fork that was refused',
    });
    expect(Number(await readCgroup(unit, 'pids.current'))).toBeLessThanOrEqual(60);
    for (const tab of others) await isUsable(tab);
    await bombed.shows(/^ringfence-shell: bash: refused \w+ new process(?:es)? at the task limit \(tasks-max 60\); /m);
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
    expect(stderr).toMatch(
      /^ringfence: sh: killed at the memory limit \(memory-max 100 MiB\); --memory-max sets another$/m,
    );
    // They stay: a machine that is slow to fork would see the first end before the last begins. It begins late: nobody counts what
    // a command does in its first milliseconds.
    const forks = 'sleep 0.2; for i in 1 2 3 4 5 6 7 8 9; do sleep 1000 >/dev/null 2>&1 & done';
    const bounded = await command([built.ringfence, 'run', '--wait', '--tasks-max=5', '--', 'sh', '-c', forks]);
    expect(bounded.stderr).toMatch(
      /^ringfence: sh: refused (?:a new process|\d+ new processes) at the task limit \(tasks-max 5\); /m,
    );
  });

  it('holds a strict shell to its limit, and ends with 137 when it is killed there', async () => {
    const limits = ['--memory-max=150M', '--memory-swap-max=0', '--tasks-max=100'];
    const tab = await world.terminal.open(['env', 'PS1=outer> ', ...plainBash], { cwd: process.env['HOME'] ?? '/' });
    await tab.shows(/outer>/);
    await tab.enter(`PS1='inner> ' ${shell} --profile strict ${limits.join(' ')} -- ${plainBash.join(' ')}`);
    await tab.shows(/^inner>/m);
    const [instance] = await world.client.instances();
    expect(instance?.profile).toBe('strict');
    expect(await readCgroup(instance?.unit ?? '', 'memory.max')).toBe(String(150 * 2 ** 20));
    await tab.enter(
      'cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/pids.max; grep -e NoNewPrivs -e Seccomp: /proc/self/status',
    );
    await tab.shows(/157286400\n100\nNoNewPrivs:\s+1\nSeccomp:\s+2/);
    const told =
      /^ringfence-shell: bash: one of its processes was killed at the memory limit \(memory-max 150 MiB\); /m;
    // A job of the shell's, which goes on, and then the shell itself.
    await tab.enter(`${hog}; echo job=$?`);
    await tab.shows(/^job=137$/m);
    await tab.shows(told);
    await isUsable(tab);
    await tab.enter(`exec ${hog}`);
    // What is typed before is perhaps read by the shell inside.
    await tab.shows(/^outer> *$/m);
    await tab.enter('echo status=$?');
    await tab.shows(/was killed at its memory limit, 157286400 bytes; .*\nstatus=137/s);
  });

  it('is what the old notes have: ssc, and ssc -tty=false, with limits, no new privileges and a /tmp of their own', async () => {
    const home = process.env['HOME'] ?? '/';
    const seen =
      'cat /sys/fs/cgroup/memory.max; grep -h -e NoNewPrivs: -e Seccomp: /proc/self/status; ls -A /tmp | wc -l; tty';
    const tab = await world.terminal.open(['env', 'PS1=outer> ', ...plainBash], { cwd: home });
    await tab.shows(/outer>/);
    await tab.enter(`${ssc} sh -c '${seen}'`);
    const [, limit] = await tab.shows(/^(\d+)\nNoNewPrivs:\s+1\nSeccomp:\s+2\n0\n\/dev\/\S+$/m);
    const total = Number((await command(['awk', '/MemTotal/ { print $2 * 1024 }', '/proc/meminfo'])).stdout);
    expect(Math.abs(Number(limit) - total * 0.7)).toBeLessThan(total * 0.01);
    await tab.enter(`clear; PS1='inner> ' ${ssc} -isolation=strict /bin/bash --norc -i`);
    await tab.shows(/^inner>/m);
    await tab.enter('grep -c "NoNewPrivs.*1" /proc/self/status; exit 3');
    await tab.shows(/^1\nexit\nouter> *$/m);
    await tab.enter('echo status=$?');
    await tab.shows(/status=3/);

    await tab.enter(`clear; SHELL=/bin/bash ${program('safeshell')}`);
    const isFenced = async () => (await world.client.instances()).some(({ profile }) => profile === 'relaxed');
    await waitFor(isFenced, { what: 'the shell' });
    await tab.enter(
      'cd /sys/fs/cgroup/$(cut -d: -f3 /proc/self/cgroup) && cat cpu.max memory.max; grep NoNewPrivs: /proc/self/status',
    );
    await tab.shows(new RegExp(`^100000 100000\\n${limit}\\nNoNewPrivs:\\s+0$`, 'm'));

    // It has the folder that it is started in, and no other of the home.
    const work = `${home}/ssc-work`;
    mkdirSync(work, { recursive: true });
    const out = `${work}/off-the-terminal`;
    const words = [
      ssc,
      '-tty=false',
      '-isolation=strict',
      'sh',
      '-c',
      `{ ${seen}; } >${out}.part 2>&1; mv ${out}.part ${out}`,
    ];
    const off = await command(words, { cwd: work });
    expect(off).toMatchObject({ code: 0, stdout: '' });
    const text = await waitFor(() => existsSync(out) && readFileSync(out, 'utf8'), { what: 'it to run' });
    expect(text).toMatch(/^\d+\nNoNewPrivs:\s+1\nSeccomp:\s+2\n0\nnot a tty\n$/);
  });

  it('moves limits onto a running process with Contain', async () => {
    const script = "import sys\nprint('ready', flush=True)\nsys.stdin.readline()\nheld = bytearray(400_000_000)\n";
    const tab = await world.terminal.open(['python3', '-c', script]);
    await tab.shows(/ready/);
    const limits = new Map([
      ['memory-max', '150M'],
      ['memory-swap-max', '0'],
    ]);
    const path = await world.client.contain(tab.pid, limits);
    const { unit, report } = await instanceAt(world.client, path);
    expect(report.find((row) => row.get('name') === 'memory-max')?.get('state')).toBe('enforced');
    expect(await readCgroup(unit, 'memory.max')).toBe(String(150 * 2 ** 20));
    await tab.press('Enter');
    await waitFor(async () => (await world.client.instances()).length === 0, { what: 'its end at the limit' });
  });

  it('refuses a part of the kernel', async () => {
    await expect(world.client.contain(2, new Map())).rejects.toMatchObject({ code: 'InvalidArgument' });
  });
});
