import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { installEntry, installEntryText } from '../../fixtures/desktop-entries.ts';
import { built, temporaryFolder } from '../../fixtures/live-daemon.ts';
import { configFile, readConfig, sessionHome, useWindowStage } from '../../fixtures/window-stage.ts';
import { output } from '../../harness/command.ts';
import { startDaemon } from '../../harness/daemon.ts';
import { userUnits } from '../../harness/user-units.ts';
import { waitFor } from '../../harness/wait-for.ts';

const start = (program?: string) => startDaemon({ home: sessionHome, ...(program === undefined ? {} : { program }) });
const stage = useWindowStage(() => {
  installEntry('org.test.Sleeper', ['Exec=sleep 1000']);
  return start();
});
const row = (app: string) => ({ role: 'list item', name: `^${app}$` });
const preference = { role: 'list item', name: '^Memory limit$' };

/** This build's daemon as it would be of another version: `without` methods, which it has by other names. */
function daemonOf(version: string, without: readonly string[] = []): string {
  const folder = join(temporaryFolder(), version);
  cpSync(dirname(built.ringfence), folder, { recursive: true });
  // Made for the bundle as it was.
  rmSync(join(folder, 'ringfenced.cache'));
  const bundle = join(folder, 'ringfenced.bundle.cjs');
  const { version: own } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  const text = without.reduce(
    (changed, method) => changed.replaceAll(`${method}:`, `${method}Later:`),
    readFileSync(bundle, 'utf8').replaceAll(JSON.stringify(own), JSON.stringify(version)),
  );
  writeFileSync(bundle, text);
  return join(folder, 'ringfenced');
}

/** Whether anybody has called this method on the session's bus since now. */
async function watchCalls(member: string): Promise<() => boolean> {
  const rule = `type='method_call',member='${member}'`;
  const monitor = spawn('dbus-monitor', ['--session', rule], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void monitor.kill());
  let heard = '';
  monitor.stdout.setEncoding('utf8').on('data', (text: string) => {
    heard += text;
  });
  // It tells of its own name that it loses: it is the bus's monitor then.
  await waitFor(() => heard.includes('NameLost'), { what: 'the monitor' });
  return () => heard.includes(`member=${member}`);
}

// One story, in this order: each step begins with what the one before has left.
describe('the window, when things are not as they should be', () => {
  it('has names of any length and script, in a narrow window too', async () => {
    const names = [`Endless${'ness'.repeat(75)}`, 'מציג התמונות של & כל המשפחה'];
    for (const [index, name] of names.entries()) {
      const text = `[Desktop Entry]\nType=Application\nName=${name}\nExec=sleep 1000\n`;
      installEntryText(`org.test.Name${index}`, text);
      await output([built.ringfence, 'launch', `org.test.Name${index}`]);
    }
    const frame = await stage.frame();
    const title = { role: 'label', name: `^${names[1]}$`, within: row(names[1] ?? '') };
    const wide = await stage.window.place(title);
    await stage.screen.xdotool('windowsize', '--sync', frame, '360', '640');
    const freeze = { role: 'push button', name: '^Freeze$' };
    for (const page of ['Apps', 'This Computer', 'Running'] as const) {
      await stage.page(page);
      if (page === 'Running') for (const name of names) await stage.window.one({ ...freeze, within: row(name) });
      await stage.picture(`${page.toLowerCase().replace(/\W/, '-')}-narrow`);
    }
    await stage.window.press({ ...freeze, within: row(names[1] ?? '') });
    await stage.window.one({ name: 'is frozen$' });
    await stage.picture('toast-narrow');
    // It has two lines, and room in them for all of it.
    const narrow = await stage.window.place(title);
    expect(narrow.height).toBeGreaterThan(1.5 * wide.height);
    expect(2 * narrow.width).toBeGreaterThan(wide.width);
    await stage.showApp('org.test.Name0');
    await stage.picture('name-narrow');
    // No name has made it wider than a phone is.
    expect(await stage.screen.xdotool('getwindowgeometry', frame)).toContain('Geometry: 360x640');
    await stage.screen.xdotool('windowsize', '--sync', frame, '800', '720');
    await output([built.ringfence, 'stop', 'org.test.Name0', 'org.test.Name1']);
    await stage.page('Running');
  });

  it('names file and line of a faulty configuration, until it is put right', async () => {
    const before = readConfig();
    writeFileSync(configFile, `${before}\n[profile.x]\nmemory-max = "much"\n`);
    await stage.window.one({ name: 'config\\.toml.*memory-max' });
    writeFileSync(configFile, before);
    await stage.window.none({ name: 'config\\.toml.*memory-max' });
  });

  it('says that the daemon is gone, and goes on with the next', async () => {
    await stage.showApp('org.test.Sleeper');
    await stage.daemon.kill9();
    // Under the bar of the three pages, and under that of the app's page, which is open.
    const told = { role: 'label', name: 'daemon is not there' };
    await stage.window.until(
      async () => (await stage.window.all(told)).length === 2,
      'both to say that the daemon is gone',
    );
    await stage.picture('no-daemon');
    stage.daemon = await start();
    await stage.window.none({ name: 'daemon is not there' });
  });

  it('says that the daemon hangs, can be used meanwhile, and goes on with it', async () => {
    await output([built.ringfence, 'launch', 'org.test.Sleeper']);
    await stage.page('Running');
    // The list of apps has a row of that name as well.
    await stage.window.one({ role: 'push button', name: '^Freeze$', within: row('org.test.Sleeper') });
    stage.daemon.process.kill('SIGSTOP');
    onTestFinished(() => void stage.daemon.process.kill('SIGCONT'));
    // It is given ten seconds for an answer.
    await stage.page('Apps');
    await stage.key('ctrl+question');
    const shortcut = { role: 'label', name: '^Show keyboard shortcuts$' };
    await stage.window.one(shortcut);
    await stage.picture('shortcuts');
    await stage.escape(shortcut);
    await stage.key('ctrl+comma');
    await stage.window.one(preference, ({ enabled }) => !enabled);
    await stage.picture('preferences-hung');
    await stage.window.one({ name: 'daemon does not answer' });
    stage.daemon.process.kill('SIGCONT');
    await stage.window.none({ name: 'daemon does not answer' });
    await stage.window.one(preference, ({ enabled }) => enabled);
    await stage.escape(preference);
  });

  it('says that the daemon is older, and does what that one can', async () => {
    await stage.daemon.stop();
    stage.daemon = await start(daemonOf('0.1.0', ['GetConfig', 'Doctor', 'ListUsage']));
    await stage.window.one({ role: 'label', name: 'daemon is older \\(0\\.1\\.0\\) than this window' });
    await stage.page('This Computer');
    await stage.window.one({ name: 'do not fit together: .*Doctor' });
    await stage.picture('older-daemon');
    await stage.escape({ name: 'do not fit together' });
    await stage.key('ctrl+comma');
    await stage.window.one(preference, ({ enabled }) => !enabled);
    await stage.escape(preference);
    await stage.page('Running');
    await stage.window.press({ role: 'push button', name: '^Freeze$', within: row('org.test.Sleeper') });
    await stage.window.press({ role: 'push button', name: '^Resume$', within: row('org.test.Sleeper') });
  });

  it('says that the daemon is newer, and works with it', async () => {
    await stage.daemon.stop();
    stage.daemon = await start(daemonOf('99.0.0'));
    await stage.window.one({ role: 'label', name: 'was updated to 99\\.0\\.0, and this window is of' });
    await stage.window.one({ role: 'label', name: '\\d % CPU', within: row('org.test.Sleeper') });
    await stage.daemon.stop();
    stage.daemon = await start();
    await stage.window.none({ name: 'was updated to' });
    await output([built.ringfence, 'stop', 'org.test.Sleeper']);
    await stage.window.none({ role: 'push button', name: '^Freeze$', within: row('org.test.Sleeper') });
  });

  it('finds its way through 5,000 apps', async () => {
    const made = join(sessionHome.path, 'many');
    mkdirSync(made);
    for (let index = 0; index < 5000; index++) {
      const lines = ['[Desktop Entry]', 'Type=Application', `Name=Many ${index}`, 'Exec=sleep 1000', ''];
      writeFileSync(join(made, `org.test.Many${index}.desktop`), lines.join('\n'));
    }
    renameSync(made, join(sessionHome.data, 'applications/many'));
    await stage.search();
    await stage.screen.xdotool('type', 'many 4711');
    const found = { name: '^Start Many 4711 in its fence$' };
    await stage.window.one(found);
    await stage.window.none({ name: '^Start Many 4712 in its fence$' });
    await stage.window.press(found);
    await stage.window.one({ name: '^Many 4711 starts in its fence now$' });
    // All of them, and to the last by the keyboard.
    await stage.search();
    await stage.screen.xdotool('key', 'ctrl+a', 'BackSpace');
    await stage.window.one({ name: '^Start Many 1 in its fence$' });
    await stage.picture('many-apps');
    const rows = await stage.window.all({ role: 'list item', name: 'Many' });
    // What is out of sight is not there.
    expect(rows.length).toBeLessThan(500);
  });

  it('sees what starts and ends while it asks what runs', async () => {
    await stage.shown.stop();
    rmSync(join(sessionHome.data, 'applications/many'), { recursive: true, force: true });
    await output([built.ringfence, 'launch', 'org.test.Name0']);
    const units = await userUnits('app-ringfence-org.test.Name0-*.scope');
    expect(units).toHaveLength(1);
    stage.daemon.process.kill('SIGSTOP');
    onTestFinished(() => void stage.daemon.process.kill('SIGCONT'));
    const isAsked = await watchCalls('GetManagedObjects');
    // Which has no translation: words are English, the direction is GTK's for the language.
    stage.shown = stage.show({ LANG: 'C.UTF-8', LANGUAGE: 'ar' });
    await waitFor(isAsked, { what: 'the window to ask' });
    // The daemon hears of this after that.
    await output(['systemctl', '--user', 'kill', '--signal=SIGKILL', ...units]);
    await waitFor(async () => (await userUnits(units[0] ?? '')).length === 0, { what: 'the app to be gone' });
    // It finds the answer, and the start after that, when it goes on.
    const pid = stage.shown.pid ?? 0;
    process.kill(pid, 'SIGSTOP');
    stage.daemon.process.kill('SIGCONT');
    await output([built.ringfence, 'launch', 'org.test.Sleeper']);
    process.kill(pid, 'SIGCONT');
    await stage.window.one({ role: 'push button', name: '^Freeze$', within: row('org.test.Sleeper') });
    expect(await stage.window.all({ role: 'push button', name: '^(?:Freeze|Resume)$' })).toHaveLength(1);
  });

  it('reads from right to left where the language does', async () => {
    await stage.window.one({ role: 'page tab', name: '^Running$' });
    await stage.picture('right-to-left');
  });

  it('has written nothing to its log in all that time', async () => {
    await stage.shown.stop();
    expect(stage.logs()).toBe('');
  });
});
