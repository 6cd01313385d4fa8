import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { instanceAt } from '../../fixtures/live-daemon.ts';
import {
  config,
  id,
  own,
  program,
  secondStarts,
  startOf,
  starts,
  strict,
  write,
} from '../../fixtures/second-starts.ts';
import { command } from '../../harness/command.ts';
import { waitFor } from '../../harness/wait-for.ts';

const home = process.env['HOME'] ?? '';
const runtime = process.env['XDG_RUNTIME_DIR'] ?? '';

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

describe('a second start of a strict app', () => {
  const world = secondStarts();

  it('reads what the user’s own symlink leads to, by the name that it is told', async () => {
    const papers = join(home, 'work/papers');
    for (const name of ['a', 'b', 'c']) write(join(papers, name), `${name}\n`);
    symlinkSync(papers, join(home, 'Papers'));
    symlinkSync('Papers', join(home, 'Other'));
    // Whoever may write in a folder may be an app, and its symlinks lead nowhere.
    const planted = join(home, 'work/planted');
    symlinkSync(join(papers, 'c'), planted);
    write(config, `[app."${id}"]\nshared-folders = ["~/Papers"]\n`);
    await world.start();
    const open = (path: string) => world.client.launch(id, [join(home, path)], new Map(Object.entries(strict)));
    const first = await open('Papers/a');
    await startOf(join(home, 'Papers/a'));
    await open('Papers/b');
    await startOf(join(home, 'Papers/b'));
    await expect(open('Other/c')).rejects.toMatchObject({ message: expect.stringMatching(/symlink .*Other/) });
    expect(readFileSync(join(own, 'read'), 'utf8')).toBe('a\nb\n');
    await world.client.stop(first, 0);
    const uri = `file://other.example${join(home, 'Other/c')}?x`;
    const second = await world.client.launch(id, [uri], new Map(Object.entries(strict)));
    await startOf(join(home, 'Other/c'));
    expect(readFileSync(join(own, 'read'), 'utf8')).toBe('a\nb\nc\n');
    await world.client.stop(second, 0);
    await open('work/planted');
    await startOf(planted);
    expect(readFileSync(join(own, 'read'), 'utf8')).toBe('a\nb\nc\n');
    const { unit } = (await world.client.instances())[0] ?? { unit: '' };
    const record = readFileSync(join(runtime, 'ringfence/instances', unit.replace(/scope$/, 'json')), 'utf8');
    expect(record).toMatch(/planted is not let in: .*is a symlink/);
  });

  it('brings its document into the sandbox that runs, alone', async () => {
    const letters = join(home, 'work/letters');
    for (const name of ['a', 'b', 'c']) write(join(letters, name), `${name}\n`);
    symlinkSync('work/letters', join(home, 'Letters'));
    await world.start();
    const open = (path: string) => world.client.launch(id, [path], new Map(Object.entries(strict)));
    const first = await open(join(letters, 'a'));
    await startOf(join(letters, 'a'));
    expect(await open(join(letters, 'b'))).toBe(first);
    await startOf(join(letters, 'b'));
    expect(await open(join(home, 'Letters/c'))).toBe(first);
    await startOf(join(home, 'Letters/c'));
    expect(readFileSync(join(own, 'read'), 'utf8')).toBe('a\nb\nc\n');
    const { unit } = await instanceAt(world.client, first);
    const inside = `/proc/${await world.initOf(unit)}/root`;
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
    await world.start({ RINGFENCE_TEST_PROGRAMS: programs });
    const open = (...names: string[]) =>
      world.client.launch(
        several,
        names.map((name) => join(folder, name)),
        new Map(Object.entries(strict)),
      );
    const { unit } = await instanceAt(world.client, await open());
    const inside = `/proc/${await world.initOf(unit)}/root${folder}`;
    await expect(open('a', 'b', 'read/c')).rejects.toMatchObject({
      code: 'NotEnforceable',
      message: expect.stringMatching(/read\/c cannot be let in: it has .*read \(read-only\) now/),
    });
    expect(readdirSync(inside)).toEqual(['read']);
    process.kill(await world.initOf(unit), 'SIGSTOP');
    // What cannot be taken away again is told.
    const withNewline = open('a', 'new\nline/d').catch((error: Error) => error);
    await waitFor(() => readdirSync(inside).length === 3 && readdirSync(join(inside, 'new\nline')).length === 1, {
      what: 'the documents to be let in',
    });
    for (const name of ['cut-1', 'cut-2', 'cut-3']) write(join(programs, name), '');
    const kept = /does not answer; until the app ends, it keeps .*new\nline\/d \(perl ended.*\), .*\/a \(perl ended/s;
    expect(await withNewline).toMatchObject({ message: expect.stringMatching(kept) });
    process.kill(await world.initOf(unit), 'SIGCONT');
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
    await world.start({ RINGFENCE_TEST_PROGRAMS: programs });
    const { unit } = await instanceAt(world.client, await world.launch('one'));
    const mounts = async () => readFileSync(`/proc/${await world.initOf(unit)}/mountinfo`, 'utf8');
    const update = async () =>
      (await world.client.updateShares(id)).map(
        (row) => `${row.get('state')} ${row.get('folder')} ${row.get('reason')}`,
      );
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
      await world.start();
      write(config, `[app."${id}"]\nshared-folders = ["${far}"]\n`);
      const first = await world.launch('one');
      const { unit } = await instanceAt(world.client, first);
      const mounts = async () => readFileSync(`/proc/${await world.initOf(unit)}/mountinfo`, 'utf8');
      expect(await mounts()).toContain(` ${far} `);
      write(hang, '');
      // A folder in which shells look for programs.
      symlinkSync(join(far, 'bin'), join(home, 'bin'));
      const refused = { code: 'NotEnforceable', message: expect.stringMatching(/its file system does not answer/) };
      const second = expect(world.launch('two')).rejects.toMatchObject(refused);
      const relaxed = await world.client.run(['true'], new Map(), new Map([['profile', 'relaxed']]));
      expect(relaxed).toContain('/instance/');
      await second;
      await expect(world.launch('', { profile: 'strict' })).rejects.toMatchObject(refused);
      // What it has it can lose all the same.
      write(config, '');
      expect((await world.client.updateShares(id)).map((row) => row.get('state'))).toEqual(['taken-away']);
      expect(await mounts()).not.toContain(` ${far} `);
      await world.client.stop(first, 0);
      // The download folder of all apps is a link there.
      if (existsSync(downloads)) renameSync(downloads, `${downloads}.kept`);
      symlinkSync(join(far, 'downloads'), downloads);
      await expect(world.launch('', { profile: 'strict' })).rejects.toMatchObject(refused);
    } finally {
      files.kill('SIGKILL');
      for (const path of [hang, join(home, 'bin')]) rmSync(path, { force: true });
      if (lstatSync(downloads, { throwIfNoEntry: false })?.isSymbolicLink()) rmSync(downloads);
      if (existsSync(`${downloads}.kept`)) renameSync(`${downloads}.kept`, downloads);
      await command(['fusermount3', '-u', '-z', far]);
    }
  });

  it('hangs nowhere where nothing answers, nor does anything else of the daemon', async () => {
    const [far, hang, told] = [join(home, 'work/untold'), join(home, 'work/hang'), join(home, 'work/told')];
    mkdirSync(far, { recursive: true });
    const links = join(home, 'work/links');
    mkdirSync(links, { recursive: true });
    symlinkSync(join(far, 'linked'), join(links, 'linked'));
    const files = spawn('python3', [join(process.cwd(), 'test/fixtures/hanging-files.py'), far, hang], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const run = (argv: readonly string[], profile = 'relaxed', more: Readonly<Record<string, string>> = {}) => {
      const { PATH, ...options } = more;
      const texts = { ...(profile === 'strict' ? strict : {}), profile, ...options };
      return world.client.run(
        argv,
        new Map(PATH === undefined ? [] : [['PATH', PATH]]),
        new Map(Object.entries(texts)),
      );
    };
    const there = { 'working-directory': far };
    const refused = (what: string) => ({
      code: 'ProgramNotExecutable',
      message: expect.stringMatching(new RegExp(`${what} does not answer; .*: fusermount3 -uz ${far}$`)),
    });
    try {
      await once(files.stdout, 'data');
      // Its own search for programs as well.
      await world.start({ PATH: `${far}:${process.env['PATH']}` });
      const { report } = await instanceAt(world.client, await run(['sleep', '1000'], 'strict', there));
      expect(JSON.stringify(report.map((row) => [...row]))).toContain(far);
      write(hang, '');

      // What leads nowhere near is not asked for: whoever asks would hang there now.
      await run(['true'], 'strict');
      expect((await command(['pgrep', '-f', `stat -f -- ${far}`])).stdout).toBe('');

      // Whoever asks meanwhile is answered.
      let isRefused = false;
      const waiting = run(['true'], 'relaxed', there).finally(() => {
        isRefused = true;
      });
      waiting.catch(() => {});
      await run(['true']);
      expect(isRefused).toBe(false);
      await expect(waiting).rejects.toMatchObject(refused(`the folder ${far}`));
      await expect(run(['true'], 'strict', there)).rejects.toMatchObject(refused(`the folder ${far}`));
      await expect(run([join(far, 'program')])).rejects.toMatchObject(refused(`the program ${far}/program`));
      const search = { PATH: `${links}:/usr/bin:/bin` };
      await expect(run(['linked'], 'relaxed', search)).rejects.toMatchObject(refused(`the program ${links}/linked`));

      const entry = join(home, '.local/share/applications/org.example.Untold.desktop');
      symlinkSync(join(far, 'entry.desktop'), entry);
      await expect(world.client.launch('org.example.Untold', [], new Map())).rejects.toMatchObject({
        code: 'BadEntry',
        message: expect.stringContaining('its file system does not answer'),
      });
      rmSync(entry);

      // A folder of PATH is left out, for what is started too: its own search would hang.
      await run(['sh', '-c', `ls / >/dev/null && echo "$PATH" >${told}`], 'relaxed', { PATH: `${far}:/usr/bin:/bin` });
      await waitFor(() => existsSync(told) && readFileSync(told, 'utf8') === '/usr/bin:/bin\n', { what: 'its PATH' });

      // Of the session, as icons have it.
      const dirs = `XDG_DATA_DIRS=${far}/share:/usr/local/share:/usr/share`;
      await command(['systemctl', '--user', 'set-environment', `PATH=${far}/bin:${process.env['PATH']}`, dirs]);
      await world.client.stop(await world.client.launch(id, [], new Map([['profile', 'relaxed']])), 0);
      // An app that may be in there is none that is gone.
      await expect(world.client.listApps()).rejects.toMatchObject({
        message: expect.stringMatching(/does not answer/),
      });

      // The configuration that was in force stays so.
      const { profile: _, ...limits } = strict;
      const profileOf = async () => {
        const path = await world.client.launch(id, [], new Map(Object.entries(limits)));
        const { profile } = await instanceAt(world.client, path);
        await world.client.stop(path, 0);
        return profile;
      };
      write(config, `[app."${id}"]\nprofile = "strict"\n`);
      expect(await profileOf()).toBe('strict');
      rmSync(config);
      symlinkSync(join(far, 'config.toml'), config);
      await waitFor(async () => (await world.client.configError()).includes('does not answer'), { what: 'the fault' });
      expect(await profileOf()).toBe('strict');
    } finally {
      files.kill('SIGKILL');
      rmSync(hang, { force: true });
      rmSync(config, { force: true });
      await command(['systemctl', '--user', 'unset-environment', 'XDG_DATA_DIRS']);
      await command(['systemctl', '--user', 'set-environment', `PATH=${process.env['PATH']}`]);
      await command(['fusermount3', '-u', '-z', far]);
    }
  });

  it('and a first are refused with a file whose name is no UTF-8, which relaxed apps open', async () => {
    await world.start();
    const uri = `file://${home}/caf%E9.txt`;
    const open = (profile: string) => world.client.launch(id, [uri], new Map(Object.entries({ ...strict, profile })));
    const refused = { code: 'NotEnforceable', message: expect.stringMatching(/caf%E9\.txt cannot be let in.*UTF-8/) };
    await expect(open('strict')).rejects.toMatchObject(refused);
    await world.launch('one');
    await expect(open('strict')).rejects.toMatchObject(refused);
    await world.client.stop(await open('relaxed'), 0);
  });
});
