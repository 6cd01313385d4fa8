import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { installEntry, removeEntries } from '../../fixtures/desktop-entries.ts';
import { fileTree } from '../../fixtures/file-tree.ts';
import { dbusSend, isOwned } from '../../harness/bus-call.ts';
import { type CommandResult, command, output } from '../../harness/command.ts';
import { tempHome } from '../../harness/temp-home.ts';
import { unitProperty, userUnits } from '../../harness/user-units.ts';
import { waitFor } from '../../harness/wait-for.ts';

const program = fileURLToPath(new URL('../../../dist/ringfence', import.meta.url));
const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};
// The session's own home: its manager and bus read units and activation files there.
const home = process.env['HOME'] ?? '';
const data = join(home, '.local/share');
const service = join(data, 'dbus-1/services/org.ringfence.Ringfence1.service');
const unit = join(data, 'systemd/user/ringfence.service');

const ringfence = (args: readonly string[], env: Record<string, string | undefined> = {}): Promise<CommandResult> =>
  command([program, ...args], { env: { PATH: `${process.env['PATH']}:${home}/.local/bin`, ...env } });

/** Everything below a folder but caches. */
function tree(folder: string): string[] {
  return fileTree(folder, (path) => !path.startsWith(join(folder, '.cache')));
}

/** With the time of each file: nothing was even rewritten. */
function times(folder: string): string[] {
  return tree(folder).map((line) => `${line} ${lstatSync(line.split(' ')[0] ?? '').mtimeMs}`);
}

/** An older installation: its manifest knows the unit as it is. Returns the manifest as it was. */
function asIfOlder(): string {
  const old = readFileSync(unit, 'utf8').replace('Description=', 'Description=Old ');
  writeFileSync(unit, old);
  const manifest = join(data, 'ringfence/install.json');
  const is = (text: string) => `file:644:${createHash('sha256').update(text).digest('hex')}`;
  const fresh = readFileSync(manifest, 'utf8');
  writeFileSync(manifest, fresh.replace(/("[^"]+\/ringfence\.service": \{"is":")file:[^"]+/, `$1${is(old)}`));
  return fresh;
}

/** Which folders the first install made was in its notes alone. */
function removeNewFolders(before: readonly string[]): void {
  for (const line of tree(home).reverse()) {
    const path = line.split(' ')[0] ?? '';
    if (!before.includes(line) && lstatSync(path).isDirectory()) rmdirSync(path);
  }
}

describe('ringfence install, in the session', () => {
  afterEach(async () => {
    await ringfence(['uninstall']);
  });

  it('answers by D-Bus activation, changes nothing the second time, and leaves nothing behind', async () => {
    const before = tree(home);
    const first = await ringfence(['install']);
    expect(first).toMatchObject({ code: 0, stderr: '' });
    const [done, next, ...rest] = first.stdout.split('\n').slice(-3);
    expect([done, rest]).toEqual([`Ringfence ${version} is installed and answers on the bus.`, ['']]);
    expect(next).toMatch(/^Next: "ringfence apps" .*"ringfence enable APP"/);
    expect(await unitProperty('ringfence.service', 'FragmentPath')).toBe(unit);
    expect(await unitProperty('graphical-session.target', 'Wants')).toContain('ringfence.service');

    await output(['systemctl', '--user', 'stop', 'ringfence.service']);
    await waitFor(async () => !(await isOwned('org.ringfence.Ringfence1')), { what: 'the daemon to be gone' });
    const reply = await dbusSend('org.freedesktop.DBus.Properties.Get', [
      'string:org.ringfence.Ringfence1',
      'string:Version',
    ]);
    expect(reply.stdout).toContain(version);

    const installed = times(home);
    const pid = await unitProperty('ringfence.service', 'MainPID');
    const second = await ringfence(['install']);
    expect(second).toMatchObject({
      code: 0,
      stdout: `Ringfence ${version} was already installed and answers on the bus.\n`,
    });
    expect(times(home)).toEqual(installed);
    expect(await unitProperty('ringfence.service', 'MainPID')).toBe(pid);

    const notes = join(home, '.local/state/ringfence');
    mkdirSync(notes, { recursive: true });
    for (const name of ['told-apps', 'told-of-sound', 'told-ends'])
      writeFileSync(join(notes, `${name}.json`), '["org.example.App"]');
    expect((await ringfence(['uninstall'])).code).toBe(0);
    expect(tree(home)).toEqual(before);
    expect(existsSync(join(home, '.cache/ringfence'))).toBe(false);
    expect(await unitProperty('ringfence.service', 'LoadState')).toBe('not-found');
    const gone = await dbusSend('org.freedesktop.DBus.Peer.Ping');
    expect(gone.stderr).toContain('ServiceUnknown');
    expect(await ringfence(['uninstall'])).toMatchObject({
      code: 0,
      stdout: 'Ringfence is not installed for you; there is nothing to do.\n',
    });
    expect(tree(home)).toEqual(before);
  });

  it('takes back what it wrote after its notes were lost, with or without another install', async () => {
    const before = tree(home);
    for (const again of [true, false]) {
      await ringfence(['install']);
      rmSync(join(data, 'ringfence'), { recursive: true });
      if (again) expect(await ringfence(['install'])).toMatchObject({ code: 0, stderr: '' });
      expect((await ringfence(['uninstall'])).code).toBe(0);
      removeNewFolders(before);
      expect(tree(home)).toEqual(before);
    }
  });

  it('without notes names what says that it is ours but was edited, and leaves what the user saved', async () => {
    const before = tree(home);
    await ringfence(['install']);
    rmSync(join(data, 'ringfence'), { recursive: true });
    const page = join(data, 'man/man1/ringfence.1');
    writeFileSync(page, `.\\" mine\n${readFileSync(page, 'utf8')}`);
    const script = join(data, 'bash-completion/completions/ringfence');
    writeFileSync(script, (await ringfence(['completion', 'bash'])).stdout);
    expect((await ringfence(['install'])).code).toBe(1);
    const { code, stdout } = await ringfence(['uninstall']);
    expect(code).toBe(1);
    expect(stdout).toContain(`${page}: it seems to be from Ringfence, which has no record of it`);
    expect(existsSync(page) && existsSync(script)).toBe(true);
    rmSync(page);
    rmSync(script);
    removeNewFolders(before);
    expect(tree(home)).toEqual(before);
  });

  it('leaves no limit behind that enable has put into the configuration', async () => {
    installEntry('org.test.Kept', ['Exec=sleep 1000']);
    mkdirSync(join(home, '.config'), { recursive: true });
    const before = tree(home);
    await ringfence(['install']);
    expect((await ringfence(['enable', '--memory-max', '1G', 'org.test.Kept'])).code).toBe(0);
    expect(readFileSync(join(home, '.config/ringfence/config.toml'), 'utf8')).toContain('memory-max = "1G"');
    const { code, stderr } = await ringfence(['uninstall']);
    expect(code).toBe(0);
    expect(stderr).toContain('org.test.Kept: memory-max removed from ');
    expect(tree(home)).toEqual(before);
    removeEntries();
  });

  it('writes nothing in a dry run, and prints what it would write', async () => {
    const before = tree(home);
    const { code, stdout } = await ringfence(['install', '--dry-run']);
    expect(code).toBe(0);
    expect(stdout.split('\n').length).toBeLessThan(25);
    expect(stdout).toContain(`would create  ${unit}`);
    expect(stdout).toMatch(/^would create {2}.*\/\.local\/bin\/ \(\d links: ringfence, .*ssc\)$/m);
    expect(stdout).toMatch(/^would create {2}.*\/share\/ringfence\/ \(\d\d files, \d.* (KiB|MiB)\)$/m);
    expect(stdout).toMatch(/\nNothing was changed: this would create \d+ files\. --diff shows their contents\.\n$/);
    const { stdout: diff } = await ringfence(['install', '--diff']);
    expect(diff).toContain(`+++ ${unit}`);
    expect(diff).toMatch(/^\+ExecStart=\/.*node .*ringfenced$/m);
    expect(tree(home)).toEqual(before);
  });

  it('names the homes of strict apps and the settings, which stay, and what removes them', async () => {
    const before = tree(home);
    const config = join(home, '.config/ringfence/config.toml');
    mkdirSync(dirname(config), { recursive: true });
    writeFileSync(config, 'default-profile = "relaxed"\n');
    const homes = join(data, 'ringfence/homes');
    for (const name of ['org.example.A', 'org.example.B']) mkdirSync(join(homes, name), { recursive: true });
    const { code, stderr } = await ringfence(['uninstall']);
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr:
        `The data of strict apps stays in ${homes} (org.example.A, org.example.B); remove it with: rm -r -- ${homes}\n` +
        `Your settings stay in ${config}; remove them with: rm -- ${config}\n`,
    });
    await output(['sh', '-c', stderr.replace(/.*remove (?:it|them) with: /g, '')]);
    expect([homes, config].map((path) => existsSync(path))).toEqual([false, false]);
    removeNewFolders(before);
  });

  it('takes back what strict starts have made, but no home and nothing of the user’s', async () => {
    const runtime = process.env['XDG_RUNTIME_DIR'] ?? '';
    mkdirSync(join(home, 'Downloads'), { recursive: true });
    const before = tree(home);
    await ringfence(['install']);
    const limits = ['--memory-max', 'infinity', '--memory-swap-max', 'infinity', '--tasks-max', 'infinity'];
    const ids = ['org.test.Stays', 'org.test.Goes', 'org.test.Loads'];
    for (const id of ids) {
      installEntry(id, ['Exec=sleep 1000']);
      expect((await ringfence(['launch', '--profile', 'strict', ...limits, id])).code).toBe(0);
    }
    for (const id of ids) await ringfence(['stop', id]);
    const downloads = (id: string) => join(home, 'Downloads', id);
    for (const id of ids) expect(existsSync(downloads(id))).toBe(true);
    writeFileSync(join(downloads('org.test.Loads'), 'letter'), 'the user’s');
    for (const id of ids.slice(1)) rmSync(join(data, `ringfence/homes/local.${id}`), { recursive: true });
    removeEntries();
    const { stderr } = await ringfence(['uninstall']);
    expect(stderr).toContain(
      `(local.org.test.Stays); remove it with: rm -r -- ${data}/ringfence/homes ${data}/ringfence/downloads.json`,
    );
    expect(ids.map((id) => existsSync(downloads(id)))).toEqual([true, false, true]);
    for (const name of ['ringfence', '.flatpak'])
      expect([name, existsSync(join(runtime, name))]).toEqual([name, false]);
    rmSync(join(data, 'ringfence/homes'), { recursive: true });
    await ringfence(['uninstall']);
    expect(existsSync(downloads('org.test.Stays'))).toBe(false);
    expect(readFileSync(join(downloads('org.test.Loads'), 'letter'), 'utf8')).toBe('the user’s');
    rmSync(downloads('org.test.Loads'), { recursive: true });
    removeNewFolders(before);
    expect(tree(home)).toEqual(before);
    rmdirSync(join(home, 'Downloads'));
  });

  it('takes nothing back in a dry run of uninstall, and names what it would', async () => {
    await ringfence(['install']);
    const before = times(home);
    const pid = await unitProperty('ringfence.service', 'MainPID');
    const { code, stdout } = await ringfence(['uninstall', '--dry-run']);
    expect(code).toBe(0);
    expect(stdout).toContain(`would remove  ${unit}`);
    expect(stdout).toMatch(/\nNothing was changed\.\n$/);
    expect((await ringfence(['uninstall', '--diff'])).stdout).toContain(unit);
    expect(times(home)).toEqual(before);
    expect(await unitProperty('ringfence.service', 'MainPID')).toBe(pid);
  });

  it('says in JSON what it wrote and took back', async () => {
    const ofUnit = (text: string) => JSON.stringify(JSON.parse(text)).includes(JSON.stringify(unit));
    expect(ofUnit((await ringfence(['install', '--json'])).stdout)).toBe(true);
    expect(existsSync(unit)).toBe(true);
    expect(ofUnit((await ringfence(['uninstall', '--json'])).stdout)).toBe(true);
    expect(existsSync(unit)).toBe(false);
  });

  it('repairs and uninstalls from its own copy, without the package it came from', async () => {
    const before = tree(home);
    await ringfence(['install']);
    const own = join(home, '.local/bin/ringfence');
    rmSync(service);
    expect((await command([own, 'install'])).stdout).toContain('created');
    expect(existsSync(service)).toBe(true);
    expect((await command([own, 'uninstall'])).code).toBe(0);
    expect(tree(home)).toEqual(before);
  });

  it('leaves the files of the user and what the user edited', async () => {
    const theirs = join(home, '.local/bin/ringfence');
    for (const folder of [join(home, '.local/bin'), data]) mkdirSync(folder, { recursive: true });
    writeFileSync(theirs, '#!/bin/sh\n');
    const before = tree(home);
    try {
      const installed = await ringfence(['install']);
      expect(installed.code).toBe(1);
      expect(installed.stdout).toMatch(new RegExp(`^kept +${theirs}: it was there before`, 'm'));
      const page = join(data, 'bash-completion/completions/ringfence');
      writeFileSync(page, 'mine\n');
      expect((await ringfence(['install'])).stdout).toMatch(new RegExp(`^kept +${page}: you have edited it`, 'm'));
      const end = await ringfence(['uninstall']);
      expect(end.code).toBe(1);
      expect(end.stdout).toMatch(new RegExp(`^kept +${page}: you have edited it`, 'm'));
      expect(end.stdout).toMatch(
        /\nRingfence is uninstalled, but not all of it: see above\. Running apps keep running\.\n$/,
      );
      expect(readFileSync(page, 'utf8')).toBe('mine\n');
      rmSync(join(data, 'bash-completion'), { recursive: true });
      expect(tree(home)).toEqual(before);
    } finally {
      rmSync(theirs);
    }
  });

  it('names the record and the script that stay with an entry that the user edited, or copied', async () => {
    const before = tree(home);
    installEntry('org.test.Edited', ['Exec=sleep 1000']);
    await ringfence(['install']);
    expect((await ringfence(['enable', 'org.test.Edited'])).code).toBe(0);
    const entry = join(data, 'applications/org.test.Edited.desktop');
    writeFileSync(entry, `${readFileSync(entry, 'utf8')}# mine\n`);
    const copy = join(data, 'applications/org.test.Copy.desktop');
    const script = join(data, 'applications/ringfence/org.test.Edited.sh');
    const { code, stdout } = await ringfence(['uninstall']);
    const record = join(data, 'ringfence/manifest.json');
    expect(code).toBe(1);
    expect(stdout).toContain(`${entry}: you have edited it`);
    expect(stdout).toContain(`${record}: it is the record of what stays`);
    expect(stdout).toContain('is uninstalled, but not all of it');
    // As for a copy of it, whose marks are gone.
    renameSync(entry, copy);
    const again = await ringfence(['uninstall']);
    expect(again.code).toBe(1);
    expect(again.stdout).toMatch(new RegExp(`^kept +${script}: ${copy} runs it, so it stays`, 'm'));
    expect(again.stdout).toContain(`${record}: it is the record of what stays`);
    // Back to nothing, with what the user is told to do.
    rmSync(copy);
    await ringfence(['uninstall']);
    removeEntries();
    expect(tree(home)).toEqual(before);
  });

  it('restarts the daemon for another version of a file, and leaves what runs alone', async () => {
    await ringfence(['install']);
    await output([program, 'run', 'sleep', '600']);
    const [scope = ''] = await userUnits('app-ringfence-sleep-*.scope');
    const pid = await unitProperty('ringfence.service', 'MainPID');
    const fresh = asIfOlder();
    const update = await ringfence(['install']);
    expect(update.stdout).toMatch(new RegExp(`^updated +${unit}`, 'm'));
    expect(readFileSync(join(data, 'ringfence/install.json'), 'utf8')).toBe(fresh);
    expect(await unitProperty('ringfence.service', 'MainPID')).not.toBe(pid);
    expect((await ringfence(['uninstall'])).code).toBe(0);
    expect(await unitProperty(scope, 'ActiveState')).toBe('active');
    await output(['systemctl', '--user', 'stop', scope]);
  });

  // The daemon of 0.1.0 takes the UnitRemoved that systemd sends for each unit when it reloads for the end of its apps.
  it('ends the old daemon before systemd reads its units again, and answers calls that come meanwhile', async () => {
    await ringfence(['install']);
    asIfOlder();
    const monitor = spawn('dbus-monitor', ['--session', "type='method_call'"], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let seen = '';
    monitor.stdout.on('data', (chunk) => {
      seen += String(chunk);
    });
    try {
      await waitFor(async () => (await dbusSend('org.freedesktop.DBus.Peer.Ping')) && seen.includes('member=Ping'), {
        what: 'the monitor to listen',
      });
      const update = ringfence(['install']);
      let isDone = false;
      void update.then(() => {
        isDone = true;
      });
      while (!isDone) expect((await ringfence(['list'])).code).toBe(0);
      expect((await update).stdout).toContain('is installed and answers on the bus');
      await ringfence(['uninstall']);
      const calls = () =>
        [...seen.matchAll(/interface=org\.freedesktop\.systemd1\.Manager; member=(StopUnit|Reload)$/gm)].map(
          ([, member]) => member,
        );
      await waitFor(() => calls().filter((member) => member === 'Reload').length >= 2, { what: 'both reloads' });
      expect(calls().slice(0, 3)).toEqual(['StopUnit', 'Reload', 'StopUnit']);
    } finally {
      monitor.kill();
    }
  });

  it.each(['runs', 'cannot be started'])('puts the desktop entries back, when the daemon %s', async (daemon) => {
    const own = join(data, 'applications/of-my-own.desktop');
    mkdirSync(join(data, 'applications'), { recursive: true });
    writeFileSync(own, '[Desktop Entry]\nType=Application\nName=Mine\nExec=true %U\n');
    const before = tree(home);
    try {
      await ringfence(['install']);
      const enabled = await ringfence(['enable', 'of-my-own', 'org.gnome.gedit']);
      expect(enabled).toMatchObject({ code: 0 });
      const client = join(data, 'ringfence/dist/ringfence-open');
      for (const id of ['of-my-own', 'org.gnome.gedit'])
        expect(readFileSync(join(data, `applications/ringfence/${id}.sh`), 'utf8')).toContain(client);
      if (daemon !== 'runs') {
        await output(['systemctl', '--user', 'stop', 'ringfence.service']);
        rmSync(join(data, 'ringfence/dist/ringfenced'));
      }
      const end = await ringfence(['uninstall']);
      expect(end.code).toBe(0);
      expect(end.stdout).toMatch(new RegExp(`^restored +${own}$`, 'm'));
      expect(tree(home)).toEqual(before);
    } finally {
      rmSync(join(data, 'applications'), { recursive: true });
    }
  });

  it('says so when another daemon has the name', async () => {
    const stranger = spawn(join(program, '../ringfenced'), { stdio: 'ignore' });
    try {
      await waitFor(() => isOwned('org.ringfence.Ringfence1'), { what: 'the other daemon' });
      const { code, stderr } = await ringfence(['install']);
      expect(code).toBe(1);
      expect(stderr).toContain(`process ${stranger.pid}`);
    } finally {
      stranger.kill();
      await once(stranger, 'close');
    }
  });
});

describe('ringfence install, disturbed', () => {
  const alone = { DBUS_SESSION_BUS_ADDRESS: undefined, XDG_RUNTIME_DIR: undefined };

  it('killed at any moment, is finished or taken back by the next call', async () => {
    const place = tempHome();
    const env = { ...process.env, ...alone, ...place.env };
    const before = tree(place.path);
    const manifest = join(place.data, 'ringfence/install.json');
    const outcomes = new Set<string>();
    for (let round = 0; round < 25; round += 1) {
      const child = spawn(program, ['install'], { env, stdio: 'ignore' });
      const end = once(child, 'close');
      // Every other round from the moment the first file is there: whoever looked now and then would find all of them there.
      if (round % 2 === 0)
        while (!existsSync(manifest) && child.exitCode === null) await new Promise((next) => setImmediate(next));
      await sleep(round % 2 === 0 ? round / 4 : round * 8);
      child.kill('SIGKILL');
      await end;
      const known = existsSync(manifest);
      outcomes.add(child.exitCode === 0 ? 'finished' : known ? 'half' : 'nothing');
      if (round % 5 === 4) {
        expect(await ringfence(['install'], { ...alone, ...place.env })).toMatchObject({ code: 0 });
        const settled = tree(place.path);
        expect((await ringfence(['install'], { ...alone, ...place.env })).stdout).toContain('was already installed');
        expect(tree(place.path)).toEqual(settled);
      }
      expect((await ringfence(['uninstall'], { ...alone, ...place.env })).code).toBe(0);
      expect(tree(place.path)).toEqual(before);
    }
    expect(outcomes).toContain('half');
    place.remove();
  });

  it('does nothing in a folder that cannot be written, and goes without a man page', async () => {
    const place = tempHome();
    mkdirSync(join(place.data, 'systemd'), { mode: 0o555 });
    const before = tree(place.path);
    const refused = await ringfence(['install'], { ...alone, ...place.env });
    expect(refused.code).toBe(70);
    expect(refused.stderr).toContain(`permission denied (${place.data}/systemd)`);
    expect(tree(place.path)).toEqual(before);

    chmodSync(join(place.data, 'systemd'), 0o755);
    mkdirSync(join(place.data, 'fish'), { mode: 0o555 });
    const without = await ringfence(['install'], { ...alone, ...place.env });
    expect(without.code).toBe(1);
    expect(without.stdout).toMatch(/^kept .*fish.*permission denied \(.*fish\)/m);
    expect((await ringfence(['uninstall'], { ...alone, ...place.env })).code).toBe(0);
    place.remove();
  });

  it('leaves a full disk as it was', async () => {
    const script = `
      mount -t tmpfs -o size=400k,mode=755 tmpfs "$1" && cd "$1" && mkdir -p .local/share
      find . -path ./.cache -prune -o -printf '%y %m %p\\n' | sort >/tmp/ringfence-full-before
      HOME=$1 XDG_DATA_HOME= XDG_STATE_HOME= XDG_CONFIG_HOME= XDG_CACHE_HOME= "$2" install; echo "code $?"
      find . -path ./.cache -prune -o -printf '%y %m %p\\n' | sort | diff /tmp/ringfence-full-before - && echo the same`;
    const place = tempHome();
    const env = { ...alone };
    const unshare = ['unshare', '--user', '--map-root-user', '--mount'];
    const { stdout, stderr } = await command([...unshare, 'sh', '-c', script, 'full', place.path, program], { env });
    expect(stderr).toMatch(
      /^ringfence: cannot install.*: the disk is full.*make room.*; everything is as it was before$/m,
    );
    expect(stdout).toBe('code 70\nthe same\n');
    rmSync('/tmp/ringfence-full-before');
    place.remove();
  });

  it.each(['install', 'uninstall'])('does not %s into a home that nobody knows', async (verb) => {
    const { code, stderr } = await ringfence([verb], { ...alone, HOME: 'relative', XDG_DATA_HOME: undefined });
    expect(stderr).toMatch(/HOME is not set to an absolute path/);
    expect(code).toBe(2);
  });

  it('says so of notes that it may not read', async () => {
    const place = tempHome();
    const env = { ...alone, ...place.env };
    const manifest = join(place.data, 'ringfence/install.json');
    mkdirSync(join(place.data, 'ringfence'));
    writeFileSync(manifest, '{}', { mode: 0 });
    for (const verb of ['install', 'uninstall']) {
      const { code, stderr } = await ringfence([verb], env);
      expect(stderr).toContain(`cannot read ${manifest}: permission denied`);
      expect(code).toBe(70);
    }
    place.remove();
  });

  it('waits for another install, and refuses a damaged manifest', async () => {
    const place = tempHome();
    const env = { ...alone, ...place.env };
    const both = await Promise.all([ringfence(['install'], env), ringfence(['install'], env)]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    const manifest = join(place.data, 'ringfence/install.json');
    const good = readFileSync(manifest, 'utf8');
    writeFileSync(manifest, '{');
    expect(await ringfence(['uninstall'], env)).toMatchObject({ code: 70, stderr: expect.stringContaining(manifest) });
    writeFileSync(manifest, good);
    expect((await ringfence(['uninstall'], env)).code).toBe(0);
    place.remove();
  });
});
