import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { takeLock } from '../../../src/platform/files/lock-file.ts';
import { installEntry } from '../../fixtures/desktop-entries.ts';
import { built } from '../../fixtures/live-daemon.ts';
import { windowId as id, windowProgram as program } from '../../fixtures/shown-window.ts';
import { configFile, pages, readConfig, sessionHome, useWindowStage } from '../../fixtures/window-stage.ts';
import { cgroupOf } from '../../harness/cgroup.ts';
import { command, output } from '../../harness/command.ts';
import { startDaemon } from '../../harness/daemon.ts';
import { waitFor } from '../../harness/wait-for.ts';

const home = sessionHome.path;
const shadow = join(sessionHome.data, 'applications/org.test.Spinner.desktop');
const stage = useWindowStage(() => {
  installEntry('firefox', ['Exec=sleep 1000']);
  installEntry('org.test.Spinner', ['Exec=nice -n 19 sh -c "while :; do :; done"', 'Icon=org.gnome.Calculator']);
  return startDaemon({ home: sessionHome });
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
    await stage.window.one({ name: '^Welcome to Ringfence$' });
    // Nothing of a page that is not in front.
    expect(await stage.window.all({ role: 'slider' })).toEqual([]);
    await stage.picture('welcome');
  });

  it('fences the browsers that it finds by one button, and undoes that', async () => {
    const browser = join(shadow, '../firefox.desktop');
    const isFenced = () => readFileSync(browser, 'utf8').includes('X-Ringfence-Source');
    // This machine may have others.
    await stage.window.press({ role: 'push button', name: '^Fence .*firefox' });
    await waitFor(isFenced, { what: 'the shadow of the browser' });
    await stage.window.one({ name: '^Nothing Runs in a Fence$' });
    await stage.window.undo('^firefox starts in its fence now$|^\\d browsers start in their fences now$');
    await waitFor(() => !isFenced(), { what: 'the entry as before' });
    await stage.window.one({ name: '^Welcome to Ringfence$' });
  });

  it('switches an app on: its usual icon starts it in its fence', async () => {
    await stage.page('Apps');
    // Nothing is enabled yet, so the daemon follows nothing that is installed.
    for (const one of ['First', 'Second']) {
      installEntry(`org.test.${one}`, ['Exec=sleep 1000']);
      await stage.window.one({ name: `^Start org.test.${one} in its fence$` });
    }
    await stage.window.press({ name: '^Start org.test.Spinner in its fence$' });
    await waitFor(() => readFileSync(shadow, 'utf8').includes('X-Ringfence-Source'), { what: 'the shadow' });
    await stage.picture('apps');
    // The list's own part, which takes the keyboard.
    await stage.window.one({ role: 'list item', name: '^org.test.First$' });
  });

  it('shows only what is enabled, if that is asked for', async () => {
    const filter = { role: 'push button|toggle button', name: '^Enabled$' };
    const first = { name: '^Start org.test.First in its fence$' };
    await stage.window.press(filter);
    await stage.window.none(first);
    await stage.window.one({ name: '^Start org.test.Spinner in its fence$' });
    await stage.window.press(filter);
    await stage.window.one(first);
  });

  it('finds apps by their names', async () => {
    // And whoever asks for the tree of all that is there has a hundred rows less to go through from now on.
    await stage.search();
    await stage.screen.xdotool('type', 'test.s');
    await stage.window.none({ name: '^Start org.test.First in its fence$' });
    await stage.window.one({ name: '^Start org.test.Second in its fence$' });
  });

  it('shows what runs, and what it uses as it changes', async () => {
    await stage.page('Running');
    await output(['sh', '-c', 'exec gio launch "$1" >/dev/null 2>&1', 'click', shadow]);
    await stage.window.one(row);
    const cpu = { role: 'label', name: '\\d % CPU', within: row };
    const isIdle = ({ name }: { readonly name: string }) => /(?:^|\D)0\.0 % CPU/.test(name);
    await stage.window.one(cpu, (one) => !isIdle(one));
    await stage.picture('running');
    const [pid = 0] = await spinners();
    process.kill(pid, 'SIGSTOP');
    await stage.window.one(cpu, isIdle);
    process.kill(pid, 'SIGCONT');
  });

  it('opens the page of what runs, where its limits are kept', async () => {
    // The keyboard goes to the row as what has it goes out of sight.
    await stage.search();
    await stage.page('Running');
    await stage.window.one(row, ({ focused }) => focused);
    await stage.key('Return');
    await stage.window.one({ role: 'label', name: '^org.test.Spinner.desktop$' });
    await stage.page('Running');
  });

  it('freezes it by the kernel, and undoes that', async () => {
    const [pid = 0] = await spinners();
    const isFrozen = (frozen: string) =>
      waitFor(() => readFileSync(`/sys/fs/cgroup${cgroupOf(pid)}/cgroup.freeze`, 'utf8').trim() === frozen, {
        what: `cgroup.freeze to be ${frozen}`,
      });
    await stage.window.press({ role: 'push button', name: '^Freeze$', within: row });
    await isFrozen('1');
    await stage.window.one({ role: 'push button', name: '^Resume$', within: row });
    await stage.picture('frozen');
    await stage.window.undo('^org.test.Spinner is frozen$');
    await isFrozen('0');
  });

  it('stops it', async () => {
    await stage.window.press({ role: 'push button', name: '^Stop$', within: row });
    await waitFor(async () => (await spinners()).length === 0, { what: 'its process to be gone' });
    await stage.window.one({ name: '^Nothing Runs in a Fence$' });
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
    await stage.window.one(slider);
    await stage.window.one({ role: 'label', name: '^org.test.Spinner.desktop$' });
    await stage.window.set(slider, 1);
    await waitFor(() => /cpu-quota = /.test(readConfig()), { what: 'the limit in the configuration' });
    const said = '^Processor of org.test.Spinner: from its next start on$';
    await stage.window.one({ role: 'label', name: said });
    await stage.picture('app');
    await stage.window.undo(said);
    await waitFor(() => !/cpu-quota = /.test(readConfig()), { what: 'the configuration as before' });
  });

  it('follows what others change, and lets a strict app in at what the user switches on', async () => {
    await output([built.ringfence, 'enable', '--profile', 'strict', 'org.test.Spinner']);
    await stage.window.one({ role: 'label', name: '^Limits, and a home of its own' });
    await output([built.ringfence, 'enable', '--profile', 'relaxed', 'org.test.Spinner']);
    await stage.window.one({ role: 'label', name: '^Limits: it sees all your files$' });
    await output([built.ringfence, 'config', 'set', 'app.org.test.Spinner', 'profile=strict']);
    const network = { role: 'switch|toggle button|check box', name: '^Network$' };
    await stage.window.press(network);
    await waitFor(() => /network = /.test(readConfig()), { what: 'network in the configuration' });
    await stage.window.press({ role: 'switch|toggle button|check box', name: '^Printing$' });
    await waitFor(() => /printing = true/.test(readConfig()), { what: 'printing in the configuration' });
    const sound = { role: 'switch|toggle button|check box', name: '^Sound$' };
    const isOn = (await stage.window.one(sound)).checked;
    // By an editor.
    writeFileSync(configFile, readConfig().replace('profile = "strict"', `$&\nsound = ${!isOn}`));
    await stage.window.one(sound, ({ checked }) => checked !== isOn);
    await output([built.ringfence, 'config', 'unset', 'app.org.test.Spinner', 'sound']);
    await stage.window.one(sound, ({ checked }) => checked === isOn);
    await stage.picture('strict');
  });

  it('shares a folder that is picked in a dialog, to be read only, and takes it back, while the app runs', async () => {
    mkdirSync(join(home, 'Papers'));
    const unlimited = ['memory-max', 'memory-swap-max', 'tasks-max'].flatMap((name) => [`--${name}`, 'infinity']);
    await output([built.ringfence, 'launch', ...unlimited, 'org.test.Spinner']);
    const [pid = 0] = await waitFor(async () => (await spinners()).length > 0 && spinners(), { what: 'its process' });
    const isInside = () => existsSync(`/proc/${pid}/root${join(home, 'Papers')}`);
    await stage.window.press({ role: 'push button', name: '^Share a Folder$' });
    const share = { role: 'push button', name: '^Share$' };
    await stage.window.one(share);
    const dialog = await stage.screen.windowWith(id, /Share a Folder/);
    // A slash opens the dialog's line for a path, once the dialog has the keyboard.
    const openLine = async () => {
      await stage.screen.xdotool('windowactivate', '--sync', dialog, 'key', 'slash');
      return (await stage.window.all({ role: 'text' })).some(({ focused }) => focused);
    };
    await stage.window.until(openLine, 'the line for a path');
    await stage.screen.xdotool('key', 'ctrl+a', 'type', join(home, 'Papers'));
    await stage.window.one({ role: 'text', name: '/Papers$' });
    // GTK 4.8 gives a check box no action.
    const box = { role: 'check box', name: '^Read only$' };
    const walk = async () => {
      await stage.screen.xdotool('key', 'shift+Tab');
      return (await stage.window.one(box)).focused;
    };
    await stage.window.until(walk, 'the keyboard to reach the check box');
    await stage.screen.xdotool('key', 'space');
    await stage.window.one(box, ({ checked }) => checked);
    await stage.picture('share');
    await stage.window.press(share);
    await waitFor(() => readConfig().includes('shared-folders = ["~/Papers:ro"]'), { what: 'the shared folder' });
    await stage.window.one({ role: 'label', name: '^Read only$' });
    await stage.window.one({ role: 'label', name: '^Shared Folders of org.test.Spinner: from now on$' });
    expect(isInside()).toBe(true);
    await stage.pictureOfEnd('shared');
    await stage.window.press({ role: 'push button', name: '^Take Back ~/Papers' });
    await waitFor(() => !readConfig().includes('shared-folders'), { what: 'the folder taken back' });
    await waitFor(() => !isInside(), { what: 'the folder to be gone from the sandbox' });
    await output([built.ringfence, 'stop', '--timeout', '0', 'org.test.Spinner']);
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
    await stage.showApp('jedit');
    await stage.window.one({ name: '^Made by its first start$' });
    // A start of it is under way, as far as anybody knows.
    const lock = join(process.env['XDG_RUNTIME_DIR'] ?? '', 'ringfence/homes/local.jedit.lock');
    const release = await takeLock(lock, 0, 'hold the home');
    await stage.window.press({ role: 'push button', name: '^Import$' });
    await stage.window.one({ name: '^Copying…$' });
    await stage.pictureOfEnd('import');
    release();
    await stage.window.one({ name: '^1 file was copied into the home of jedit' });
    expect(readFileSync(join(own, '.jedit/properties'), 'utf8')).toBe('mine');
    await stage.window.one({ role: 'label', name: '^\\d+ KiB$' });
    await stage.window.press({ role: 'push button', name: '^Open in the File Manager$' });
    await waitFor(() => readFileSync(opened, 'utf8').includes('homes/local.jedit'), { what: 'the file manager' });
    await stage.pictureOfEnd('home');
    // What a start was let in at is told while it runs, and after it.
    await output([built.ringfence, 'launch', 'jedit']);
    await stage.window.one({ name: '^Let In Now$' });
    await stage.window.one({ role: 'label', name: '^open, with what listens on this machine$' });
    await stage.pictureOfEnd('let-in');
    await output([built.ringfence, 'stop', 'jedit']);
    await stage.window.one({ name: '^Let In Last Time$' });
    await stage.window.press({ role: 'push button', name: '^Reset…$' });
    await stage.window.one({ name: '^Reset jedit\\?$' });
    await stage.picture('reset');
    expect(existsSync(own)).toBe(true);
    await stage.window.press({ role: 'push button', name: '^Reset$' });
    await stage.window.one({ name: '^The home of jedit is in the trash$' });
    expect(existsSync(own)).toBe(false);
    expect(existsSync(join(home, '.local/share/Trash/files/local.jedit/.jedit/properties'))).toBe(true);
    await stage.window.one({ name: '^Made by its first start$' });
  });

  it('says that an app is not installed any more, while its page is open', async () => {
    await stage.showApp('org.test.First');
    rmSync(join(shadow, '../org.test.First.desktop'));
    await stage.window.one({ name: '^This App Is Not Installed$' });
    await stage.showApp('org.test.Spinner');
    await stage.window.none({ name: '^This App Is Not Installed$' });
  });

  it('sleeps while it is hidden, and wakes when it is seen again', async () => {
    await output([built.ringfence, 'launch', 'org.test.Second']);
    await stage.page('Running');
    const cpu = { role: 'label', name: '\\d % CPU', within: { role: 'list item', name: '^org.test.Second$' } };
    await stage.window.one(cpu);
    const frame = await stage.frame();
    await stage.screen.xdotool('windowminimize', '--sync', frame);
    const wakeUps = () =>
      /^voluntary_ctxt_switches:.*$/m.exec(readFileSync(`/proc/${stage.shown.pid}/status`, 'utf8'))?.[0];
    const sleeps = async () => {
      const before = wakeUps();
      await sleep(2500);
      return before !== undefined && wakeUps() === before;
    };
    await waitFor(sleeps, { what: 'two and a half seconds without a wake-up' });
    await stage.screen.xdotool('windowactivate', '--sync', frame);
    await waitFor(async () => !(await sleeps()), { what: 'it to be awake' });
    await stage.window.press({ role: 'push button', name: '^Stop$' });
    await stage.window.one({ name: '^Nothing Runs in a Fence$' });
  });

  it('has preferences of notifications, which others change as well', async () => {
    await stage.key('ctrl+comma');
    const memory = { role: 'switch|toggle button|check box', name: '^Memory limit$' };
    const processor = { role: 'switch|toggle button|check box', name: '^Processor limit$' };
    await stage.window.one(memory, ({ checked }) => checked);
    await stage.window.press(memory);
    await waitFor(() => readConfig().includes('[notifications]\nmemory-limit = false\n'), {
      what: 'the preference in the configuration',
    });
    await stage.window.one(memory, ({ checked }) => !checked);
    await stage.picture('preferences');
    // The window below may still have one of its own.
    const preferences = { role: 'frame', name: '^Preferences$' };
    await stage.window.undo('^Memory limit: notifications off$', preferences);
    await waitFor(() => !readConfig().includes('memory-limit'), { what: 'the configuration as before' });
    await stage.window.one(memory, ({ checked }) => checked);
    await output([built.ringfence, 'config', 'set', 'notifications', 'cpu-limit', 'false']);
    await stage.window.one(processor, ({ checked }) => !checked);
    await stage.escape(memory);
  });

  it('tells what this computer can do, and until it knows, that it is checking', async () => {
    stage.daemon.process.kill('SIGSTOP');
    onTestFinished(() => void stage.daemon.process.kill('SIGCONT'));
    const checking = { role: 'list item', name: '^Checking…$' };
    await stage.page('This Computer');
    await stage.window.one(checking);
    stage.daemon.process.kill('SIGCONT');
    const found = { role: 'label', name: '^session bus$' };
    await stage.window.one(found);
    await stage.window.none(checking);
    stage.daemon.process.kill('SIGSTOP');
    await stage.window.press({ role: 'push button', name: '^Look Again$' });
    await stage.window.one(checking);
    expect(await stage.window.all(found)).toEqual([]);
    stage.daemon.process.kill('SIGCONT');
    await stage.window.one(found);
    await stage.window.none(checking);
    await stage.picture('computer');
    type Finding = { readonly name: string; readonly fix?: string };
    const { findings } = JSON.parse((await command([built.ringfence, 'doctor', '--json'])).stdout) as {
      findings: Finding[];
    };
    const { name, fix } = findings.find((one) => one.fix !== undefined) ?? { name: 'a finding with a way out' };
    await stage.window.press({ role: 'push button', name: `^Copy How to Fix “${name}”$` });
    await stage.window.one({ name: '^Copied$' });
    // Pasted where it can be read again.
    await stage.search();
    await stage.screen.xdotool('key', 'ctrl+a', 'ctrl+v');
    const search = { role: 'entry', name: '^Search apps$' };
    const { text } = await stage.window.one(search, (one) => one.text !== '' && !one.text.startsWith('test.s'));
    expect(fix).toContain(text);
  });

  it('says who it is, and of which version', async () => {
    await stage.window.one({ role: 'push button|toggle button', name: '^Main Menu$' });
    await stage.key('F10');
    await stage.window.press({ role: 'menu item', name: '^About Ringfence$' });
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    const both = `^Window ${version}, daemon ${version}$`.replaceAll('.', '\\.');
    const about = { role: 'text', name: both };
    await stage.window.one(about);
    await stage.picture('about');
    await stage.escape(about);
  });

  it('speaks German, dark and narrow', async () => {
    await stage.shown.stop();
    stage.shown = stage.show({ ADW_DEBUG_COLOR_SCHEME: 'prefer-dark', LANG: 'C.UTF-8', LANGUAGE: 'de' });
    await stage.window.one({ role: 'page tab', name: '^Laufend$' });
    await stage.window.one({ name: '^Nichts läuft in einem Zaun$' });
    const pictures = async (how: string) => {
      for (const page of pages) {
        await stage.page(page);
        if (page === 'This Computer') await stage.window.one({ role: 'label', name: '^session bus$' });
        await stage.picture(`${page.toLowerCase().replace(/\W/, '-')}-${how}`);
      }
      await stage.showApp('org.test.Spinner');
      await stage.picture(`app-${how}`);
      await stage.pictureOfEnd(`strict-${how}`);
    };
    await pictures('dark');
    const frame = await stage.frame();
    await stage.screen.xdotool('windowsize', '--sync', frame, '360', '640');
    await pictures('dark-narrow');
  });

  it('comes with an entry and metainfo as desktops want them', async () => {
    const files = join(program, '../window');
    await output(['appstreamcli', 'validate', '--no-net', join(files, `${id}.metainfo.xml`)]);
    await output(['desktop-file-validate', join(shadow, '..', `${id}.desktop`)]);
  });

  it('has written nothing to its log in all that time, and ends when it is closed', async () => {
    await stage.screen.close(await stage.frame());
    expect(await stage.shown.ended()).toBe(0);
    await stage.shown.stop();
    expect(stage.logs()).toBe('');
  });
});
