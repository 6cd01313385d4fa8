import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Client } from '../../../src/clients/cli/client.ts';
import type { BusConnection, Signal } from '../../../src/platform/dbus/connection.ts';
import {
  busName,
  connectTestBus,
  connectTestClient,
  endAll,
  fenceUnits,
  instanceAt,
  processFacts,
  rootPath,
} from '../../fixtures/live-daemon.ts';
import { cgroupFolder } from '../../harness/cgroup.ts';
import { type Daemon, startDaemon } from '../../harness/daemon.ts';
import { waitFor } from '../../harness/wait-for.ts';

describe('instances', () => {
  let bus: BusConnection;
  let client: Client;
  let daemon: Daemon;
  let seen: Signal[];

  beforeAll(async () => {
    bus = await connectTestBus();
    daemon = await startDaemon();
    client = await connectTestClient();
    for (const iface of ['org.ringfence.Instance1', 'org.freedesktop.DBus.ObjectManager']) {
      await bus.subscribe({ sender: busName, interface: iface }, (signal) => seen.push(signal));
    }
  });
  beforeEach(() => {
    seen = [];
  });
  afterEach(() => endAll(bus));
  afterAll(async () => {
    await client.close();
    await daemon.stop();
    await bus.close();
  });

  const run = (...argv: string[]) => client.run(argv, new Map(), new Map());
  const signalsOf = (path: string) => seen.filter((one) => one.path === path || one.body[0] === path);
  const outcomeOf = (path: string): Promise<Map<string, string>> =>
    waitFor(
      () => signalsOf(path).find(({ member }) => member === 'Ended')?.body[0] as Map<string, string> | undefined,
      {
        what: `the end of ${path}`,
      },
    );
  // A trap is only set once the shell runs: the reply comes before that.
  const asleep = (path: string) =>
    waitFor(
      async () => {
        const { pids } = await instanceAt(client, path);
        return pids.some((pid) => processFacts(pid)?.argv[0] === 'sleep');
      },
      { what: 'the app to be ready' },
    );

  it('announce their start with every property and their end in this order', async () => {
    const path = await run('sh', '-c', 'exit 0');
    await waitFor(() => signalsOf(path).some(({ member }) => member === 'InterfacesRemoved'), { what: 'the removal' });
    expect(signalsOf(path).map(({ member }) => member)).toEqual(['InterfacesAdded', 'Ended', 'InterfacesRemoved']);
    const [added] = signalsOf(path);
    expect(added?.path).toBe(rootPath);
    const interfaces = added?.body[1] as Map<string, Map<string, unknown>>;
    expect([...(interfaces.get('org.ringfence.Instance1')?.keys() ?? [])].sort()).toEqual(
      ['AppId', 'Frozen', 'Limits', 'Name', 'Pids', 'Profile', 'Report', 'Scopes', 'StartedAt', 'Unit', 'Usage'].sort(),
    );
    expect(await client.instances()).toEqual([]);
    expect(await fenceUnits(bus)).toEqual([]);
  });

  it.each([
    ['exit 0', { result: 'success', 'exit-code': '0', 'oom-kills': '0' }],
    ['exit 3', { result: 'exit-code', 'exit-code': '3', 'oom-kills': '0' }],
    ['kill -TERM $$', { result: 'signal', signal: 'SIGTERM', 'oom-kills': '0' }],
    ['kill -SEGV $$', { result: 'signal', signal: 'SIGSEGV', 'oom-kills': '0' }],
  ])('tell how "%s" ended', async (script, outcome) => {
    expect(Object.fromEntries(await outcomeOf(await run('sh', '-c', script)))).toEqual(outcome);
  });

  it('end with their last process, not with the first', async () => {
    const path = await run('sh', '-c', 'sleep 1000 & exit 4');
    // Alone was the shell too, before it had started anything.
    const isFirstGone = async () => {
      const programs = (await instanceAt(client, path)).pids.map((pid) => processFacts(pid)?.argv[0]);
      return String(programs) === 'sleep';
    };
    await waitFor(isFirstGone, { what: 'the first to end' });
    // The signals come over another connection than the answers.
    await expect.poll(() => signalsOf(path).map(({ member }) => member)).toEqual(['InterfacesAdded']);
    await client.stop(path, 5000);
    expect((await outcomeOf(path)).get('exit-code')).toBe('4');
  });

  it('tell the exit code of every one of many that end at once', async () => {
    const paths = await Promise.all(Array.from({ length: 40 }, () => run('sh', '-c', 'exit 3')));
    const outcomes = await Promise.all(paths.map(outcomeOf));
    expect(outcomes.map((outcome) => outcome.get('exit-code'))).toEqual(paths.map(() => '3'));
  });

  it('stop politely, and with SIGKILL what does not listen', async () => {
    const polite = await run('sh', '-c', 'trap "exit 7" TERM; while :; do sleep 0.01; done');
    await asleep(polite);
    await client.stop(polite, 20_000);
    expect(Object.fromEntries(await outcomeOf(polite))).toMatchObject({ 'exit-code': '7' });
    const deaf = await run('sh', '-c', 'trap "" TERM; sleep 1000');
    await asleep(deaf);
    await client.stop(deaf, 200);
    expect(Object.fromEntries(await outcomeOf(deaf))).toMatchObject({ result: 'signal', signal: 'SIGKILL' });
    expect(await fenceUnits(bus)).toEqual([]);
  });

  it("give an app all the time it is allowed, though systemd's own patience is shorter", async () => {
    const slow = await run('sh', '-c', 'trap "sleep 6; exit 9" TERM; while :; do sleep 0.01; done');
    await asleep(slow);
    await client.stop(slow, 25_000);
    expect(Object.fromEntries(await outcomeOf(slow))).toMatchObject({ 'exit-code': '9' });
  }, 40_000);

  it('take the longest time there is for what it means', async () => {
    const path = await run('sh', '-c', 'trap "exit 7" TERM; while :; do sleep 0.01; done');
    await asleep(path);
    const target = { destination: busName, path, interface: 'org.ringfence.Instance1', member: 'Stop' };
    await bus.call(target, 'u', [4_294_967_295], '', { timeoutMs: 20_000 });
    expect(Object.fromEntries(await outcomeOf(path))).toMatchObject({ 'exit-code': '7' });
  });

  it('are killed at once by a stop without time', async () => {
    const path = await run('sh', '-c', 'trap "exit 7" TERM; while :; do sleep 0.01; done');
    await asleep(path);
    await client.stop(path, 0);
    expect((await outcomeOf(path)).get('signal')).toBe('SIGKILL');
  });

  it('get signals, all of their processes', async () => {
    const path = await run('sh', '-c', 'sleep 1000 & sleep 1001 & wait');
    await waitFor(async () => (await instanceAt(client, path)).pids.length === 3, { what: 'three processes' });
    await client.kill(path, 15);
    expect((await outcomeOf(path)).get('signal')).toBe('SIGTERM');
  });

  it.each([0, 65, 4_294_967_295])('refuse signal %d', async (number) => {
    const path = await run('sleep', '1000');
    await expect(client.kill(path, number)).rejects.toMatchObject({ code: 'InvalidArgument' });
    expect((await instanceAt(client, path)).pids).toHaveLength(1);
  });

  it('are unknown once they have ended', async () => {
    const path = await run('true');
    await outcomeOf(path);
    await expect(client.stop(path, 100)).rejects.toMatchObject({ code: 'NoSuchInstance' });
  });

  it('know their processes, their age and what became of their limits', async () => {
    const before = BigInt(Date.now()) * 1000n;
    const path = await client.run(['sleep', '1000'], new Map(), new Map([['memory-max', '1G']]));
    const instance = await instanceAt(client, path);
    expect(instance.pids).toHaveLength(1);
    expect(processFacts(instance.pids[0] ?? 0)?.cgroup).toContain(instance.unit);
    expect(instance.startedAt).toBeGreaterThanOrEqual(before);
    expect(instance.startedAt).toBeLessThanOrEqual(BigInt(Date.now()) * 1000n);
    const row = instance.report.find((one) => one.get('name') === 'memory-max');
    expect(Object.fromEntries(row ?? [])).toMatchObject({ asked: '1G', origin: 'request' });
    expect(instance.report.map((one) => one.get('name'))).toEqual([
      ...['memory-max', 'memory-high', 'memory-swap-max', 'tasks-max'],
    ]);
    for (const one of instance.report) {
      const enforced = one.get('state') === 'enforced';
      // What is said to hold is what the kernel has, and what does not hold says why and what helps.
      if (enforced) expect(instance.limits.get(one.get('name') ?? '')).toBe(one.get('value'));
      else expect([one.get('reason'), one.get('fix')]).not.toContain('');
    }
  });

  it('know the processes that a browser has put into cgroups of its own', async () => {
    const enter = 'echo $$ >"$1/cgroup.procs"; exec sleep 1000';
    const path = await run('sleep', '1000');
    const folder = await cgroupFolder((await instanceAt(client, path)).unit);
    const inner = join(folder, 'one/two');
    mkdirSync(inner, { recursive: true });
    const child = spawn('sh', ['-c', enter, 'sh', inner]);
    const ended = once(child, 'exit');
    await waitFor(async () => (await instanceAt(client, path)).pids.includes(child.pid ?? 0), { what: 'its pid' });
    child.kill('SIGKILL');
    await ended;
    for (const one of [inner, join(folder, 'one')]) rmdirSync(one);
    expect((await instanceAt(client, path)).pids).not.toContain(child.pid);
  });
});
