import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { installEntry } from '../../fixtures/desktop-entries.ts';
import { built } from '../../fixtures/live-daemon.ts';
import { type Check, seenIn } from '../../fixtures/promises.ts';
import { listenAsWindow } from '../../fixtures/window-listener.ts';
import { output } from '../../harness/command.ts';
import { waitFor } from '../../harness/wait-for.ts';
import { shown } from './instance-checks.ts';
import {
  app,
  applications,
  autostart,
  done,
  doneFirst,
  entry,
  installApp,
  isShadow,
  json,
  ringfence,
  theUnit,
} from './world.ts';

/** What a dry run says it would do, and that nothing of it is done. */
const dry = async (file: string, ...args: string[]) => {
  const before = existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  const text = await done(...args);
  expect(text).toContain(`+++ ${file}`);
  expect(existsSync(file) ? readFileSync(file, 'utf8') : undefined).toBe(before);
};
const other = join(applications, 'org.test.Other.desktop');
const installOther = () => installEntry('org.test.Other', ['Exec=sleep 1000']);
const enabled = async (...args: string[]) => {
  installApp();
  await done('enable', ...args, app);
};
const installAutostart = () => {
  mkdirSync(autostart, { recursive: true });
  writeFileSync(join(autostart, `${app}.desktop`), `[Desktop Entry]\nType=Application\nName=Auto\nExec=sleep 1000\n`);
};
/**
 * Changes an enabled app's entry until `ringfence sync` has been the first to see a change: the daemon follows by itself, a tenth of
 * a second after it.
 *
 * @param holds is told what it printed, and what the entry was before
 */
async function synced(options: readonly string[], holds: (said: string, text: string) => boolean): Promise<void> {
  await enabled();
  let round = 0;
  const once = async () => {
    round += 1;
    let text = '';
    const change = () => {
      text = readFileSync(installApp(`Comment=${round}`), 'utf8');
    };
    return holds(await doneFirst(change, 'sync', ...options), text);
  };
  await waitFor(once, { what: 'a sync that acts' });
}
const icons: Record<string, Check> = {
  enable: async () => {
    await enabled();
    expect(isShadow(entry)).toBe(true);
  },
  'enable --all': async () => {
    installApp();
    installOther();
    // Nobody has asked for the window, which is no app to fence.
    const window = installEntry('org.ringfence.Ringfence', ['Exec=sleep 1000']);
    await done('enable', '--all');
    expect([entry, other, window].map(isShadow)).toEqual([true, true, false]);
    expect(await done('apps')).not.toContain('org.ringfence.Ringfence');
  },
  'enable --profile': async () => {
    await enabled('--profile', 'mine');
    expect(await json('apps', '--enabled', '--json')).toMatchObject([{ id: `${app}.desktop`, profile: 'mine' }]);
    await done('launch', app);
    expect(await shown(await theUnit())).toMatchObject({ profile: 'mine' });
  },
  'enable --autostart': async () => {
    installAutostart();
    await enabled();
    expect(isShadow(join(autostart, `${app}.desktop`))).toBe(false);
    await enabled('--autostart');
    expect(isShadow(join(autostart, `${app}.desktop`))).toBe(true);
  },
  'enable --dry-run': async () => {
    installApp();
    await dry(entry, 'enable', '--dry-run', app);
    expect(isShadow(entry)).toBe(false);
  },
  'enable --json': async () => {
    installApp();
    expect(await json('enable', '--json', app)).toContainEqual(
      expect.objectContaining({ app: `${app}.desktop`, state: 'enabled', file: entry, change: 'replaced' }),
    );
  },
  disable: async () => {
    installOther();
    await done('enable', 'org.test.Other');
    await enabled();
    await done('disable', app);
    expect([entry, other].map(isShadow)).toEqual([false, true]);
  },
  'disable --all': async () => {
    installOther();
    await done('enable', 'org.test.Other');
    await enabled();
    await done('disable', '--all');
    expect([entry, other].map(isShadow)).toEqual([false, false]);
  },
  'disable --dry-run': async () => {
    await enabled();
    await dry(entry, 'disable', '--dry-run', app);
    expect(isShadow(entry)).toBe(true);
  },
  'disable --json': async () => {
    await enabled();
    expect(await json('disable', '--json', app)).toContainEqual(
      expect.objectContaining({ app: `${app}.desktop`, state: 'disabled', file: entry, change: 'restored' }),
    );
  },
  apps: async () => {
    installOther();
    await enabled('--profile', 'mine');
    const lines = (await done('apps')).split('\n');
    expect(lines).toContainEqual(expect.stringMatching(/^enabled +org\.test\.Promise +org\.test\.Promise +mine$/));
    expect(lines).toContainEqual(expect.stringMatching(/^available +org\.test\.Other +org\.test\.Other *$/));
  },
  'apps --enabled': async () => {
    installOther();
    await enabled();
    const text = await done('apps', '--enabled');
    expect(text).toContain(app);
    expect(text).not.toContain('org.test.Other');
  },
  'apps --json': async () => {
    installOther();
    await enabled();
    const rows = await json<object[]>('apps', '--json');
    expect(rows).toContainEqual(expect.objectContaining({ id: `${app}.desktop`, state: 'enabled', wish: 'app' }));
    expect(rows).toContainEqual(expect.objectContaining({ id: 'org.test.Other.desktop', state: 'available' }));
  },
  sync: () => synced([], (said) => said.includes(app) && isShadow(entry)),
  'sync --dry-run': () =>
    synced(['--dry-run'], (said, text) => said.includes(`+++ ${entry}`) && readFileSync(entry, 'utf8') === text),
  'sync --json': () =>
    synced(['--json'], (said) => {
      const rows = JSON.parse(said) as Record<string, string>[];
      return rows.some(({ file, state }) => file === entry && state === 'enabled') && isShadow(entry);
    }),
};

const installation = 'integration/install/install.test.ts';
const dryInstall = 'writes nothing in a dry run, and prints what it would write';
const works = 'answers by D-Bus activation, changes nothing the second time, and leaves nothing behind';
const completion = 'integration/clients/cli/completion.test.ts';
const terminal = 'integration/contain/gnome-terminal.test.ts';
const setup: Record<string, Check> = {
  install: seenIn(installation, works),
  'install --dry-run': seenIn(installation, dryInstall),
  'install --diff': seenIn(installation, dryInstall),
  'install --terminal': seenIn(
    'integration/install/install-terminal.test.ts',
    'makes the tabs of GNOME Terminal fences, and uninstall takes that back before the shell is gone',
  ),
  'install --json': seenIn(installation, 'says in JSON what it wrote and took back'),
  uninstall: seenIn(installation, works),
  'uninstall --dry-run': seenIn(installation, 'takes nothing back in a dry run of uninstall, and names what it would'),
  'uninstall --keep-enabled': seenIn(
    'packaging/package.test.ts',
    'does not fight with a copy in the user’s own folders',
  ),
  'uninstall --diff': seenIn(installation, 'takes nothing back in a dry run of uninstall, and names what it would'),
  'uninstall --json': seenIn(installation, 'says in JSON what it wrote and took back'),
  doctor: seenIn('integration/install/doctor.test.ts', 'prints plain words, without colours when nobody looks'),
  'doctor --json': seenIn('integration/install/doctor.test.ts', 'names what is missing before the installation'),
  ...Object.fromEntries(
    ['home', 'home --import', 'home --reset', 'home --json'].map((name) => [
      name,
      seenIn('integration/clients/cli/home.test.ts', 'says where it is, brings the old profile along, and starts anew'),
    ]),
  ),
  ...Object.fromEntries(
    ['share', 'share --json', 'unshare', 'unshare --json'].map((name) => [
      name,
      seenIn(
        'integration/clients/cli/share.test.ts',
        'let an app have a folder, and take it back, from its next start',
      ),
    ]),
  ),
  completion: seenIn(completion, 'offers every command'),
  'completion --json': async () => expect(await done('completion', 'bash', '--json')).toContain('ringfence'),
  'terminal enable': seenIn(terminal, 'gives every tab a scope of its own once it is enabled'),
  'terminal disable': seenIn(terminal, 'is as it was before when it is disabled'),
  'terminal --json': async () => expect(Array.isArray(await json('terminal', 'disable', '--json'))).toBe(true),
};

/** What the window is asked to show, by a command that leaves it to the bus; before that there is none to ask. */
async function shownBy(...args: string[]): Promise<{ printed: string; shown: string }> {
  installApp();
  expect(await ringfence(...args)).toMatchObject({ code: 7, stdout: '' });
  const window = await listenAsWindow();
  try {
    const env = { XDG_ACTIVATION_TOKEN: 'pressed' };
    const printed = await output([built.ringfence, ...args], { env });
    return { printed, shown: await waitFor(() => window.shown().at(0), { what: 'the window to be asked' }) };
  } finally {
    await window.stop();
  }
}
const windows: Record<string, Check> = {
  window: async () => {
    expect((await shownBy('window')).shown).toBe('- pressed');
    expect((await shownBy('window', app)).shown).toBe(`${app}.desktop pressed`);
    expect(await ringfence('window', 'org.test.Nothing')).toMatchObject({ code: 3, stdout: '' });
  },
  'window --json': async () => {
    const { printed } = await shownBy('window', app, '--json');
    expect(JSON.parse(printed)).toEqual({ window: 'org.ringfence.Ringfence', app: `${app}.desktop` });
  },
};

/** What sees the effect of the commands that write files, and of the one that opens the window. */
export const fileChecks = { ...icons, ...setup, ...windows };
