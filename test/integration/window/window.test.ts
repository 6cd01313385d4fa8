import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { takeLock } from '../../../src/platform/files/lock-file.ts';
import { type AccessibleWindow, driveWindow } from '../../fixtures/accessible-window.ts';
import { installEntry, installEntryText } from '../../fixtures/desktop-entries.ts';
import { built, connectTestBus, endAll } from '../../fixtures/live-daemon.ts';
import { startXScreen, type XScreen } from '../../fixtures/x-screen.ts';
import { cgroupOf } from '../../harness/cgroup.ts';
import { command, output } from '../../harness/command.ts';
import { type Daemon, startDaemon } from '../../harness/daemon.ts';
import type { TempHome } from '../../harness/temp-home.ts';
import { waitFor } from '../../harness/wait-for.ts';

const id = 'org.ringfence.Ringfence';
const program = join(built.ringfence, '../ringfence-window');
const home = process.env['HOME'] ?? '';
const config = join(home, '.config/ringfence/config.toml');
const shadow = join(home, '.local/share/applications/org.test.Spinner.desktop');

let screen: XScreen;
let daemon: Daemon;
let window: AccessibleWindow;
let shown: ReturnType<typeof show>;
const logs: string[] = [];

/** Entries and configuration are those of the session's own home, which is this test's. */
const sessionHome: TempHome = {
  path: home,
  config: join(home, '.config'),
  data: join(home, '.local/share'),
  env: {},
  remove: () => {},
};
const start = () => startDaemon({ home: sessionHome });

function show(env: Record<string, string> = {}, args: readonly string[] = []) {
  const child: ChildProcess = spawn(program, args, {
    env: {
      ...process.env,
      DISPLAY: screen.display,
      GDK_BACKEND: 'x11',
      GSK_RENDERER: 'cairo',
      GTK_A11Y: 'atspi',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => {
      log += text;
    });
  return {
    pid: child.pid,
    log: () => log,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) {
        const end = once(child, 'exit');
        child.kill();
        await end;
      }
      logs.push(log);
    },
  };
}

/** Goes to a page by the keyboard, as the window that has it. */
async function page(name: string): Promise<void> {
  await key(`alt+${['Running', 'Apps', 'This Computer'].indexOf(name) + 1}`);
}

async function key(name: string): Promise<void> {
  const frame = await screen.windowWith(id, /Ringfence/);
  await screen.xdotool('windowactivate', '--sync', frame, 'key', name);
}

/** Opens the page of an app, as any program may. */
async function showApp(app: string): Promise<void> {
  await output(['gapplication', 'action', id, 'show-app', `'${app}'`]);
  await window.one({ role: 'label', name: `^${app}.desktop$` });
}

const picture = (name: string) => screen.screenshot(`window-${name}`);

/** With the page scrolled to its end, for who looks at the picture: by the wheel, over its empty margin. */
async function pictureOfEnd(name: string): Promise<void> {
  const frame = await screen.windowWith(id, /Ringfence/);
  await screen.xdotool('mousemove', '--window', frame, '30', '400', 'click', '--repeat', '30', '--delay', '10', '5');
  await picture(name);
  await leavePointer();
}

/** Outside of the window: over it, there would be tooltips, which are windows of the same class and title. */
const leavePointer = () => screen.xdotool('mousemove', '1279', '799');

beforeAll(async () => {
  mkdirSync(join(config, '..'), { recursive: true });
  installEntry('org.test.Spinner', ['Exec=nice -n 19 sh -c "while :; do :; done"', 'Icon=org.gnome.Calculator']);
  screen = await startXScreen();
  await leavePointer();
  daemon = await start();
  shown = show();
  window = driveWindow(id);
});
afterAll(async () => {
  const bus = await connectTestBus();
  await endAll(bus);
  await bus.close();
  window?.stop();
  await shown?.stop();
  await daemon?.stop();
  await screen?.stop();
});
afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail') return;
  await screen.screenshot('failed-window');
  console.error(await window.tree(), shown.log());
});

/** The processes of the app that is started. */
async function spinners(): Promise<number[]> {
  const { stdout } = await command(['pgrep', '--full', '--exact', 'sh -c while :; do :; done']);
  return stdout.split('\n').filter(Boolean).map(Number);
}

const row = { role: 'list item', name: '^org.test.Spinner$' };

// One story, in this order: each step begins with what the one before has left.
describe('the window', () => {
  it('greets whoever has no app in a fence yet', async () => {
    await window.one({ name: '^Welcome to Ringfence$' });
    await picture('welcome');
  });

  it('switches an app on: its usual icon starts it in its fence', async () => {
    await page('Apps');
    // Nothing is enabled yet, so the daemon follows nothing that is installed.
    for (const one of ['First', 'Second']) {
      installEntry(`org.test.${one}`, ['Exec=sleep 1000']);
      await window.one({ name: `^Start org.test.${one} in its fence$` });
    }
    await window.press({ name: '^Start org.test.Spinner in its fence$' });
    await waitFor(() => readFileSync(shadow, 'utf8').includes('X-Ringfence-Source'), { what: 'the shadow' });
    await picture('apps');
  });

  it('finds apps by their names', async () => {
    // And whoever asks for the tree of all that is there has a hundred rows less to go through from now on.
    await key('ctrl+f');
    await screen.xdotool('type', 'test.s');
    await window.none({ name: '^Start org.test.First in its fence$' });
    await window.one({ name: '^Start org.test.Second in its fence$' });
  });

  it('shows what runs, and what it uses as it changes', async () => {
    await page('Running');
    await output(['sh', '-c', 'exec gio launch "$1" >/dev/null 2>&1', 'click', shadow]);
    await window.one(row);
    const cpu = { role: 'label', name: '\\d % CPU', within: row };
    const first = await window.one(cpu);
    await window.one(cpu, ({ name }) => name !== first.name);
    await picture('running');
  });

  it('freezes it by the kernel, and undoes that', async () => {
    const [pid = 0] = await spinners();
    const isFrozen = (frozen: string) =>
      waitFor(() => readFileSync(`/sys/fs/cgroup${cgroupOf(pid)}/cgroup.freeze`, 'utf8').trim() === frozen, {
        what: `cgroup.freeze to be ${frozen}`,
      });
    await window.press({ role: 'push button', name: '^Freeze$', within: row });
    await isFrozen('1');
    await window.one({ role: 'push button', name: '^Let Go On$', within: row });
    await picture('frozen');
    await window.press({ role: 'push button', name: '^Undo$' });
    await isFrozen('0');
  });

  it('stops it', async () => {
    await window.press({ role: 'push button', name: '^Stop$', within: row });
    await waitFor(async () => (await spinners()).length === 0, { what: 'its process to be gone' });
    await window.one({ name: '^Nothing Runs in a Fence$' });
  });

  it('opens the page of an app from its icon, and keeps a limit in the configuration until that is undone', async () => {
    // The daemon sees that the window is installed, as "ringfence install" would put it there.
    const entry = readFileSync(join(program, '../window', `${id}.desktop.in`), 'utf8').replaceAll('@window@', program);
    writeFileSync(join(shadow, '..', `${id}.desktop`), entry);
    await waitFor(() => readFileSync(shadow, 'utf8').includes('ringfence-window'), { what: 'the action of the icon' });
    const click =
      "import sys, gi; gi.require_version('Gio', '2.0'); from gi.repository import Gio; " +
      "Gio.DesktopAppInfo.new_from_filename(sys.argv[1]).launch_action('ringfence-window', None)";
    await output(['sh', '-c', 'exec /usr/bin/python3 -c "$1" "$2" >/dev/null 2>&1', 'click', click, shadow]);
    const slider = { role: 'slider', name: '^Processor$' };
    await window.one(slider);
    await window.one({ role: 'label', name: '^org.test.Spinner.desktop$' });
    await window.set(slider, 1);
    await waitFor(() => /cpu-quota = /.test(readConfig()), { what: 'the limit in the configuration' });
    await window.one({ role: 'label', name: 'from its next start on$' });
    await picture('app');
    await window.press({ role: 'push button', name: '^Undo$' });
    await waitFor(() => !/cpu-quota = /.test(readConfig()), { what: 'the configuration as before' });
  });

  it('follows what others change, and lets a strict app in at what the user switches on', async () => {
    await output([built.ringfence, 'config', 'set', 'app.org.test.Spinner', 'profile=strict']);
    const network = { role: 'switch|toggle button|check box', name: '^Network$' };
    await window.press(network);
    await waitFor(() => /network = /.test(readConfig()), { what: 'network in the configuration' });
    await picture('strict');
  });

  it('shares a folder that is picked in a dialog, to be read only, and takes it back', async () => {
    mkdirSync(join(home, 'Papers'));
    await window.press({ role: 'push button', name: '^Share a Folder$' });
    const share = { role: 'push button', name: '^Share$' };
    await window.one(share);
    const dialog = await screen.windowWith(id, /Share a Folder/);
    // A slash opens the dialog's line for a path.
    await screen.xdotool('windowactivate', '--sync', dialog, 'type', join(home, 'Papers'));
    await window.one({ role: 'text', name: '/Papers$' });
    // GTK 4.8 gives a check box no action.
    const box = { role: 'check box', name: '^Read only$' };
    const walk = async () => {
      await screen.xdotool('key', 'shift+Tab');
      return (await window.one(box)).focused;
    };
    await waitFor(walk, { what: 'the keyboard to reach the check box' });
    await screen.xdotool('key', 'space');
    await window.one(box, ({ checked }) => checked);
    await picture('share');
    await window.press(share);
    await waitFor(() => readConfig().includes('shared-folders = ["~/Papers:ro"]'), { what: 'the shared folder' });
    await window.one({ role: 'label', name: '^Read only$' });
    await pictureOfEnd('shared');
    await window.press({ role: 'push button', name: '^Take Back ~/Papers' });
    await waitFor(() => !readConfig().includes('shared-folders'), { what: 'the folder taken back' });
  });

  it('brings the profile of a strict app into its own home, opens that, and has it start over', async () => {
    const own = join(home, '.local/share/ringfence/homes/local.jedit');
    const opened = join(home, 'opened-folder');
    mkdirSync(join(home, '.jedit'));
    writeFileSync(join(home, '.jedit/properties'), 'mine');
    installEntry('jedit', ['Exec=sleep 1000', 'Icon=org.gnome.TextEditor']);
    installEntry('org.test.Files', [`Exec=sh -c "echo \\$1 >${opened}" files %u`, 'MimeType=inode/directory;']);
    writeFileSync(
      join(home, '.config/mimeapps.list'),
      '[Default Applications]\ninode/directory=org.test.Files.desktop\n',
    );
    const unlimited = ['memory-max', 'memory-swap-max', 'tasks-max'].map((key) => `${key}=infinity`);
    await output([built.ringfence, 'config', 'set', 'app.jedit', 'profile=strict', 'sound=false', ...unlimited]);
    await showApp('jedit');
    await window.one({ name: '^Made by its first start$' });
    // A start of it is under way, as far as anybody knows.
    const lock = join(process.env['XDG_RUNTIME_DIR'] ?? '', 'ringfence/homes/local.jedit.lock');
    const release = await takeLock(lock, 0, 'hold the home');
    await window.press({ role: 'push button', name: '^Import$' });
    await window.one({ name: '^Copying…$' });
    await pictureOfEnd('import');
    release();
    await window.one({ name: '^1 file was copied into the home of jedit' });
    expect(readFileSync(join(own, '.jedit/properties'), 'utf8')).toBe('mine');
    await window.one({ role: 'label', name: '^\\d+ KB$' });
    await window.press({ role: 'push button', name: '^Open in the File Manager$' });
    await waitFor(() => readFileSync(opened, 'utf8').includes('homes/local.jedit'), { what: 'the file manager' });
    await pictureOfEnd('home');
    // What a start was let in at is told while it runs, and after it.
    await output([built.ringfence, 'launch', 'jedit']);
    await window.one({ name: '^Let In Now$' });
    await window.one({ role: 'label', name: '^open, with what listens on this machine$' });
    await pictureOfEnd('let-in');
    await output([built.ringfence, 'stop', 'jedit']);
    await window.one({ name: '^Let In Last Time$' });
    await window.press({ role: 'push button', name: '^Reset…$' });
    await window.one({ name: '^Reset jedit\\?$' });
    await picture('reset');
    expect(existsSync(own)).toBe(true);
    await window.press({ role: 'push button', name: '^Reset$' });
    await window.one({ name: '^The home of jedit is in the trash$' });
    expect(existsSync(own)).toBe(false);
    expect(existsSync(join(home, '.local/share/Trash/files/local.jedit/.jedit/properties'))).toBe(true);
    await window.one({ name: '^Made by its first start$' });
  });

  it('says that an app is not installed any more, while its page is open', async () => {
    await showApp('org.test.First');
    rmSync(join(shadow, '../org.test.First.desktop'));
    await window.one({ name: '^This App Is Not Installed$' });
    await showApp('org.test.Spinner');
    await window.none({ name: '^This App Is Not Installed$' });
  });

  it('has names of any length and script, in a narrow window too', async () => {
    const names = [`Endless${'ness'.repeat(75)}`, 'מציג התמונות של כל המשפחה'];
    for (const [index, name] of names.entries()) {
      const text = `[Desktop Entry]\nType=Application\nName=${name}\nExec=sleep 1000\n`;
      installEntryText(`org.test.Name${index}`, text);
      await output([built.ringfence, 'launch', `org.test.Name${index}`]);
    }
    const frame = await screen.windowWith(id, /Ringfence/);
    await screen.xdotool('windowsize', '--sync', frame, '360', '640');
    await page('Running');
    for (const name of names) await window.one({ role: 'list item', name: `^${name}$` });
    await picture('names-narrow');
    await showApp('org.test.Name0');
    await picture('name-narrow');
    // No name has made it wider than a phone is.
    expect(await screen.xdotool('getwindowgeometry', frame)).toContain('Geometry: 360x640');
    await screen.xdotool('windowsize', '--sync', frame, '800', '720');
    await output([built.ringfence, 'stop', 'org.test.Name0', 'org.test.Name1']);
    await showApp('org.test.Spinner');
  });

  it('names file and line of a faulty configuration, until it is put right', async () => {
    const before = readConfig();
    writeFileSync(config, `${before}\n[profile.x]\nmemory-max = "much"\n`);
    await window.one({ name: 'config\\.toml.*memory-max' });
    writeFileSync(config, before);
    await window.none({ name: 'config\\.toml.*memory-max' });
  });

  it('says that the daemon is gone, and goes on with the next', async () => {
    await daemon.kill9();
    // Under the bar of the three pages, and under that of the app's page, which is open.
    const told = { role: 'label', name: 'daemon is not there' };
    await waitFor(async () => (await window.all(told)).length === 2, { what: 'both to say that the daemon is gone' });
    await picture('no-daemon');
    daemon = await start();
    await window.none({ name: 'daemon is not there' });
  });

  it('says that the daemon hangs, and goes on with it', async () => {
    await output([built.ringfence, 'launch', 'org.test.Second']);
    await page('Running');
    await window.one({ role: 'list item', name: '^org.test.Second$' });
    daemon.process.kill('SIGSTOP');
    // It is given ten seconds for an answer.
    await window.one({ name: 'daemon does not answer' });
    daemon.process.kill('SIGCONT');
    await window.none({ name: 'daemon does not answer' });
  });

  it('sleeps while it is hidden, and wakes when it is seen again', async () => {
    const cpu = { role: 'label', name: '\\d % CPU', within: { role: 'list item', name: '^org.test.Second$' } };
    await window.one(cpu);
    const frame = await screen.windowWith(id, /Ringfence/);
    await screen.xdotool('windowminimize', '--sync', frame);
    const wakeUps = () => /^voluntary_ctxt_switches:.*$/m.exec(readFileSync(`/proc/${shown.pid}/status`, 'utf8'))?.[0];
    const sleeps = async () => {
      const before = wakeUps();
      await sleep(2500);
      return before !== undefined && wakeUps() === before;
    };
    await waitFor(sleeps, { what: 'two and a half seconds without a wake-up' });
    await screen.xdotool('windowactivate', '--sync', frame);
    await waitFor(async () => !(await sleeps()), { what: 'it to be awake' });
    await window.press({ role: 'push button', name: '^Stop$' });
    await window.one({ name: '^Nothing Runs in a Fence$' });
  });

  it('tells what this computer can do', async () => {
    await page('This Computer');
    await window.one({ role: 'label', name: 'session bus|Session Bus' });
    await picture('computer');
  });

  it('speaks German, dark and narrow', async () => {
    await shown.stop();
    shown = show({ ADW_DEBUG_COLOR_SCHEME: 'prefer-dark', LANG: 'C.UTF-8', LANGUAGE: 'de' });
    await window.one({ role: 'page tab', name: '^Laufend$' });
    await window.one({ name: '^Nichts läuft in einem Zaun$' });
    await picture('running-dark');
    const frame = await screen.windowWith(id, /Ringfence/);
    await screen.xdotool('windowsize', frame, '360', '640');
    for (const [number, name] of ['running', 'apps', 'computer'].entries()) {
      await screen.xdotool('windowactivate', '--sync', frame, 'key', `alt+${number + 1}`);
      await picture(`${name}-narrow`);
    }
  });

  it('comes with an entry and metainfo as desktops want them', async () => {
    const files = join(program, '../window');
    await output(['appstreamcli', 'validate', '--no-net', join(files, `${id}.metainfo.xml`)]);
    await output(['desktop-file-validate', join(shadow, '..', `${id}.desktop`)]);
  });

  it('has written nothing to its log in all that time', async () => {
    await shown.stop();
    expect(logs.join('')).toBe('');
  });
});

function readConfig(): string {
  return existsSync(config) ? readFileSync(config, 'utf8') : '';
}
