import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type AccessibleWindow, driveWindow, type Target } from '../../fixtures/accessible-window.ts';
import { processesOf, unitOf } from '../../fixtures/app-processes.ts';
import { pressKeys, screenshot, typeText } from '../../fixtures/desktop-input.ts';
import { clearNotifications, clickIcon, focusedApp, shellApp } from '../../fixtures/gnome-shell.ts';
import { built } from '../../fixtures/live-daemon.ts';
import { shellEval } from '../../fixtures/shell-eval.ts';
import { windowId } from '../../fixtures/shown-window.ts';
import { configFile, pages, readConfig } from '../../fixtures/window-stage.ts';
import { cgroupOf } from '../../harness/cgroup.ts';
import { output } from '../../harness/command.ts';
import { waitFor } from '../../harness/wait-for.ts';

// The window in GNOME Shell, on the files of another release: on Wayland from GNOME 49 on. Both apps are opened by their icons in the
// dock, and all that is in the window is found by role and name.
const id = 'org.gnome.TextEditor';
const program = 'gnome-text-editor';
const row = { role: 'list item', name: '^Text Editor$' };
let window: AccessibleWindow;
let pid = 0;

/** Until the shell has a window of the app; the process that has it. */
async function open(app: string): Promise<number> {
  const { pids } = await waitFor(
    async () => {
      const found = await shellApp(`${app}.desktop`);
      return found.state === 2 && found.pids.length > 0 && found;
    },
    { what: `a window of ${app}` },
  );
  return pids[0] ?? 0;
}

/** Gives Ringfence's window the keyboard, as its icon does. */
async function useWindow(): Promise<void> {
  await clickIcon(`${windowId}.desktop`);
  await waitFor(async () => (await focusedApp()) === `${windowId}.desktop`, {
    what: 'the window to have the keyboard',
  });
}

/** Presses a key until what is meant has the keyboard: the first of those, or the one at an index. */
async function walkTo(key: string, target: Target, index = 0): Promise<void> {
  const step = async () => {
    await pressKeys(key);
    return (await window.all(target)).at(index)?.focused;
  };
  await window.until(step, `${key} to reach ${JSON.stringify(target)}`);
}

/** Chooses the last of what a row that has the keyboard offers. GTK gives the parts of such a list no names. */
async function chooseLast(choice: Target): Promise<void> {
  const offered = { role: 'list item', within: choice };
  await pressKeys('space');
  await window.until(async () => (await window.all(offered)).some(({ focused }) => focused), 'the list to be open');
  await walkTo('Down', offered, -1);
  await pressKeys('Return');
}

// One story, in this order: each step begins with what the one before has left.
describe('the window in GNOME Shell', () => {
  beforeAll(async () => {
    for (const [schema, key, value] of [
      ['org.gnome.desktop.interface', 'enable-animations', 'false'],
      ['org.gnome.shell', 'welcome-dialog-last-shown-version', "'999'"],
      ['org.gnome.shell', 'favorite-apps', `['${id}.desktop', '${windowId}.desktop']`],
    ] as const) {
      await output(['gsettings', 'set', schema, key, value]);
    }
    mkdirSync(dirname(configFile), { recursive: true });
    // Strict refuses where a limit cannot be held, and here another hierarchy may have the controllers.
    const unlimited = ['memory-max', 'memory-swap-max', 'tasks-max'].map((name) => `${name} = "infinity"\n`);
    writeFileSync(configFile, `[profile.strict]\n${unlimited.join('')}`);
    await output([built.ringfence, 'install']);
    await clearNotifications();
    window = driveWindow(windowId);
  });
  afterEach(async ({ task }) => {
    if (task.result?.state !== 'fail') return;
    await screenshot(`failed-${task.name.replace(/\W+/g, '-').slice(0, 60)}`);
    const windows = `return global.get_window_actors().map(({ meta_window: one }) => ({
      title: one.get_title(), app: Shell.WindowTracker.get_default().get_window_app(one)?.get_id() }));`;
    console.error(
      await shellEval(windows),
      await window.tree(),
      await output(['journalctl', '--user', '--no-pager', '-n', '30']),
    );
  });
  afterAll(async () => {
    window.stop();
    for (const app of [id, windowId]) for (const pid of (await shellApp(`${app}.desktop`)).pids) process.kill(pid);
  });

  it('opens by its icon, and greets', async () => {
    await clickIcon(`${windowId}.desktop`);
    pid = await open(windowId);
    await window.one({ name: '^Welcome to Ringfence$' });
    const isWayland = await shellEval<boolean>(
      `return global.get_window_actors().some(({ meta_window: one }) => one.get_pid() === ${pid} && one.get_client_type() === 0);`,
    );
    expect(isWayland).toBe(process.env['XDG_SESSION_TYPE'] === 'wayland');
    await screenshot('gnome-welcome');
  });

  it('switches an app on, and shows it once its icon was clicked, with figures that change', async () => {
    // A keyboard that was just made may miss its first key.
    const list = { role: 'list', name: '^Apps$' };
    await waitFor(
      async () => {
        await pressKeys('alt+2');
        return (await window.all(list)).length > 0;
      },
      { what: 'the page of all apps' },
    );
    await window.press({ name: '^Start Text Editor in its fence$' });
    await waitFor(async () => (await shellApp(`${id}.desktop`)).source !== '', { what: 'the shell to read the entry' });
    await screenshot('gnome-apps');
    await pressKeys('alt+1');
    await window.one({ name: '^Nothing Runs in a Fence$' });
    await clickIcon(`${id}.desktop`);
    const editor = await open(id);
    expect(unitOf(editor)).toMatch(/^app-ringfence-org\.gnome\.TextEditor-\d+\.scope$/);
    const cpu = { role: 'label', name: '\\d % CPU', within: row };
    const first = await window.one(cpu);
    await waitFor(async () => (await focusedApp()) === `${id}.desktop`, { what: 'the editor to have the keyboard' });
    await waitFor(
      async () => {
        await typeText('words ');
        return (await window.one(cpu)).name !== first.name;
      },
      { what: 'the figures to change' },
    );
    await useWindow();
    await screenshot('gnome-running');
  });

  it('freezes and stops it', async () => {
    const [editor = 0] = processesOf(program);
    const freezer = `/sys/fs/cgroup${cgroupOf(editor)}/cgroup.freeze`;
    const isFrozen = (frozen: string) =>
      waitFor(() => readFileSync(freezer, 'utf8').trim() === frozen, { what: `cgroup.freeze to be ${frozen}` });
    await window.press({ role: 'push button', name: '^Freeze$', within: row });
    await isFrozen('1');
    await window.one({ role: 'push button', name: '^Resume$', within: row });
    await screenshot('gnome-frozen');
    await window.undo('^Text Editor is frozen$');
    await isFrozen('0');
    await window.press({ role: 'push button', name: '^Stop$', within: row });
    await waitFor(() => processesOf(program).length === 0, { what: 'its process to be gone' });
    await window.one({ name: '^Nothing Runs in a Fence$' });
  });

  it('makes it strict on its page', async () => {
    await pressKeys('alt+2');
    await pressKeys('ctrl+f');
    await typeText('text ed');
    const inList = { role: 'list item', name: '^Text Editor$' };
    await waitFor(async () => (await window.all({ role: 'list item', name: '' })).length === 1, {
      what: 'the list to have it alone',
    });
    await walkTo('Tab', inList);
    const page = { role: 'label', name: `^${id}.desktop$` };
    await waitFor(
      async () => {
        if ((await window.all(page)).length > 0) return true;
        await pressKeys('Return');
        return false;
      },
      { what: 'its page' },
    );
    await screenshot('gnome-app');
    const profile = { role: 'list item|combo box', name: '^Profile$' };
    await walkTo('Tab', profile);
    // "strict" is the last.
    await chooseLast(profile);
    await waitFor(() => readConfig().includes('profile = "strict"'), { what: 'strict in the configuration' });
    await window.one({ role: 'label', name: '^Network$' });
    await screenshot('gnome-strict');
    // A click before the shell has read the entries anew would have it take the app for another than the icon's.
    const portal = 'org.ringfence.app.org_2egnome_2eTextEditor.desktop';
    const isRead = `return Boolean(Shell.AppSystem.get_default().lookup_app('${portal}'));`;
    await waitFor(() => shellEval<boolean>(isRead), { what: 'the shell to read the entries' });
  });

  it('shows it as strict once its icon was clicked again', async () => {
    await clickIcon(`${id}.desktop`);
    await open(id);
    await useWindow();
    await window.one({ name: '^Let In Now$' });
    await screenshot('gnome-let-in');
    await pressKeys('Escape');
    await pressKeys('alt+1');
    await window.one({ role: 'label', name: '^strict$', within: row });
    await screenshot('gnome-running-strict');
    // As narrow as a phone.
    const resize = `for (const one of global.get_window_actors().map((actor) => actor.meta_window))
      if (one.get_pid() === ${pid}) one.move_resize_frame(true, 100, 60, 360, 640);`;
    await shellEval(resize);
    // In place of the pages, which are at the bottom now.
    await window.one({ role: 'label', name: '^Ringfence$' });
    for (const number of [2, 3, 1]) {
      await pressKeys(`alt+${number}`);
      const isShown = async () => {
        const tabs = await window.all({ role: 'page tab' });
        return tabs.some(({ selected }, place) => selected && place % pages.length === number - 1);
      };
      await window.until(isShown, `page ${number}`);
      await screenshot(`gnome-narrow-${number}`);
    }
    await window.one({ role: 'label', name: '^strict$', within: row });
    const log = await output(['journalctl', '--user', '--no-pager', '-o', 'cat', '-q', `_PID=${pid}`]);
    // The session has no portals, and its shell tells GDK at odd times of frames that were shown.
    const isOurs = (line: string) =>
      !/^(?:Cannot get portal|Duplicate call to gdk_frame_timings_presented|$)/.test(line);
    expect(log.split('\n').filter(isOurs)).toEqual([]);
  });
});
