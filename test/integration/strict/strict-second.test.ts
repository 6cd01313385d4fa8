import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Client } from '../../../src/clients/cli/client.ts';
import type { LaunchStep } from '../../../src/launch/ports.ts';
import type { BusConnection } from '../../../src/platform/dbus/connection.ts';
import { bundleDyingDaemon } from '../../fixtures/bundle-daemon.ts';
import {
  busName,
  connectTestBus,
  connectTestClient,
  endAll,
  fenceUnits,
  instanceAt,
  type LiveDaemon,
  namePid,
  startBundledDaemon,
} from '../../fixtures/live-daemon.ts';
import { openRunner } from '../../fixtures/open-client.ts';
import { pidsIn } from '../../harness/cgroup.ts';
import { command } from '../../harness/command.ts';
import { waitFor } from '../../harness/wait-for.ts';

const home = process.env['HOME'] ?? '';
const runtime = process.env['XDG_RUNTIME_DIR'] ?? '';
const id = 'org.example.Second';
const program = join(home, 'work/second');
/** No entry of root's: its home is one of those apart. */
const own = join(home, '.local/share/ringfence/homes', `local.${id}`);
const config = join(process.env['XDG_CONFIG_HOME'] ?? join(home, '.config'), 'ringfence/config.toml');
// Where cgroup v1 holds the controllers the session can enforce no limit, and strict would refuse.
const strict = { profile: 'strict', 'memory-max': 'infinity', 'memory-swap-max': 'infinity', 'tasks-max': 'infinity' };

const write = (path: string, content: string, mode = 0o644) => {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, content, { mode });
};
/** What each start has written: its words, whether it is who it is told to be, its token, what a caller has said. */
const starts = () =>
  existsSync(join(own, 'starts')) ? readFileSync(join(own, 'starts'), 'utf8').split('\n').filter(Boolean) : [];
const startOf = (word: string) =>
  waitFor(() => starts().find((line) => line.startsWith(`${word}|`)), { what: `the start ${word}` });
const end = (word: string) => write(join(own, `end-${word}`), '');

describe('a second start of a strict app', () => {
  let bus: BusConnection;
  let client: Client;
  let bundle: string;
  let daemon: LiveDaemon | undefined;

  beforeAll(async () => {
    bus = await connectTestBus();
    client = await connectTestClient();
    bundle = await bundleDyingDaemon();
    const script = [
      '#!/bin/sh',
      'trap "echo bye >>$HOME/ended; exit 0" TERM',
      'same=no; [ "$GIO_LAUNCHED_DESKTOP_FILE_PID" = $$ ] && same=yes',
      'ls -l /proc/$$/fd >"$HOME/descriptors"',
      'case $1 in /*) cat "$1" >>"$HOME/read" ;; esac',
      'echo "$*|$same|$XDG_ACTIVATION_TOKEN|$CALLER" >>$HOME/starts',
      'while [ ! -e "$HOME/end-$1" ]; do sleep 0.05; done',
      'exit 7',
    ].join('\n');
    write(program, script, 0o755);
    write(
      join(home, `.local/share/applications/${id}.desktop`),
      `[Desktop Entry]\nType=Application\nName=Second\nExec=${program} %u\n`,
    );
  });
  beforeEach(() => {
    rmSync(own, { recursive: true, force: true });
    rmSync(config, { force: true });
  });
  afterEach(async () => {
    await endAll(bus);
    await daemon?.stop();
    daemon = undefined;
    await waitFor(async () => (await namePid(bus, busName)) === undefined, { what: 'the name to be free' });
  });
  afterAll(async () => {
    await client.close();
    await bus.close();
  });

  const launch = (word: string, more: Readonly<Record<string, string>> = {}) =>
    client.launch(id, word === '' ? [] : [`x:${word}`], new Map(Object.entries({ ...strict, ...more })));
  const initOf = (unit: string) =>
    waitFor(
      async () =>
        (await pidsIn(unit)).find((pid) => /^NSpid:\t\d+\t2$/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))),
      { what: 'the init' },
    );
  /** A folder of programs for the daemon; for each file cut-N in it a perl that has done all of its work is killed before it says so. */
  const programsWithCuts = () => {
    const programs = join(home, 'work/programs');
    mkdirSync(programs, { recursive: true });
    for (const name of ['bwrap', 'xdg-dbus-proxy']) {
      rmSync(join(programs, name), { force: true });
      symlinkSync(join('/usr/bin', name), join(programs, name));
    }
    const cut = String.raw`$/ = "\0\n"; my $program = <STDIN>; my ($one) = glob "${programs}/cut-*";
      if (defined $one) { unlink $one; $program =~ s/chdir .own or exit 1/kill 9, \$\$/ or die } eval $program; exit 1`;
    const words = `'${cut.replaceAll("'", "'\\''")}'`;
    write(
      join(programs, 'perl'),
      `#!/bin/sh
shift 2
[ $# = 5 ] || exit 1
exec perl -e ${words} "$@"
`,
      0o755,
    );
    return programs;
  };
  const start = async (environment: Readonly<Record<string, string>> = {}) => {
    daemon = await startBundledDaemon(bus, bundle, environment);
  };

  it('goes into the sandbox that runs, with its own words and token', async () => {
    await start();
    const first = await launch('one');
    await startOf('x:one');
    const second = await launch('two', { 'activation-token': 'a-token' });
    expect(second).toBe(first);
    expect(await startOf('x:two')).toBe('x:two|yes|a-token|');
    const open = [...readFileSync(join(own, 'descriptors'), 'utf8').matchAll(/(\d+) -> (\S+)$/gm)];
    expect(open.length).toBeGreaterThanOrEqual(3);
    // Its input, the journal (twice while a shell writes elsewhere), this list, and the script itself.
    for (const [, , target = ''] of open)
      expect(target).toMatch(/^socket:|\/dev\/null$|\/descriptors$|\/work\/second$/);
    expect(await fenceUnits(bus)).toHaveLength(1);
    const { unit } = await instanceAt(client, first);
    const namespaces = (await pidsIn(unit)).flatMap((pid) => {
      try {
        const isInside = /^NSpid:\t\d+\t\d/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
        return isInside ? [readlinkSync(`/proc/${pid}/ns/mnt`)] : [];
      } catch {
        return []; // It has ended meanwhile.
      }
    });
    expect(new Set(namespaces).size).toBe(1);
  });

  it('goes into the sandbox of one that was started as its D-Bus service', async () => {
    await start();
    // As the override of an activation file has it: a command that is part of the app.
    const first = await client.run([program, 'x:one'], new Map(), new Map(Object.entries({ ...strict, 'app-id': id })));
    await startOf('x:one');
    expect(await launch('two')).toBe(first);
    expect(await startOf('x:two')).toBe('x:two|yes||');
    expect(await fenceUnits(bus)).toHaveLength(1);
  });

  it('reads what the user’s own symlink leads to, by the name that it is told', async () => {
    const papers = join(home, 'work/papers');
    for (const name of ['a', 'b', 'c']) write(join(papers, name), `${name}\n`);
    symlinkSync(papers, join(home, 'Papers'));
    symlinkSync('Papers', join(home, 'Other'));
    // Whoever may write in a folder may be an app, and its symlinks lead nowhere.
    const planted = join(home, 'work/planted');
    symlinkSync(join(papers, 'c'), planted);
    write(config, `[app."${id}"]\nshared-folders = ["~/Papers"]\n`);
    await start();
    const open = (path: string) => client.launch(id, [join(home, path)], new Map(Object.entries(strict)));
    const first = await open('Papers/a');
    await startOf(join(home, 'Papers/a'));
    await open('Papers/b');
    await startOf(join(home, 'Papers/b'));
    await expect(open('Other/c')).rejects.toMatchObject({ message: expect.stringMatching(/symlink .*Other/) });
    expect(readFileSync(join(own, 'read'), 'utf8')).toBe('a\nb\n');
    await client.stop(first, 0);
    const uri = `file://other.example${join(home, 'Other/c')}?x`;
    const second = await client.launch(id, [uri], new Map(Object.entries(strict)));
    await startOf(join(home, 'Other/c'));
    expect(readFileSync(join(own, 'read'), 'utf8')).toBe('a\nb\nc\n');
    await client.stop(second, 0);
    await open('work/planted');
    await startOf(planted);
    expect(readFileSync(join(own, 'read'), 'utf8')).toBe('a\nb\nc\n');
    const { unit } = (await client.instances())[0] ?? { unit: '' };
    const record = readFileSync(join(runtime, 'ringfence/instances', unit.replace(/scope$/, 'json')), 'utf8');
    expect(record).toMatch(/planted is not let in: .*is a symlink/);
  });

  it('brings its document into the sandbox that runs, alone', async () => {
    const letters = join(home, 'work/letters');
    for (const name of ['a', 'b', 'c']) write(join(letters, name), `${name}\n`);
    symlinkSync('work/letters', join(home, 'Letters'));
    await start();
    const open = (path: string) => client.launch(id, [path], new Map(Object.entries(strict)));
    const first = await open(join(letters, 'a'));
    await startOf(join(letters, 'a'));
    expect(await open(join(letters, 'b'))).toBe(first);
    await startOf(join(letters, 'b'));
    expect(await open(join(home, 'Letters/c'))).toBe(first);
    await startOf(join(home, 'Letters/c'));
    expect(readFileSync(join(own, 'read'), 'utf8')).toBe('a\nb\nc\n');
    const { unit } = await instanceAt(client, first);
    const inside = `/proc/${await initOf(unit)}/root`;
    expect(readdirSync(`${inside}${letters}`)).toEqual(['a', 'b', 'c']);
    expect(() => writeFileSync(`${inside}${letters}/d`, '')).toThrow(/EROFS/);
    // What is no document of its own start is not reached by a link in the place of one.
    write(join(home, 'work/other/x'), 'x\n');
    rmSync(join(letters, 'b'));
    symlinkSync(join(home, 'work/other/x'), join(letters, 'b'));
    await open(join(letters, 'b'));
    await waitFor(() => starts().filter((line) => line.startsWith(`${join(letters, 'b')}|`)).length === 2, {
      what: 'the start with a link',
    });
    expect(existsSync(`${inside}${home}/work/other`)).toBe(false);
  });

  it('brings all of its documents or none', async () => {
    const folder = join(home, 'work/several');
    for (const name of ['a', 'b', 'read/c', 'new\nline/d']) write(join(folder, name), `${name}\n`);
    const programs = programsWithCuts();
    const several = 'org.example.Several';
    const entry = `[Desktop Entry]\nType=Application\nName=Several\nExec=${program} %F\n`;
    write(join(home, `.local/share/applications/${several}.desktop`), entry);
    write(config, `[app."${several}"]\nshared-folders = ["${folder}/read:ro"]\n`);
    await start({ RINGFENCE_TEST_PROGRAMS: programs });
    const open = (...names: string[]) =>
      client.launch(
        several,
        names.map((name) => join(folder, name)),
        new Map(Object.entries(strict)),
      );
    const { unit } = await instanceAt(client, await open());
    const inside = `/proc/${await initOf(unit)}/root${folder}`;
    await expect(open('a', 'b', 'read/c')).rejects.toMatchObject({
      code: 'NotEnforceable',
      message: expect.stringMatching(/read\/c cannot be let in: it has .*read \(read-only\) now/),
    });
    expect(readdirSync(inside)).toEqual(['read']);
    process.kill(await initOf(unit), 'SIGSTOP');
    // What cannot be taken away again is told.
    const withNewline = open('a', 'new\nline/d').catch((error: Error) => error);
    await waitFor(() => readdirSync(inside).length === 3 && readdirSync(join(inside, 'new\nline')).length === 1, {
      what: 'the documents to be let in',
    });
    for (const name of ['cut-1', 'cut-2', 'cut-3']) write(join(programs, name), '');
    const kept = /does not answer; until the app ends, it keeps .*new\nline\/d \(perl ended.*\), .*\/a \(perl ended/s;
    expect(await withNewline).toMatchObject({ message: expect.stringMatching(kept) });
    process.kill(await initOf(unit), 'SIGCONT');
    await open('a', 'b');
    expect(readdirSync(inside)).toEqual(['a', 'b', 'new\nline', 'read']);
    expect(readdirSync(join(inside, 'new\nline'))).toEqual([]);
  });

  it('has a folder taken away by a perl that is killed in the middle of it, once or twice', async () => {
    const [shared, other] = ['work/shared', 'work/other-share'].map((name) => join(home, name)) as [string, string];
    for (const folder of [shared, other]) mkdirSync(folder, { recursive: true });
    const programs = programsWithCuts();
    const share = (...folders: string[]) =>
      write(
        config,
        `[app."${id}"]
shared-folders = ${JSON.stringify(folders)}
`,
      );
    share(shared);
    await start({ RINGFENCE_TEST_PROGRAMS: programs });
    const { unit } = await instanceAt(client, await launch('one'));
    const mounts = async () => readFileSync(`/proc/${await initOf(unit)}/mountinfo`, 'utf8');
    const update = async () =>
      (await client.updateShares(id)).map((row) => `${row.get('state')} ${row.get('folder')} ${row.get('reason')}`);
    write(join(programs, 'cut-1'), '');
    share();
    expect(await update()).toEqual([`taken-away ${shared} `]);
    expect(await mounts()).not.toContain(` ${shared} `);
    share(shared);
    expect(await update()).toEqual([`shared ${shared} `]);
    for (const name of ['cut-1', 'cut-2']) write(join(programs, name), '');
    share();
    expect(await update()).toEqual([expect.stringMatching(/^at-next-start .* perl ended/)]);
    share(shared, other);
    expect((await update()).sort()).toEqual([`shared ${other} `, `shared ${shared} `]);
    for (const folder of [shared, other]) expect(await mounts()).toContain(` ${folder} `);
  });

  it('and a first are refused with a folder whose file system hangs, and nothing else waits for that', async () => {
    const [far, hang, downloads] = [join(home, 'work/far'), join(home, 'work/hang'), join(home, 'Downloads')];
    mkdirSync(far, { recursive: true });
    const files = spawn('python3', [join(process.cwd(), 'test/fixtures/hanging-files.py'), far, hang], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      await once(files.stdout, 'data');
      await start();
      write(config, `[app."${id}"]\nshared-folders = ["${far}"]\n`);
      const first = await launch('one');
      const { unit } = await instanceAt(client, first);
      const mounts = async () => readFileSync(`/proc/${await initOf(unit)}/mountinfo`, 'utf8');
      expect(await mounts()).toContain(` ${far} `);
      write(hang, '');
      // A folder in which shells look for programs.
      symlinkSync(join(far, 'bin'), join(home, 'bin'));
      const refused = { code: 'NotEnforceable', message: expect.stringMatching(/its file system does not answer/) };
      const second = expect(launch('two')).rejects.toMatchObject(refused);
      const relaxed = await client.run(['true'], new Map(), new Map([['profile', 'relaxed']]));
      expect(relaxed).toContain('/instance/');
      await second;
      await expect(launch('', { profile: 'strict' })).rejects.toMatchObject(refused);
      // What it has it can lose all the same.
      write(config, '');
      expect((await client.updateShares(id)).map((row) => row.get('state'))).toEqual(['taken-away']);
      expect(await mounts()).not.toContain(` ${far} `);
      await client.stop(first, 0);
      // The download folder of all apps is a link there.
      if (existsSync(downloads)) renameSync(downloads, `${downloads}.kept`);
      symlinkSync(join(far, 'downloads'), downloads);
      await expect(launch('', { profile: 'strict' })).rejects.toMatchObject(refused);
    } finally {
      files.kill('SIGKILL');
      for (const path of [hang, join(home, 'bin')]) rmSync(path, { force: true });
      if (lstatSync(downloads, { throwIfNoEntry: false })?.isSymbolicLink()) rmSync(downloads);
      if (existsSync(`${downloads}.kept`)) renameSync(`${downloads}.kept`, downloads);
      await command(['fusermount3', '-u', '-z', far]);
    }
  });

  it('that is a command has no folder of which nobody can tell what it is', async () => {
    const [far, hang] = [join(home, 'work/untold'), join(home, 'work/hang')];
    mkdirSync(far, { recursive: true });
    // Whoever serves these files keeps quiet when asked, and answers the rest.
    const files = spawn('python3', [join(process.cwd(), 'test/fixtures/hanging-files.py'), far, hang, '17'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      await once(files.stdout, 'data');
      await start();
      const run = () =>
        client.run(
          ['sleep', '1000'],
          new Map(),
          new Map([...Object.entries(strict), ['profile', 'strict'], ['working-directory', far]]),
        );
      const told = async (path: string) =>
        JSON.stringify((await instanceAt(client, path)).report.map((row) => [...row]));
      expect(await told(await run())).toContain(far);
      write(hang, '');
      expect(await told(await run())).not.toContain(far);
    } finally {
      files.kill('SIGKILL');
      rmSync(hang, { force: true });
      await command(['fusermount3', '-u', '-z', far]);
    }
  });

  it('and a first are refused with a file whose name is no UTF-8, which relaxed apps open', async () => {
    await start();
    const uri = `file://${home}/caf%E9.txt`;
    const open = (profile: string) => client.launch(id, [uri], new Map(Object.entries({ ...strict, profile })));
    const refused = { code: 'NotEnforceable', message: expect.stringMatching(/caf%E9\.txt cannot be let in.*UTF-8/) };
    await expect(open('strict')).rejects.toMatchObject(refused);
    await launch('one');
    await expect(open('strict')).rejects.toMatchObject(refused);
    await client.stop(await open('relaxed'), 0);
  });

  it('outlives the first, whose exit status is that of the instance', async () => {
    await start();
    const path = await launch('one');
    await startOf('x:one');
    await launch('two');
    await startOf('x:two');
    end('x:one');
    await launch('three');
    await startOf('x:three');
    const ends: Map<string, string>[] = [];
    const match = { sender: busName, path, interface: 'org.ringfence.Instance1', member: 'Ended' };
    await bus.subscribe(match, ({ body }) => ends.push(body[0] as Map<string, string>));
    for (const word of ['x:two', 'x:three']) end(word);
    await waitFor(() => ends.length === 1, { what: 'the end to be told' });
    expect(ends[0]?.get('exit-code')).toBe('7');
    await waitFor(async () => (await fenceUnits(bus)).length === 0, { what: 'the sandbox to be gone' });
  });

  it('at the same moment: one home, one sandbox', async () => {
    await start();
    const paths = await Promise.all(['one', 'two', 'three'].map((word) => launch(word)));
    expect(new Set(paths).size).toBe(1);
    for (const word of ['x:one', 'x:two', 'x:three']) await startOf(word);
    expect(starts()).toHaveLength(3);
  });

  it('asks all of the app to end, and gives each the time', async () => {
    await start();
    const path = await launch('one');
    await startOf('x:one');
    await launch('two');
    await startOf('x:two');
    await client.stop(path, 20_000);
    expect(readFileSync(join(own, 'ended'), 'utf8')).toBe('bye\nbye\n');
  });

  it('is refused where it would need another sandbox, until the old one ends', async () => {
    await start();
    const path = await launch('one');
    await startOf('x:one');
    write(config, `[app."${id}"]\nnetwork = false\n`);
    await waitFor(
      () =>
        launch('two').then(
          () => false,
          ({ code, message }) => code === 'NotEnforceable' && /close it first: .*network/.test(message),
        ),
      { what: 'the changed config to be noticed' },
    );
    mkdirSync(join(home, 'Pictures'), { recursive: true });
    write(config, `[app."${id}"]\nshared-folders = ["~/Pictures"]\n`);
    await waitFor(
      () =>
        launch('three').then(
          () => false,
          ({ message }) => /close it first: .*shared folders: .*Pictures is wanted/.test(message),
        ),
      { what: 'the changed config to be noticed' },
    );
    await client.stop(path, 0);
    await launch('four');
    await startOf('x:four');
  });

  it('is refused once the home was removed, and has a new one when the first has ended', async () => {
    await start();
    const path = await launch('one');
    await startOf('x:one');
    rmSync(own, { recursive: true });
    await expect(launch('two')).rejects.toMatchObject({
      code: 'NotEnforceable',
      message: expect.stringMatching(/close it first: .*its home .* was removed$/),
    });
    expect(existsSync(own)).toBe(false);
    await client.stop(path, 0);
    await launch('three');
    await startOf('x:three');
    expect(starts()).toHaveLength(1);
  });

  it('that is a command of the app’s never goes in there', async () => {
    await start();
    await launch('one');
    await startOf('x:one');
    const options = new Map(Object.entries({ ...strict, 'app-id': id, 'working-directory': join(home, 'work') }));
    await expect(
      client.run(['sh', '-c', 'echo run >>$HOME/starts'], new Map([['CALLER', 'x']]), options),
    ).rejects.toMatchObject({
      code: 'NotEnforceable',
      message: expect.stringMatching(/a command does not go into a sandbox that runs/),
    });
    const shell = join(process.cwd(), 'dist/ringfence-shell');
    const limits = Object.entries(strict).map(([name, value]) => `--${name}=${value}`);
    const { code, stderr } = await command([
      shell,
      `--app=${id}`,
      ...limits,
      '--',
      'sh',
      '-c',
      'echo shell >>$HOME/starts',
    ]);
    expect(stderr).toMatch(/a command does not go into a sandbox that runs/);
    expect(code).toBe(5);
    expect(starts()).toHaveLength(1);
  });

  it('is refused when the sandbox does not answer, and does not begin later', async () => {
    await start();
    const { unit } = await instanceAt(client, await launch('one'));
    await startOf('x:one');
    const init = await initOf(unit);
    process.kill(init, 'SIGSTOP');
    await expect(launch('two')).rejects.toMatchObject({ message: expect.stringMatching(/does not answer/) });
    process.kill(init, 'SIGCONT');
    await launch('three');
    await startOf('x:three');
    expect(starts().map((line) => line.split('|')[0])).toEqual(['x:one', 'x:three']);
  });

  it('by a click is told not to have started then, and does not begin later', async () => {
    const limits = ['memory-max', 'memory-swap-max', 'tasks-max'].map((name) => `${name} = "infinity"\n`).join('');
    write(config, `[app."${id}.desktop"]\nprofile = "strict"\n${limits}`);
    await start();
    const runner = openRunner();
    const click = (word: string) => runner.open([`--app=${id}`, '--strict', '--', `x:${word}`]);
    expect(await click('one')).toMatchObject({ code: 0 });
    await startOf('x:one');
    const [{ unit } = { unit: '' }] = await client.instances();
    const init = await initOf(unit);
    process.kill(init, 'SIGSTOP');
    expect(await click('two')).toMatchObject({ code: 1 });
    const [told = []] = await waitFor(() => runner.notifications().length > 0 && runner.notifications(), {
      what: 'the notification',
    });
    expect(told.join(' ')).toContain('does not answer');
    process.kill(init, 'SIGCONT');
    await click('three');
    await startOf('x:three');
    expect(starts().map((line) => line.split('|')[0])).toEqual(['x:one', 'x:three']);
  });

  it('begins once, however often its sandbox is told', async () => {
    await start();
    await launch('one');
    await startOf('x:one');
    const sandboxes = join(runtime, 'ringfence/sandboxes');
    const [folder = ''] = readdirSync(sandboxes);
    for (let times = 0; times < 3; times += 1) appendFileSync(join(sandboxes, folder, 'door/go'), 'start 0\n');
    await launch('two');
    await startOf('x:two');
    expect(starts().map((line) => line.split('|')[0])).toEqual(['x:one', 'x:two']);
  });

  it.each<LaunchStep>(['decided', 'noted', 'entered'])(
    'is neither lost nor doubled when the daemon is killed after it was %s',
    async (step) => {
      await start();
      const path = await launch('one');
      await startOf('x:one');
      await daemon?.stop();
      await start({ RINGFENCE_TEST_FAULT: `${step} die` });
      await expect(launch('two', { 'request-id': 'second-request' })).rejects.toMatchObject({ code: 'Unreachable' });
      await daemon?.ended;
      const { unit } = { unit: (await fenceUnits(bus))[0] ?? '' };
      const record = join(runtime, 'ringfence/instances', unit.replace(/scope$/, 'json'));
      // As a click does that has lost its answer.
      const wasNoted = readFileSync(record, 'utf8').includes('"requestId":"second-request"');
      await start();
      if (!wasNoted) expect(await launch('two')).toBe(path);
      await startOf('x:two');
      // Whatever was told before has been begun by then.
      await launch('three');
      await startOf('x:three');
      expect(starts().map((line) => line.split('|')[0])).toEqual(['x:one', 'x:two', 'x:three']);
      expect(await fenceUnits(bus)).toHaveLength(1);
    },
  );

  it.each<LaunchStep>(['gated', 'scoped', 'entering', 'enclosed', 'recorded'])(
    'has the home when the daemon was killed after the first was %s',
    async (step) => {
      await start({ RINGFENCE_TEST_FAULT: `${step} die` });
      await expect(launch('one')).rejects.toMatchObject({ code: 'Unreachable' });
      await daemon?.ended;
      await start();
      await launch('two');
      await startOf('x:two');
      expect(starts().map((line) => line.split('|')[0])).toEqual(['x:two']);
      await waitFor(async () => (await fenceUnits(bus)).length === 1, { what: 'one scope to be left' });
    },
  );
});
