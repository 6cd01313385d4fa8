import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, it } from 'vitest';
import { type AccessibleWindow, driveWindow } from '../../fixtures/accessible-window.ts';
import { built, connectTestBus, connectTestClient, endAll } from '../../fixtures/live-daemon.ts';
import { startXServer } from '../../fixtures/x-screen.ts';
import { command, output } from '../../harness/command.ts';
import { type Daemon, startDaemon } from '../../harness/daemon.ts';
import { waitFor } from '../../harness/wait-for.ts';

// In testbed/machine, over the files of Debian 13 with GNOME's apps: the README's pictures of the window, with limits that hold.
const apps = ['org.gnome.TextEditor', 'org.gnome.Calculator'];
const screens: ChildProcess[] = [];
let daemon: Daemon;
let shown: ChildProcess;
let window: AccessibleWindow;

beforeAll(async () => {
  const [own, others] = [await startXServer('800x600x24'), await startXServer('1280x800x24')];
  screens.push(own.server, others.server);
  const ask = ['gdbus', 'call', '--session', '--dest', 'org.a11y.Bus', '--object-path', '/org/a11y/bus'];
  await waitFor(async () => (await command([...ask, '--method', 'org.a11y.Bus.GetAddress'])).code === 0, {
    what: 'the accessibility bus',
  });
  const drawing = ['GDK_BACKEND=x11', 'GSK_RENDERER=cairo', 'LIBGL_ALWAYS_SOFTWARE=1'];
  await output(['systemctl', '--user', 'set-environment', `DISPLAY=${others.display}`, ...drawing]);
  daemon = await startDaemon();
  const env = {
    ...process.env,
    DISPLAY: own.display,
    ...Object.fromEntries(drawing.map((one) => one.split('='))),
    GTK_A11Y: 'atspi',
  };
  shown = spawn(join(built.ringfence, '../ringfence-window'), { env, stdio: ['ignore', 'inherit', 'inherit'] });
  window = driveWindow('org.ringfence.Ringfence');
  process.env['DISPLAY'] = own.display;
});
afterAll(async () => {
  const bus = await connectTestBus();
  await endAll(bus);
  await bus.close();
  window?.stop();
  shown?.kill();
  await daemon?.stop();
  for (const screen of screens) screen.kill();
});

it('has its picture taken', async () => {
  // ImageMagick cannot open a file of the folder outside.
  const picture = async (name: string) => {
    await output(['import', '-window', 'root', `/tmp/${name}.png`]);
    await output(['cp', `/tmp/${name}.png`, `${process.env['RINGFENCE_TEST_OUT']}/`]);
  };
  const client = await connectTestClient();
  for (const app of apps) {
    const options = new Map([
      ['memory-max', '256M'],
      ['profile', app.endsWith('Calculator') ? 'strict' : 'relaxed'],
    ]);
    await client.launch(app, [], options);
    await sleep(8000);
  }
  await client.close();
  // Until the graphs are full.
  await sleep(45_000);
  await picture('window-running');
  await output(['gapplication', 'action', 'org.ringfence.Ringfence', 'show-app', `'${apps[0]}'`]);
  await window.one({ role: 'label', name: `^${apps[0]}.desktop$` });
  await sleep(3000);
  await picture('window-app');
});
