import { type ChildProcess, spawn } from 'node:child_process';
import { afterAll, beforeAll, it } from 'vitest';
import type { Client } from '../../../src/clients/cli/client.ts';
import type { BusConnection } from '../../../src/platform/dbus/connection.ts';
import { installEntryText, installProgram, removeEntries } from '../../fixtures/desktop-entries.ts';
import { screenshot } from '../../fixtures/desktop-input.ts';
import { clickAt, shellNotifications } from '../../fixtures/gnome-shell.ts';
import { connectTestBus, connectTestClient, endAll, instanceAt, temporaryFolder } from '../../fixtures/live-daemon.ts';
import { shellEval } from '../../fixtures/shell-eval.ts';
import { startXServer } from '../../fixtures/x-screen.ts';
import { readCgroup } from '../../harness/cgroup.ts';
import { output } from '../../harness/command.ts';
import { type Daemon, startDaemon } from '../../harness/daemon.ts';
import { waitFor } from '../../harness/wait-for.ts';

let bus: BusConnection;
let client: Client;
let daemon: Daemon;
let shell: ChildProcess;
let screen: ChildProcess | undefined;

// In testbed/machine, over the files of this system (GNOME 43), of Debian 13 (48) or of testing (50).
const out = process.env['RINGFENCE_TEST_OUT'];
// By way of the machine's own files: ImageMagick cannot open one of the folder outside.
const picture = async (name: string) => {
  process.env['RINGFENCE_TEST_OUT'] = '/tmp';
  await screenshot(name);
  await output(['cp', `/tmp/${name}.png`, `${out}/`]);
};

beforeAll(async () => {
  Object.assign(process.env, { XDG_CURRENT_DESKTOP: 'GNOME', LIBGL_ALWAYS_SOFTWARE: '1' });
  for (const [schema, key, value] of [
    ['org.gnome.desktop.interface', 'enable-animations', 'false'],
    ['org.gnome.shell', 'welcome-dialog-last-shown-version', "'999'"],
  ] as const)
    await output(['gsettings', 'set', schema, key, value]);
  const isOld = / 4[0-8]/.test(await output(['gnome-shell', '--version']));
  if (isOld) {
    const started = await startXServer('1280x800x24');
    screen = started.server;
    process.env['DISPLAY'] = started.display;
  } else {
    Object.assign(process.env, { WAYLAND_DISPLAY: 'wayland-0', XDG_SESSION_TYPE: 'wayland' });
  }
  const how = isOld
    ? ['--x11', '--sm-disable']
    : ['--headless', '--virtual-monitor', '1280x800', '--wayland-display', 'wayland-0'];
  const { WAYLAND_DISPLAY: _own, ...environment } = process.env;
  shell = spawn('gnome-shell', [...how, '--unsafe-mode'], {
    env: environment,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  await waitFor(async () => (await shellEval('return Main.layoutManager._startingUp')) === false, {
    what: 'GNOME Shell',
    timeoutMs: 150_000,
  });
  bus = await connectTestBus();
  daemon = await startDaemon();
  client = await connectTestClient();
});
afterAll(async () => {
  if (bus !== undefined) await endAll(bus);
  removeEntries();
  await client?.close();
  await daemon?.stop();
  await bus?.close();
  shell?.kill('SIGKILL');
  screen?.kill('SIGKILL');
});

/** The buttons of the banner that is on the screen, with their places; what the shell has to say of itself goes. */
const buttons = () =>
  shellEval<{ label: string; x: number; y: number }[]>(`
    for (const one of Main.messageTray.getSources().flatMap((source) => source.notifications))
      if (one.title?.startsWith('Screen Lock')) one.destroy();
    const banner = Main.messageTray._banner;
    banner?.expand?.(false);
    const found = [];
    const walk = (actor) => {
      if (!actor.visible) return;
      const label = actor.label || actor.get_first_child()?.text;
      const [x, y] = actor.get_transformed_position();
      const [width, height] = actor.get_transformed_size();
      if (actor.constructor.name.includes('Button') && label && width > 0)
        found.push({ label, x: x + width / 2, y: y + height / 2 });
      actor.get_children().forEach(walk);
    };
    if (banner) walk(Main.messageTray._bannerBin);
    return found;`);

it('GNOME Shell shows which limit an app has reached, and its button raises it', async () => {
  // No constant: the Perl of testing has that once for all.
  const hog = `perl -e 'my @held; push @held, chr(65 + $_ % 26) x 1048576 for 1..200'`;
  const program = installProgram(temporaryFolder(), 'hungry', `#!/bin/sh\nsleep 1000 & ${hog}; sleep 1000\n`);
  const lines = [
    '[Desktop Entry]',
    'Type=Application',
    'Name=Hungry',
    'Icon=utilities-system-monitor',
    `Exec=${program}`,
  ];
  installEntryText('org.test.Hungry', `${lines.join('\n')}\n`);
  await shellEval('Main.overview.hide()');
  const limits = new Map([
    ['memory-max', '60M'],
    ['memory-swap-max', '0'],
  ]);
  const { unit } = await instanceAt(client, await client.launch('org.test.Hungry', [], limits));
  let places = '';
  const raise = async () => {
    const all = await buttons();
    const wanted = all.find(({ label }) => label === 'Raise to 128 MiB');
    // Until it has its place.
    const isStill = JSON.stringify(all) === places;
    places = JSON.stringify(all);
    if (wanted === undefined)
      throw new Error(`on the screen are ${places}; the shell has ${JSON.stringify(await shellNotifications())}`);
    return isStill && wanted;
  };
  const { x, y } = await waitFor(raise, { what: 'the button', timeoutMs: 40_000 }).catch(async (error: unknown) => {
    await picture('failed');
    throw error;
  });
  await picture('limit-notification');
  await clickAt(x, y);
  await waitFor(async () => (await readCgroup(unit, 'memory.max')) === '134217728', { what: 'the limit to be raised' });
  await picture('limit-notification-clicked');
});
