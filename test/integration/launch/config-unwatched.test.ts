import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Client } from '../../../src/clients/cli/client.ts';
import type { BusConnection } from '../../../src/platform/dbus/connection.ts';
import {
  built,
  busName,
  connectTestBus,
  connectTestClient,
  endAll,
  instanceAt,
  namePid,
  temporaryFolder,
} from '../../fixtures/live-daemon.ts';
import { command } from '../../harness/command.ts';
import { type TempHome, tempHome } from '../../harness/temp-home.ts';
import { waitFor } from '../../harness/wait-for.ts';

const good = (memory: string) =>
  `default-profile = "mine"\n\n[profile.mine]\nbase = "relaxed"\nmemory-max = "${memory}"\n`;
/** A user namespace counts for itself what it may have of inotify, and nobody else in this system is cut short. */
const limit = '/proc/sys/user/max_inotify_instances';
const withoutInotify = [
  `echo 0 >${limit}`,
  `{ read -r amount <"$DOOR"; echo "$amount" >${limit}; } &`,
  'exec unshare --user --map-user=1000 --map-group=1000 "$@"',
].join('\n');

describe('the configuration, when no inotify instance is left as the daemon starts,', () => {
  let bus: BusConnection;
  let client: Client;
  let home: TempHome;
  let file: string;
  let door: string;
  let daemon: ChildProcess;

  beforeEach(async () => {
    bus = await connectTestBus();
    client = await connectTestClient();
    home = tempHome();
    mkdirSync(join(home.config, 'ringfence'));
    file = join(home.config, 'ringfence/config.toml');
    door = join(home.path, 'door');
    await command(['mkfifo', door]);
    daemon = spawn('unshare', ['--map-root-user', 'sh', '-c', withoutInotify, 'sh', built.ringfenced], {
      env: { ...process.env, ...home.env, DOOR: door },
      stdio: 'ignore',
    });
    await waitFor(() => namePid(bus, busName), { what: 'the daemon' });
  });
  afterEach(async () => {
    await endAll(bus);
    const end = once(daemon, 'exit');
    const pid = await namePid(bus, busName);
    if (pid !== undefined) process.kill(pid, 'SIGTERM');
    // Whoever waits at the door for more goes too.
    await command(['sh', '-c', `echo 1 1<>"${door}" >"${door}"`]);
    await end;
    await client.close();
    await bus.close();
    home.remove();
  });

  const property = async (name: string) => (await client.properties()).get(name);
  const watching = async () =>
    ((await property('Capabilities')) as Map<string, string>[]).find((row) => row.get('name') === 'file-watching');
  const save = (text: string) => {
    writeFileSync(`${file}.new`, text);
    renameSync(`${file}.new`, file);
  };
  const launched = async () => {
    const { profile, report } = await instanceAt(client, await client.run(['sleep', '1000'], new Map(), new Map()));
    return { profile, asked: report.find((row) => row.get('name') === 'memory-max')?.get('asked') };
  };

  it('counts for the next launch all the same', async () => {
    expect(Object.fromEntries((await watching()) ?? [])).toMatchObject({
      available: 'no',
      reason: expect.stringContaining('inotify instances'),
      fix: expect.stringContaining('fs.inotify.max_user_instances'),
    });
    save(good('1G'));
    expect(await launched()).toEqual({ profile: 'mine', asked: '1G' });
    save(good('2G'));
    expect(await launched()).toEqual({ profile: 'mine', asked: '2G' });
    save('default-profile = "strict"\n\n[profile.strict]\nnetwork = "maybe"\n');
    expect(await property('ConfigError')).toContain(file);
    expect(await launched()).toEqual({ profile: 'mine', asked: '2G' });
    const { stdout } = await command([built.ringfence, 'doctor'], { env: home.env });
    expect(stdout).toMatch(/file watching[^\n]*inotify instances/);
  });

  it('is watched again as soon as there is one', async () => {
    save(good('1G'));
    expect(await launched()).toMatchObject({ asked: '1G' });
    writeFileSync(door, '16\n');
    await waitFor(async () => (await watching())?.get('available') === 'yes', { what: 'an inotify instance' });
    save(good('3G'));
    expect(await waitFor(async () => (await launched()).asked === '3G', { what: 'the change' })).toBe(true);
  });
});

describe('the configuration, where its file system stops to answer,', () => {
  it('is as it was for whoever looks while the mount is asked again', async () => {
    const folder = temporaryFolder();
    const [far, hang] = [join(folder, 'far'), join(folder, 'hang')];
    mkdirSync(far);
    const files = spawn('python3', [join(process.cwd(), 'test/fixtures/hanging-files.py'), far, hang], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      await once(files.stdout, 'data');
      // A process of its own: it would hang, and this one with it.
      const script = `
        import { writeFileSync } from 'node:fs';
        import { openConfigStore } from '${process.cwd()}/src/config/io/config-store.ts';
        import { askMounts } from '${process.cwd()}/src/platform/files/silent-mounts.ts';
        const files = ['${far}/config.toml'];
        await askMounts(files);
        const store = openConfigStore({ files, memory: undefined });
        const before = store.current();
        writeFileSync('${hang}', '');
        let isAsking = true;
        const asking = store.ask().then(() => { isAsking = false; });
        setTimeout(() => process.stdout.write(String(store.current() === before && isAsking)), 1000);
        await asking;
        process.exit();`;
      const program = join(folder, 'look.mjs');
      await build({
        stdin: { contents: script, resolveDir: process.cwd() },
        ...{ bundle: true, platform: 'node', format: 'esm', outfile: program },
      });
      const asked = command([process.execPath, program], { timeoutMs: 8000 });
      expect(await asked).toMatchObject({ stdout: 'true', code: 0 });
    } finally {
      files.kill('SIGKILL');
      await once(files, 'exit');
      await command(['fusermount3', '-uz', far]);
      rmSync(folder, { recursive: true });
    }
  });
});
