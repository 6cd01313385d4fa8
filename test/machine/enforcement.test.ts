import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Client, InstanceView } from '../../src/clients/cli/client.ts';
import type { BusConnection, Signal } from '../../src/platform/dbus/connection.ts';
import { brokenPromises, fieldOf } from '../fixtures/journal-manual.ts';
import {
  built,
  busName,
  connectTestBus,
  connectTestClient,
  endAll,
  instanceAt,
  processFacts,
  temporaryFolder,
} from '../fixtures/live-daemon.ts';
import { pidsIn, readCgroup } from '../harness/cgroup.ts';
import { output } from '../harness/command.ts';
import { type Daemon, startDaemon } from '../harness/daemon.ts';
import { journal } from '../harness/journal.ts';
import { waitFor } from '../harness/wait-for.ts';

describe('the kernel', () => {
  let bus: BusConnection;
  let client: Client;
  let daemon: Daemon;
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
  afterEach(() => endAll(bus));
  afterAll(async () => {
    await client.close();
    await daemon.stop();
    await bus.close();
  });

  const run = async (argv: string[], options: Record<string, string> = {}): Promise<InstanceView> =>
    instanceAt(client, await client.run(argv, new Map(), new Map(Object.entries(options))));
  const shell = (script: string, options: Record<string, string> = {}) => run(['sh', '-c', script], options);
  const endOf = (path: string) => waitFor(() => outcomes.get(path), { what: `the end of ${path}` });
  // perl is essential to Debian: 200 MB, a megabyte at a time.
  const hog = `perl -e 'my @held; push @held, "x" x 1048576 for 1..200; sleep 1000'`;

  it('holds every limit as it was asked for, and the report quotes it', async () => {
    const instance = await shell('sleep 1000', {
      'memory-max': '300M',
      'memory-high': '200M',
      'cpu-quota': '150%',
      'cpu-weight': '50',
      'tasks-max': '33',
    });
    const files = { 'memory.max': '314572800', 'memory.high': '209715200', 'cpu.weight': '50', 'pids.max': '33' };
    for (const [file, value] of Object.entries(files)) expect(await readCgroup(instance.unit, file)).toBe(value);
    expect(await readCgroup(instance.unit, 'cpu.max')).toBe('150000 100000');
    expect(Object.fromEntries(instance.limits)).toMatchObject({
      'memory-max': '314572800',
      'memory-high': '209715200',
      'cpu-quota': '150%',
      'cpu-weight': '50',
      'tasks-max': '33',
    });
    const states = instance.report.map((row) => [row.get('name'), row.get('state')]);
    for (const name of ['memory-max', 'memory-high', 'cpu-quota', 'cpu-weight', 'tasks-max']) {
      expect(states).toContainEqual([name, 'enforced']);
    }
  });

  it('says what it cannot hold, why, and what helps', async () => {
    const controllers = ((await readCgroup('-.slice', 'cgroup.controllers')) ?? '').split(' ');
    expect([controllers.includes('memory'), controllers.includes('io')]).toEqual([true, false]);
    const capabilities = (await client.properties()).get('Capabilities') as Map<string, string>[];
    const about = (name: string) => Object.fromEntries(capabilities.find((row) => row.get('name') === name) ?? []);
    for (const name of ['memory-max', 'memory-high', 'cpu-quota', 'cpu-weight', 'tasks-max'])
      expect(about(name)).toEqual({ name, available: 'yes' });
    const words = { reason: expect.stringMatching(/./), fix: expect.stringMatching(/./) };
    expect(about('io-weight')).toEqual({ name: 'io-weight', available: 'no', ...words });
    const { report } = await shell('sleep 1000', { 'io-weight': '250' });
    const row = Object.fromEntries(report.find((one) => one.get('name') === 'io-weight') ?? []);
    expect(row).toMatchObject({ asked: '250', state: 'not-enforced', ...words });
  });

  it('is what the command line lists and shows', async () => {
    const hold = "held = bytearray(50_000_000)\nheld[::4096] = b'x' * len(held[::4096])\n";
    const script = `import os, time\n${hold}os.fork()\nwhile True: time.sleep(0.1)`;
    const { path, unit } = await run(['python3', '-c', script], { 'memory-max': '300M', 'memory-swap-max': '0' });
    const usage = await waitFor(
      async () => {
        const { usage: now } = await instanceAt(client, path);
        return Number(now.get('tasks-current')) === 2 && Number(now.get('memory-current')) > 50_000_000 && now;
      },
      { what: 'two processes with 50 MB' },
    );
    expect(Number(usage.get('memory-peak'))).toBeGreaterThanOrEqual(Number(usage.get('memory-current')));
    expect(Number(usage.get('cpu-usage-usec'))).toBeGreaterThan(1000);
    expect(usage.get('memory-swap-current') ?? '0').toBe('0');

    const listed = (await output([built.ringfence, 'list'])).split('\n');
    // NAME PID CPU MEMORY / MAX TASKS PROFILE AGE
    expect(listed[1]).toMatch(/^python3 +\d+ +\d\S* ?\S+ +\d+(\.\d+)? MiB \/ 300 MiB +2 +relaxed +\d/);
    const shown = await output([built.ringfence, 'show', unit]);
    expect(shown).toMatch(/^memory-max +300M +request +enforced +300 MiB$/m);
    expect(shown).toMatch(/^Memory +[\d.]+ MiB of 300 MiB/m);
  });

  it('holds an app without settings to 70 % of the memory and 4096 tasks', async () => {
    const instance = await shell('sleep 1000');
    const total = Number(/^MemTotal:\s+(\d+) kB$/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1]) * 1024;
    const held = Number(await readCgroup(instance.unit, 'memory.max'));
    expect(held).toBeGreaterThan(total * 0.699);
    expect(held).toBeLessThanOrEqual(total * 0.7);
    expect(await readCgroup(instance.unit, 'pids.max')).toBe('4096');
  });

  it('kills the process that overran its memory, not its siblings nor another app', async () => {
    const other = await shell('sleep 1000');
    const instance = await shell(`sleep 1001 & ${hog} & wait`, { 'memory-max': '60M', 'memory-swap-max': '0' });
    await waitFor(async () => /^oom_kill [1-9]/m.test((await readCgroup(instance.unit, 'memory.events')) ?? ''), {
      what: 'the kernel to kill',
    });
    await waitFor(async () => (await pidsIn(instance.unit)).length === 2, {
      what: 'the overrunning process to be gone',
    });
    const left = (await pidsIn(instance.unit)).map((pid) => processFacts(pid)?.argv[0]);
    expect(left.sort()).toEqual(['sh', 'sleep']);
    expect((await instanceAt(client, other.path)).pids.length).toBeGreaterThan(0);
    expect(daemon.process.exitCode).toBeNull();
    const hits = await waitFor(
      async () => {
        const entries = await journal({ fields: { RINGFENCE_UNIT: instance.unit } });
        const found = entries.filter(({ MESSAGE }) => String(MESSAGE).includes('at the memory limit'));
        return found.length > 0 && found;
      },
      { what: 'the journal to tell of it' },
    );
    expect(hits.length).toBeGreaterThan(0);
    expect(hits.map(brokenPromises).join()).toBe('');
    expect(fieldOf(hits[0] ?? {}, 'COUNT')).toBe('1');
    await client.stop(instance.path, 0);
    expect((await endOf(instance.path)).get('oom-kills')).toBe('1');
  });

  it('is asked whether it kills one process or the whole app', async () => {
    const oomKill = ({ report }: InstanceView) =>
      Object.fromEntries(report.find((row) => row.get('name') === 'oom-kill') ?? []);
    expect(oomKill(await shell('sleep 1000'))).toMatchObject({ asked: 'one process', state: 'enforced', value: '0' });
    expect(oomKill(await shell('sleep 1000', { 'memory-max': 'infinity' }))).toEqual({});
    const folder = `${process.env['XDG_RUNTIME_DIR']}/systemd/user/app-ringfence-.scope.d`;
    mkdirSync(folder, { recursive: true });
    try {
      writeFileSync(`${folder}/kill.conf`, '[Scope]\nOOMPolicy=kill\n');
      await output(['systemctl', '--user', 'daemon-reload']);
      const instance = await shell('sleep 1000');
      expect(await readCgroup(instance.unit, 'memory.oom.group')).toBe('1');
      expect(oomKill(instance)).toMatchObject({ state: 'not-enforced', fix: expect.stringContaining('OOMPolicy') });
      await expect(shell('sleep 1000', { profile: 'strict' })).rejects.toMatchObject({ code: 'NotEnforceable' });
    } finally {
      rmSync(folder, { recursive: true });
      await output(['systemctl', '--user', 'daemon-reload']);
    }
  });

  it('says oom-kill when the main process was killed, every time', async () => {
    const results: (string | undefined)[] = [];
    const tight = { 'memory-max': '40M', 'memory-swap-max': '0' };
    for (let round = 0; round < 8; round++) {
      // It may have ended before anybody could look at it.
      const argv = ['perl', '-e', 'my @held; push @held, "x" x 1048576 for 1..200; sleep 1000'];
      const path = await client.run(argv, new Map(), new Map(Object.entries(tight)));
      results.push((await endOf(path)).get('result'));
    }
    expect(results).toEqual(results.map(() => 'oom-kill'));
  });

  it.each([['50%', 0.5]])('holds a CPU quota of %s within 10 %%', async (quota, share) => {
    const instance = await shell('while :; do :; done', { 'cpu-quota': quota });
    const used = async () =>
      Number(/^usage_usec (\d+)$/m.exec((await readCgroup(instance.unit, 'cpu.stat')) ?? '')?.[1]);
    const throttled = async () =>
      Number(/^nr_throttled (\d+)$/m.exec((await readCgroup(instance.unit, 'cpu.stat')) ?? '')?.[1]);
    await waitFor(async () => (await throttled()) > 3, { what: 'the kernel to throttle' });
    const [usedBefore, throttledBefore, before] = [await used(), await throttled(), performance.now()];
    // A quota is held per 100 ms; over 40 of these its edges do not count.
    await waitFor(async () => (await throttled()) - throttledBefore >= 40, { what: 'the kernel to throttle on' });
    const [held, usedMs] = [(await throttled()) - throttledBefore, ((await used()) - usedBefore) / 1000];
    expect(usedMs / (performance.now() - before)).toBeLessThan(share * 1.1);
    // All of it, where it was held: whether this machine has a processor for it is another matter.
    expect(usedMs / (held * 100)).toBeGreaterThan(share * 0.9);
  });

  it('stops a fork bomb of 10,000, and the session still answers', async () => {
    const bomb =
      'my $n = 0; for (1..10000) { my $p = fork; if (!defined $p) { $n++ } elsif (!$p) { sleep 1000; exit } } sleep 1000';
    const instance = await run(['perl', '-e', bomb], { 'tasks-max': '50' });
    await waitFor(async () => /^max [1-9]\d{3,}/m.test((await readCgroup(instance.unit, 'pids.events')) ?? ''), {
      what: 'the kernel to refuse forks',
    });
    expect(await readCgroup(instance.unit, 'pids.current')).toBe('50');
    expect(await output(['true'])).toBe('');
    const other = await shell('sleep 1000');
    expect(other.pids.length).toBeGreaterThan(0);
    await client.stop(instance.path, 0);
    expect((await endOf(instance.path)).get('signal')).toBe('SIGKILL');
  });

  it('has the child of the very first instruction in the scope, 100 times of 100', async () => {
    const folder = temporaryFolder();
    // sh forks before anything else, and the child writes down where it is: it may be moved later.
    const script =
      '(read -r line </proc/self/cgroup; echo "$line" >"$OUT.part"; mv "$OUT.part" "$OUT"; sleep 1000) & wait';
    const batch = 25;
    for (let round = 0; round < 100 / batch; round++) {
      const files = Array.from({ length: batch }, (_, index) => join(folder, `${round * batch + index}`));
      const paths = await Promise.all(
        files.map((file) => client.run(['sh', '-c', script], new Map([['OUT', file]]), new Map())),
      );
      const units = new Map((await client.instances()).map(({ path, unit }) => [path, unit]));
      for (const [index, file] of files.entries()) {
        await waitFor(() => existsSync(file), { what: 'the child to say where it is' });
        const unit = units.get(paths[index] ?? '');
        expect(readFileSync(file, 'utf8').trim().endsWith(`/app.slice/${unit}`), `${file}, ${unit}`).toBe(true);
      }
      await Promise.all(paths.map((path) => client.stop(path, 0)));
    }
    expect(readdirSync(folder)).toHaveLength(100);
    rmSync(folder, { recursive: true });
  });

  // journald looks a writer up in /proc when it reads the line: whoever has ended by then has no unit (docs/journal.md).
  it("puts what an app prints into the journal under the scope's unit", async () => {
    const instance = await shell('echo "to stdout"; echo "to stderr" >&2; (echo "from a child"; sleep 1000) & wait');
    const lines = await waitFor(
      async () => {
        const entries = (await journal({ unit: instance.unit })).filter(({ _TRANSPORT }) => _TRANSPORT === 'stdout');
        if (entries.length >= 3) return entries;
        // Who has them then, if anybody: for the message.
        const others = await journal({ fields: { MESSAGE: 'to stdout' } });
        const here = entries.map(({ MESSAGE }) => MESSAGE);
        throw new Error(`${JSON.stringify(here)} of ${instance.unit}; of all units ${JSON.stringify(others)}`);
      },
      { what: 'three lines in the journal' },
    );
    expect(lines.map(({ MESSAGE }) => MESSAGE).sort()).toEqual(['from a child', 'to stderr', 'to stdout']);
    expect(new Set(lines.map(({ _SYSTEMD_USER_UNIT }) => _SYSTEMD_USER_UNIT))).toEqual(new Set([instance.unit]));
  });
});
