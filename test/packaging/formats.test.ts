import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { installEntry } from '../fixtures/desktop-entries.ts';
import { fileTree } from '../fixtures/file-tree.ts';
import { installScript, pacman, rpm } from '../fixtures/package-door.ts';
import { cgroupOf } from '../harness/cgroup.ts';
import { command, output } from '../harness/command.ts';
import { unitProperty } from '../harness/user-units.ts';
import { waitFor } from '../harness/wait-for.ts';

// The packages of other systems than Debian, installed by their own tools over this system's files: what they bring is the same everywhere.
const folder = fileURLToPath(new URL('../../out/package', import.meta.url));
const made = (ending: string, part = 'ringfence') =>
  join(
    folder,
    readdirSync(folder).find((name) => name.startsWith(`${part}-${version}`) && name.endsWith(ending)) ?? 'none',
  );
const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};
const home = process.env['HOME'] ?? '';
const icon = join(home, '.local/share/applications/org.test.Sleeper.desktop');
const script = join(home, '.local/share/applications/ringfence/org.test.Sleeper.sh');

interface Format {
  readonly name: string;
  readonly prefix: string;
  readonly install: () => Promise<string>;
  readonly remove: () => Promise<string>;
}

const unpacked = mkdtempSync(join(tmpdir(), 'tarball-'));
const installer = () => join(unpacked, readdirSync(unpacked)[0] ?? '');
const formats: Format[] = [
  {
    name: 'the .rpm',
    prefix: '/usr',
    install: async () => {
      await rpm('--upgrade', made('.noarch.rpm'));
      return rpm('--upgrade', made('.noarch.rpm', 'ringfence-gtk'));
    },
    remove: async () => {
      await rpm('--erase', 'ringfence-gtk');
      return rpm('--erase', 'ringfence');
    },
  },
  {
    name: 'the package for Arch',
    prefix: '/usr',
    install: async () => {
      await pacman('--upgrade', made('-any.pkg.tar.xz'));
      return pacman('--upgrade', made('-any.pkg.tar.xz', 'ringfence-gtk'));
    },
    remove: async () => {
      await pacman('--remove', 'ringfence-gtk');
      return pacman('--remove', 'ringfence');
    },
  },
  {
    name: 'the tarball',
    prefix: '/usr/local',
    install: () => installScript('--install', installer()),
    remove: () => installScript('--uninstall', installer()),
  },
];

/** What the session has added to the system, and the empty folders where packages have theirs; what tools note below /var is their own. */
const system = async (): Promise<string[]> => {
  const layers = ['usr', 'etc', 'opt'].map((layer) => `/mnt/layers/${layer}/upper`);
  const files = await output(['find', ...layers, '!', '-type', 'd', '-printf', '%p %y %m %u %s %l\\n']);
  const kinds = ['dbus-1', 'doc', 'bash-completion', 'zsh', 'fish', 'licenses', 'man'].map(
    (kind) => `/usr/share/${kind}`,
  );
  const places = ['/usr/local', '/usr/lib/systemd', ...kinds].filter((place) => existsSync(place));
  const folders = await output(['find', ...places, '-maxdepth', '4', '-type', 'd', '-empty']);
  // Fedora's and openSUSE's own packages have the first two; pacman runs ldconfig, and takes folders away that it finds empty.
  const ofOthers = /^\/usr\/share\/(licenses|zsh\/site-functions)$|\/ld\.so\.cache |\/vendor_completions\.d\b/;
  return [...files.split('\n'), ...folders.split('\n')].filter((one) => !ofOthers.test(one)).sort();
};

async function sleepers(): Promise<number[]> {
  const { stdout } = await command(['pgrep', '--full', '--exact', 'sleep 86399']);
  return stdout.split('\n').filter(Boolean).map(Number);
}

/** As a desktop does it: by GLib, which reads the entry's Exec line. */
async function click(): Promise<string> {
  const before = new Set(await sleepers());
  await output(['sh', '-c', 'exec gio launch "$1" >/dev/null 2>&1', 'click', icon]);
  const pid = await waitFor(async () => (await sleepers()).find((one) => !before.has(one)), { what: 'the app' });
  return cgroupOf(pid) ?? '';
}

const daemonIsGone = () =>
  waitFor(async () => (await unitProperty('ringfence.service', 'LoadState')) === 'not-found', {
    what: 'the daemon to end and its unit to be forgotten',
  });

beforeAll(async () => {
  await output(['tar', '--extract', '--file', made('-linux.tar.xz'), '--directory', unpacked]);
  installEntry('org.test.Sleeper', ['Exec=sleep 86399']);
  mkdirSync(join(home, '.config'), { recursive: true });
});
afterEach(async () => {
  for (const pid of await sleepers()) process.kill(pid);
});
afterAll(async () => void (await output(['rm', '-rf', unpacked])));

// One story for each, in this order: each step begins with what the one before has left.
describe.each(formats)('$name', ({ prefix, install, remove }) => {
  const ringfence = `${prefix}/bin/ringfence`;
  let original: string;
  let systemBefore: string[];

  beforeAll(async () => {
    original = readFileSync(icon, 'utf8');
    systemBefore = await system();
  });

  it('installs, changes no home and runs nothing', async () => {
    const homeBefore = fileTree(home);
    // The window's libraries are here.
    expect(await install()).not.toContain('window');
    expect(fileTree(home)).toEqual(homeBefore);
    expect(await output([ringfence, '--version'])).toMatch(/^ringfence \d/);
    expect(await unitProperty('ringfence.service', 'ActiveState')).not.toBe('active');
  });

  it('has the window, which the bus starts, with files that the desktop takes', async () => {
    const share = join(prefix, 'share');
    const id = 'org.ringfence.Ringfence';
    await output(['desktop-file-validate', join(share, 'applications', `${id}.desktop`)]);
    await output(['appstreamcli', 'validate', '--no-net', join(share, 'metainfo', `${id}.metainfo.xml`)]);
    const service = readFileSync(join(share, 'dbus-1/services', `${id}.service`), 'utf8');
    const [, program = 'none'] = /^Exec=(\S+)/m.exec(service) ?? [];
    expect(program).toBe(`${prefix}/lib/ringfence/ringfence-window`);
    // Loads GTK and libadwaita, and needs no display for it.
    expect(await output([program, '--help'])).toContain('--app=DESKTOP-ID');
  });

  it('has the icon of an enabled app start it in its fence, by the daemon that it brought', async () => {
    await output([ringfence, 'enable', 'org.test.Sleeper']);
    expect(readFileSync(script, 'utf8')).toContain(`${prefix}/lib/ringfence/ringfence-open`);
    expect(await click()).toMatch(/\/app\.slice\/app-ringfence-org\.test\.Sleeper-\d+\.scope$/);
    expect(await unitProperty('ringfence.service', 'FragmentPath')).toBe(
      `${prefix}/lib/systemd/user/ringfence.service`,
    );
    expect((await command([ringfence, 'doctor'])).stdout).toContain(`${prefix}/lib/ringfence, for all users`);
  });

  it('is installed again over itself, and the icon starts its app in a fence as before', async () => {
    const old = await unitProperty('ringfence.service', 'MainPID');
    await install();
    const isNew = async () => !['0', old].includes(await unitProperty('ringfence.service', 'MainPID'));
    await waitFor(isNew, { what: 'another daemon' });
    expect(await click()).toMatch(/ringfence-org\.test\.Sleeper-\d+\.scope$/);
  });

  it('is removed: nothing of it stays, it says how to tidy up, and the icon starts the app without a fence', async () => {
    expect(await remove()).toContain('ringfence uninstall');
    expect(await system()).toEqual(systemBefore);
    await daemonIsGone();
    expect(await click()).not.toMatch(/ringfence-org/);
  });

  it('comes back, what was enabled is taken back to the byte, and no home is touched', async () => {
    await install();
    await output([ringfence, 'uninstall']);
    expect(readFileSync(icon, 'utf8')).toBe(original);
    const homeBefore = fileTree(home);
    await remove();
    expect(existsSync(ringfence)).toBe(false);
    await daemonIsGone();
    expect(fileTree(home)).toEqual(homeBefore);
  });
});
