import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Client } from '../../src/clients/cli/client.ts';
import type { AccessibleWindow, Target } from '../fixtures/accessible-window.ts';
import { installEntryText, installProgram, removeEntries } from '../fixtures/desktop-entries.ts';
import { built, instanceAt, temporaryFolder } from '../fixtures/live-daemon.ts';
import { useMachineWindow } from '../fixtures/machine-window.ts';
import { listenToNotifications } from '../fixtures/notification-listener.ts';
import { windowId } from '../fixtures/shown-window.ts';
import { readCgroup } from '../harness/cgroup.ts';
import { command, output } from '../harness/command.ts';
import { waitFor } from '../harness/wait-for.ts';

const MiB = 1024 * 1024;
/** For Perl; no constant, which the Perl of Debian testing has once for all. */
const megabyte = 'chr(65 + $_ % 26) x 1048576';

const isDebian12 = /^VERSION_ID="12"$/m.test(readFileSync('/etc/os-release', 'utf8'));
/** What newer GTK says of itself: libadwaita 1.7 of any dialog with a heading, also in a program of nothing else; GTK 4.24 of its own frames on X11. */
const theirs =
  /^.*(?:Gtk-WARNING.*: Trying to measure GtkLabel 0x\w+ for width of \d+, but it needs at least \d+|Gdk-WARNING.*: gdk_frame_timings_submitted\(\) called on submitted frame\.)$/gm;

describe('the window, where the kernel enforces', () => {
  const all = useMachineWindow({
    size: '1024x768x24',
    // Without apps: each row of the window's list is dozens of questions of a screen reader's, and this machine is slow.
    async prepare() {
      await command(['systemctl', '--user', 'set-environment', 'XDG_DATA_DIRS=/nowhere']);
    },
    environment(daemon) {
      // Each step of an animation is drawn by this machine's one processor.
      const settings = join(daemon.home.config, 'gtk-4.0');
      mkdirSync(settings, { recursive: true });
      writeFileSync(join(settings, 'settings.ini'), '[Settings]\ngtk-enable-animations=0\n');
      // Newer GTK tries a GPU, and Mesa tells that there is none.
      return { XDG_CONFIG_HOME: daemon.home.config, GDK_DISABLE: 'gl,vulkan' };
    },
  });
  let client: Client;
  let window: AccessibleWindow;
  beforeAll(() => {
    ({ client, window } = all);
  });
  afterAll(() => command(['systemctl', '--user', 'unset-environment', 'XDG_DATA_DIRS']));

  const ownLog = () => (isDebian12 ? all.shown.log() : all.shown.log().replace(theirs, '')).trim();
  const hasLimit = (unit: string, bytes: number) =>
    waitFor(async () => (await readCgroup(unit, 'memory.max')) === String(bytes), {
      what: `memory.max to be ${bytes}`,
    });
  const slider = { role: 'slider', name: '^Memory$' };

  it('lowers a limit of what runs, takes that back, and asks before it goes below what is used', async () => {
    // perl is essential to Debian.
    // systemd 262 lowers a limit without waiting for the kernel, which then ends something when it is asked for more.
    const hold = `my @held; push @held, ${megabyte} for 1..160; while (1) { system 'true'; sleep 1 }`;
    const options = new Map([
      ['memory-max', '384M'],
      ['memory-swap-max', '0'],
    ]);
    const { path, unit } = await instanceAt(client, await client.run(['perl', '-e', hold], new Map(), options));
    const used = async () => Number((await client.usage()).get(path)?.get('memory-current') ?? 0);
    await waitFor(async () => (await used()) > 160 * MiB, { what: 'the memory to be used' });
    await window.press({ role: 'push button', name: '^Change Limits$' });
    // Not that of a page that is not in front.
    await window.until(async () => (await window.all(slider)).length === 1, 'one slider');
    // 128 MB, and 32 MB more for each notch (limit-scale.ts).
    await window.set(slider, 4);
    await hasLimit(unit, 256 * MiB);
    await window.undo('^The limits of perl were changed$');
    await hasLimit(unit, 384 * MiB);

    await window.set(slider, 0);
    await window.one({ role: 'label', name: '^Set the Limit below What Is Used\\?$' });
    await window.press({ role: 'push button', name: '^Cancel$' });
    await window.one(slider, ({ value }) => value === 8);
    expect(await readCgroup(unit, 'memory.max')).toBe(String(384 * MiB));

    await window.set(slider, 0);
    await window.press({ role: 'push button', name: '^Lower$' });
    // As it said: there is no room for what it has, and no swap.
    await waitFor(async () => (await client.instances()).length === 0, { what: 'its end' });
    await window.none({ role: 'dialog', name: '^That Did Not Work$' });
    expect(ownLog()).toBe('');
  });

  const readConfig = () => {
    const file = join(all.daemon.home.config, 'ringfence/config.toml');
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  };
  const xdotool = (...words: string[]) => output(['xdotool', ...words], { env: { DISPLAY: all.display } });
  /** Presses a key until what is meant has the keyboard: the last of it. */
  const walkTo = (key: string, target: Target) =>
    window.until(
      async () => {
        await xdotool('key', key);
        return (await window.all(target)).at(-1)?.focused;
      },
      `${key} to reach ${JSON.stringify(target)}`,
    );

  it('opens the page of an app from the notification of its limit; a change there is kept, or holds only now', async () => {
    const server = await listenToNotifications();
    onTestFinished(() => server.stop());
    onTestFinished(removeEntries);
    const hog = `perl -e 'my @held; push @held, ${megabyte} for 1..300'`;
    const program = installProgram(temporaryFolder(), 'hungry', `#!/bin/sh\nsleep 1000 & ${hog}; sleep 1000\n`);
    installEntryText('org.test.Hungry', `[Desktop Entry]\nType=Application\nName=Hungry\nExec=${program}\n`);
    const options = new Map([
      ['memory-max', '160M'],
      // A kernel that slows a program down below its limit takes minutes here to end it.
      ['memory-high', 'infinity'],
      ['memory-swap-max', '0'],
    ]);
    const { unit } = await instanceAt(client, await client.launch('org.test.Hungry', [], options));
    const [told] = await waitFor(() => [server.take()].find((all) => all.length > 0), { what: 'the notification' });
    const actions = told?.actions ?? [];
    server.press(told?.number ?? 0, actions[actions.indexOf('Show') - 1] ?? 'no such button');
    await window.one({ role: 'label', name: '^org.test.Hungry.desktop$' });

    const hold = { role: 'list item|combo box', name: '^Changes hold$' };
    await window.one(hold);
    await window.set(slider, 4);
    await hasLimit(unit, 256 * MiB);
    expect(readConfig()).toContain('memory-max = "256M"');
    await window.undo('^The limits of Hungry were changed$');
    await hasLimit(unit, 160 * MiB);
    await waitFor(() => !readConfig().includes('memory-max'), { what: 'the configuration as before' });

    const before = readConfig();
    // There is no window manager that would do so.
    const [frame = ''] = (await xdotool('search', '--onlyvisible', '--class', windowId)).split('\n');
    await xdotool('windowfocus', '--sync', frame);
    await walkTo('Tab', hold);
    const offered = { role: 'list item', within: hold };
    const isOpen = async () => (await window.all(offered)).some(({ focused }) => focused);
    await xdotool('key', 'space');
    await window.until(isOpen, 'the list');
    await walkTo('Down', offered);
    await xdotool('key', 'Return');
    // What is chosen is written in there as well.
    await window.until(async () => !(await isOpen()), 'the list to be closed');
    await window.one({ role: 'label', name: '^Only now$', within: hold });
    await window.set(slider, 4);
    await hasLimit(unit, 256 * MiB);
    await window.one({ role: 'label', name: '^The limits of Hungry were changed$' });
    expect(readConfig()).toBe(before);
    // What others change meanwhile.
    await output([built.ringfence, 'set', unit, 'memory-max=192M']);
    await window.one(slider, ({ value }) => value === 2);
    expect(ownLog()).toBe('');
  });
});
