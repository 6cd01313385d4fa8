import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { built } from '../../fixtures/live-daemon.ts';
import { startXServer } from '../../fixtures/x-screen.ts';
import { cgroupOf } from '../../harness/cgroup.ts';
import { command, output } from '../../harness/command.ts';
import { waitFor } from '../../harness/wait-for.ts';

// What the menus of other desktops start an entry with. GNOME Shell's own click is in test/gnome; KDE's kioclient would bring half of Plasma.
const entry = join(process.env['HOME'] ?? '', '.local/share/applications/org.test.Sleeper.desktop');
const launchers: [string, readonly string[]][] = [
  ['GTK (Cinnamon, MATE, and scripts): gtk-launch', ['gtk-launch', 'org.test.Sleeper']],
  ['Xfce: exo-open', ['exo-open', entry]],
  ['GLib: gio launch', ['gio', 'launch', entry]],
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
    mkdirSync(dirname(entry), { recursive: true });
    writeFileSync(entry, '[Desktop Entry]\nType=Application\nName=Sleeper\nExec=sleep 86399\n');
    await output([built.ringfence, 'enable', 'org.test.Sleeper']);
  });
  afterEach(async () => {
    for (const pid of await sleepers()) process.kill(pid);
  });
  afterAll(async () => {
    await output([built.ringfence, 'uninstall']);
    screen.server.kill();
  });

  it.each(launchers)('%s starts an enabled app in its fence', async (_what, argv) => {
    const before = new Set(await sleepers());
    // An app without a fence would have our pipes.
    const apart = ['sh', '-c', 'exec "$@" >/dev/null 2>&1', 'sh', ...argv];
    expect((await command(apart, { env: { DISPLAY: screen.display } })).code).toBe(0);
    const pid = await waitFor(async () => (await sleepers()).find((one) => !before.has(one)), { what: 'the app' });
    expect(cgroupOf(pid)).toMatch(/\/app\.slice\/app-ringfence-org\.test\.Sleeper-\d+\.scope$/);
  });
});
