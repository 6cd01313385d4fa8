import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
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
import { client, openRunner, pipesOf, setActivation } from '../../../fixtures/open-client.ts';
import { waitFor } from '../../../harness/wait-for.ts';

describe('the short way of a click', () => {
  let bus: BusConnection;
  let daemon: LiveDaemon;
  let pipes: string;
  const folder = temporaryFolder();

  beforeAll(async () => {
    bus = await connectTestBus();
    const app = installProgram(folder, 'app', `#!/bin/sh\necho "$1" >>${folder}/starts\nexec sleep 1000\n`);
    installEntry('clicked', [`Exec=${app} %u`]);
    const slow = installProgram(folder, 'slow', `#!/bin/sh\necho slow >>${folder}/starts\nexec sleep 1000\n`);
    installEntry('slow', [`Exec=${slow}`]);
  });
  beforeEach(async () => {
    writeFileSync(join(folder, 'starts'), '');
    daemon = await startBundledDaemon(bus, built.ringfenced);
    pipes = await pipesOf(daemon.pid);
  });
  afterEach(async () => {
    if (existsSync(pipes)) chmodSync(pipes, 0o700);
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

  const starts = () => readFileSync(join(folder, 'starts'), 'utf8').split('\n').filter(Boolean).sort();
  /** A client for which neither D-Bus client is there. */
  const withoutBus = () => {
    const runner = openRunner();
    for (const name of ['dbus-send', 'busctl'])
      installProgram(runner.programs, name, `#!/bin/sh\necho ${name} >>${folder}/starts\nexit 127\n`);
    return runner;
  };
  const claims = () => readdirSync(pipes).filter((name) => name.endsWith('.request'));

  it('needs no D-Bus client, and gives its number back', async () => {
    const runner = withoutBus();
    expect(await runner.open(['--app=clicked', '--', 'x:,'])).toEqual({ code: 0, stdout: '', stderr: '' });
    await waitFor(() => starts().length === 1, { what: 'the app to start' });
    expect(starts()).toEqual(['x:,']);
    await waitFor(() => claims().length === 0, { what: 'the number to be free' });
  });

  it('leaves no process behind', async () => {
    const { pid, ended } = spawnClient('clicked');
    expect(await ended).toBe(0);
    const group = () =>
      readdirSync('/proc').filter((name) => {
        if (!/^\d+$/.test(name)) return false;
        try {
          return (
            readFileSync(`/proc/${name}/stat`, 'utf8')
              .replace(/^.*\) /, '')
              .split(' ')[2] === String(pid)
          );
        } catch {
          return false;
        }
      });
    await waitFor(() => group().length === 0, { what: `the clients of ${pid} to be gone` });
  });

  it('is open to more clicks at once than it has numbers: none is lost, none comes twice', async () => {
    const uris = Array.from({ length: 100 }, (_, index) => `x:${index},`);
    const clients = uris.map((uri) => spawnClient('clicked', uri).ended);
    expect(new Set(await Promise.all(clients))).toEqual(new Set([0]));
    await waitFor(() => starts().length === 100, { what: 'all apps to start' });
    expect(starts()).toEqual([...uris].sort());
    await waitFor(() => claims().length === 0, { what: 'the numbers to be free' });
  });

  it('is not taken to a daemon that was killed', async () => {
    await setActivation([process.execPath, ...nodeFlags, built.ringfenced].join(' '));
    daemon.kill('SIGKILL');
    await daemon.ended;
    expect(existsSync(join(pipes, 'bell'))).toBe(true);
    expect((await openRunner().open(['--app=clicked', '--', 'x:a'])).code).toBe(0);
    await waitFor(() => starts().length === 1, { what: 'the app to start' });
    const next = await pipesOf(await namePid(bus, busName));
    expect(readdirSync(join(next, '..'))).toEqual([next.split('/').at(-1)]);
  });

  it('shows a client that the daemon was killed while it waited', async () => {
    await setActivation([process.execPath, ...nodeFlags, built.ringfenced].join(' '));
    daemon.kill('SIGSTOP');
    const { ended } = spawnClient('slow');
    await waitFor(() => claims().length === 1, { what: 'the client to ask' });
    daemon.kill('SIGKILL');
    expect(await ended).toBe(0);
    await waitFor(() => starts().length === 1, { what: 'the app to start' });
    expect(await fenceUnits(bus)).toHaveLength(1);
  });

  it('starts each app once or hands it back, whenever daemons are killed', async () => {
    await setActivation([process.execPath, ...nodeFlags, built.ringfenced].join(' '));
    const uris = Array.from({ length: 60 }, (_, index) => `x:${index}`);
    const waiting = new Set(uris);
    const codes = new Map<string, number | null>();
    const clients = uris.map(async (uri) => {
      codes.set(uri, await spawnClient('clicked', uri).ended);
      waiting.delete(uri);
    });
    for (let killed = 0; killed < 5 && waiting.size > 0; ) {
      const left = waiting.size;
      const pid = await namePid(bus, busName);
      if (pid === undefined) continue;
      await waitFor(() => waiting.size < left || waiting.size === 0, { what: 'a client to end' });
      try {
        process.kill(pid, 'SIGKILL');
        killed += 1;
      } catch {
        // The bus had not noticed the last one's end yet.
      }
    }
    await Promise.all(clients);
    const fenced = uris.filter((uri) => codes.get(uri) === 0).sort();
    await waitFor(() => starts().length >= fenced.length, { what: 'the apps to start' });
    await waitFor(async () => (await fenceUnits(bus)).length === fenced.length, { what: 'a fence for each' });
    expect(uris.filter((uri) => ![0, 75].includes(codes.get(uri) ?? -1))).toEqual([]);
    expect(starts()).toEqual(fenced);
    expect(fenced).not.toEqual([]);
  });

  it.each([
    [
      'all numbers are taken',
      () => Array.from({ length: 16 }, (_, slot) => writeFileSync(join(pipes, `${slot}.request`), '')),
    ],
    ['they are those of another version', () => mkdirSync(join(pipes, '../2-1-1'))],
    ['the bell is gone', () => rmSync(join(pipes, 'bell'))],
    ['the folder is gone', () => rmSync(pipes, { recursive: true })],
    ['the folder cannot be written to', () => chmodSync(pipes, 0o500)],
  ])('gives way to the bus when %s', async (_what, spoil) => {
    spoil();
    expect((await openRunner().open(['--app=clicked', '--', 'x:a,b'])).code).toBe(0);
    await waitFor(() => starts().length === 1, { what: 'the app to start' });
  });

  it('hands a click back when the user manager hangs, and starts nothing once it goes on', async () => {
    await setActivation([process.execPath, ...nodeFlags, built.ringfenced].join(' '));
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

  it('is closed by a daemon that ends', async () => {
    await daemon.stop();
    expect(existsSync(pipes)).toBe(false);
  });

  /** In a group of its own, which all that it leaves would be in. */
  function spawnClient(app: string, ...files: string[]) {
    const child = spawn(client, [`--app=${app}`, '--', ...files], { detached: true, stdio: 'ignore' });
    return { pid: child.pid, ended: new Promise<number | null>((resolve) => child.once('exit', resolve)) };
  }
});
