import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { built } from '../../fixtures/live-daemon.ts';
import { startXServer } from '../../fixtures/x-screen.ts';
import { cgroupOf } from '../../harness/cgroup.ts';
import { command, output } from '../../harness/command.ts';
import { waitFor } from '../../harness/wait-for.ts';

// What the menus of other desktops start an entry with. GNOME Shell's own click is in test/gnome; KDE's kioclient would bring half of Plasma.
const home = process.env['HOME'] ?? '';
const applications = join(home, '.local/share/applications');
const entry = join(applications, 'org.test.Sleeper.desktop');
const launchers: [string, readonly string[]][] = [
  ['GTK (Cinnamon, MATE, and scripts): gtk-launch', ['gtk-launch', 'org.test.Sleeper']],
  ['Xfce: exo-open', ['exo-open', entry]],
  ['GLib: gio launch', ['gio', 'launch', entry]],
];

// Where xdg-open knows no desktop, it reads the entry itself and splits its command at blanks.
const [opener, opened, letter] = ['opener', 'opened', 'a letter.txt'].map((name) => join(home, name)) as [
  string,
  string,
  string,
];
const mimeapps = join(home, '.config/mimeapps.list');
const links: [string, string, string | undefined][] = [
  ['a file', letter, 'sway'],
  ['a link', 'https://example.org/a%20b?c=$d&e=%u#f', 'sway'],
  ['a link', 'https://example.org/', undefined],
];

async function sleepers(): Promise<number[]> {
  const { stdout } = await command(['pgrep', '--full', '--exact', 'sleep 86399']);
  return stdout.split('\n').filter(Boolean).map(Number);
}

describe('the launchers of other desktops', () => {
  // They want one.
  let screen: Awaited<ReturnType<typeof startXServer>>;
  beforeAll(async () => {
    screen = await startXServer('800x600x24');
    await output([built.ringfence, 'install']);
    mkdirSync(applications, { recursive: true });
    writeFileSync(entry, '[Desktop Entry]\nType=Application\nName=Sleeper\nExec=sleep 86399\n');
    writeFileSync(opener, `#!/bin/sh\nprintf '%s\\n' "$@" >${opened}\nexec sleep 86399\n`, { mode: 0o755 });
    const types = 'text/plain;x-scheme-handler/https;';
    writeFileSync(
      join(applications, 'org.test.Opener.desktop'),
      `[Desktop Entry]\nType=Application\nName=Opener\nExec="${opener}" "two words" %u\nMimeType=${types}\n`,
    );
    const defaults = ['text/plain', 'x-scheme-handler/https'].map((type) => `${type}=org.test.Opener.desktop\n`);
    mkdirSync(join(home, '.config'), { recursive: true });
    writeFileSync(mimeapps, `[Default Applications]\n${defaults.join('')}`);
    writeFileSync(letter, 'a letter\n');
    await output([built.ringfence, 'enable', 'org.test.Sleeper', 'org.test.Opener']);
  });
  afterEach(async () => {
    for (const pid of await sleepers()) process.kill(pid);
  });
  afterAll(async () => {
    await output([built.ringfence, 'uninstall']);
    screen.server.kill();
    for (const path of [opener, opened, mimeapps, letter]) rmSync(path, { force: true });
  });

  it.each(launchers)('%s starts an enabled app in its fence', async (_what, argv) => {
    const before = new Set(await sleepers());
    // An app without a fence would have our pipes.
    const apart = ['sh', '-c', 'exec "$@" >/dev/null 2>&1', 'sh', ...argv];
    expect((await command(apart, { env: { DISPLAY: screen.display } })).code).toBe(0);
    const pid = await waitFor(async () => (await sleepers()).find((one) => !before.has(one)), { what: 'the app' });
    expect(cgroupOf(pid)).toMatch(/\/app\.slice\/app-ringfence-org\.test\.Sleeper-\d+\.scope$/);
  });

  it.each(links)('xdg-open opens %s in the default app’s fence: %s (desktop: %s)', async (_what, target, desktop) => {
    const before = new Set(await sleepers());
    const env = {
      XDG_CURRENT_DESKTOP: desktop,
      DESKTOP_SESSION: undefined,
      BROWSER: '/bin/false',
      // It looks whether there is a screen, not at it.
      WAYLAND_DISPLAY: 'wayland-none',
    };
    const { code, stderr } = await command(['sh', '-c', 'exec xdg-open "$1" >/dev/null', 'sh', target], { env });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const pid = await waitFor(async () => (await sleepers()).find((one) => !before.has(one)), { what: 'the app' });
    expect(cgroupOf(pid)).toMatch(/\/app\.slice\/app-ringfence-org\.test\.Opener-\d+\.scope$/);
    expect(readFileSync(opened, 'utf8')).toBe(`two words\n${target}\n`);
  });
});
