import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Client } from '../../../src/clients/cli/client.ts';
import type { BusConnection, Signal } from '../../../src/platform/dbus/connection.ts';
import { catches } from '../../fixtures/app-processes.ts';
import { brokenPromises, fieldOf } from '../../fixtures/journal-manual.ts';
import {
  endLeftScopes,
  leavingAlone,
  leavingChild,
  leavingToFail,
  leavingWhole,
  leftScope,
  leftScopes,
} from '../../fixtures/leaving-app.ts';
import { busName, connectTestBus, connectTestClient, endAll, instanceAt, manager } from '../../fixtures/live-daemon.ts';
import { type Steering, steerOver } from '../../fixtures/steering.ts';
import { cgroupOf, pidsIn, readCgroup } from '../../harness/cgroup.ts';
import { command, output } from '../../harness/command.ts';
import { type Daemon, startDaemon } from '../../harness/daemon.ts';
import { journal } from '../../harness/journal.ts';
import { unitProperty } from '../../harness/user-units.ts';
import { waitFor } from '../../harness/wait-for.ts';

// Apps that move themselves to scopes of their own making, by programs that make the call that Chromium and flatpak make. That the kernel
// then holds such a scope to the limits is in test/machine/foreign-scopes.test.ts, the real ones are in debian12-chromium.test.ts and
// debian12-flatpak.test.ts there.

const GiB = 2 ** 30;
let bus: BusConnection;
let client: Client;
let daemon: Daemon;
let steering: Steering;
let ends: Map<string, string>[];
const started: ChildProcess[] = [];

beforeAll(async () => {
  bus = await connectTestBus();
  daemon = await startDaemon();
  client = await connectTestClient();
  steering = await steerOver(bus);
  const hear = ({ body }: Signal) => ends.push(body[0] as Map<string, string>);
  await bus.subscribe({ sender: busName, interface: 'org.ringfence.Instance1', member: 'Ended' }, hear);
});
beforeEach(() => {
  ends = [];
});
afterEach(async () => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
  await endLeftScopes(bus);
  await endAll(bus);
  await waitFor(async () => (await client.instances()).length === 0, { what: 'the daemon to know it' });
});
afterAll(async () => {
  await client.close();
  await daemon.stop();
  await bus.close();
});

const run = (argv: string[], limits: Record<string, string> = { 'memory-max': '1G' }) =>
  client.run(argv, new Map(), new Map(Object.entries(limits)));
const at = (path: string) => instanceAt(client, path);
const scopesOf = (path: string) => steering.property(path, 'Scopes') as Promise<string[]>;
/** Once the daemon has brought the scope in line, which its report tells last. */
const followed = async (path: string): Promise<string> => {
  const unit = await leftScope();
  await waitFor(async () => (await at(path)).report.some((row) => row.get('asked') === unit), { what: 'the report' });
  return unit;
};
const memoryMax = async (unit: string) => Number(await unitProperty(unit, 'MemoryMax'));
const isFrozen = async (unit: string) => /^frozen 1$/m.test((await readCgroup(unit, 'cgroup.events')) ?? '');
const restart = async () => {
  await daemon.kill9();
  daemon = await startDaemon({ home: daemon.home });
};
/** A process outside of every fence that puts itself into such a scope: 0 until it has. */
const stranger = async (): Promise<{ pid: number; unit: string }> => {
  const child = spawn('sleep', ['1000']);
  started.push(child);
  const pid = child.pid ?? 0;
  const unit = `app-org.test.Leaver-${pid}.scope`;
  const properties = [['PIDs', { signature: 'au', value: [pid] }]] as [string, never][];
  await manager(bus, 'StartTransientUnit', 'ssa(sv)a(sa(sv))', [unit, 'fail', properties, []], 'o');
  await waitFor(() => cgroupOf(pid)?.endsWith(`/${unit}`), { what: `${unit} to have its process` });
  return { pid, unit };
};

describe('an app that moves to a scope of its own making', () => {
  it.each([
    ['with what it started left behind', leavingAlone(), 'its own'],
    ['whole', leavingWhole(), undefined],
    ['by a child', leavingChild(), 'its own'],
  ])('%s has its limits there, and is one instance', async (_how, argv, stays) => {
    const path = await run(argv, { 'memory-max': '1G', 'tasks-max': '77' });
    const unit = await followed(path);
    expect(await memoryMax(unit)).toBe(GiB);
    expect(await unitProperty(unit, 'TasksMax')).toBe('77');
    const own = (await at(path)).unit;
    // The scope that all have left is gone a moment later, as is what the shell has run to look where it is.
    const expected = stays === undefined ? [unit] : [own, unit];
    await expect.poll(() => scopesOf(path)).toEqual(expected);
    const inThere = async () => (await Promise.all(expected.map(pidsIn))).flat().sort();
    const isSame = async () => {
      expect([...(await at(path)).pids].sort()).toEqual(await inThere());
      return true;
    };
    await waitFor(isSame, { what: 'the processes of the instance to be those of its scopes' });
    expect(await client.instances()).toHaveLength(1);
    const row = (await at(path)).report.find((one) => one.get('name') === 'left-scope');
    expect(Object.fromEntries(row ?? [])).toMatchObject({ asked: unit, state: 'enforced', value: unit });
    const entry = await waitFor(
      async () => (await journal({ fields: { RINGFENCE_SCOPE: unit, _PID: String(daemon.process.pid) } })).at(-1),
      { what: 'the journal’s entry' },
    );
    expect([brokenPromises(entry), fieldOf(entry, 'UNIT')]).toEqual(['', own]);
    expect(ends).toEqual([]);
  });

  it('is changed, frozen, signalled and stopped in both', async () => {
    const path = await run(leavingAlone('trap "exit 7" TERM; while :; do sleep 0.01; done'));
    const unit = await followed(path);
    await waitFor(() => catches(Number(/-(\d+)\.scope$/.exec(unit)?.[1]), constants.signals.SIGTERM), {
      what: 'the trap to be set',
    });
    const { unit: own } = await at(path);
    await steering.freeze(path);
    expect(await Promise.all([own, unit].map(isFrozen))).toEqual([true, true]);
    expect(await steering.property(path, 'Frozen')).toBe(true);
    await steering.thaw(path);
    expect(await Promise.all([own, unit].map(isFrozen))).toEqual([false, false]);
    await steering.setLimits(path, { 'memory-max': 'infinity' });
    expect(await Promise.all([own, unit].map((one) => unitProperty(one, 'MemoryMax')))).toEqual([
      'infinity',
      'infinity',
    ]);
    await client.stop(path, 20_000);
    await waitFor(() => ends.length > 0, { what: 'its end' });
    expect(ends.map((one) => one.get('exit-code'))).toEqual(['7']);
    expect([await leftScopes(), await client.instances()]).toEqual([[], []]);
  });

  it('is killed in both', async () => {
    const path = await run(leavingAlone());
    await followed(path);
    await client.kill(path, 9);
    await waitFor(() => ends.length > 0, { what: 'its end' });
    expect(ends[0]?.get('signal')).toBe('SIGKILL');
    expect(await leftScopes()).toEqual([]);
  });

  it('ends with its last process, wherever that is, and tells the exit code of the first', async () => {
    const go = join(daemon.home.path, 'end');
    const path = await run(leavingAlone(`until [ -e '${go}' ]; do sleep 0.01; done; exit 5`));
    await followed(path);
    writeFileSync(go, '');
    const { unit: own } = await at(path);
    await waitFor(async () => (await scopesOf(path)).join() === own, { what: 'its own scope to be all that is left' });
    expect((await at(path)).report.some((row) => row.get('name') === 'left-scope')).toBe(false);
    expect(ends).toEqual([]);
    await client.stop(path, 5000);
    await waitFor(() => ends.length > 0, { what: 'its end' });
    expect(ends[0]?.get('exit-code')).toBe('5');
  });

  it('ends when its scope has failed, which systemd keeps', async () => {
    const path = await run(leavingToFail());
    const unit = await followed(path);
    await output(['systemctl', '--user', 'stop', unit]);
    await waitFor(() => ends.length > 0, { what: 'its end' });
    expect(ends.map((one) => one.get('result'))).toEqual(['timeout']);
    expect(await unitProperty(unit, 'ActiveState')).toBe('failed');
    await expect(client.stop(path, 100)).rejects.toMatchObject({ code: 'NoSuchInstance' });
  });

  it.each([
    ['with what it started left behind', leavingAlone()],
    ['whole', leavingWhole()],
  ])('%s is found by the next daemon, and by a systemd that is executed anew', async (_how, argv) => {
    const path = await run(argv);
    const unit = await followed(path);
    await output(['systemctl', '--user', 'daemon-reexec']);
    await output(['systemctl', '--user', 'daemon-reload']);
    expect(await scopesOf(path)).toContain(unit);
    await restart();
    expect(await scopesOf(path)).toContain(unit);
    await waitFor(async () => (await memoryMax(unit)) === GiB, { what: 'its limits' });
    await client.stop(path, 5000);
    expect([await leftScopes(), await client.instances()]).toEqual([[], []]);
  });

  it('is found when it leaves while no daemon runs', async () => {
    const go = join(daemon.home.path, 'go');
    const path = await run(['sh', '-c', `until [ -e '${go}' ]; do sleep 0.01; done; ${leavingWhole()[2]}`]);
    await daemon.kill9();
    writeFileSync(go, '');
    const unit = await leftScope();
    expect(await unitProperty(unit, 'MemoryMax')).toBe('infinity');
    daemon = await startDaemon({ home: daemon.home });
    await expect.poll(() => scopesOf(path)).toEqual([unit]);
    await waitFor(async () => (await memoryMax(unit)) === GiB, { what: 'its limits' });
  });
});

describe('a scope that comes from no instance is left alone', () => {
  const untouched = async (unit: string) =>
    expect(await Promise.all([unitProperty(unit, 'MemoryMax'), unitProperty(unit, 'DropInPaths')])).toEqual([
      'infinity',
      '',
    ]);

  it('though it starts at the same moment as one that does', async () => {
    const [path, ...others] = await Promise.all([run(leavingAlone()), stranger(), stranger(), stranger()]);
    const { unit: own } = await at(path);
    await waitFor(async () => (await scopesOf(path)).length === 2, { what: 'the app to be followed' });
    const mine = (await scopesOf(path)).find((unit) => unit !== own) ?? '';
    expect(others.map(({ unit }) => unit)).not.toContain(mine);
    await waitFor(async () => (await memoryMax(mine)) === GiB, { what: 'its limits' });
    for (const { unit } of others) await untouched(unit);
  });

  it('though a record has its process’s number, or its name', async () => {
    const path = await run(['sleep', '1000']);
    const { unit: own } = await at(path);
    const other = await stranger();
    await daemon.kill9();
    const folder = join(process.env['XDG_RUNTIME_DIR'] ?? '', 'ringfence/instances');
    const [name = ''] = readdirSync(folder).filter((file) => file.endsWith('.json'));
    const record = JSON.parse(readFileSync(join(folder, name), 'utf8'));
    // As when a number comes round, and a scope of the same name after another.
    record.lineage.roots.push({ pid: other.pid, startTime: record.lineage.roots[0].startTime - 1 });
    record.left = [{ unit: other.unit, cgroupId: '1' }];
    writeFileSync(join(folder, name), JSON.stringify(record));
    daemon = await startDaemon({ home: daemon.home });
    expect(await scopesOf(path)).toEqual([own]);
    await untouched(other.unit);
    // The same with what is true of it: it is this that keeps it apart.
    record.lineage.roots[1].startTime = Number(
      readFileSync(`/proc/${other.pid}/stat`, 'utf8')
        .replace(/^.*\) /, '')
        .split(' ')[19],
    );
    await daemon.kill9();
    writeFileSync(join(folder, name), JSON.stringify(record));
    daemon = await startDaemon({ home: daemon.home });
    expect(await scopesOf(path)).toEqual([own, other.unit]);
  });

  it('though a contained process is its child', async () => {
    const parent = spawn('sh', ['-c', 'sleep 1000 & wait']);
    started.push(parent);
    const pid = parent.pid ?? 0;
    const childOf = async () => Number((await command(['pgrep', '-P', String(pid)])).stdout) || undefined;
    const child = await waitFor(childOf, { what: 'its child' });
    const path = await client.contain(child, new Map([['memory-max', '1G']]));
    const unit = `app-org.test.Leaver-${pid}.scope`;
    const properties = [['PIDs', { signature: 'au', value: [pid] }]] as [string, never][];
    await manager(bus, 'StartTransientUnit', 'ssa(sv)a(sa(sv))', [unit, 'fail', properties, []], 'o');
    await waitFor(() => cgroupOf(pid)?.endsWith(`/${unit}`), { what: `${unit} to have its process` });
    // One that is followed comes later than the one that is not.
    const later = await run(leavingWhole());
    await waitFor(async () => (await at(later)).report.some((row) => row.get('name') === 'left-scope'), {
      what: 'the one that comes later to be followed',
    });
    expect(await scopesOf(path)).toEqual([(await at(path)).unit]);
    await untouched(unit);
  });
});
