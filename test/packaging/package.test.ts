import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installEntry } from '../fixtures/desktop-entries.ts';
import { fileTree } from '../fixtures/file-tree.ts';
import { listenToNotifications, type NotificationListener } from '../fixtures/notification-listener.ts';
import { dpkg } from '../fixtures/package-door.ts';
import { cgroupOf } from '../harness/cgroup.ts';
import { command, output } from '../harness/command.ts';
import { unitProperty } from '../harness/user-units.ts';
import { waitFor } from '../harness/wait-for.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
const folder = join(root, 'out/package');
const home = process.env['HOME'] ?? '';
const icon = join(home, '.local/share/applications/org.test.Sleeper.desktop');
const script = join(home, '.local/share/applications/ringfence/org.test.Sleeper.sh');
const scope = /\/app\.slice\/(app-ringfence-org\.test\.Sleeper-\d+\.scope)$/;

interface Finding {
  readonly name: string;
  readonly state: string;
  readonly says: string;
}

/** What an upgrade is from: an earlier commit's package where run.mjs was told of one, else this very package of an older version. */
async function olderPackage(): Promise<string> {
  const built = process.env['RINGFENCE_TEST_OLDER_PACKAGE'];
  if (built !== undefined) return built;
  const [name] = readdirSync(folder).filter((one) => /^ringfence_.*_all\.deb$/.test(one));
  const tree = mkdtempSync(join(tmpdir(), 'older-'));
  await output(['dpkg-deb', '--raw-extract', join(folder, name ?? ''), tree]);
  const edit = (path: string, from: string, to: string) => {
    const text = readFileSync(join(tree, path), 'utf8');
    expect(text).toContain(from);
    writeFileSync(join(tree, path), text.replaceAll(from, to));
  };
  edit('DEBIAN/control', `Version: ${version}`, 'Version: 0.0.1');
  for (const program of ['ringfence', 'ringfenced'])
    edit(`usr/lib/ringfence/${program}.bundle.cjs`, `"${version}"`, '"0.0.1"');
  edit('usr/lib/ringfence/package.json', `"${version}"`, '"0.0.1"');
  const file = join(tree, '../ringfence-older.deb');
  await output(['dpkg-deb', '--root-owner-group', '--build', tree, file]);
  rmSync(tree, { recursive: true });
  return file;
}

function newPackage(): string {
  return join(folder, readdirSync(folder).find((one) => /^ringfence_.*_all\.deb$/.test(one)) ?? 'none');
}

/** As a desktop does it: by GLib, which reads the entry's Exec line. */
async function click(): Promise<{ pid: number; cgroup: string }> {
  const before = new Set(await sleepers());
  // Without a fence the app would have our pipes.
  await output(['sh', '-c', 'exec gio launch "$1" >/dev/null 2>&1', 'click', icon]);
  const pid = await waitFor(async () => (await sleepers()).find((one) => !before.has(one)), { what: 'the app' });
  return { pid, cgroup: cgroupOf(pid) ?? '' };
}

/** The entry and the script that it runs; 0.2.0 had both in the entry. */
function iconText(): string {
  return readFileSync(icon, 'utf8') + (existsSync(script) ? readFileSync(script, 'utf8') : '');
}

async function sleepers(): Promise<number[]> {
  const { stdout } = await command(['pgrep', '--full', '--exact', 'sleep 86399']);
  return stdout.split('\n').filter(Boolean).map(Number);
}

async function doctor(): Promise<(name: string) => Finding | undefined> {
  const { stdout } = await command(['/usr/bin/ringfence', 'doctor', '--json']);
  const { findings } = JSON.parse(stdout) as { findings: Finding[] };
  return (name) => findings.find((one) => one.name === name);
}

async function runningVersion(): Promise<string> {
  const { stdout } = await command(['/usr/bin/ringfence', 'status', '--json']);
  return (JSON.parse(stdout) as { version: string }).version;
}

/** All that packages may write, but for dpkg's own notes: path, kind, mode, owner, and size and target of what is no folder. */
async function systemFiles(): Promise<string[]> {
  const facts = ['(', '-type', 'd', '-printf', '%p %y %m %u\\n', ')', '-o', '-printf', '%p %y %m %u %s %l\\n'];
  // Some folders are root's alone, before and after.
  const { stdout } = await command(['find', '/usr', '/etc', '/opt', '/var/lib', '/var/cache', '-xdev', ...facts]);
  return stdout
    .split('\n')
    .filter((line) => !line.startsWith('/var/lib/dpkg/'))
    .sort();
}

async function enabled(): Promise<string> {
  return output(['/usr/bin/ringfence', 'apps', '--enabled']);
}

// One story, in this order: each step begins with what the one before has left.
describe('the package', () => {
  let original: string;
  let untouched: ReturnType<typeof fileTree>;
  let system: string[];
  let notifications: NotificationListener;
  let first: { pid: number; cgroup: string };
  let unit: string;

  beforeAll(async () => {
    mkdirSync(join(home, '.local/share/applications'), { recursive: true });
    // Everybody's, as the two above it are: whoever makes it leaves it.
    mkdirSync(join(home, '.local/state'), { recursive: true });
    installEntry('org.test.Sleeper', ['Exec=sleep 86399']);
    original = readFileSync(icon, 'utf8');
    notifications = await listenToNotifications();
  });
  afterAll(async () => {
    await notifications.stop();
    for (const pid of await sleepers()) process.kill(pid);
  });

  it('installs, changes no home and runs nothing', async () => {
    untouched = fileTree(home, () => true);
    system = await systemFiles();
    const older = await olderPackage();
    await dpkg('--install', older);
    expect(fileTree(home, () => true)).toEqual(untouched);
    const field = await output(['dpkg-deb', '--field', older, 'Version']);
    expect(await output(['/usr/bin/ringfence', '--version'])).toBe(`ringfence ${field.replace(/-1$/, '')}`);
    expect(await unitProperty('ringfence.service', 'ActiveState')).not.toBe('active');
  });

  it('has what it names', async () => {
    const page = await output(['dpkg', '--listfiles', 'ringfence']);
    for (const file of ['/usr/share/dbus-1/services/org.ringfence.Ringfence1.service', '/usr/bin/ssc'])
      expect(page.split('\n')).toContain(file);
    expect(page).not.toMatch(/\.cache$|\.node$/m);
  });

  it('has the icon of an enabled app start it in its fence', async () => {
    await output(['/usr/bin/ringfence', 'enable', '--memory-max', '1G', 'org.test.Sleeper']);
    expect(iconText()).toContain('/usr/lib/ringfence/ringfence-open');
    first = await click();
    expect(first.cgroup).toMatch(scope);
    unit = scope.exec(first.cgroup)?.[1] ?? '';
    expect(await output(['/usr/bin/ringfence', 'list'])).toContain(String(first.pid));
  });

  it('is upgraded under a running app: it keeps its scope and limits, and the new daemon takes over by itself', async () => {
    const old = await unitProperty('ringfence.service', 'MainPID');
    const limit = await unitProperty(unit, 'MemoryMax');
    expect(limit).toBe(String(2 ** 30));
    await dpkg('--install', newPackage());
    const isNew = async () => !['0', old].includes(await unitProperty('ringfence.service', 'MainPID'));
    await waitFor(isNew, { what: 'another daemon' });
    expect(await runningVersion()).toBe(version);
    expect(cgroupOf(first.pid)).toBe(first.cgroup);
    expect(await unitProperty(unit, 'MemoryMax')).toBe(limit);
    expect(await output(['/usr/bin/ringfence', 'show', unit])).toContain('1G');
    expect(await enabled()).toContain('org.test.Sleeper');
    expect((await click()).cgroup).toMatch(scope);
  });

  it('does not fight with a copy in the user’s own folders', async () => {
    expect((await doctor())('installation')).toMatchObject({
      state: 'works',
      says: `${version} in /usr/lib/ringfence, for all users of this machine`,
    });
    expect((await command(['/usr/bin/ringfence', 'install'])).code).toBe(2);
    expect((await command(['/usr/bin/ringfence', 'uninstall', '--dry-run'])).code).toBe(0);

    await output([join(root, 'dist/ringfence'), 'install']);
    expect((await doctor())('installation')).toMatchObject({
      state: 'limited',
      says: expect.stringMatching(/yours is used/),
    });
    expect(await unitProperty('ringfence.service', 'FragmentPath')).toContain(home);
    await waitFor(() => iconText().includes(`${home}/.local/share/ringfence/dist/ringfence-open`), {
      what: 'the icon to name the client that is used',
    });
    expect((await click()).cgroup).toMatch(scope);

    await output(['/usr/bin/ringfence', 'uninstall', '--keep-enabled']);
    expect(await unitProperty('ringfence.service', 'FragmentPath')).toBe('/usr/lib/systemd/user/ringfence.service');
    await waitFor(() => iconText().includes('/usr/lib/ringfence/ringfence-open'), {
      what: 'the icon to name the package’s client again',
    });
    expect((await doctor())('installation')?.state).toBe('works');
    expect(await enabled()).toContain('org.test.Sleeper');
    expect((await click()).cgroup).toMatch(scope);
    expect(cgroupOf(first.pid)).toBe(first.cgroup);
  });

  it('is removed: the daemon ends, running apps go on, and the icon starts the app without a fence and says why', async () => {
    const shadow = iconText();
    notifications.take();
    expect(await dpkg('--remove', 'ringfence')).toContain('ringfence uninstall');
    await waitFor(async () => (await unitProperty('ringfence.service', 'LoadState')) === 'not-found', {
      what: 'the daemon to end and its unit to be forgotten',
    });
    expect(cgroupOf(first.pid)).toBe(first.cgroup);
    expect(iconText()).toBe(shadow);
    const { cgroup } = await click();
    expect(cgroup).not.toMatch(/ringfence-org/);
    const told: { summary: string; body: string }[] = [];
    await waitFor(() => told.push(...notifications.take()) > 0, { what: 'the notification' });
    expect(told[0]).toMatchObject({
      summary: 'org.test.Sleeper was started without its fence',
      body: expect.stringContaining('Ringfence is gone'),
    });
  });

  it('is purged: nothing of it stays in the system, and no home is touched', async () => {
    const before = fileTree(home, () => true);
    await dpkg('--purge', 'ringfence');
    expect(fileTree(home, () => true)).toEqual(before);
    expect(await systemFiles()).toEqual(system);
    expect((await command(['dpkg', '--status', 'ringfence'])).code).toBe(1);
  });

  it('comes back: what was enabled is, and is taken back to the byte, with all that Ringfence noted in the home', async () => {
    await dpkg('--install', newPackage());
    expect(await enabled()).toContain('org.test.Sleeper');
    expect((await click()).cgroup).toMatch(scope);
    expect(fileTree(home, () => true)).not.toEqual(untouched);
    await output(['/usr/bin/ringfence', 'uninstall']);
    expect(readFileSync(icon, 'utf8')).toBe(original);
    expect(fileTree(home, () => true)).toEqual(untouched);
    await dpkg('--purge', 'ringfence');
  });
});
