import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root, run, say } from './steps.mjs';

/** What the tests need of Debian or Ubuntu, beside node and git. */
const packages = [
  // the user manager, its bus, the machines
  ...[
    'dbus-user-session',
    'dbus-x11',
    'libpam-systemd',
    'patchelf',
    'kmod',
    'debootstrap',
    'procps',
    'util-linux',
    'e2fsprogs',
    'qemu-system-x86',
  ],
  // what Ringfence uses where it is there, and what its optional journal module is built with
  ...[
    'bubblewrap',
    'xdg-dbus-proxy',
    'libnotify-bin',
    'libsystemd-dev',
    'pkg-config',
    'python3',
    'g++',
    'gcc',
    'libc6-dev',
    'make',
  ],
  // a screen and a real app on it
  ...['xvfb', 'xauth', 'xdotool', 'imagemagick', 'libgl1-mesa-dri', 'gedit', 'tmux'],
  // the desktop
  ...[
    'gnome-shell',
    'gnome-session-bin',
    'gsettings-desktop-schemas',
    'adwaita-icon-theme',
    'gnome-terminal',
    'gnome-calculator',
    'gjs',
  ],
  // what the tests of the click, of the terminal and of completion run
  ...[
    'busybox',
    'patch',
    'vim',
    'less',
    'bash-completion',
    'fish',
    'zsh',
    'man-db',
    'groff',
    'mandoc',
    'openssh-client',
  ],
  // the apps that are driven in a strict sandbox, and a window manager; jedit brings Java, qutebrowser QtWebEngine
  ...[
    'firefox-esr',
    'chromium',
    'qutebrowser',
    'gnome-text-editor',
    'meld',
    'jedit',
    'evince',
    'openbox',
    'at-spi2-core',
    'fonts-dejavu-core',
  ],
  // a Wayland compositor that keeps nothing from anybody: 3 MB
  'sway',
  // the portals: sessions without --portals know nothing of them
  ...['xdg-desktop-portal', 'xdg-desktop-portal-gtk', 'fuse3'],
  // the launchers of other desktops
  ...['libgtk-3-bin', 'exo-utils'],
  // xdg-open, and what it tells types by
  ...['xdg-utils', 'file'],
  // what packages are made and looked through with
  ...['debhelper', 'esbuild', 'lintian', 'rpm', 'makepkg', 'pacman-package-manager', 'libarchive-tools', 'fakeroot'],
  // the window, which is driven by the accessibility tree
  ...['gir1.2-gtk-4.0', 'gir1.2-adw-1', 'gir1.2-atspi-2.0'],
  // GLib, the oracle for desktop entries; a raw bus client
  ...['appstream', 'desktop-file-utils', 'libglib2.0-bin', 'python3-gi', 'python3-dbus', 'gir1.2-glib-2.0'],
];

/**
 * Installs the packages that are missing, as root on Debian or Ubuntu, after listing them. Elsewhere it tells what is
 * missing; the testbeds refuse to start without what they can't do without.
 */
export async function installPackages(names = packages) {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the placeholders are dpkg's
  const query = ['dpkg-query', '--show', '--showformat', '${db:Status-Status} ${Package}\n', ...names];
  const { output } = await run(query, { capture: true }).catch(() => ({ output: '' }));
  const installed = new Set(
    output
      .split('\n')
      .filter((line) => line.startsWith('installed '))
      .map((line) => line.slice(10)),
  );
  const missing = names.filter((name) => !installed.has(name));
  if (missing.length === 0) return;
  const install = ['apt-get', 'install', '--yes', '--no-install-recommends'];
  if (process.getuid() !== 0 || !existsSync('/usr/bin/apt-get')) {
    say(`not installed here (tests that need them will fail): ${missing.join(' ')}`);
    if (existsSync('/usr/bin/apt-get')) say(`sudo ${install.join(' ')} ${missing.join(' ')}`);
    return;
  }
  say(`installing with apt-get: ${missing.join(' ')}`);
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  const update = ['apt-get', 'update', '-qq'];
  if ((await run(update, { env })) !== 0 && (await run(update, { env })) !== 0)
    throw new Error('apt-get update failed');
  // Ubuntu has its browsers as snaps.
  const shown = (await run(['apt-cache', 'show', ...missing], { capture: true })).output;
  const known = missing.filter((name) => shown.includes(`Package: ${name}\n`));
  const unknown = missing.filter((name) => !known.includes(name));
  if (unknown.length > 0) say(`no packages here (tests that need them will fail): ${unknown.join(' ')}`);
  if ((await run([...install, '-qq', ...known], { env })) !== 0) throw new Error('apt-get install failed');
}

/** Builds, but where npm test has done so already: what runs beside must not be changed. False if that failed. */
export async function buildOnce() {
  return process.env.RINGFENCE_TEST_BUILT === '1' || (await run(['npm', 'run', '--silent', 'build'])) === 0;
}

/** Fetches the machine's kernel, and where it cannot be had the slower one of this system. */
export async function prepareMachineKernel() {
  const { code, output } = await run([join(root, 'test/testbed/machine-kernel')], { capture: true });
  if (code === 0) return;
  say(`the machines will be five times slower: ${output.trim()}`);
  await installPackages(['user-mode-linux']);
}

/** `npm ci` where node_modules is missing or older than the lock file. */
export async function installModules() {
  const mark = join(root, 'node_modules/.package-lock.json');
  if (existsSync(mark) && statSync(mark).mtimeMs >= statSync(join(root, 'package-lock.json')).mtimeMs) return;
  say('installing the modules of package-lock.json (npm ci)');
  // The headers that came with this node, where they did, spare node-gyp a download.
  const prefix = dirname(dirname(process.execPath));
  const env = existsSync(join(prefix, 'include/node/node.h')) ? { npm_config_nodedir: prefix } : {};
  if ((await run(['npm', 'ci', '--loglevel=warn', '--no-audit', '--no-fund'], { env })) !== 0)
    throw new Error('npm ci failed');
}
