import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../../../../src/clients/cli/client.ts';
import { takeLock } from '../../../../src/platform/files/lock-file.ts';
import { liveMounts } from '../../../../src/strict/io/live-mounts.ts';
import type { SandboxRecord } from '../../../../src/strict/ports.ts';
import { type LiveMountOrder, liveMountArgv, renderLiveMount } from '../../../../src/strict/pure/live-mount.ts';
import { built, connectTestBus, connectTestClient, endAll, instanceAt } from '../../../fixtures/live-daemon.ts';
import { pidsIn } from '../../../harness/cgroup.ts';
import { command } from '../../../harness/command.ts';
import { type Daemon, startDaemon } from '../../../harness/daemon.ts';
import { waitFor } from '../../../harness/wait-for.ts';

const home = process.env['HOME'] ?? '';
const id = 'org.example.Reader';
/** Its entry is the user's own, so its home is apart from that of an installed one. */
const own = join(home, '.local/share/ringfence/homes', `local.${id}`);
const strict = { profile: 'strict', 'memory-max': 'infinity', 'memory-swap-max': 'infinity', 'tasks-max': 'infinity' };

const isSleeping = (pid: number) => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8') === 'sleep\0' + '1000\0';
  } catch {
    return false; // It has ended meanwhile.
  }
};

const faultOf = async (order: LiveMountOrder) => {
  const outcome = await liveMounts.change('/usr/bin/perl', 'x86_64', order);
  return 'fault' in outcome ? outcome.fault : undefined;
};

describe('ringfence share and unshare, while the app runs', () => {
  let daemon: Daemon;
  let client: Client;
  let instance: string;
  let unit: string;
  const ringfence = (...words: string[]) =>
    command([built.ringfence, ...words], { env: { XDG_CONFIG_HOME: daemon.home.config }, cwd: home });
  const launch = () => client.launch(id, [], new Map(Object.entries(strict)));
  /** Has the app run a shell command inside, and returns what that says. */
  const inside = async (words: string): Promise<string> => {
    writeFileSync(join(own, 'ask.part'), words);
    renameSync(join(own, 'ask.part'), join(own, 'ask'));
    const answer = join(own, 'answer');
    await waitFor(() => existsSync(answer), { what: `the answer to ${words}` });
    const said = readFileSync(answer, 'utf8');
    rmSync(answer);
    return said;
  };
  const rowOf = async (name: string) =>
    (await instanceAt(client, instance)).report.find((row) => row.get('name') === name)?.get('value');
  const first = async () => liveMounts.firstProcess(await pidsIn(unit)) ?? 0;
  const mountOf = async (path: string) =>
    readFileSync(`/proc/${await first()}/mountinfo`, 'utf8')
      .split('\n')
      .find((line) => line.includes(` ${path} `));
  const cgroup = async () => /^0::(.*)$/m.exec(readFileSync(`/proc/${await first()}/cgroup`, 'utf8'))?.[1] ?? 'none';

  beforeAll(async () => {
    const program = join(home, 'work/reader');
    const entry = join(home, '.local/share/applications', `${id}.desktop`);
    for (const folder of ['work', 'Photos/2026', 'Music', 'Far', 'Papers', '.local/share/applications']) {
      mkdirSync(join(home, folder), { recursive: true });
    }
    writeFileSync(join(home, 'Photos/2026/a'), 'a picture\n');
    writeFileSync(join(home, '.settings'), 'mine\n');
    symlinkSync(join(home, 'work/papers'), join(home, 'Link'));
    mkdirSync(join(home, 'work/papers'));
    writeFileSync(join(home, 'work/papers/p'), 'a paper\n');
    const loop = [
      '#!/bin/sh',
      'cd; [ ! -e started ] || exit 0; : >started',
      'while :; do',
      'if mv ask asked 2>/dev/null; then sh ./asked >answer.part 2>&1; mv answer.part answer; fi',
      'sleep 0.02; done',
    ];
    writeFileSync(program, loop.join('\n'), { mode: 0o755 });
    writeFileSync(entry, `[Desktop Entry]\nType=Application\nName=Reader\nExec=${program}\n`);
    daemon = await startDaemon();
    client = await connectTestClient();
    instance = await launch();
    unit = (await instanceAt(client, instance)).unit;
    await waitFor(() => existsSync(join(own, 'started')), { what: 'the app' });
  });
  afterAll(async () => {
    const bus = await connectTestBus();
    await endAll(bus);
    await bus.close();
    await client?.close();
    await daemon?.stop();
  });

  it('gives it a folder to write, and a later start goes into its sandbox', async () => {
    expect(await inside('ls ~/../../../../../Photos /; ls -d /home/*/Photos')).toMatch(/cannot access/);
    const before = Number(/(\d+) mounts/.exec((await rowOf('read-only-system')) ?? '')?.[1]);
    const shared = await ringfence('share', id, '~/Photos');
    expect(shared).toMatchObject({ code: 0, stderr: `${id} is running and has ${home}/Photos now\n` });
    expect(await inside(`cat ${home}/Photos/2026/a; echo mine >${home}/Photos/b`)).toBe('a picture\n');
    expect(readFileSync(join(home, 'Photos/b'), 'utf8')).toBe('mine\n');
    expect(await rowOf('shared')).toContain(`${home}/Photos`);
    expect(await rowOf('read-only-system')).toContain(` ${before + 1} mounts `);
    expect(await launch()).toBe(instance);
    // The way there is nobody's to write, as before.
    expect(await inside(`mkdir ${home}/mine; touch /mine`)).toMatch(/Read-only file system\n.*Read-only file system/);
  });

  it('gives it what is to be read, folders and files, and nothing inside makes that more', async () => {
    expect((await ringfence('share', id, '~/Music:ro', '~/.settings:ro')).stderr).toBe(
      `${id} is running and has ${home}/Music (read-only) now\n${id} is running and has ${home}/.settings (read-only) now\n`,
    );
    expect(await inside(`cat ${home}/.settings; touch ${home}/Music/x; echo x >${home}/.settings`)).toMatch(
      /^mine\n(.*Read-only file system\n?){2}$/,
    );
    const remount = `unshare -rm sh -c 'mount -o remount,bind,rw ${home}/Music; touch ${home}/Music/x'`;
    expect(await inside(remount)).toMatch(/Read-only file system/);
    expect(readdirSync(join(home, 'Music'))).toEqual([]);
    expect(await mountOf(join(home, 'Music'))).toMatch(/ ro,nosuid,nodev/);
  });

  it('makes the user’s own symlink to a folder inside as well', async () => {
    expect((await ringfence('share', id, '~/Link')).stderr).toBe(`${id} is running and has ${home}/work/papers now\n`);
    expect(await inside(`cat ${home}/Link/p`)).toBe('a paper\n');
    expect(await launch()).toBe(instance);
  });

  it('takes one away again, from a mount namespace of the app’s own too', async () => {
    const apart = [
      ': >~/apart; while [ ! -e ~/look ]; do sleep 0.02; done',
      `ls ${home}/Photos >~/seen.part 2>&1; mv ~/seen.part ~/seen`,
    ];
    await inside(`unshare -rm sh -c '${apart.join('; ')}' >/dev/null 2>&1 &`);
    await waitFor(() => existsSync(join(own, 'apart')), { what: 'the namespace of its own' });
    expect(await ringfence('unshare', id, '~/Photos')).toMatchObject({
      code: 0,
      stderr: `${id} is running and has lost ${home}/Photos, but for what it has open there; end it to be sure\n`,
    });
    expect(await inside(`ls ${home}/Photos`)).toMatch(/No such file/);
    writeFileSync(join(own, 'look'), '');
    await waitFor(() => existsSync(join(own, 'seen')), { what: 'a look from the namespace of its own' });
    expect(readFileSync(join(own, 'seen'), 'utf8')).toMatch(/No such file/);
    expect(await mountOf(join(home, 'Photos'))).toBeUndefined();
    expect(await rowOf('shared')).not.toContain('Photos');
    expect(readFileSync(join(home, 'Photos/2026/a'), 'utf8')).toBe('a picture\n');
    expect(await launch()).toBe(instance);
    // And comes back.
    await ringfence('share', id, '~/Photos');
    expect(await inside(`cat ${home}/Photos/2026/a`)).toBe('a picture\n');
  });

  it('says why something waits for the next start, and changes nothing', async () => {
    const said = await ringfence('share', id, '~/Photos:ro');
    expect(said.stderr).toBe(
      `${id} is running; this takes effect when you start it again: ${home}/Photos (read-only): it has ${home}/Photos now\n`,
    );
    expect(await inside(`echo still >${home}/Photos/b; cat ${home}/Photos/b`)).toBe('still\n');
    // A folder of its own is not mounted over.
    expect(await mountOf(join(home, 'Photos'))).toMatch(/ rw,/);
  });

  it('mounts nothing by a link, in the place of something else, or where the app says', async () => {
    const papers = join(home, 'Papers');
    const { dev, ino } = statSync(papers, { bigint: true });
    const order = {
      ...({ do: 'mount', kind: 'folder', path: papers, writable: true, links: [] } as const),
      ...{ initPid: await first(), cgroup: await cgroup(), id: `${dev}:${ino}` },
    };
    const change = (more: Partial<LiveMountOrder>) => faultOf({ ...order, ...more });
    expect(await change({ id: `${dev}:${ino + 1n}` })).toBe('something else is in its place now');
    expect(await change({ cgroup: '/other.scope' })).toBe('it has ended');
    expect(await change({ path: '/' })).toMatch(/something else/);
    rmSync(papers, { recursive: true });
    symlinkSync('/etc', papers);
    expect(await change({})).toBe(`${papers} is a symlink now`);
    rmSync(papers);
    mkdirSync(papers);
    const fresh = statSync(papers, { bigint: true });
    const right = `${fresh.dev}:${fresh.ino}`;
    // A way into a folder that the app can write, whose names are its.
    const inner = statSync(join(home, 'Photos/2026'), { bigint: true });
    expect(await change({ path: join(home, 'Photos/2026'), id: `${inner.dev}:${inner.ino}` })).toMatch(
      /openat2 .*: Invalid cross-device link/,
    );
    // A namespace that the app has made, in which it is root.
    await inside(`unshare -rm sh -c 'echo $$ >~/apart2; exec sleep 1000' >/dev/null 2>&1 &`);
    await waitFor(() => existsSync(join(own, 'apart2')), { what: 'the second namespace' });
    const apart = await waitFor(async () => (await pidsIn(unit)).find((pid) => isSleeping(pid)), {
      what: 'the process in it',
    });
    expect(await change({ initPid: apart, id: right })).toBe('its first process is in a namespace of the app’s');
    expect(await mountOf(papers)).toBeUndefined();
    expect(await inside(`ls -A ${papers}`)).not.toMatch(/passwd/);
    expect(await change({ id: right })).toBeUndefined();
    expect(await mountOf(papers)).toMatch(/ rw,nosuid,nodev/);
  });

  it('takes one away from namespaces of the app’s where something in it was shared before', async () => {
    const below = join(home, 'Trips/2025/Rome');
    mkdirSync(below, { recursive: true });
    writeFileSync(join(home, 'Trips/a'), 'a trip\n');
    await ringfence('share', id, '~/Trips/2025/Rome');
    await ringfence('unshare', id, '~/Trips/2025/Rome');
    await ringfence('share', id, '~/Trips');
    const apart = [
      ': >~/apart3; while [ ! -e ~/look3 ]; do sleep 0.02; done',
      `cat ${home}/Trips/a >~/seen3.part 2>&1; mv ~/seen3.part ~/seen3`,
    ];
    await inside(`unshare -rm sh -c '${apart.join('; ')}' >/dev/null 2>&1 &`);
    await waitFor(() => existsSync(join(own, 'apart3')), { what: 'the namespace of its own' });
    expect((await ringfence('unshare', id, '~/Trips')).stderr).toMatch(/has lost .*Trips,/);
    writeFileSync(join(own, 'look3'), '');
    await waitFor(() => existsSync(join(own, 'seen3')), { what: 'a look from the namespace of its own' });
    expect(readFileSync(join(own, 'seen3'), 'utf8')).toMatch(/No such file/);
  });

  it('takes away nothing behind a link of its own', async () => {
    expect(await inside(`readlink ${home}/Link; ls ${home}/work/papers`)).toBe(`${home}/work/papers\np\n`);
    mkdirSync(join(home, 'work/papers/kept'));
    const order = {
      ...({
        do: 'unmount',
        kind: 'folder',
        path: join(home, 'Link/kept'),
        writable: false,
        id: '',
        links: [],
      } as const),
      ...{ initPid: await first(), cgroup: await cgroup() },
    };
    expect(await faultOf(order)).toBeUndefined();
    expect(readdirSync(join(home, 'work/papers'))).toEqual(['kept', 'p']);
  });

  it('has nothing that a daemon was mounting when it was killed, as its record says', async () => {
    const half = join(home, 'Half');
    mkdirSync(half);
    const { dev, ino } = statSync(half, { bigint: true });
    const sandboxes = join(process.env['XDG_RUNTIME_DIR'] ?? '', 'ringfence/sandboxes');
    const file = readdirSync(sandboxes)
      .map((name) => join(sandboxes, name, 'record.json'))
      .find((one) => readFileSync(one, 'utf8').includes(unit));
    const record = () => JSON.parse(readFileSync(file ?? '', 'utf8')) as SandboxRecord;
    const { terms, writes, writeIds, ...rest } = record();
    await daemon.kill9();
    // As it is left right after the mount.
    const open = { writes: [...writes, half], writeIds: [...writeIds, `${dev}:${ino}`] };
    writeFileSync(file ?? '', JSON.stringify({ ...rest, ...open, terms, underWay: { path: half, terms } }));
    const order = {
      ...({ do: 'mount', kind: 'folder', path: half, writable: true, links: [] } as const),
      ...{ initPid: await first(), cgroup: await cgroup(), id: `${dev}:${ino}` },
    };
    // One whose daemon has ended changes nothing.
    const late = `"$@" && echo changed || echo not`;
    const argv = ['/bin/sh', '-c', late, 'sh', '/usr/bin/perl', ...liveMountArgv('x86_64', process.pid)];
    expect((await command(argv, { input: renderLiveMount(order) })).stdout).toBe('not\n');
    expect(await mountOf(half)).toBeUndefined();
    expect(await faultOf(order)).toBeUndefined();
    expect(await inside(`touch ${half}/x && ls ${half}`)).toBe('x\n');
    daemon = await startDaemon({ home: daemon.home });
    await waitFor(() => record().underWay === undefined, { what: 'the record without it' });
    expect(await mountOf(half)).toBeUndefined();
    expect(await inside(`ls ${half}`)).toMatch(/No such file/);
    expect(record()).toMatchObject({ terms: terms ?? {}, ...open });
    expect((await instanceAt(client, instance)).unit).toBe(unit);
  });

  it.runIf(process.arch === 'x64')(
    'does not say that it has lost a folder when its first process is where nobody can tell',
    async () => {
      await inside(enterElsewhere());
      await waitFor(async () => (await mountOf(join(home, 'Photos'))) === undefined, {
        what: 'the first process to hide',
      });
      expect(await inside(`cat ${home}/Photos/2026/a`)).toBe('a picture\n');
      const said = await ringfence('unshare', id, '~/Photos');
      expect(said.stderr).toMatch(
        /takes effect when you start it again: .*Photos: its first process is in a namespace/,
      );
      expect(await inside(`cat ${home}/Photos/2026/a`)).toBe('a picture\n');
      expect(await rowOf('shared')).toContain('Photos');
    },
  );

  /** Another start holds the home until that is called, and one waits for it. */
  const startLater = async () => {
    const bus = await connectTestBus();
    await endAll(bus);
    await bus.close();
    const homes = join(process.env['XDG_RUNTIME_DIR'] ?? '', 'ringfence/homes');
    const lock = `local.${id}.lock`;
    const release = await takeLock(join(homes, lock), 0, 'hold the home');
    rmSync(join(own, 'started'));
    const started = launch();
    started.catch(() => {});
    const isWaiting = () => readdirSync(homes).some((name) => name.startsWith(`${lock}.${daemon.process.pid}-`));
    await waitFor(isWaiting, { what: 'the start to wait for its home' });
    return { release, started };
  };

  it('does not start with what was unshared while its sandbox was made', async () => {
    await ringfence('share', id, '~/Far');
    const { release, started } = await startLater();
    const starting = expect(started).rejects.toThrow('~/Far was unshared while it was started; start it again');
    expect(await ringfence('unshare', id, '~/Far')).toMatchObject({ code: 0 });
    release();
    await starting;
    expect(existsSync(join(own, 'started'))).toBe(false);
    instance = await launch();
    unit = (await instanceAt(client, instance)).unit;
    expect(await mountOf(join(home, 'Far'))).toBeUndefined();
  });

  it('has what was shared while its sandbox was made', async () => {
    writeFileSync(join(own, 'started'), '');
    const { release, started } = await startLater();
    expect(await ringfence('share', id, '~/Far')).toMatchObject({ code: 0 });
    release();
    instance = await started;
    unit = (await instanceAt(client, instance)).unit;
    await waitFor(() => mountOf(join(home, 'Far')), { what: 'the folder to be let in' });
    await waitFor(() => existsSync(join(own, 'started')), { what: 'the app' });
    expect(await inside(`touch ${home}/Far/x; ls ${home}/Far`)).toBe('x\n');
    await ringfence('unshare', id, '~/Far');
  });

  it('loses the last one, with which the file goes, as well', async () => {
    expect((await ringfence('share', id, '~/Far')).stderr).toContain(`has ${home}/Far now`);
    rmSync(join(daemon.home.config, 'ringfence/config.toml'));
    const rows = await client.updateShares(id);
    expect(rows.map((row) => row.get('folder'))).toContain(join(home, 'Far'));
    expect(await mountOf(join(home, 'Far'))).toBeUndefined();
  });

  it('does not say that it has lost what was renamed in a folder that stays shared', async () => {
    mkdirSync(join(home, 'Common/mine'), { recursive: true });
    await ringfence('share', id, '~/Common:ro', '~/Common/mine');
    await client.stop(instance, 0);
    rmSync(join(own, 'started'));
    instance = await launch();
    unit = (await instanceAt(client, instance)).unit;
    await waitFor(() => existsSync(join(own, 'started')), { what: 'the app' });
    renameSync(join(home, 'Common/mine'), join(home, 'Common/yours'));
    expect((await ringfence('unshare', id, '~/Common/mine')).stderr).toMatch(
      /takes effect when you start it again: .*Common\/mine: it has another name by now/,
    );
    expect(await inside(`echo x >${home}/Common/yours/x; cat ${home}/Common/yours/x`)).toBe('x\n');
    renameSync(join(home, 'Common/yours'), join(home, 'Common/mine'));
    await ringfence('share', id, '~/Common/mine');
    expect((await ringfence('unshare', id, '~/Common/mine')).stderr).toBe(
      `${id} is running and still has ${home}/Common/mine: it lies in ${home}/Common (read-only), which stays shared\n`,
    );
    expect(await inside(`echo y >${home}/Common/mine/x`)).toMatch(/Read-only file system/);
    await ringfence('unshare', id, '~/Common');
  });

  it.runIf(process.arch === 'x64')('says what it has, wherever its first process goes meanwhile', async () => {
    const trap = join(home, 'Trap');
    mkdirSync(trap);
    await inside(enterElsewhere(trap));
    expect((await ringfence('share', id, '~/Trap')).stderr).toContain(`is running and has ${trap} now\n`);
    expect(await inside(`touch ${trap}/x; ls ${trap}`)).toBe('x\n');
    await waitFor(async () => (await mountOf(trap)) === undefined, { what: 'the first process to hide' });
  });
});

/**
 * Has the first process of the sandbox, which the app may write to, go into namespaces of its own where it sees nothing of the home: by
 * machine code (x86-64) in the place where it returns from wait(2), as the end of an orphan makes it do. `trap`: once that is there.
 */
const enterElsewhere = (trap = '') => String.raw`perl -e '
open my $at, "<", "/proc/1/syscall" or die "syscall: $!";
my $pc = hex((split " ", <$at>)[-1]);
my $wait = "\xb8\x15\x00\x00\x00\x48\x8d\x3d\x32\x00\x00\x00\x31\xf6\x0f\x05" # access(trap, F_OK)
    . "\x85\xc0\x75\xec";                                        # again while that fails
my $code = "\xb8\x10\x01\x00\x00\xbf\x00\x00\x02\x10\x0f\x05"    # unshare(CLONE_NEWUSER | CLONE_NEWNS)
    . "\xb8\xa1\x00\x00\x00\x48\x8d\x3d\x0d\x00\x00\x00\x0f\x05" # chroot("/usr")
    . "\xb8\x22\x00\x00\x00\x0f\x05\xeb\xf7"                     # pause() for ever
    . "\x90\x90/usr\0";
$code = "$wait$code${trap}\0" if "${trap}" ne "";
open my $memory, "+<", "/proc/1/mem" or die "mem: $!";
sysseek $memory, $pc, 0 or die "seek: $!";
defined syswrite $memory, $code or die "write: $!";
fork and exit; fork and exit; exit'`;
