import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { processesOf, unitOf } from '../fixtures/app-processes.ts';
import { screenshot } from '../fixtures/desktop-input.ts';
import { clearNotifications, clickIcon, dashIcons, shellApp, shellNotifications } from '../fixtures/gnome-shell.ts';
import { dpkg } from '../fixtures/package-door.ts';
import { command, output } from '../harness/command.ts';
import { unitProperty } from '../harness/user-units.ts';
import { waitFor } from '../harness/wait-for.ts';

// The package in GNOME Shell, with the node that the release has.
const folder = fileURLToPath(new URL('../../out/package', import.meta.url));
const windowId = 'org.ringfence.Ringfence.desktop';
const id = 'org.gnome.Calculator.desktop';
const program = 'gnome-calculator';
const scope = /^app-ringfence-org\.gnome\.Calculator-\d+\.scope$/;
const shadow = join(process.env['HOME'] ?? '', '.local/share/applications', id);

/** Until the app has a window that the shell holds for running; the unit that it is in. */
async function runningIn(): Promise<string | undefined> {
  await waitFor(
    async () => {
      const { state, pids } = await shellApp(id);
      return state === 2 && pids.length > 0;
    },
    { what: 'a window of the app' },
  );
  const [pid, ...more] = processesOf(program);
  expect(more).toEqual([]);
  return pid === undefined ? undefined : unitOf(pid);
}

// One story, in this order: each step begins with what the one before has left.
describe('the package in GNOME Shell', () => {
  beforeAll(async () => {
    for (const [schema, key, value] of [
      ['org.gnome.desktop.interface', 'enable-animations', 'false'],
      ['org.gnome.shell', 'welcome-dialog-last-shown-version', "'999'"],
      ['org.gnome.shell', 'favorite-apps', `['${id}']`],
    ] as const) {
      await output(['gsettings', 'set', schema, key, value]);
    }
    await clearNotifications();
    for (const part of ['ringfence_', 'ringfence-gtk_']) {
      const name = readdirSync(folder).find((one) => one.startsWith(part) && one.endsWith('_all.deb'));
      await dpkg('--install', join(folder, name ?? 'none'));
    }
  });
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await screenshot(`failed-${task.name.replace(/\W+/g, '-').slice(0, 60)}`);
    for (const pid of processesOf(program)) process.kill(pid, 'SIGKILL');
    await waitFor(async () => (await shellApp(id)).state === 0, { what: 'the app to be closed' });
  });
  afterAll(async () => {
    await dpkg('--purge', 'ringfence-gtk');
    await dpkg('--purge', 'ringfence');
  });

  it('has a window, which its entry opens', async () => {
    // The window would have our pipes.
    const entry = join('/usr/share/applications', windowId);
    await output(['sh', '-c', 'exec gio launch "$1" >/dev/null 2>&1', 'launch', entry]);
    await waitFor(async () => (await shellApp(windowId)).state === 2, { what: 'the window' });
    await screenshot('package-window');
    for (const pid of (await shellApp(windowId)).pids) process.kill(pid);
    await waitFor(async () => (await shellApp(windowId)).state === 0, { what: 'the window to be closed' });
  });

  it('starts an enabled app in its scope when its icon is clicked', async () => {
    await output(['ringfence', 'enable', id]);
    await waitFor(async () => (await shellApp(id)).source !== '', { what: 'the shell to read the entry anew' });
    await clickIcon(id);
    expect(await runningIn()).toMatch(scope);
    expect((await dashIcons()).map((icon) => icon.id)).toEqual([id]);
    await screenshot('package-clicked');
    expect(await shellNotifications()).toEqual([]);
  });

  it('is removed, with the shadow still there: the icon starts the app, and a notification says why without a fence', async () => {
    await dpkg('--remove', 'ringfence-gtk');
    const hasAction = () => readFileSync(shadow, 'utf8').includes('ringfence-window]');
    await waitFor(() => !hasAction(), { what: 'the icon’s menu to be without the window' });
    const before = readFileSync(shadow, 'utf8');
    await dpkg('--remove', 'ringfence');
    await waitFor(async () => (await unitProperty('ringfence.service', 'LoadState')) === 'not-found', {
      what: 'the daemon to end and its unit to be forgotten',
    });
    expect((await command(['sh', '-c', 'command -v ringfence'])).code).not.toBe(0);
    expect(readFileSync(shadow, 'utf8')).toBe(before);
    expect((await dashIcons()).map((icon) => icon.id)).toEqual([id]);
    await clickIcon(id);
    expect(await runningIn()).not.toMatch(/ringfence/);
    const [told] = await waitFor(async () => (await shellNotifications()).length > 0 && shellNotifications(), {
      what: 'a notification',
    });
    await screenshot('package-removed');
    expect(told).toMatchObject({
      title: 'Calculator was started without its fence',
      body: expect.stringContaining('Ringfence is gone'),
    });
  });
});
