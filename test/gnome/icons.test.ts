import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { BusConnection } from '../../src/adapters/dbus/connection.ts';
import { type Client, connectClient } from '../../src/cli/client.ts';
import {
  clearNotifications,
  clickAt,
  clickIcon,
  dashIcons,
  menuItems,
  runningApps,
  screenshot,
  shellApp,
  shellNotifications,
} from '../fixtures/gnome-shell.ts';
import {
  built,
  busName,
  connectTestBus,
  endAll,
  fenceUnits,
  namePid,
  nodeFlags,
  temporaryFolder,
} from '../fixtures/live-daemon.ts';
import { client, setActivation } from '../fixtures/open-client.ts';
import { isOwned } from '../harness/bus-call.ts';
import { cgroupOf } from '../harness/cgroup.ts';
import { command, output } from '../harness/command.ts';
import { waitFor } from '../harness/wait-for.ts';

interface App {
  readonly id: string;
  /** The name of its process. */
  readonly process: string;
}

const isOld = existsSync('/usr/bin/gedit');
const editor: App = isOld
  ? { id: 'org.gnome.gedit', process: 'gedit' }
  : { id: 'org.gnome.TextEditor', process: 'gnome-text-editor' };
const terminal: App = { id: 'org.gnome.Terminal', process: 'gnome-terminal-server' };
const calculator: App = { id: 'org.gnome.Calculator', process: 'gnome-calculator' };
const apps = [editor, terminal, calculator];
const entry = ({ id }: App) => `${id}.desktop`;
const favourites = `[${apps.map((app) => `'${entry(app)}'`).join(', ')}]`;
const readFavourites = () => output(['gsettings', 'get', 'org.gnome.shell', 'favorite-apps']);

describe('the usual icon in GNOME Shell', () => {
  const folder = temporaryFolder();
  // A copy, from which a test can take the client away.
  const installed = join(folder, 'dist');
  const daemonCommand = [process.execPath, ...nodeFlags, join(installed, 'ringfenced')].join(' ');
  let bus: BusConnection;
  let ringfence: Client;

  beforeAll(async () => {
    bus = await connectTestBus();
    cpSync(dirname(client), installed, { recursive: true });
    await setActivation(daemonCommand);
    for (const [schema, key, value] of [
      ['org.gnome.desktop.interface', 'enable-animations', 'false'],
      ['org.gnome.shell', 'welcome-dialog-last-shown-version', "'999'"],
      ['org.gnome.shell', 'favorite-apps', favourites],
    ] as const) {
      await output(['gsettings', 'set', schema, key, value]);
    }
    await clearNotifications();
    await output([built.ringfence, 'enable', ...apps.map(({ id }) => id)]);
    for (const app of apps) {
      await waitFor(async () => (await shellApp(entry(app))).source !== '', {
        what: `the shell to read ${app.id} anew`,
      });
    }
    ringfence = await connectClient(process.env);
  });
  afterEach(async ({ task }) => {
    await setActivation(daemonCommand);
    copyFileSync(client, join(installed, 'ringfence-open'));
    if (task.result?.state === 'fail') await screenshot(`failed-${task.name.replace(/\W+/g, '-').slice(0, 60)}`);
    await endAll(bus);
    for (const app of apps) for (const pid of processesOf(app)) kill(pid);
    await waitFor(async () => (await runningApps()).length === 0, { what: 'all apps to be closed' });
    await clearNotifications();
  });
  afterAll(async () => {
    await ringfence.close();
    await bus.close();
  });

  /** Until the app has a window and the shell holds it for running; returns the scope that all its processes are in. */
  const runsInItsFence = async (app: App): Promise<string> => {
    const state = await waitFor(
      async () => {
        const found = await shellApp(entry(app));
        return found.state === 2 && found.pids.length > 0 && found;
      },
      { what: `a window of ${app.id}` },
    );
    return allInOneFence(app, state.pids);
  };

  const allInOneFence = (app: App, windowPids: readonly number[] = []): string => {
    expect(processesOf(app).length).toBeGreaterThan(0);
    const pids = [...processesOf(app), ...windowPids];
    const units = [...new Set([...pids, ...descendantsOf(pids)].map(unitOf))]
      // VTE moves the shell of each tab into a scope of its own, before it runs.
      .filter((unit) => !(app === terminal && unit.startsWith('vte-spawn-')));
    expect(units).toHaveLength(1);
    expect(units[0]).toMatch(new RegExp(`^app-ringfence-${app.id.replaceAll('.', '\\.')}-\\d+\\.scope$`));
    return units[0] ?? '';
  };

  const hasOneIcon = async (app: App) => {
    const icons = await dashIcons();
    expect(icons.map(({ id }) => id)).toEqual(apps.map(entry));
    expect(await runningApps()).toEqual([entry(app)]);
  };

  it.each(apps)('starts $id in a fence when it is clicked, and shows it as running', async (app) => {
    await clickIcon(entry(app));
    await runsInItsFence(app);
    await screenshot(`clicked-${app.id}`);
    await hasOneIcon(app);
    await screenshot(`running-${app.id}`);
    expect(await readFavourites()).toBe(favourites);
    const [instance] = await ringfence.instances();
    expect(instance?.appId).toBe(entry(app));
    expect(await shellNotifications()).toEqual([]);
  });

  it('has an action more in the menu, which keeps its word', async () => {
    // Strict refuses where a limit cannot be held, and here another hierarchy has the controllers: so no limits are asked for.
    await configure(
      '[profile.strict]\nmemory-max = "infinity"\nmemory-swap-max = "infinity"\ntasks-max = "infinity"\n',
    );
    await clickIcon(entry(editor), 3);
    const items = await menuItems(entry(editor));
    const item = items.find(({ label }) => label === 'Open Strictly Contained');
    await screenshot('menu');
    expect(item).toBeDefined();
    await clickAt(item?.x ?? 0, item?.y ?? 0);
    const sandbox = (await capabilities()).get('sandbox');
    if (sandbox?.get('available') === 'yes') {
      await runsInItsFence(editor);
      const [instance] = await ringfence.instances();
      expect(instance?.profile).toBe('strict');
      await screenshot('strict');
    } else {
      const [told] = await waitFor(async () => (await shellNotifications()).length > 0 && shellNotifications(), {
        what: 'a notification',
      });
      await screenshot('strict-refused');
      expect(told?.body).toMatch(/^not started: cannot launch/);
      expect(processesOf(editor)).toEqual([]);
      expect(await fenceUnits(bus)).toEqual([]);
    }
  });

  /** Has the daemon take a configuration on; undone with the testbed's home. */
  async function configure(text: string): Promise<void> {
    const file = join(process.env['XDG_CONFIG_HOME'] ?? join(homedir(), '.config'), 'ringfence/config.toml');
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    await waitFor(
      async () => {
        const profiles = (await ringfence.properties()).get('Profiles') as Map<string, Map<string, string>>;
        return profiles.get('strict')?.get('memory-max') === 'infinity';
      },
      { what: 'the configuration to be taken on' },
    );
  }

  it('runs the actions of the app itself in a fence', async () => {
    await clickIcon(entry(editor), 3);
    const item = (await menuItems(entry(editor))).find(({ label }) => /^New (Window|Document)$/.test(label));
    await clickAt(item?.x ?? 0, item?.y ?? 0);
    await runsInItsFence(editor);
  });

  it('opens a file in a fence, as file managers and xdg-open do', async () => {
    const file = join(folder, "a, b'ü 100%.txt");
    writeFileSync(file, 'written by a test\n');
    await output(['gio', 'mime', 'text/plain', entry(editor)]);
    await output(['gio', 'open', file]);
    await runsInItsFence(editor);
    await waitFor(
      async () => (await shellApp(entry(editor))).titles.some((title) => title.includes("a, b'ü 100%.txt")),
      {
        what: 'the file in the editor',
      },
    );
    await screenshot('opened-file');
  });

  it.each([editor, terminal])('starts $id in a fence when another program activates its bus name', async (app) => {
    const path = `/${app.id.replaceAll('.', '/')}`;
    const call = ['busctl', '--user', 'call', app.id, path, 'org.freedesktop.Application', 'Activate', 'a{sv}', '0'];
    expect(await command(call)).toMatchObject({ code: 0, stderr: '' });
    // A terminal opens no window by itself.
    if (app === terminal) allInOneFence(app);
    else await runsInItsFence(app);
  });

  it('starts the app without its fence, and says so, when the daemon is broken', async () => {
    await breakDaemon();
    await clickIcon(entry(calculator));
    await waitFor(async () => (await shellApp(entry(calculator))).state === 2, { what: 'the app' });
    const [told] = await waitFor(async () => (await shellNotifications()).length > 0 && shellNotifications(), {
      what: 'a notification',
    });
    await screenshot('fallback');
    expect(told).toMatchObject({ title: 'Calculator', body: expect.stringMatching(/^started without its fence: /) });
    expect(processesOf(calculator)).toHaveLength(1);
    expect(await fenceUnits(bus)).toEqual([]);
  });

  it('starts nothing that was to be strict, and says so, when the daemon is broken', async () => {
    await breakDaemon();
    await clickIcon(entry(calculator), 3);
    const item = (await menuItems(entry(calculator))).find(({ label }) => label === 'Open Strictly Contained');
    await clickAt(item?.x ?? 0, item?.y ?? 0);
    const [told] = await waitFor(async () => (await shellNotifications()).length > 0 && shellNotifications(), {
      what: 'a notification',
    });
    expect(told?.body).toMatch(/^not started: /);
    expect(processesOf(calculator)).toEqual([]);
  });

  it('still shows the icon and starts the app when Ringfence was removed without a word', async () => {
    await breakDaemon();
    rmSync(join(installed, 'ringfence-open'));
    // GLib hides entries whose program is missing, so the shadow's own is /bin/sh.
    expect((await dashIcons()).map(({ id }) => id)).toEqual(apps.map(entry));
    await clickIcon(entry(calculator));
    await waitFor(async () => (await shellApp(entry(calculator))).state === 2, { what: 'the app' });
    const [told] = await waitFor(async () => (await shellNotifications()).length > 0 && shellNotifications(), {
      what: 'a notification',
    });
    expect(told?.body).toMatch(/^started without its fence: /);
    expect(processesOf(calculator)).toHaveLength(1);
  });

  it('is the same after all is disabled', async () => {
    await output([built.ringfence, 'disable', ...apps.map(({ id }) => id)]);
    for (const app of apps) {
      await waitFor(async () => (await shellApp(entry(app))).source === '', {
        what: `the shell to read ${app.id} anew`,
      });
    }
    expect(await readFavourites()).toBe(favourites);
    expect((await dashIcons()).map(({ id }) => id)).toEqual(apps.map(entry));
    await clickIcon(entry(calculator));
    await waitFor(async () => (await shellApp(entry(calculator))).state === 2, { what: 'the app' });
    expect(await fenceUnits(bus)).toEqual([]);
  });

  const breakDaemon = async () => {
    await setActivation('/bin/false');
    const pid = await namePid(bus, busName);
    if (pid !== undefined) process.kill(pid, 'SIGKILL');
    await waitFor(async () => !(await isOwned(busName)), { what: 'the daemon to be gone' });
  };
  const capabilities = async () => {
    const rows = (await ringfence.properties()).get('Capabilities') as ReadonlyMap<string, string>[];
    return new Map(rows.map((row) => [row.get('name'), row]));
  };
});

function processesOf(app: App): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const [program = ''] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
        return program === app.process || program.endsWith(`/${app.process}`);
      } catch {
        return false;
      }
    });
}

function descendantsOf(pids: readonly number[]): number[] {
  const children = pids.flatMap((pid) => {
    try {
      return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
    } catch {
      return [];
    }
  });
  return children.length === 0 ? [] : [...children, ...descendantsOf(children)];
}

function unitOf(pid: number): string {
  return cgroupOf(pid)?.split('/').at(-1) ?? '';
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
