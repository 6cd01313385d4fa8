import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../../../../src/clients/cli/client.ts';
import { built, connectTestBus, connectTestClient, endAll, instanceAt } from '../../../fixtures/live-daemon.ts';
import { command } from '../../../harness/command.ts';
import { type Daemon, startDaemon } from '../../../harness/daemon.ts';
import { waitFor } from '../../../harness/wait-for.ts';

const home = process.env['HOME'] ?? '';
const id = 'org.example.Sharer';
const own = join(home, '.local/share/ringfence/homes', id);
const entry = join(home, '.local/share/applications', `${id}.desktop`);
const strict = { profile: 'strict', 'memory-max': 'infinity', 'memory-swap-max': 'infinity', 'tasks-max': 'infinity' };

describe('ringfence share and unshare', () => {
  let daemon: Daemon;
  let client: Client;
  let config: string;
  const ringfence = (...words: string[]) =>
    command([built.ringfence, ...words], { env: { XDG_CONFIG_HOME: daemon.home.config }, cwd: home });
  const text = () => (existsSync(config) ? readFileSync(config, 'utf8') : '');

  beforeAll(async () => {
    const script = 'ls -d $1/* >seen.part 2>&1; mv seen.part seen; sleep 1000';
    mkdirSync(join(entry, '..'), { recursive: true });
    writeFileSync(
      entry,
      `[Desktop Entry]\nType=Application\nName=Sharer\nExec=sh -c "${script.replaceAll('$', '\\\\$')}" sh ${home}/Pictures\n`,
    );
    for (const name of ['Pictures', '.hidden', 'bin']) mkdirSync(join(home, name), { recursive: true });
    writeFileSync(join(home, 'Pictures/holiday'), '');
    writeFileSync(join(home, '.settings'), '');
    symlinkSync('/etc', join(home, 'Pictures/out'));
    daemon = await startDaemon();
    client = await connectTestClient();
    config = join(daemon.home.config, 'ringfence/config.toml');
  });
  afterAll(async () => {
    const bus = await connectTestBus();
    await endAll(bus);
    await bus.close();
    await client?.close();
    await daemon?.stop();
  });

  const seen = async () => {
    const places = [own, join(own, '../', `local.${id}`)];
    for (const place of places) rmSync(join(place, 'seen'), { force: true });
    const path = await client.launch(id, [], new Map(Object.entries(strict)));
    const said = await waitFor(() => places.map((place) => join(place, 'seen')).find((file) => existsSync(file)), {
      what: 'the app',
    });
    const { report } = await instanceAt(client, path);
    return {
      path,
      said: readFileSync(said, 'utf8'),
      report: new Map(report.map((row) => [row.get('name'), row.get('value')])),
    };
  };

  /** What a start sees once the daemon has noticed what is shared. */
  const seenWith = (folder: string | undefined) =>
    waitFor(
      async () => {
        const found = await seen();
        if (
          found.report
            .get('shared')
            ?.split(', ')
            .find((one) => one.includes('Pictures')) === folder
        )
          return found;
        await client.stop(found.path, 0);
        return false;
      },
      { what: 'the config to be noticed' },
    );

  it('let an app have a folder, and take it back, from its next start', async () => {
    mkdirSync(join(config, '..'), { recursive: true });
    writeFileSync(config, `# mine\n[app."${id}"]\nnetwork = true # stays\n`);
    const before = await seen();
    expect(before.said).toMatch(/No such file|cannot access/);
    expect(before.report.get('network')).toMatch(/^open/);
    expect(before.report.get('display')).toBe('none');
    expect(before.report.get('sound')).toBe('none');
    const shared = await ringfence('share', id, 'Pictures');
    expect(shared).toMatchObject({ code: 0, stdout: `shared with ${id}: ~/Pictures\n` });
    expect(shared.stderr).toBe(`${id} is running and has ${home}/Pictures now\n`);
    expect(text()).toBe(`# mine\n[app."${id}"]\nnetwork = true # stays\nshared-folders = ["~/Pictures"]\n`);
    await client.stop(before.path, 0);

    const opened = await seenWith(join(home, 'Pictures'));
    expect(opened.said).toMatch(/\/Pictures\/holiday$/m);
    await client.stop(opened.path, 0);

    expect(await ringfence('share', id, '~/Pictures:ro')).toMatchObject({
      code: 0,
      stderr: expect.stringContaining(`${id} is not strict and sees all your files`),
    });
    expect(text()).toContain('shared-folders = ["~/Pictures:ro"]');
    expect(JSON.parse((await ringfence('unshare', '--json', id, `${home}/Pictures/`)).stdout)).toMatchObject({
      app: id,
      folders: ['~/Pictures'],
      changed: true,
    });
    expect(text()).toBe(`# mine\n[app."${id}"]\nnetwork = true # stays\n`);
    const closed = await seenWith(undefined);
    expect(closed.said).toMatch(/No such file|cannot access/);
    await client.stop(closed.path, 0);
  });

  it.each([
    ['~', /it is the home itself/],
    ['/', /part of the system/],
    ['/home', /the home lies in it/],
    ['~/nowhere', /it does not exist/],
    ['~/.hidden', /it is hidden/],
    ['~/.settings', /not a folder/],
    ['~/Pictures/out', /is a symlink/],
    ['~/bin', /take what they run/],
    ['/etc', /part of the system/],
  ])('%s is refused in words, and nothing is written', async (folder, says) => {
    const before = text();
    const refused = { code: 2, stderr: expect.stringMatching(says) };
    expect(await ringfence('share', id, folder)).toMatchObject(refused);
    expect(await ringfence('config', 'set', id, 'shared-folders', `${folder}/`)).toMatchObject(refused);
    expect(text()).toBe(before);
  });

  it('is judged whole, and said of a file that was written by hand', async () => {
    expect((await ringfence('share', id, '~/Pictures')).code).toBe(0);
    const inner = { code: 2, stderr: expect.stringMatching(/"~\/Pictures\/holiday:ro": it lies in .*Pictures/) };
    expect(await ringfence('share', id, '~/Pictures/holiday:ro')).toMatchObject(inner);
    const before = text();
    writeFileSync(
      config,
      `[app."${id}"]\nshared-folders = ["~/Pictures", "~/nowhere"]\nmemory-high = "2G"\nmemory-max = "1G"\n`,
    );
    const says = [
      /config\.toml:2: shared-folders: "~\/nowhere": it does not exist/,
      /config\.toml:3: memory-high \(2G\) never acts/,
    ];
    const checked = await ringfence('config', 'check');
    const doctor = await ringfence('doctor');
    const set = await ringfence('config', 'set', id, 'tasks-max', '100');
    expect([checked.code, set.code]).toEqual([0, 0]);
    for (const one of says) for (const said of [checked.stderr, doctor.stdout, set.stderr]) expect(said).toMatch(one);
    writeFileSync(config, before);
    const writable = {
      code: 2,
      stderr: expect.stringMatching(/it is shared for writing; "ringfence share .*Pictures:ro"/),
    };
    expect(await ringfence('unshare', id, '~/Pictures:ro')).toMatchObject(writable);
    expect(text()).toBe(before);
    expect((await ringfence('unshare', id, '~/Pictures')).code).toBe(0);
    expect((await ringfence('share', id, '~/Pictures:ro')).code).toBe(0);
    expect((await ringfence('unshare', id, '~/Pictures:ro')).code).toBe(0);
  });

  it('say what cannot be taken back', async () => {
    expect(await ringfence('unshare', id, '~/Pictures')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/it is not shared/),
    });
    expect((await ringfence('share', id)).code).toBe(2);
    expect((await ringfence('share', 'no.such.App', '~/Pictures')).code).toBe(3);
  });

  it('enable and disable say where the data of a strict app is', async () => {
    const enabled = await ringfence('enable', '--profile', 'strict', id);
    expect(enabled.stderr).toMatch(new RegExp(`its data will be in ${own}; of your own files it sees only`));
    const { path } = await seen();
    await client.stop(path, 0);
    const disabled = await ringfence('disable', id);
    expect(disabled.stderr).toMatch(new RegExp(`home stays in .*${id}; "ringfence home --reset`));
    expect(existsSync(own)).toBe(true);
  });
});
