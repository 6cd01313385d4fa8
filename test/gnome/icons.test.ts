import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Client, connectClient } from '../../src/clients/cli/client.ts';
import type { BusConnection } from '../../src/platform/dbus/connection.ts';
import { descendantsOf, kill, processesOf, unitOf } from '../fixtures/app-processes.ts';
import { pressKeys, screenshot, typeText } from '../fixtures/desktop-input.ts';
import {
  clearNotifications,
  clickAt,
  clickIcon,
  dashIcons,
  focusedApp,
  menuItems,
  runningApps,
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
  processesWith,
  temporaryFolder,
} from '../fixtures/live-daemon.ts';
import { client, setActivation } from '../fixtures/open-client.ts';
import { isOwned } from '../harness/bus-call.ts';
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
    const enabled = await command([built.ringfence, 'enable', ...apps.map(({ id }) => id)]);
    expect(enabled).toMatchObject({ code: 0, stderr: expect.stringContaining('"ringfence terminal enable"') });
    await output([built.ringfence, 'terminal', 'enable']);
    expect((await command([built.ringfence, 'enable', terminal.id])).stderr).toBe('');
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
    for (const app of apps) for (const pid of processesOf(app.process)) kill(pid);
    await waitFor(async () => (await runningApps()).length === 0, { what: 'all apps to be closed' });
    await clearNotifications();
  });
  afterAll(async () => {
    await ringfence.close();
    await bus.close();
  });

  /** Until the app has a window and the shell holds it for running, with every process of it in a fence. */
  const runsInItsFence = async (app: App): Promise<void> => {
    const state = await waitFor(
      async () => {
        const found = await shellApp(entry(app));
        return found.state === 2 && found.pids.length > 0 && found;
      },
      { what: `a window of ${app.id}` },
    );
    if (app === terminal) await tabsInTheirFences(1);
    else expectOneFence(app, unitsOf(app, state.pids));
  };

  const unitsOf = (app: App, windowPids: readonly number[] = []): string[] => {
    expect(processesOf(app.process).length).toBeGreaterThan(0);
    const pids = [...processesOf(app.process), ...windowPids];
    return [...new Set([...pids, ...descendantsOf(pids)].flatMap((pid) => unitOf(pid) ?? []))];
  };

  const expectOneFence = (app: App, units: readonly string[]) => {
    expect(units).toEqual([
      expect.stringMatching(new RegExp(`^app-ringfence-${app.id.replaceAll('.', '\\.')}-\\d+\\.scope$`)),
    ]);
  };

  /** Until each tab's shell has its own fence: VTE moves it to a scope of its own before. Returns the shells' units. */
  const tabsInTheirFences = async (tabs: number): Promise<string[]> => {
    const isTab = (unit: string) => /^app-ringfence-bash-\d+\.scope$/.test(unit);
    const units = await waitFor(
      () => {
        const found = unitsOf(terminal);
        return found.filter(isTab).length === tabs && !found.some((unit) => unit.startsWith('vte-spawn-')) && found;
      },
      { what: `${tabs} tabs, each in a fence` },
    );
    expectOneFence(
      terminal,
      units.filter((unit) => !isTab(unit)),
    );
    return units.filter(isTab);
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
    const instances = await ringfence.instances();
    expect(instances.map(({ appId }) => appId).filter(Boolean)).toEqual([entry(app)]);
    expect(await shellNotifications()).toEqual([]);
  });

  it('gives each tab of the terminal that is opened by keyboard a fence of its own', async () => {
    await clickIcon(entry(terminal));
    await runsInItsFence(terminal);
    let units: string[] = [];
    for (const tabs of [2, 3, 4]) {
      await waitFor(async () => (await focusedApp()) === entry(terminal), {
        what: 'the terminal to have the keyboard',
      });
      await pressKeys('ctrl+shift+t');
      units = await tabsInTheirFences(tabs);
    }
    const file = join(folder, 'tab');
    await typeText(`tee ${file} </proc/self/cgroup\n`);
    await waitFor(() => existsSync(file) && units.includes(readFileSync(file, 'utf8').trim().split('/').at(-1) ?? ''), {
      what: 'the shell of the last tab to tell the same',
    });
    await screenshot('terminal-tabs');
    await hasOneIcon(terminal);
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
    expect((await capabilities()).get('sandbox')?.get('available')).toBe('yes');
    await runsInItsFence(editor);
    const [instance] = await ringfence.instances();
    expect(instance?.profile).toBe('strict');
    await screenshot('strict');
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
    if (app === terminal) expectOneFence(app, unitsOf(app));
    else await runsInItsFence(app);
    // Or it would find the name gone again, and tell of it.
    await waitFor(() => processesWith(`--service=${app.id}`).length === 0, { what: 'the client to see the name' });
  });

  it('starts the app without its fence, and says so, when the daemon is broken', async () => {
    await breakDaemon();
    await clickIcon(entry(calculator));
    await waitFor(async () => (await shellApp(entry(calculator))).state === 2, { what: 'the app' });
    const [told] = await waitFor(async () => (await shellNotifications()).length > 0 && shellNotifications(), {
      what: 'a notification',
    });
    await screenshot('fallback');
    expect(told).toMatchObject({
      title: 'Calculator was started without its fence',
      body: expect.stringMatching(/^Ringfence cannot be started: /),
    });
    expect(processesOf(calculator.process)).toHaveLength(1);
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
    expect(told?.title).toBe('Calculator was not started');
    expect(processesOf(calculator.process)).toEqual([]);
    await waitsForNoWindow(calculator);
  });

  it('starts nothing that was to be strict, and says so, when Ringfence was removed without a word', async () => {
    await breakDaemon();
    rmSync(join(installed, 'ringfence-open'));
    await clickIcon(entry(calculator), 3);
    const item = (await menuItems(entry(calculator))).find(({ label }) => label === 'Open Strictly Contained');
    await clickAt(item?.x ?? 0, item?.y ?? 0);
    const [told] = await waitFor(async () => (await shellNotifications()).length > 0 && shellNotifications(), {
      what: 'a notification',
    });
    expect(told?.title).toBe('Calculator was not started');
    expect(processesOf(calculator.process)).toEqual([]);
    await waitsForNoWindow(calculator);
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
    expect(told?.title).toBe('Calculator was started without its fence');
    expect(processesOf(calculator.process)).toHaveLength(1);
  });

  it('is the same after all is disabled', async () => {
    await output([built.ringfence, 'terminal', 'disable']);
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

  /** Sooner than the 15 s after which the shell gives up by itself. */
  const waitsForNoWindow = (app: App) =>
    waitFor(async () => (await shellApp(entry(app))).state === 0, {
      what: 'the end of the spinner',
      timeoutMs: 10_000,
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
