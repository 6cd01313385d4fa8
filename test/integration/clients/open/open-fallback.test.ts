import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { logEvents } from '../../../../src/domain/log-events.ts';
import type { BusConnection } from '../../../../src/platform/dbus/connection.ts';
import { bundleDyingDaemon } from '../../../fixtures/bundle-daemon.ts';
import { installEntry, installProgram, removeEntries } from '../../../fixtures/desktop-entries.ts';
import {
  built,
  busName,
  connectTestBus,
  endAll,
  fenceUnits,
  namePid,
  nodeFlags,
  startBundledDaemon,
  temporaryFolder,
} from '../../../fixtures/live-daemon.ts';
import { type OpenRunner, openRunner, setActivation, ways } from '../../../fixtures/open-client.ts';
import { isOwned } from '../../../harness/bus-call.ts';
import { journal } from '../../../harness/journal.ts';
import { waitFor } from '../../../harness/wait-for.ts';

const realDaemon = [process.execPath, ...nodeFlags, built.ringfenced].join(' ');

describe.each(ways)('a click %s', (way) => {
  let bus: BusConnection;
  let folder: string;
  let runner: OpenRunner;
  let dying: string;
  /** A program that takes the bus name it is told, after a moment. */
  let nameTaker: string;

  beforeAll(async () => {
    bus = await connectTestBus();
    folder = temporaryFolder();
    dying = await bundleDyingDaemon();
    const app = installProgram(folder, 'app', `#!/bin/sh\necho started >>${folder}/starts\nexec sleep 1000\n`);
    nameTaker = installProgram(
      folder,
      'service',
      `#!/usr/bin/python3
import dbus, dbus.service, sys, time
from dbus.mainloop.glib import DBusGMainLoop
from gi.repository import GLib
time.sleep(0.3)
name = dbus.service.BusName(sys.argv[1], dbus.SessionBus(mainloop=DBusGMainLoop()))
GLib.MainLoop().run()
`,
    );
    installEntry('clicked', [`Exec=${app} %U`]);
    installEntry('program-gone', ['Exec=/no/such/program']);
  });
  beforeEach(() => {
    runner = openRunner(way);
    writeFileSync(join(folder, 'starts'), '');
  });
  afterEach(async () => {
    await setActivation(undefined);
    const pid = await namePid(bus, busName);
    if (pid !== undefined) process.kill(pid, 'SIGKILL');
    await waitFor(async () => !(await isOwned(busName)), { what: 'the daemon to be gone' });
    await endAll(bus);
  });
  afterAll(async () => {
    removeEntries();
    await bus.close();
  });

  const starts = () => readFileSync(join(folder, 'starts'), 'utf8').split('\n').length - 1;
  const startedOnce = () => waitFor(() => starts() === 1, { what: 'the app to start' });
  const notified = async () => {
    const [one] = await waitFor(() => runner.notifications().length === 1 && runner.notifications(), {
      what: 'the notification',
    });
    return { title: one?.at(-2), body: one?.at(-1) ?? '' };
  };
  const told = async (event: 'click-fallback' | 'launch-refused', outcome: string) => {
    const { title, body } = await notified();
    expect(title).toBe(`clicked was ${outcome}`);
    expect(body).toMatch(/./);
    const fields = { MESSAGE_ID: logEvents[event].messageId, SYSLOG_IDENTIFIER: 'ringfence-open' };
    const last = async () => (await journal({ fields })).at(-1);
    const message = `clicked: ${outcome}: ${body}`;
    const entry = await waitFor(async () => (await last())?.['MESSAGE'] === message && last(), {
      what: `"${message}" in the journal`,
    });
    expect(entry).toMatchObject({ RINGFENCE_APP: 'clicked', PRIORITY: '4' });
  };

  it('starts the daemon that is not running', async () => {
    await setActivation(realDaemon);
    expect((await runner.open(['--app=clicked'])).code).toBe(0);
    await startedOnce();
    expect(await fenceUnits(bus)).toHaveLength(1);
  });

  const broken: [string, string | undefined, Record<string, string>][] = [
    ['is not installed', undefined, {}],
    ['has lost its node', '/no/such/node /no/such/ringfenced', {}],
    ['ends at its start', '/bin/false', {}],
    ['is on a bus that is gone', undefined, { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/no/such/bus' }],
  ];
  it.each(broken)('is handed back when the daemon %s', async (_what, exec, env) => {
    await setActivation(exec);
    expect((await runner.open(['--app=clicked', '--', 'x:,'], env)).code).toBe(75);
    await told('click-fallback', 'started without its fence');
    expect(starts()).toBe(0);
  });

  it.each(broken)('that asks for strict starts nothing when the daemon %s', async (_what, exec, env) => {
    await setActivation(exec);
    const strict = _what === 'ends at its start' ? '--profile=strict' : '--strict';
    expect((await runner.open(['--app=clicked', strict], env)).code).toBe(1);
    await told('launch-refused', 'not started');
    expect(starts()).toBe(0);
  });

  // Once is enough: it takes as long as the client waits.
  if (way === ways[0])
    it('does not wait for a hung daemon for ever, and starts the app once, in its fence', async () => {
      const hung = await startBundledDaemon(bus, built.ringfenced);
      await setActivation(realDaemon);
      hung.kill('SIGSTOP');
      expect(await runner.open(['--app=clicked'])).toEqual({ code: 0, stdout: '', stderr: '' });
      expect(await hung.ended).toMatchObject({ signal: 'SIGKILL' });
      await startedOnce();
      expect(await fenceUnits(bus)).toHaveLength(1);
      expect(runner.notifications()).toEqual([]);
    });

  // systemd then takes ten seconds for each scope, longer than the client waits for an answer.
  if (way === ways[0])
    it('waits for a daemon that waits for systemd, while journald hangs', { timeout: 120_000 }, async () => {
      const journald = Number(process.env['JOURNALD_PID']);
      const daemon = await startBundledDaemon(bus, built.ringfenced);
      let clicks = 0;
      process.kill(journald, 'SIGSTOP');
      try {
        // Until journald's queue is full, systemd notices nothing.
        for (let slow = false; !slow && clicks < 40; clicks += 1) {
          const begun = performance.now();
          expect(await runner.open(['--app=clicked'])).toMatchObject({ code: 0 });
          slow = performance.now() - begun > 9000;
        }
        expect(clicks).toBeLessThan(40);
        expect(await namePid(bus, busName)).toBe(daemon.pid);
      } finally {
        process.kill(journald, 'SIGCONT');
      }
      await waitFor(() => starts() === clicks, { what: 'an app for each click' });
      expect(await fenceUnits(bus)).toHaveLength(clicks);
      expect(runner.notifications()).toEqual([]);
      await daemon.stop();
    });

  it('goes to a new daemon when the old one dies before the release', async () => {
    await setActivation(realDaemon);
    const daemon = await startBundledDaemon(bus, dying, { RINGFENCE_TEST_FAULT: 'verified die' });
    expect((await runner.open(['--app=clicked'])).code).toBe(0);
    expect(await daemon.ended).toMatchObject({ signal: 'SIGKILL' });
    await startedOnce();
    expect(runner.notifications()).toEqual([]);
  });

  it('starts the app once when the daemon dies right after the release', async () => {
    await setActivation(realDaemon);
    const daemon = await startBundledDaemon(bus, dying, { RINGFENCE_TEST_FAULT: 'released die' });
    expect((await runner.open(['--app=clicked', '--', 'x:,'])).code).toBe(0);
    expect(await daemon.ended).toMatchObject({ signal: 'SIGKILL' });
    await startedOnce();
    expect(await fenceUnits(bus)).toHaveLength(1);
    expect(await isOwned(busName)).toBe(false);
  });

  const refusals: [string, string[], number, string, RegExp][] = [
    ['an app that only the desktop finds', ['--app=nosuch'], 75, 'nosuch', /^no such application in /],
    ['the same, strict', ['--app=nosuch', '--strict'], 1, 'nosuch', /^no such application in /],
    ['the same, by busctl', ['--app=nosuch', '--', 'x:,'], 75, 'nosuch', /^no such application in /],
    ['a program that is gone', ['--app=program-gone'], 1, 'program-gone', /^no program \/no\/such\/program /],
    ['a profile that is gone', ['--app=clicked', '--profile=old'], 1, 'clicked', /^cannot use profile "old": no such/],
    ['the same, by busctl', ['--app=clicked', '--profile=old', '--', 'x:,'], 1, 'clicked', /^cannot use profile "old"/],
  ];
  it.each(refusals)('with an error of the daemon shows its reason: %s', async (_what, args, code, name, text) => {
    await setActivation(realDaemon);
    expect((await runner.open(args)).code).toBe(code);
    const { title, body } = await notified();
    expect(title).toBe(`${name} was ${code === 75 ? 'started without its fence' : 'not started'}`);
    expect(body).toMatch(text);
    expect(body).not.toContain('org.ringfence');
    expect(starts()).toBe(0);
  });

  it.each([
    [{ LANG: 'C.UTF-8' }, 'Tom & Jerry'],
    [{ LANG: 'de_AT.UTF-8' }, 'Katz & Maus'],
    [{ LANG: 'C.UTF-8', LC_ALL: 'pt_BR' }, 'Gato & rato'],
    [{ LANG: 'de_DE', LC_MESSAGES: 'pt' }, 'Gato e rato'],
  ])('names the app as its entry does for %j, and escapes what would be read as markup', async (language, name) => {
    const original = join(folder, 'named.desktop');
    writeFileSync(
      original,
      [
        '[Desktop Entry]',
        'Type=Application',
        'Name=Tom & Jerry',
        'Name[de]=Katz & Maus',
        'Name[pt]=Gato e rato',
        'Name[pt_BR]=Gato & rato',
        'Exec=x',
        '[Desktop Action new]',
        'Name=New',
        'Name[de]=Neu',
      ].join('\n'),
    );
    await setActivation(realDaemon);
    const unset = { LC_ALL: undefined, LC_MESSAGES: undefined };
    await runner.open(['--app=clicked', '--profile=<b>&', `--original=${original}`], { ...unset, ...language });
    const { title, body } = await notified();
    expect(title).toBe(`${name} was not started`);
    expect(body).toContain('"&lt;b&gt;&amp;"');
  });

  it('ends with a desktop that has no notifications at all', async () => {
    installProgram(runner.programs, 'notify-send', '#!/bin/sh\nexit 1\n');
    installProgram(runner.programs, 'gdbus', '#!/bin/sh\nsleep 1000\n');
    expect((await runner.open(['--app=clicked'])).code).toBe(75);
  });

  it.each([
    ['answered over dbus-send', []],
    ['answered over busctl', ['a,b']],
  ])('does not wait for the name of a service that has ended: %s', async (_way, args) => {
    await setActivation(realDaemon);
    const own = 'org.test.Ended';
    const result = await runner.open(['--app=clicked', `--service=${own}`, '--', 'sh', '-c', 'exit 3', ...args]);
    expect(result).toMatchObject({
      code: 1,
      stderr: `ringfence-open: clicked: not started: ${own} ended before it appeared on the bus\n`,
    });
  });

  it('waits for the name of a service whose first process has ended', async () => {
    await setActivation(realDaemon);
    const service = installProgram(folder, 'forking-service', `#!/bin/sh\n(sleep 0.2; exec ${nameTaker} "$1") &\n`);
    const own = 'org.test.Forking';
    const { code, stderr } = await runner.open(['--app=clicked', `--service=${own}`, '--', service, own]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  it('waits until a service has its name', async () => {
    await setActivation(realDaemon);
    const own = 'org.test.Service';
    const { code, stderr } = await runner.open(['--app=clicked', `--service=${own}`, '--', nameTaker, own]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(await isOwned(own)).toBe(true);
    expect(await fenceUnits(bus)).toHaveLength(1);
    expect((await fenceUnits(bus))[0]).toMatch(/^app-ringfence-clicked-/);
  });
});
