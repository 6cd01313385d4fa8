import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, it } from 'vitest';
import { useMachineWindow } from '../../fixtures/machine-window.ts';
import { windowId } from '../../fixtures/shown-window.ts';
import { startXServer } from '../../fixtures/x-screen.ts';
import { output } from '../../harness/command.ts';

// In testbed/machine, over the files of Debian 13 with GNOME's apps: the README's pictures of the window, with limits that hold.
const apps = ['org.gnome.TextEditor', 'org.gnome.Calculator'];
let others: ChildProcess | undefined;
const all = useMachineWindow({
  size: '800x600x24',
  // The apps have a screen of their own.
  async prepare() {
    const { server, display } = await startXServer('1280x800x24');
    others = server;
    const drawing = ['GDK_BACKEND=x11', 'GSK_RENDERER=cairo', 'LIBGL_ALWAYS_SOFTWARE=1'];
    await output(['systemctl', '--user', 'set-environment', `DISPLAY=${display}`, ...drawing]);
  },
  environment: () => ({ LIBGL_ALWAYS_SOFTWARE: '1' }),
});
afterAll(() => void others?.kill());

it('has its picture taken', async () => {
  // ImageMagick cannot open a file of the folder outside.
  const picture = async (name: string) => {
    await output(['import', '-window', 'root', `/tmp/${name}.png`], { env: { DISPLAY: all.display } });
    await output(['cp', `/tmp/${name}.png`, `${process.env['RINGFENCE_TEST_OUT']}/`]);
  };
  for (const app of apps) {
    const options = new Map([
      ['memory-max', '256M'],
      ['profile', app.endsWith('Calculator') ? 'strict' : 'relaxed'],
    ]);
    await all.client.launch(app, [], options);
    await sleep(8000);
  }
  // Until the graphs are full.
  await sleep(45_000);
  await picture('window-running');
  await output(['gapplication', 'action', windowId, 'show-app', `'${apps[0]}'`]);
  await all.window.one({ role: 'label', name: `^${apps[0]}.desktop$` });
  await sleep(3000);
  await picture('window-app');
});
