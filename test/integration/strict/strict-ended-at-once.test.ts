import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../../../src/clients/cli/client.ts';
import { instanceUnit } from '../../../src/domain/object-path.ts';
import { sessionBusAddress } from '../../../src/platform/dbus/address.ts';
import { type BusConnection, connectBus } from '../../../src/platform/dbus/connection.ts';
import { built, connectTestBus, connectTestClient, endAll, fenceUnits } from '../../fixtures/live-daemon.ts';
import {
  listenToNotifications,
  type Notification,
  type NotificationListener,
} from '../../fixtures/notification-listener.ts';
import { command } from '../../harness/command.ts';
import { type Daemon, startDaemon } from '../../harness/daemon.ts';
import { waitFor } from '../../harness/wait-for.ts';

const home = process.env['HOME'] ?? '';
const work = join(home, 'work');
// Where cgroup v1 holds the controllers the session can enforce no limit, and strict would refuse.
const strict = { profile: 'strict', 'memory-max': 'infinity', 'memory-swap-max': 'infinity', 'tasks-max': 'infinity' };

describe('a strict app that ends at once', () => {
  const entries = {
    silent: 'asks org.example.Silent',
    posing: 'asks org.freedesktop.Notifications',
    staying: 'stays org.freedesktop.Notifications',
    quiet: 'asks org.example.Quiet',
    lingering: 'lingers org.example.Lingering',
    hurried: 'asks org.example.Hurried',
    failing: 'fails',
    last: 'fails',
    taken: 'asks org.example.Taken',
    other: 'asks org.example.Other',
    'org.example.Other': 'fails',
  };
  /** Nobody has enabled it, so that its name counts for nothing. */
  const unknown = ['unknown', 'asks org.example.Unknown'] as const;
  let bus: BusConnection;
  let client: Client;
  let daemon: Daemon;
  let notifications: NotificationListener;

  beforeAll(async () => {
    bus = await connectTestBus();
    client = await connectTestClient();
    notifications = await listenToNotifications('hurried');
    daemon = await startDaemon();
    const program = join(work, 'at-once');
    const script = [
      '#!/bin/sh',
      '[ "$1" != fails ] || exit 3',
      'set -- "$1" $(dbus-send --session --print-reply --dest=org.freedesktop.DBus /org/freedesktop/DBus \\',
      'org.freedesktop.DBus.RequestName "string:$2" uint32:4 2>&1 | tail -1)',
      'echo "$@" >>"$HOME/said"',
      'case "$*" in stays* | *"uint32 1") exec sleep 1000 ;; lingers*) until [ -e "$HOME/end" ]; do sleep 0.05; done ;; esac',
    ].join('\n');
    mkdirSync(work, { recursive: true });
    writeFileSync(program, script, { mode: 0o755 });
    const applications = join(home, '.local/share/applications');
    mkdirSync(applications, { recursive: true });
    for (const [id, words] of [...Object.entries(entries), unknown]) {
      const entry = `[Desktop Entry]\nType=Application\nName=The ${id}\nExec=${program} ${words}\n`;
      writeFileSync(join(applications, `${id}.desktop`), entry);
    }
    await client.enableApps(Object.keys(entries), new Map([['profile', 'strict']]));
  });
  afterAll(async () => {
    await endAll(bus);
    await client.disableApps(Object.keys(entries), new Map());
    await daemon.stop();
    await notifications.stop();
    await client.close();
    await bus.close();
  });

  const start = (id: string, more: Readonly<Record<string, string>> = {}) =>
    client.launch(id, [], new Map(Object.entries({ ...strict, ...more })));
  const run = async (id: string) => {
    // It may have ended before anybody could ask for it.
    const unit = instanceUnit(await start(id));
    await waitFor(async () => !(await fenceUnits(bus)).includes(unit), { what: `${id} to end` });
    return unit;
  };
  /** Empty for a descriptor that is closed meanwhile. */
  const linkOf = (path: string) => {
    try {
      return readlinkSync(path);
    } catch {
      return '';
    }
  };
  const told: Notification[] = [];
  const noticeOf = (id: string) =>
    waitFor(
      () => {
        told.push(...notifications.take());
        return told.find(({ desktopEntry }) => desktopEntry === id);
      },
      { what: `a notice about ${id}` },
    );
  const said = (id: string) => {
    const file = join(home, '.local/share/ringfence/homes', id, 'said');
    return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
  };

  it('is told about, with a button for a bus name that is called like it', async () => {
    await run('silent');
    const { summary, body, actions, number } = await noticeOf('silent');
    expect(summary).toBe('The silent ended at once');
    expect(body).toMatch(/: ringfence config set silent own-names org\.example\.Silent$/);
    expect(actions).toEqual([expect.stringMatching(/^have-\w{16}$/), 'Let It Have the Name, and Start']);
    const show = () => command([built.ringfence, 'show', 'silent'], { env: daemon.home.env });
    const words = ' ago The silent ended with exit code 0, at once: it was refused the bus name org.example.Silent; ';
    await waitFor(async () => (await show()).stderr.includes(words), { what: 'the journal to have its end' });
    // Not what an app could have put in its place.
    notifications.press(number, 'have');
    await run('quiet');
    const other = await noticeOf('quiet');
    notifications.press(other.number, other.actions[0] ?? '');
    await waitFor(() => said('quiet').length === 2, { what: 'it to be started again' });
    expect(said('quiet')).toEqual([expect.stringMatching(/Error/), 'asks uint32 1']);
    expect(readFileSync(join(daemon.home.config, 'ringfence/config.toml'), 'utf8')).toBe(
      '[app.quiet]\nown-names = ["org.example.Quiet"]\n',
    );
    notifications.press(number, actions[0] ?? '');
    await waitFor(() => said('silent').length === 2, { what: 'the other to be started again' });
    expect(said('silent')[1]).toBe('asks uint32 1');
  });

  it('has the name, and is started, also where the button is pressed before the notification has its number', async () => {
    await run('hurried');
    await waitFor(() => said('hurried').length === 2, { what: 'it to be started again' });
    expect(said('hurried')[1]).toBe('asks uint32 1');
    await noticeOf('hurried');
  });

  it('is told about where it failed', async () => {
    const unit = await run('failing');
    expect((await noticeOf('failing')).body).toBe(
      `It is strict, and it failed (exit code 3). What it printed: journalctl --user -u ${unit}`,
    );
  });

  it.each([
    ['that others call', 'posing', 'org.freedesktop.Notifications'],
    ['that somebody has', 'taken', 'org.example.Taken'],
    ['of another app', 'other', 'org.example.Other'],
    ['where its own counts for nothing', 'unknown', 'org.example.Unknown'],
  ])('is not offered a name %s', async (_what, id, name) => {
    const owner = await connectBus(sessionBusAddress(process.env), { name: 'org.example.Taken' });
    await run(id);
    const { body, actions } = await noticeOf(id);
    expect(body).toContain(
      `asked for the bus name ${name}, which strict apps do not get: it is not called like this app`,
    );
    expect(actions).toEqual([]);
    await owner.close();
  });

  it('is told about once, and not when somebody has ended it', async () => {
    const path = await start('staying', { 'working-directory': home });
    await waitFor(() => said('staying').length === 1, { what: 'it to be refused the name' });
    await client.stop(path, 0);
    // One that has lived on without it for long: the file is told that it was so.
    const lingering = instanceUnit(await start('lingering'));
    await waitFor(() => said('lingering').length === 1, { what: 'the other to be refused its name' });
    const folder = `/proc/${daemon.process.pid}/fd`;
    const words = readdirSync(folder).filter((fd) => linkOf(join(folder, fd)).includes('/said.'));
    expect(words).not.toEqual([]);
    for (const fd of words) utimesSync(join(folder, fd), 0, 0);
    writeFileSync(join(home, '.local/share/ringfence/homes/lingering/end'), '');
    await waitFor(async () => !(await fenceUnits(bus)).includes(lingering), { what: 'the other to end' });
    await run('posing');
    await run('last');
    await noticeOf('last');
    // In the order of their ends.
    expect(told.map(({ desktopEntry }) => desktopEntry)).toEqual([
      ...['silent', 'quiet', 'hurried', 'failing'],
      ...['posing', 'taken', 'other', 'unknown'],
      'last',
    ]);
  });
});
