import { copyFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { BusConnection } from '../../../src/platform/dbus/connection.ts';
import { installEntry, installProgram, removeEntries } from '../../fixtures/desktop-entries.ts';
import { built, busName, connectTestBus, endAll, namePid, temporaryFolder } from '../../fixtures/live-daemon.ts';
import { type OpenRunner, openRunner } from '../../fixtures/open-client.ts';
import { dbusSend } from '../../harness/bus-call.ts';
import { command, output } from '../../harness/command.ts';
import { unitProperty } from '../../harness/user-units.ts';
import { waitFor } from '../../harness/wait-for.ts';

// Runs on Debian 13 too: its bus is dbus-broker, which waits for no daemon that cannot be started.

describe('an installed daemon', () => {
  let bus: BusConnection;
  let runner: OpenRunner;
  const folder = temporaryFolder();
  const node = join(folder, 'node');
  /** An end that waits for the bus's time limit, or for ours, does not come in time. */
  const soon = { timeoutMs: 20_000 };

  beforeAll(async () => {
    bus = await connectTestBus();
    copyFileSync(process.execPath, node);
    const app = installProgram(folder, 'app', `#!/bin/sh\necho started >>${folder}/starts\nexec sleep 1000\n`);
    installEntry('clicked', [`Exec=${app}`]);
  });
  beforeEach(async () => {
    runner = openRunner();
    writeFileSync(join(folder, 'starts'), '');
    await output([node, built.ringfence, 'install']);
  });
  afterEach(async () => {
    await output([built.ringfence, 'uninstall']);
    await endAll(bus);
  });
  afterAll(async () => {
    removeEntries();
    await bus.close();
  });

  const starts = () => readFileSync(join(folder, 'starts'), 'utf8').split('\n').length - 1;
  const kill = async () => {
    const pid = await waitFor(() => namePid(bus, busName), { what: 'a daemon' });
    process.kill(pid, 'SIGKILL');
    await waitFor(async () => (await namePid(bus, busName)) !== pid, { what: 'the daemon to be gone' });
  };

  it('answers again after it was killed again and again, with calls in between', async () => {
    for (let times = 0; times < 6; times += 1) {
      await kill();
      // Whatever becomes of it: the bus asks systemd to start the daemon that is being restarted already.
      await dbusSend('org.freedesktop.DBus.Peer.Ping', [], soon);
    }
    await kill();
    expect((await command([built.ringfence, 'list'], soon)).code).toBe(0);
    await kill();
    expect((await runner.open(['--app=clicked'])).code).toBe(0);
    await waitFor(() => starts() === 1, { what: 'the app to start' });
    expect(runner.notifications()).toEqual([]);
  });

  it('says at once that its node is gone, and answers as soon as it is back', async () => {
    renameSync(node, `${node}.away`);
    try {
      await kill();
      // The bus waits two minutes for a daemon that systemd has failed to start, and asks for no other meanwhile.
      const pending = dbusSend('org.freedesktop.DBus.Peer.Ping');
      await waitFor(async () => (await unitProperty('ringfence.service', 'ActiveState')) === 'failed', {
        what: 'systemd to fail',
      });
      const gone = `cannot start the Ringfence daemon: ${node} is gone (was node updated or removed?); run "ringfence install"`;
      for (const args of [['list'], ['run', 'true'], ['launch', 'clicked']]) {
        const result = await command([built.ringfence, ...args], soon);
        expect(result).toMatchObject({ code: 7, stderr: `ringfence: ${gone}\n` });
      }
      const doctor = await command([built.ringfence, 'doctor'], soon);
      expect(doctor.code).toBe(1);
      expect(doctor.stdout).toMatch(new RegExp(`^user unit +MISSING +\\S+ executes ${node}, which is gone`, 'm'));
      expect(doctor.stdout).toMatch(/^daemon +MISSING +.*is gone/m);
      expect((await command(['sh', '-c', '. "$0"; exit $?', 'dist/ringfence-open', '--app=clicked'], soon)).code).toBe(
        75,
      );
      expect((await runner.open(['--app=clicked', '--strict'])).code).toBe(1);
      const [told] = await waitFor(() => runner.notifications().length === 1 && runner.notifications(), {
        what: 'the notification',
      });
      expect(told?.slice(-2)).toEqual(['clicked was not started', expect.stringContaining(`${node} is gone`)]);
      expect(starts()).toBe(0);

      renameSync(`${node}.away`, node);
      expect((await command([built.ringfence, 'list'], soon)).code).toBe(0);
      // dbus-broker has refused it at once; dbus-daemon delivers it now.
      await pending;
    } finally {
      mkdirSync(folder, { recursive: true });
      try {
        renameSync(`${node}.away`, node);
      } catch {
        // It is back.
      }
    }
  });

  it('that hangs is told of within seconds, with the way out, which helps', async () => {
    await output([built.ringfence, 'list']);
    const pid = await waitFor(() => namePid(bus, busName), { what: 'a daemon' });
    process.kill(pid, 'SIGSTOP');
    const told = await command([built.ringfence, 'list'], soon);
    expect(told).toMatchObject({
      code: 7,
      stderr: expect.stringMatching(/has not answered for 10 s; "(.*)" starts it/),
    });
    const wayOut = /"(systemctl --user restart [^"]*)"/.exec(told.stderr)?.[1] ?? '';
    // A process that is stopped hears of no SIGTERM; systemd would wait for its time limit.
    process.kill(pid, 'SIGKILL');
    await output(wayOut.split(' '));
    expect((await command([built.ringfence, 'list'], soon)).code).toBe(0);
  });

  it('that is masked is told of as that', async () => {
    await output(['systemctl', '--user', 'stop', 'ringfence.service']);
    await output(['systemctl', '--user', 'mask', '--runtime', 'ringfence.service']);
    try {
      const told = await command([built.ringfence, 'list'], soon);
      const unmask = 'systemctl --user unmask ringfence.service';
      const why = `ringfence.service is masked; allow it with "${unmask}"`;
      expect(told).toMatchObject({ code: 7, stderr: `ringfence: cannot start the Ringfence daemon: ${why}\n` });
      await output([...unmask.split(' '), '--runtime']);
      expect((await command([built.ringfence, 'list'], soon)).code).toBe(0);
    } finally {
      await output(['systemctl', '--user', 'unmask', '--runtime', 'ringfence.service']);
    }
  });

  it('says at once that its bundle is gone, which its loader reads', async () => {
    const service = await unitProperty('ringfence.service', 'ExecStart');
    const program = /\S+\/dist\/ringfenced(?= )/.exec(service)?.[0] ?? '';
    const bundle = `${program}.bundle.cjs`;
    renameSync(bundle, `${bundle}.away`);
    try {
      await kill();
      const gone = `cannot start the Ringfence daemon: ${bundle} is gone`;
      for (const args of [['list'], ['run', 'true'], ['launch', 'clicked']]) {
        const result = await command([built.ringfence, ...args], soon);
        expect(result).toMatchObject({ code: 7, stderr: expect.stringContaining(gone) });
      }
      const doctor = await command([built.ringfence, 'doctor'], soon);
      expect(doctor.stdout).toContain(`executes ${bundle}, which is gone`);
      expect(doctor.stdout).toContain(`names ${bundle}, which cannot be run`);
      expect((await runner.open(['--app=clicked', '--strict'])).code).toBe(1);
      const [told] = await waitFor(() => runner.notifications().length === 1 && runner.notifications(), {
        what: 'the notification',
      });
      expect(told?.slice(-2)).toEqual(['clicked was not started', expect.stringContaining(`${bundle} is gone`)]);
    } finally {
      renameSync(`${bundle}.away`, bundle);
    }
    expect((await command([built.ringfence, 'list'], soon)).code).toBe(0);
  });

  it('that could not be started is started by the next click', async () => {
    renameSync(node, `${node}.away`);
    try {
      await kill();
      void dbusSend('org.freedesktop.DBus.Peer.Ping');
      await waitFor(async () => (await unitProperty('ringfence.service', 'ActiveState')) === 'failed', {
        what: 'systemd to fail',
      });
    } finally {
      renameSync(`${node}.away`, node);
    }
    expect((await runner.open(['--app=clicked'])).code).toBe(0);
    await waitFor(() => starts() === 1, { what: 'the app to start' });
  });
});

it('that is not installed is what every command says, and what to do', async () => {
  for (const args of [['list'], ['run', 'true'], ['launch', 'clicked'], ['apps'], ['enable', 'clicked'], ['status']]) {
    expect(await command([built.ringfence, ...args])).toMatchObject({
      code: 7,
      stderr:
        'ringfence: cannot reach the Ringfence daemon: Ringfence is not installed for you; run "ringfence install"\n',
    });
  }
});
