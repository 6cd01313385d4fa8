import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { BusConnection } from '../../../../src/platform/dbus/connection.ts';
import { installEntry, installProgram, removeEntries } from '../../../fixtures/desktop-entries.ts';
import {
  built,
  busName,
  connectTestBus,
  endAll,
  fenceUnits,
  type LiveDaemon,
  namePid,
  nodeFlags,
  startBundledDaemon,
  temporaryFolder,
} from '../../../fixtures/live-daemon.ts';
import { client, openRunner, setActivation } from '../../../fixtures/open-client.ts';
import { command, output } from '../../../harness/command.ts';
import { waitFor } from '../../../harness/wait-for.ts';

/** How many clicks there are while the daemon dies once a second. */
const clicks = Number(process.env['RINGFENCE_TEST_CLICKS'] ?? 200);

describe('clicks', () => {
  let bus: BusConnection;
  let daemon: LiveDaemon;
  const folder = temporaryFolder();

  beforeAll(async () => {
    bus = await connectTestBus();
    // Its files by their names, and its cgroup.
    const app = installProgram(
      folder,
      'app',
      `#!/bin/sh\necho "$1 $(grep ^0:: /proc/self/cgroup)" >>${folder}/starts\nexec sleep 1000\n`,
    );
    installEntry('clicked', [`Exec=${app} %u`]);
  });
  beforeEach(async () => {
    writeFileSync(join(folder, 'starts'), '');
    daemon = await startBundledDaemon(bus, built.ringfenced);
    await setActivation([process.execPath, ...nodeFlags, built.ringfenced].join(' '));
  });
  afterEach(async () => {
    await command([built.ringfence, 'uninstall']);
    await setActivation(undefined);
    const pid = await namePid(bus, busName);
    if (pid !== undefined) process.kill(pid, 'SIGKILL');
    await daemon.ended;
    await endAll(bus);
  });
  afterAll(async () => {
    removeEntries();
    await bus.close();
  });

  /** In place of the daemon and of what the bus would start. */
  const installUnit = async () => {
    await setActivation(undefined);
    await daemon.stop();
    await output([built.ringfence, 'install']);
  };
  const lines = () => readFileSync(join(folder, 'starts'), 'utf8').split('\n').filter(Boolean);
  const starts = () => lines().map((line) => line.split(' ')[0] ?? '');
  /** As an icon does it, in a group of its own, which all that it leaves would be in. */
  const click = (...files: string[]) => {
    const child = spawn('/bin/sh', ['-c', '. "$0"; exit $?', client, '--app=clicked', '--', ...files], {
      detached: true,
      stdio: 'ignore',
    });
    return { pid: child.pid, ended: new Promise<number | null>((resolve) => child.once('exit', resolve)) };
  };

  it('leave no process behind', async () => {
    const { pid, ended } = click('x:a');
    expect(await ended).toBe(0);
    const group = () => readdirSync('/proc').filter((name) => /^\d+$/.test(name) && groupOf(name) === String(pid));
    await waitFor(() => group().length === 0, { what: `the clients of ${pid} to be gone` });
  });

  it('at once are none lost and none served twice, by either D-Bus client', async () => {
    const uris = Array.from({ length: 100 }, (_, index) => (index % 2 === 0 ? `x:${index}` : `x:${index},`));
    const codes = await Promise.all(uris.map((uri) => click(uri).ended));
    expect(new Set(codes)).toEqual(new Set([0]));
    await waitFor(() => starts().length >= 100, { what: 'all apps to start' });
    expect(starts().sort()).toEqual([...uris].sort());
  });

  it('that wait for a daemon when it is killed are served by the next', async () => {
    daemon.kill('SIGSTOP');
    const { ended } = click('x:a');
    // The bus knows no message counts of others: the client's own process is the sign that it has asked.
    await waitFor(() => processesNamed('dbus-send').length > 0, { what: 'the client to ask' });
    daemon.kill('SIGKILL');
    expect(await ended).toBe(0);
    await waitFor(() => starts().length > 0, { what: 'the app to start' });
    expect(await fenceUnits(bus)).toHaveLength(1);
    expect(starts()).toEqual(['x:a']);
  });

  it.each([
    ['the bus', async () => {}],
    ['systemd', installUnit],
  ])(
    `end in a fence, each app started once, while %s restarts a daemon that is killed once a second (${clicks})`,
    async (_who, prepare) => {
      await prepare();
      const uris = Array.from({ length: clicks }, (_, index) => `x:${index}`);
      const codes = new Map<string, number | null>();
      let killed = 0;
      const killer = (async () => {
        while (codes.size < clicks) {
          // Once it takes calls, which on a busy machine may be a second after it was started.
          const ping = { destination: busName, path: '/', interface: 'org.freedesktop.DBus.Peer', member: 'Ping' };
          const pid =
            (await namePid(bus, busName)) &&
            (await bus.call(ping, '', [], '').then(
              () => namePid(bus, busName),
              () => undefined,
            ));
          await sleep(pid === undefined ? 10 : 1000);
          if (pid === undefined || codes.size === clicks) continue;
          process.kill(pid, 'SIGKILL');
          killed += 1;
        }
      })();
      const left = [...uris];
      const hand = async () => {
        for (let uri = left.shift(); uri !== undefined; uri = left.shift()) codes.set(uri, await click(uri).ended);
      };
      await Promise.all(Array.from({ length: 8 }, hand));
      await killer;
      const fenced = uris.filter((uri) => codes.get(uri) === 0).sort();
      await waitFor(() => starts().length >= fenced.length, { what: 'the apps to start' });
      await waitFor(async () => (await fenceUnits(bus)).length === fenced.length, { what: 'a fence for each' });
      expect(uris.filter((uri) => ![0, 75].includes(codes.get(uri) ?? -1))).toEqual([]);
      expect(starts().sort()).toEqual(fenced);
      expect(lines().filter((line) => !line.includes('/app-ringfence-clicked-'))).toEqual([]);
      expect(killed).toBeGreaterThan(0);
      expect(fenced.length).toBeGreaterThanOrEqual(0.95 * clicks);
    },
    600_000,
  );

  it('are handed back when the user manager hangs, and start nothing once it goes on', async () => {
    const manager = (await namePid(bus, 'org.freedesktop.systemd1')) ?? 0;
    process.kill(manager, 'SIGSTOP');
    try {
      expect((await openRunner().open(['--app=clicked', '--', 'x:late'])).code).toBe(75);
    } finally {
      process.kill(manager, 'SIGCONT');
    }
    // Answered behind all that it was sent before.
    await waitFor(async () => (await fenceUnits(bus)).length === 0, { what: 'no fence to be left' });
    expect((await openRunner().open(['--app=clicked', '--', 'x:next'])).code).toBe(0);
    await waitFor(() => starts().length > 0, { what: 'the next app to start' });
    expect(starts()).toEqual(['x:next']);
  });
});

function groupOf(pid: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')[2];
  } catch {
    return undefined;
  }
}

function processesNamed(name: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/comm`, 'utf8') === `${name}\n`;
    } catch {
      return false;
    }
  });
}
