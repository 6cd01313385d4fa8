// With portals: their dialogs are driven in real windows.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { Client } from '../../../src/clients/cli/client.ts';
import { confinedProcesses, launchStrictly } from '../../fixtures/fenced-app.ts';
import { built, connectTestBus, connectTestClient, endAll } from '../../fixtures/live-daemon.ts';
import { startPortals } from '../../fixtures/portals.ts';
import { startXScreen, type XScreen } from '../../fixtures/x-screen.ts';
import { command, output } from '../../harness/command.ts';
import { type Daemon, startDaemon } from '../../harness/daemon.ts';
import { tempHome } from '../../harness/temp-home.ts';
import { userUnits } from '../../harness/user-units.ts';
import { waitFor } from '../../harness/wait-for.ts';

const home = process.env['HOME'] ?? '';
const documents = join(home, 'Documents');
const letter = join(documents, 'letter.txt');
const own = join(home, '.local/share/ringfence/homes/org.gnome.TextEditor');
const editorClass = 'gnome-text-editor';
const dialogClass = 'xdg-desktop-portal-gtk';

let screen: XScreen;
let daemon: Daemon;
let client: Client;

beforeAll(async () => {
  mkdirSync(documents, { recursive: true });
  writeFileSync(letter, 'from outside\n');
  writeFileSync(join(documents, 'private.txt'), 'nobody chose this\n');
  screen = await startXScreen();
  await startPortals(screen.display);
  const settings = tempHome();
  mkdirSync(join(settings.config, 'ringfence'), { recursive: true });
  // Where cgroup v1 holds the controllers the session can enforce no limit, and strict would refuse.
  const limits = ['memory-max', 'memory-swap-max', 'tasks-max'].map((name) => `${name} = "infinity"\n`).join('');
  writeFileSync(join(settings.config, 'ringfence/config.toml'), `[profile.strict]\n${limits}`);
  daemon = await startDaemon({ home: settings });
  client = await connectTestClient();
});
afterAll(async () => {
  const bus = await connectTestBus();
  await endAll(bus);
  await bus.close();
  await client?.close();
  await daemon?.stop();
  await screen?.stop();
  await command(['systemctl', '--user', 'unset-environment', 'DISPLAY', 'GDK_BACKEND', 'GTK_A11Y']);
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') await screen.screenshot('failed-portal-window');
});

/** Answers the portal's dialog with a path, as typed: once more where not all of it came through. */
const answer = async (path: string) => {
  const dialogs = async () =>
    (
      await command(['xdotool', 'search', '--onlyvisible', '--class', dialogClass], {
        env: { DISPLAY: screen.display },
      })
    ).stdout.trim();
  await waitFor(
    async () => {
      const dialog = await screen.windowWith(dialogClass, /./);
      await screen.xdotool('windowactivate', '--sync', dialog);
      await screen.xdotool('key', 'ctrl+l', 'ctrl+a');
      await screen.xdotool('type', '--delay', '20', path);
      await screen.xdotool('key', 'Return');
      return waitFor(async () => (await dialogs()) === '', { what: 'it to be gone', timeoutMs: 8000 });
    },
    { what: `the dialog to take ${path}`, timeoutMs: 60_000 },
  );
};
const editorWith = (title: RegExp) => screen.windowWith(editorClass, title);
/** Closes the editor as its button does; a window that has just come may not hear it. */
const close = (unit: string) =>
  waitFor(
    async () => {
      if ((await userUnits(unit)).length === 0) return true;
      const { stdout } = await command(['xdotool', 'search', '--onlyvisible', '--class', editorClass], {
        env: { DISPLAY: screen.display },
      });
      const [window] = stdout.split('\n').filter(Boolean);
      if (window !== undefined) await screen.close(window).catch(() => {});
      return waitFor(async () => (await userUnits(unit)).length === 0, { what: 'it', timeoutMs: 5000 });
    },
    { what: `${unit} to be gone`, timeoutMs: 40_000 },
  );
const press = async (window: string, key: string) => {
  await screen.xdotool('windowactivate', '--sync', window);
  await screen.xdotool('key', key);
};

it('Text Editor opens, changes and saves a file that is chosen in the portal’s dialog, and sees no other', async () => {
  const unit = await launchStrictly(client, 'org.gnome.TextEditor');
  await press(await editorWith(/./), 'ctrl+o');
  await answer(letter);
  const window = await editorWith(/letter\.txt/);
  await screen.clickMiddleOf(window);
  await screen.xdotool('key', 'ctrl+Home');
  await screen.xdotool('type', '--delay', '20', 'EDITED ');
  await screen.xdotool('key', 'ctrl+s');
  await waitFor(() => readFileSync(letter, 'utf8') === 'EDITED from outside\n', { what: 'the real file to be saved' });

  await press(window, 'ctrl+shift+s');
  await answer(join(documents, 'copy.txt'));
  const copy = join(documents, 'copy.txt');
  await waitFor(() => readFileSync(copy, 'utf8') === 'EDITED from outside\n', { what: 'the copy to be saved' });

  const names = readdirSync(
    join(process.env['XDG_RUNTIME_DIR'] ?? '', 'doc/by-app/org.ringfence.app.org_2egnome_2eTextEditor'),
  );
  expect(names).toHaveLength(2);
  expect(readdirSync(own, { recursive: true }).map(String)).not.toContain('Documents');
  await close(unit);
}, 180_000);

it('an app that is enabled strictly has an entry for the portals, which leads into its sandbox and goes with it', async () => {
  const entry = join(home, '.local/share/applications/org.ringfence.app.org_2egnome_2eTextEditor.desktop');
  expect(existsSync(entry)).toBe(false);
  await output([built.ringfence, 'enable', '--profile', 'strict', 'org.gnome.TextEditor']);
  expect(readFileSync(entry, 'utf8')).toMatch(/^Name=Text Editor$/m);
  expect((await command(['desktop-file-validate', entry])).stdout).not.toMatch(/error/);
  // By its command, as whoever shows a notification would.
  await output(['gio', 'launch', entry], { env: { DISPLAY: screen.display } });
  await editorWith(/./);
  const [unit = ''] = await userUnits('app-ringfence-org.gnome.TextEditor-*.scope');
  expect((await confinedProcesses(unit, /gnome-text-editor/)).length).toBeGreaterThan(0);
  await close(unit);
  await output([built.ringfence, 'disable', 'org.gnome.TextEditor']);
  expect(existsSync(entry)).toBe(false);
}, 120_000);
