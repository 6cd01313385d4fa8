import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { BusConnection } from '../../src/platform/dbus/connection.ts';
import { installEntry, installProgram, removeEntries } from '../fixtures/desktop-entries.ts';
import { built, connectTestBus, endAll, fenceUnits, gates, processesWith } from '../fixtures/live-daemon.ts';
import { listenToNotifications, type NotificationListener } from '../fixtures/notification-listener.ts';
import { client as openClient } from '../fixtures/open-client.ts';
import { type DoorSetting, throughDoor } from '../fixtures/root-door.ts';
import { dbusSend, errorName } from '../harness/bus-call.ts';
import { command } from '../harness/command.ts';
import { type Daemon, startDaemon } from '../harness/daemon.ts';
import { patience, waitFor } from '../harness/wait-for.ts';

const home = process.env['HOME'] ?? '';
const runtime = process.env['XDG_RUNTIME_DIR'] ?? '';
const marker = 'ringfence-test-refused';
const witness = join(home, 'it-ran');
/** Of the strict app, whose entry is the user's. */
const ownWitness = join(home, '.local/share/ringfence/homes/local.org.test.Refused/it-ran');

const switches: readonly [setting: DoorSetting, off: string, on: string][] = [
  ['user.max_user_namespaces', '0', '10000'],
  ['kernel.unprivileged_userns_clone', '0', '1'],
];

describe('strict where user namespaces are off', () => {
  let bus: BusConnection;
  let daemon: Daemon;
  let listener: NotificationListener;

  beforeAll(async () => {
    expect(process.getuid?.()).not.toBe(0);
    bus = await connectTestBus();
    listener = await listenToNotifications();
    daemon = await startDaemon();
    const script = `#!/bin/sh\ntouch "$HOME/it-ran"\nexec sh -c 'sleep 1000; :' ${marker}\n`;
    installEntry('org.test.Refused', [`Exec=${installProgram(home, 'refused-app', script)}`]);
  });
  afterEach(async () => {
    for (const [setting, , on] of switches) await throughDoor(setting, on);
    await endAll(bus);
    rmSync(witness, { force: true });
    listener.take();
  });
  afterAll(async () => {
    removeEntries();
    rmSync(join(home, 'refused-app'), { force: true });
    await daemon?.stop();
    await listener?.stop();
    await bus?.close();
  });

  const launch = () =>
    dbusSend('Launch', ['string:org.test.Refused', 'array:string:', 'dict:string:string:profile,strict']);
  /** What a start leaves behind: processes, units, files in the runtime folder, in the home and in /tmp. */
  const traces = async () => ({
    ran: existsSync(witness) || existsSync(ownWitness),
    processes: [...processesWith(marker), ...processesWith('--args=4'), ...processesWith('/usr/bin/bwrap')],
    gates: gates().length,
    units: await fenceUnits(bus),
    instances: filesBelow(join(runtime, 'ringfence')).filter((file) => /instances\/|sandboxes\//.test(file)),
    home: filesBelow(home).filter((file) => !file.includes('/.cache/')),
    temporary: readdirSync('/tmp').sort(),
  });
  /** A gate that was used may not be gone yet, nor the next one there. */
  const nothingIsLeft = async (before: Awaited<ReturnType<typeof traces>>) => {
    await expect.poll(traces, { timeout: patience }).toEqual(before);
    expect(existsSync(witness) || existsSync(ownWitness)).toBe(false);
  };
  const reasons: Readonly<Record<DoorSetting, RegExp>> = {
    'user.max_user_namespaces': /user namespaces are off [\s\S]*sysctl user\.max_user_namespaces=10000/,
    'kernel.unprivileged_userns_clone':
      /user namespaces are for root only [\s\S]*sysctl kernel\.unprivileged_userns_clone=1/,
  };

  it.each(switches)(
    'refuses over the bus, at the command line and for an icon, and starts nothing: %s',
    async (setting, off) => {
      // Debian's own patch; other kernels have only the first.
      if ((await throughDoor(setting)) === undefined) {
        expect(setting).toBe('kernel.unprivileged_userns_clone');
        return;
      }
      await waitFor(() => gates().length > 0, { what: 'the gate in reserve' });
      const before = await traces();
      expect(await throughDoor(setting, off)).toBe(off);

      const overTheBus = await launch();
      expect(errorName(overTheBus)).toBe('org.ringfence.Error.NotEnforceable');
      expect(overTheBus.stderr).toMatch(reasons[setting]);
      await nothingIsLeft(before);

      const typed = await command([built.ringfence, 'launch', '--profile', 'strict', 'org.test.Refused']);
      expect(typed.code).toBe(5);
      expect(typed.stderr).toMatch(reasons[setting]);
      await nothingIsLeft(before);

      expect(listener.take()).toEqual([]);
      const clicked = await command([openClient, '--app=org.test.Refused', '--strict', '--profile=strict']);
      expect(clicked.code).toBe(1);
      const [told] = await waitFor(
        () => {
          const notifications = listener.take();
          return notifications.length > 0 && notifications;
        },
        { what: 'the notification' },
      );
      expect(told).toMatchObject({ app: 'Ringfence', summary: 'org.test.Refused was not started' });
      expect(told?.body).toMatch(reasons[setting]);
      await nothingIsLeft(before);

      const doctor = await command([built.ringfence, 'doctor']);
      expect(doctor.stdout).toMatch(reasons[setting]);
      const enabled = await command([built.ringfence, 'enable', '--profile', 'strict', 'org.test.Refused']);
      await command([built.ringfence, 'disable', 'org.test.Refused']);
      expect(enabled).toMatchObject({ code: 0, stderr: expect.stringMatching(reasons[setting]) });
    },
  );

  it('goes on relaxed meanwhile, and strict again once they are on, with the same daemon', async () => {
    const { pid } = daemon.process;
    await throughDoor('user.max_user_namespaces', '0');
    expect(errorName(await launch())).toBe('org.ringfence.Error.NotEnforceable');
    const relaxed = await dbusSend('Launch', ['string:org.test.Refused', 'array:string:', 'dict:string:string:']);
    expect(relaxed.stderr).toBe('');
    await waitFor(() => existsSync(witness), { what: 'the relaxed app' });
    // What the traces above look for is there when it runs.
    await waitFor(() => processesWith(marker).length > 0, { what: 'its process' });
    await endAll(bus);
    rmSync(witness);

    await throughDoor('user.max_user_namespaces', '10000');
    expect((await launch()).stderr).toBe('');
    await waitFor(() => existsSync(ownWitness), { what: 'the strict app' });
    await waitFor(() => processesWith(marker).length > 0, { what: 'its process' });
    expect(daemon.process.pid).toBe(pid);
    expect(daemon.process.exitCode).toBeNull();
  });
});

/** Node 24's recursive readdir goes through symlinks, such as that to the daemon's /proc. */
function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(path) : [path];
  });
  return files.sort();
}
