import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Client } from '../../src/clients/cli/client.ts';
import { logEvents } from '../../src/domain/log-events.ts';
import type { BusConnection } from '../../src/platform/dbus/connection.ts';
import { installEntryText, installProgram, removeEntries } from '../fixtures/desktop-entries.ts';
import {
  busName,
  connectTestBus,
  connectTestClient,
  endAll,
  instanceAt,
  processFacts,
  rootPath,
  temporaryFolder,
} from '../fixtures/live-daemon.ts';
import { listenToNotifications } from '../fixtures/notification-listener.ts';
import { type Steering, steerOver } from '../fixtures/steering.ts';
import { listenAsWindow, type WindowListener } from '../fixtures/window-listener.ts';
import { pidsIn, readCgroup } from '../harness/cgroup.ts';
import { type Daemon, startDaemon } from '../harness/daemon.ts';
import { journal } from '../harness/journal.ts';
import { waitFor } from '../harness/wait-for.ts';

describe('who runs into a limit', () => {
  let bus: BusConnection;
  let client: Client;
  let daemon: Daemon;
  let steering: Steering;
  const reached: { path: string; limit: string; details: Record<string, string>; at: number }[] = [];

  beforeAll(async () => {
    bus = await connectTestBus();
    daemon = await startDaemon();
    client = await connectTestClient();
    steering = await steerOver(bus);
    await bus.subscribe(
      { sender: busName, path: rootPath, interface: busName, member: 'LimitReached' },
      ({ body: [path, limit, details] }) =>
        reached.push({
          path: String(path),
          limit: String(limit),
          details: Object.fromEntries(details as Map<string, string>),
          at: performance.now(),
        }),
    );
  });
  afterEach(() => endAll(bus));
  afterAll(async () => {
    await client.close();
    await daemon.stop();
    await bus.close();
  });

  const run = async (script: string, options: Record<string, string>) =>
    instanceAt(client, await client.run(['sh', '-c', script], new Map(), new Map(Object.entries(options))));
  /** Of the buttons of a notification, and the key of one of them: keys and labels come in turns. */
  const labels = (actions: readonly string[]) => actions.filter((_, index) => index % 2 === 1);
  const keyOf = (actions: readonly string[], label: string) => actions[actions.indexOf(label) - 1] ?? '';
  const of = (path: string) => reached.filter((one) => one.path === path);
  const count = async (unit: string, file: string, key: string) =>
    Number(new RegExp(`^${key} (\\d+)$`, 'm').exec((await readCgroup(unit, file)) ?? '')?.[1]);
  const hog = `perl -e 'my @held; push @held, "x" x 1048576 for 1..200'`;
  const bomb = `perl -e 'for (1..60) { my $p = fork; if (defined $p && !$p) { sleep 1000; exit } } sleep 1000'`;
  const limits = { 'memory-max': '60M', 'memory-swap-max': '0' };
  const untilTold = (path: string) => waitFor(() => of(path).length > 0, { what: 'the signal' });
  const configure = (text: string) => {
    const config = join(daemon.home.config, 'ringfence/config.toml');
    mkdirSync(dirname(config), { recursive: true });
    writeFileSync(config, text);
  };

  it('is told once for each burst of kills, and of nobody else', async () => {
    const server = await listenToNotifications();
    onTestFinished(() => server.stop());
    configure('[notifications]\ncpu-limit = false\n');
    const other = await run('sleep 1000', limits);
    // Held back all the while, and told of once 30 seconds have gone by; one that has quota enough is not.
    const slow = await run('while :; do :; done', { 'cpu-quota': '15%' });
    const easy = await run('while :; do sleep 0.2; done', { 'cpu-quota': '60%' });
    // A kill, two at once when that was told of, and one more: each by a file, as dash may lose a signal while it starts a program.
    const folder = temporaryFolder();
    const [again, once] = [join(folder, 'again'), join(folder, 'once-more')];
    const until = (file: string) => `until [ -e '${file}' ]; do sleep 0.2; done`;
    const { path, unit } = await run(
      `${hog}; ${until(again)}; ${hog}; ${hog}; ${until(once)}; ${hog}; sleep 1000`,
      limits,
    );
    await waitFor(() => of(path).length === 1, { what: 'the signal' });
    writeFileSync(again, '');
    await waitFor(async () => (await count(unit, 'memory.events', 'oom_kill')) === 3, { what: 'three kills' });
    expect(of(path)[0]).toMatchObject({
      limit: 'memory-max',
      details: { app: '', name: 'sh', unit, value: '62914560', count: '1', total: '1', suggested: '128M' },
    });
    // Longer than a burst may pause, which is ten seconds from when the daemon hears of the last kill.
    await sleep(20_000);
    expect(of(path)).toHaveLength(1);
    writeFileSync(once, '');
    await waitFor(async () => (await count(unit, 'memory.events', 'oom_kill')) === 4, { what: 'the fourth kill' });
    await waitFor(() => of(path).length === 2, { what: 'the next signal' });
    expect(of(path)[1]?.details).toMatchObject({ count: '3', total: '4' });
    expect(of(other.path)).toEqual([]);
    // What it suggests is a limit that can be set.
    await steering.setLimits(path, { 'memory-max': of(path)[1]?.details['suggested'] ?? '' });
    expect(await readCgroup(unit, 'memory.max')).toBe(String(128 * 1024 * 1024));

    await waitFor(() => of(slow.path).length > 0, { what: 'the quota to be told of', timeoutMs: 60_000 });
    const [told] = of(slow.path);
    expect(told).toMatchObject({ limit: 'cpu-quota', details: { value: '15%', suggested: '30%', unit: slow.unit } });
    expect(Number(told?.details['count'])).toBeGreaterThan(15);
    const held = Number(/^nr_throttled (\d+)$/m.exec((await readCgroup(slow.unit, 'cpu.stat')) ?? '')?.[1]);
    expect(held / 10).toBeGreaterThanOrEqual(Number(told?.details['count']) - 1);
    expect(of(easy.path)).toEqual([]);
    // What is switched off is no notification: one of another kind comes after whatever there was to be shown.
    await untilTold((await run(bomb, { 'tasks-max': '20' })).path);
    const shown: string[] = [];
    const summaries = () => {
      shown.push(...server.take().map(({ summary }) => summary));
      return shown;
    };
    const last = 'sh has reached its limit of 20 processes';
    await waitFor(() => summaries().includes(last), { what: 'the notification' });
    const memory = (limit: string) => `sh has reached its memory limit of ${limit}`;
    expect(shown).toEqual([memory('60 MiB'), memory('60 MiB'), last]);
    configure('');
  });

  it('is told of a kill that came because all apps together had no memory left as that', async () => {
    const server = await listenToNotifications();
    onTestFinished(() => server.stop());
    onTestFinished(() => configure(''));
    configure('[desktop]\napps-memory-max = "100M"\n');
    const ends = new Map<string, Map<string, string>>();
    await bus.subscribe({ sender: busName, interface: 'org.ringfence.Instance1', member: 'Ended' }, ({ path, body }) =>
      ends.set(path, body[0] as Map<string, string>),
    );
    const budget = async () => (await steering.property(rootPath, 'Desktop')) as Record<string, string>[];
    await waitFor(async () => (await budget())[0]?.['value'] === '104857600', { what: 'the budget' });
    // One that is gone with the process that is killed, and one that lives on.
    const gone = await client.run(['sh', '-c', `exec ${hog}`], new Map(), new Map([['memory-max', '180M']]));
    await untilTold(gone);
    const end = await waitFor(() => ends.get(gone), { what: 'its end' });
    expect([end.get('result'), end.get('cause')]).toEqual(['oom-kill', 'others']);
    const { path } = await run(`${hog}; sleep 1000`, { 'memory-max': '180M' });
    await untilTold(path);
    for (const [one] of [of(gone), of(path)]) {
      expect(one).toMatchObject({ limit: 'memory-max', details: { value: '188743680', cause: 'others' } });
      expect(one?.details).not.toHaveProperty('suggested');
    }
    const notes: { summary: string; actions: readonly string[] }[] = [];
    await waitFor(() => notes.push(...server.take()) >= 2, { what: 'the notifications' });
    for (const { summary, actions } of notes) {
      expect(summary).toBe('There was no memory left for sh');
      expect(actions).toEqual([]);
    }
    // Its own limit, below the budget.
    const { path: own } = await run(`${hog}; sleep 1000`, limits);
    await untilTold(own);
    expect(of(own)[0]?.details).toMatchObject({ value: '62914560', suggested: '128M' });
    expect(of(own)[0]?.details).not.toHaveProperty('cause');
  });

  it('is named in one notification, whose button raises the limit', async () => {
    const server = await listenToNotifications();
    let window: WindowListener | undefined;
    const program = installProgram(temporaryFolder(), 'hungry', `#!/bin/sh\nsleep 1000 & ${hog}; ${hog}; sleep 1000\n`);
    installEntryText(
      'org.test.Hungry',
      `[Desktop Entry]\nType=Application\nName=Hungry\nIcon=hungry-icon\nExec=${program}\n`,
    );
    const strict = { ...limits, profile: 'strict' };
    const launch = async () =>
      instanceAt(client, await client.launch('org.test.Hungry', [], new Map(Object.entries(strict))));
    try {
      const { path, unit } = await launch();
      await waitFor(async () => (await count(unit, 'memory.events', 'oom_kill')) === 2, { what: 'two kills' });
      const [first, ...more] = await waitFor(() => [server.take()].find((all) => all.length > 0), {
        what: 'a notification',
      });
      expect(more).toEqual([]);
      expect(first).toMatchObject({
        summary: 'Hungry has reached its memory limit of 60 MiB',
        body: expect.stringContaining('One of its processes was ended'),
        desktopEntry: 'org.test.Hungry',
        icon: 'hungry-icon',
        replaces: 0,
      });
      const actions = first?.actions ?? [];
      expect(labels(actions)).toEqual(['Raise to 128 MiB', 'Restart']);
      // The notification came with the first kill.
      const sleeps = async () => (await pidsIn(unit)).filter((pid) => processFacts(pid)?.argv[0] === 'sleep').length;
      await waitFor(async () => (await sleeps()) === 2, { what: 'what it does after the second' });
      const pids = await pidsIn(unit);
      server.press(first?.number ?? 0, keyOf(actions, 'Raise to 128 MiB'));
      await waitFor(async () => (await readCgroup(unit, 'memory.max')) === '134217728', {
        what: 'the limit to be raised',
      });
      expect(await pidsIn(unit)).toEqual(pids);
      // There is a window now, which can show it.
      window = await listenAsWindow();
      server.press(first?.number ?? 0, keyOf(actions, 'Restart'));
      await waitFor(async () => !(await client.instances()).some((one) => one.path === path), { what: 'its end' });
      // As it was asked for this time, not as its icon would start it.
      const again = await waitFor(async () => (await client.instances())[0], { what: 'the app, started anew' });
      expect(again).toMatchObject({ appId: 'org.test.Hungry.desktop', profile: 'strict' });
      expect(again.limits.get('memory-max')).toBe('134217728');
      // A later one about the same app takes the place of the earlier.
      const [next] = await waitFor(() => [server.take()].find((all) => all.length > 0), { what: 'the next' });
      expect(next).toMatchObject({ replaces: first?.number, number: first?.number });
      expect(labels(next?.actions ?? [])).toEqual(['Raise to 192 MiB', 'Restart', 'Show']);
      const show = keyOf(next?.actions ?? [], 'Show');
      server.press(next?.number ?? 0, show);
      const shown = await waitFor(() => window?.shown().at(0), { what: 'the window to show it' });
      expect(shown).toBe(`org.test.Hungry.desktop token-${show}`);
    } finally {
      removeEntries();
      await server.stop();
      await window?.stop();
    }
  });

  it('is not named in a notification that was switched off', async () => {
    const server = await listenToNotifications();
    onTestFinished(() => server.stop());
    const shown = async () => {
      const all = await waitFor(() => [server.take()].find((some) => some.length > 0), { what: 'a notification' });
      return all.map(({ summary }) => summary);
    };
    const overrun = async () => {
      const instance = await run(`${hog}; sleep 1000`, limits);
      await untilTold(instance.path);
      return instance;
    };
    const flood = async () => untilTold((await run(bomb, { 'tasks-max': '20' })).path);
    configure('[notifications]\nmemory-limit = false\n');
    const { unit } = await overrun();
    // The journal has it all the same, and the signal.
    const entry = async () => {
      const all = await journal({ fields: { RINGFENCE_UNIT: unit } });
      return all.find(({ MESSAGE_ID }) => MESSAGE_ID === logEvents['limit-hit'].messageId);
    };
    expect(await waitFor(entry, { what: 'the journal to tell of it' })).toMatchObject({
      RINGFENCE_LIMIT: 'memory-max',
    });
    // Another kind is still shown, and comes after whatever there was to be shown.
    await flood();
    expect(await shown()).toEqual(['sh has reached its limit of 20 processes']);
    configure('[notifications]\ntasks-limit = false\n');
    await flood();
    await overrun();
    expect(await shown()).toEqual(['sh has reached its memory limit of 60 MiB']);
    configure('');
  });

  it('is told of processes that were refused', async () => {
    const { path, unit } = await run(bomb, { 'tasks-max': '20' });
    await waitFor(() => of(path).length === 1, { what: 'the signal' });
    expect(of(path)[0]).toMatchObject({ limit: 'tasks-max', details: { value: '20', suggested: '40' } });
    await waitFor(async () => (await count(unit, 'pids.events', 'max')) > 20, { what: 'all forks' });
    const entries = await waitFor(
      async () => {
        const all = await journal({ fields: { RINGFENCE_UNIT: unit } });
        const found = all.filter(({ MESSAGE_ID }) => MESSAGE_ID === logEvents['limit-hit'].messageId);
        return found.length > 0 && found;
      },
      { what: 'the journal to tell of it' },
    );
    expect(entries).toHaveLength(1);
    expect(entries[0]).toMatchObject({ RINGFENCE_LIMIT: 'tasks-max' });
  });

  it('is told when its last process was killed, and not again by the next daemon', async () => {
    // It may have ended before anybody could look at it.
    const path = await client.run(['sh', '-c', `exec ${hog}`], new Map(), new Map(Object.entries(limits)));
    await waitFor(() => of(path).length === 1, { what: 'the signal' });
    const survivor = await run(`${hog}; sleep 1000`, limits);
    await waitFor(() => of(survivor.path).length === 1, { what: 'the other signal' });
    const { home } = daemon;
    await daemon.kill9();
    daemon = await startDaemon({ home });
    await waitFor(async () => (await client.instances()).length === 1, { what: 'the instance' });
    await steering.setLimits(survivor.path, { 'memory-max': '70M' });
    expect(of(survivor.path)).toHaveLength(1);
    // Its end tells of the kill that the daemon before has seen.
    const ends: ReadonlyMap<string, string>[] = [];
    const match = { sender: busName, path: survivor.path, interface: 'org.ringfence.Instance1', member: 'Ended' };
    await bus.subscribe(match, ({ body: [outcome] }) => ends.push(outcome as Map<string, string>));
    await client.stop(survivor.path, 0);
    const [outcome] = await waitFor(() => ends.length > 0 && ends, { what: 'its end' });
    expect(outcome?.get('oom-kills')).toBe('1');
  });
});
