import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../../../src/clients/cli/client.ts';
import type { BusConnection, Signal } from '../../../src/platform/dbus/connection.ts';
import {
  busName,
  connectTestBus,
  connectTestClient,
  endAll,
  instanceAt,
  namePid,
  processesWith,
} from '../../fixtures/live-daemon.ts';
import { output } from '../../harness/command.ts';
import { type Daemon, startDaemon } from '../../harness/daemon.ts';
import { waitFor } from '../../harness/wait-for.ts';

const marker = 'ringfence-test-reload';
/** The argument of a sleep that a test ends. */
const shortLived = '1000.25';
const app = ['sh', '-c', 'sleep 1000; :', marker];
const home = process.env['HOME'] ?? '';
const runtime = process.env['XDG_RUNTIME_DIR'] ?? '';
const guarded = join(home, '.bash_profile');
/** What the strict app has of the home. */
const work = join(home, 'reload');
const rounds = join(work, 'rounds');
// Where cgroup v1 holds the controllers the session can enforce no limit, and strict would refuse.
const strict = {
  profile: 'strict',
  'memory-max': 'infinity',
  'memory-swap-max': 'infinity',
  'tasks-max': 'infinity',
  'working-directory': work,
};
/** Tries to write what strict guards, over and over, and counts its tries. */
const attacker = [
  'sh',
  '-c',
  `while sleep 0.02; do echo evil >>${guarded}; echo >>${rounds}; done 2>/dev/null`,
  marker,
];

const records = () => {
  const folder = join(runtime, 'ringfence/instances');
  return existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.json')) : [];
};
const systemctl = (...args: string[]) => output(['systemctl', '--user', ...args]);

describe('a user manager that reads its units again', () => {
  let bus: BusConnection;
  let client: Client;
  let daemon: Daemon;
  const ends: Signal[] = [];
  const probes = new Set<unknown>();

  beforeAll(async () => {
    mkdirSync(work, { recursive: true });
    bus = await connectTestBus();
    daemon = await startDaemon();
    client = await connectTestClient();
    const hear = (signal: Signal) => {
      if (['Ended', 'InterfacesRemoved'].includes(signal.member)) ends.push(signal);
    };
    for (const iface of ['org.ringfence.Instance1', 'org.freedesktop.DBus.ObjectManager'])
      await bus.subscribe({ sender: busName, interface: iface }, hear);
  });
  afterEach(async () => {
    await endAll(bus);
    await waitFor(async () => (await client.instances()).length === 0, { what: 'no instance to be left' });
    // The signals come over this connection: what was sent before the answer to this has come.
    await namePid(bus, busName);
    ends.length = 0;
    for (const file of [rounds, guarded]) rmSync(file, { force: true });
  });
  afterAll(async () => {
    await client.close();
    await daemon.stop();
    await bus.close();
  });

  const run = (argv: readonly string[] = app, options: Record<string, string> = {}) =>
    client.run(argv, new Map(), new Map(Object.entries(options)));
  const snapshot = async (paths: readonly string[]) => {
    const all = await Promise.all(paths.map((path) => instanceAt(client, path)));
    return all.map((one) => ({ ...one, pids: [...one.pids].sort(), usage: undefined }));
  };
  /** All that the manager has sent so far has been heard: it answers the next call after it. */
  const heardAll = async () => {
    await waitFor(() => namePid(bus, 'org.freedesktop.systemd1'), { what: 'the manager to be back' });
    // An instance that begins and ends now is told of after everything before.
    const path = await waitFor(() => run(['true']).catch(() => undefined), { what: 'a launch' });
    probes.add(path);
    await waitFor(() => ends.some((signal) => signal.path === path), { what: 'its end' });
    return ends.filter((signal) => !probes.has(signal.path) && !probes.has(signal.body[0]));
  };
  const roundsDone = () => (existsSync(rounds) ? readFileSync(rounds).length : 0);
  /** Longer than the daemon waits for the exit code of what it takes to have ended, which is half a second. */
  const manyRounds = async () => {
    const before = roundsDone();
    await waitFor(() => roundsDone() > before + 40, { what: 'the strict app to try again and again' });
  };

  it.each(['daemon-reload', 'daemon-reexec'])(
    'by %s ends nothing',
    async (how) => {
      const paths = await Promise.all([run(), run(app, { 'tasks-max': '99' }), run()]);
      const begun = async () =>
        (await Promise.all(paths.map((path) => instanceAt(client, path)))).map(({ pids }) => pids);
      await waitFor(async () => (await begun()).every((pids) => pids.length === 2), {
        what: 'three shells that sleep',
      });
      paths.push(await run(attacker, strict));
      await manyRounds();
      const stable = async () => (await snapshot(paths)).map((one, at) => ({ ...one, pids: at < 3 ? one.pids : [] }));
      const before = await stable();
      for (let round = 0; round < 3; round++) {
        await systemctl(how);
        await heardAll();
      }
      await manyRounds();
      expect(await heardAll()).toEqual([]);
      expect(await stable()).toEqual(before);
      expect(records()).toHaveLength(4);
      expect(existsSync(guarded)).toBe(false);

      const next = await startAnew();
      expect(await stable()).toEqual(before);
      daemon = next;
      for (const path of paths) await client.stop(path, 0);
      const ended = () => ends.filter(({ member, path }) => member === 'Ended' && paths.includes(path));
      await waitFor(() => ended().length === 4, { what: 'their ends' });
      await waitFor(() => records().length === 0, { what: 'records to be gone' });
    },
    120_000,
  );

  const startAnew = async () => {
    await daemon.kill9();
    return startDaemon({ home: daemon.home });
  };

  it.each(['daemon-reload', 'daemon-reexec'])(
    'by %s while apps end hides no end',
    async (how) => {
      const paths = await Promise.all(Array.from({ length: 20 }, () => run(['sleep', shortLived])));
      await waitFor(() => processesWith(shortLived).length === 20, { what: 'twenty apps' });
      const reading = systemctl(how);
      for (const pid of processesWith(shortLived)) process.kill(pid, 'SIGKILL');
      await reading;
      await systemctl(how);
      await waitFor(async () => (await client.instances()).length === 0, { what: 'all to have ended' });
      // The signals come over another connection than the answers.
      const ended = () => ends.filter(({ member }) => member === 'Ended').map(({ path }) => path);
      const own = () => ended().filter((path) => paths.includes(path));
      await expect.poll(() => own().sort()).toEqual([...paths].sort());
      expect(records()).toEqual([]);
    },
    120_000,
  );

  it('while apps are launched gives up none of them', async () => {
    let over = false;
    let readings = 0;
    const reading = (async () => {
      for (; !over || readings < 3; readings++) await systemctl('daemon-reload');
    })();
    const paths: string[] = [];
    while (readings < 3) paths.push(...(await Promise.all(Array.from({ length: 10 }, () => run()))));
    over = true;
    await reading;
    paths.push(await run(attacker));
    await manyRounds();
    expect((await client.instances()).map(({ path }) => path).sort()).toEqual([...paths].sort());
    expect(records()).toHaveLength(paths.length);
    expect(await heardAll()).toEqual([]);
  }, 120_000);
});
