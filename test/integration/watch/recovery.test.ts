import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../../../src/clients/cli/client.ts';
import type { LaunchStep } from '../../../src/launch/ports.ts';
import type { BusConnection } from '../../../src/platform/dbus/connection.ts';
import { bundleDyingDaemon } from '../../fixtures/bundle-daemon.ts';
import {
  built,
  busName,
  connectTestBus,
  connectTestClient,
  endAll,
  endDaemon,
  fenceUnits,
  gates,
  instanceAt,
  manager,
  namePid,
  nodeFlags,
  processesWith,
  processFacts,
  shellsWith,
  startBundledDaemon,
} from '../../fixtures/live-daemon.ts';
import { startDaemon } from '../../harness/daemon.ts';
import { waitFor } from '../../harness/wait-for.ts';

const marker = 'ringfence-test-recovery';
const app = ['sh', '-c', 'sleep 1000; :', marker];
const brief = ['sleep', '1000.5'];
const runtime = process.env['XDG_RUNTIME_DIR'] ?? '/nowhere';

const records = () => {
  const folder = join(runtime, 'ringfence/instances');
  return existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.json')) : [];
};

describe('kill -9 of the daemon', () => {
  let bus: BusConnection;
  let client: Client;
  let program: string;

  beforeAll(async () => {
    bus = await connectTestBus();
    client = await connectTestClient();
    program = await bundleDyingDaemon();
  });
  afterEach(async () => {
    await endAll(bus);
    await endDaemon(bus);
  });
  afterAll(async () => {
    await client.close();
    await bus.close();
  });

  const run = (options: Record<string, string> = {}) => client.run(app, new Map(), new Map(Object.entries(options)));
  const inScopes = (pids: readonly number[]) =>
    pids.every((pid) => /\/app\.slice\/app-ringfence-[^/]+\.scope$/.test(processFacts(pid)?.cgroup ?? ''));

  it.each<LaunchStep>(['resolved', 'decided', 'gated', 'scoping', 'scoped', 'verified', 'recorded'])(
    'after a launch was %s: nothing runs, no gate waits',
    async (step) => {
      const daemon = await startBundledDaemon(bus, program, { RINGFENCE_TEST_FAULT: `${step} die` });
      await expect(run()).rejects.toMatchObject({ code: 'Unreachable' });
      expect((await daemon.ended).signal).toBe('SIGKILL');
      await waitFor(() => gates().length === 0, { what: 'the gates to be gone' });
      const noScope = async () => (await fenceUnits(bus)).length === 0;
      // systemd may never hear of the end of a process that died while it was being moved.
      if (step !== 'scoping') await waitFor(noScope, { what: 'the scope to be gone' });
      expect(processesWith(marker)).toEqual([]);
      const next = await startDaemon();
      await waitFor(noScope, { what: 'the empty scope to be ended' });
      await waitFor(async () => (await client.instances()).length === 0, { what: 'the daemon to know it' });
      expect(records()).toEqual([]);
      await next.stop();
    },
  );

  it('after the release: the app runs on in its scope, and the next daemon finds it', async () => {
    const daemon = await startBundledDaemon(bus, program, { RINGFENCE_TEST_FAULT: 'released die' });
    await expect(run({ 'memory-max': '1G' })).rejects.toMatchObject({ code: 'Unreachable' });
    await daemon.ended;
    await waitFor(() => processesWith(marker).length > 0, { what: 'the app' });
    expect(inScopes(processesWith(marker))).toBe(true);
    const next = await startDaemon();
    const [found] = await client.instances();
    expect(found).toMatchObject({ name: 'sh', profile: 'relaxed' });
    expect(found?.report.find((row) => row.get('name') === 'memory-max')?.get('asked')).toBe('1G');
    await next.stop();
  });

  it('keeps path, profile, report, age and processes of every instance, and their ends are told', async () => {
    const first = await startDaemon();
    const paths = await Promise.all([run(), run({ 'tasks-max': '100' }), run({ 'memory-max': '2G' })]);
    const before = await Promise.all(paths.map((path) => instanceAt(client, path)));
    await first.kill9();
    expect(inScopes(processesWith(marker))).toBe(true);
    await waitFor(() => shellsWith(marker).length >= 3, { what: 'the apps' });
    expect(shellsWith(marker)).toHaveLength(3);
    const second = await startDaemon({ home: first.home });
    const after = await Promise.all(paths.map((path) => instanceAt(client, path)));
    expect(after.map((one) => ({ ...one, pids: [], usage: undefined }))).toEqual(
      before.map((one) => ({ ...one, pids: [], usage: undefined })),
    );
    const ended: unknown[] = [];
    await bus.subscribe({ sender: busName, interface: 'org.ringfence.Instance1' }, ({ path }) => ended.push(path));
    for (const path of paths) await client.stop(path, 5000);
    await waitFor(() => ended.length === 3, { what: 'three ends' });
    expect(ended.sort()).toEqual([...paths].sort());
    expect(records()).toEqual([]);
    await second.stop();
  });

  it('tells of an instance whose record is lost or torn what systemd knows', async () => {
    const first = await startDaemon();
    const path = await run();
    await first.kill9();
    const folder = join(runtime, 'ringfence/instances');
    for (const name of readdirSync(folder)) writeFileSync(join(folder, name), '{"version":1,"unit":');
    writeFileSync(join(folder, 'app-ringfence-gone-1.json'), '{}');
    const second = await startDaemon({ home: first.home });
    const found = await instanceAt(client, path);
    expect(found).toMatchObject({ profile: 'unknown', name: 'sh' });
    expect(Number(found.startedAt / 1_000_000n)).toBeGreaterThan(Date.now() / 1000 - 600);
    expect(readdirSync(folder)).not.toContain('app-ringfence-gone-1.json');
    await second.stop();
  });

  it('forgets what ended while no daemon ran, record and all', async () => {
    for (let round = 0; round < 14; round++) {
      const first = await startDaemon();
      await Promise.all(Array.from({ length: 8 }, () => client.run(brief, new Map(), new Map())));
      const pids = await waitFor(() => processesWith('1000.5').length === 8 && processesWith('1000.5'), {
        what: 'eight',
      });
      await first.kill9();
      const second = startDaemon({ home: first.home });
      // One after the other, so that some end while the daemon looks.
      for (const pid of pids) {
        process.kill(pid, 'SIGKILL');
        await sleep(10 + round);
      }
      await second;
      await waitFor(async () => (await fenceUnits(bus)).length === 0, { what: 'all to have ended' });
      await waitFor(async () => (await client.instances()).length === 0, { what: 'the daemon to know it' });
      expect(records()).toEqual([]);
      await (await second).stop();
    }
  });

  it('survives a kill at any moment of 30 launches at once', async () => {
    const answers: number[] = [];
    // A launch has seven steps and more: the daemon dies within the first launches, in the middle, and near the end.
    for (const step of [1, 50, 100, 150, 205]) {
      const daemon = await startBundledDaemon(bus, program, { RINGFENCE_TEST_FAULT: `any die ${step}` });
      const asked = await Promise.allSettled(Array.from({ length: 30 }, () => run()));
      expect((await daemon.ended).signal).toBe('SIGKILL');
      const answered = asked.filter(({ status }) => status === 'fulfilled').length;
      await waitFor(() => gates().length === 0, { what: 'the gates to be gone' });
      const pids = processesWith(marker);
      expect(inScopes(pids)).toBe(true);
      expect(pids.length).toBeGreaterThanOrEqual(answered);
      const next = await startDaemon();
      // By their cgroups: a shell forks once more before its command runs, and the fork has its words for a moment.
      const units = (await client.instances()).map(({ unit }) => unit);
      const cgroups = processesWith(marker).map((pid) => processFacts(pid)?.cgroup ?? '');
      expect(cgroups.filter((cgroup) => !units.includes(cgroup.replace(/^.*\//, '')))).toEqual([]);
      answers.push(answered);
      await next.stop();
      await endAll(bus);
    }
    expect(answers[0]).toBe(0);
    expect(answers.every((count) => count < 30)).toBe(true);
  });
});

describe('as the bus starts it', () => {
  let bus: BusConnection;
  let client: Client;

  beforeAll(async () => {
    bus = await connectTestBus();
    const fill = (text: string) =>
      text
        .replaceAll('@node@', process.execPath)
        .replaceAll('@flags@', nodeFlags.join(' '))
        .replaceAll('@ringfenced@', built.ringfenced);
    const places = [
      ['dbus/org.ringfence.Ringfence1.service.in', 'dbus-1/services', 'org.ringfence.Ringfence1.service'],
      ['dbus/ringfence.service.in', 'systemd/user', 'ringfence.service'],
    ] as const;
    for (const [template, folder, name] of places) {
      mkdirSync(join(runtime, folder), { recursive: true });
      writeFileSync(join(runtime, folder, name), fill(readFileSync(template, 'utf8')));
    }
    await manager(bus, 'Reload', '', [], '');
    const driver = { destination: 'org.freedesktop.DBus', path: '/org/freedesktop/DBus' };
    await bus.call({ ...driver, interface: 'org.freedesktop.DBus', member: 'ReloadConfig' }, '', [], '');
    client = await connectTestClient();
  });
  afterAll(async () => {
    await endAll(bus);
    await manager(bus, 'StopUnit', 'ss', ['ringfence.service', 'replace'], 'o').catch(() => {});
    await client.close();
    await bus.close();
  });

  it('the first call starts the service; killed, it comes back and knows its instances', async () => {
    expect(await namePid(bus, busName)).toBeUndefined();
    const path = await client.run(app, new Map(), new Map());
    const pid = (await namePid(bus, busName)) ?? 0;
    expect(processFacts(pid)?.cgroup).toMatch(/\/ringfence\.service$/);
    const before = await instanceAt(client, path);
    expect(before.pids.some((one) => processFacts(one)?.cgroup.endsWith(before.unit))).toBe(true);
    process.kill(pid, 'SIGKILL');
    const second = await waitFor(
      async () => {
        const owner = await namePid(bus, busName);
        return owner !== pid && owner;
      },
      { what: 'another daemon' },
    );
    expect(second).not.toBe(pid);
    expect({ ...(await instanceAt(client, path)), pids: [], usage: undefined }).toEqual({
      ...before,
      pids: [],
      usage: undefined,
    });
  });

  it('stopping the service ends neither the apps nor leaves a gate', async () => {
    const path = await client.run(app, new Map(), new Map());
    const { unit } = await instanceAt(client, path);
    await manager(bus, 'StopUnit', 'ss', ['ringfence.service', 'replace'], 'o');
    await waitFor(async () => (await namePid(bus, busName)) === undefined, { what: 'the daemon to end' });
    expect(await fenceUnits(bus)).toContain(unit);
    await waitFor(() => gates().length === 0, { what: 'the spare gate to be gone' });
    expect((await instanceAt(client, path)).unit).toBe(unit);
  });
});
