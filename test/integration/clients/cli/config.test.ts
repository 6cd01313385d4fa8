import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { BusConnection } from '../../../../src/platform/dbus/connection.ts';
import { installEntry, removeEntries } from '../../../fixtures/desktop-entries.ts';
import { built, connectTestBus, connectTestClient, endAll } from '../../../fixtures/live-daemon.ts';
import { command } from '../../../harness/command.ts';
import { type Daemon, startDaemon } from '../../../harness/daemon.ts';
import { waitFor } from '../../../harness/wait-for.ts';

let bus: BusConnection;
let daemon: Daemon;
let file: string;
let env: Record<string, string | undefined>;

const ringfence = (...args: string[]) => command([built.ringfence, ...args], { env });
const text = () => readFileSync(file, 'utf8');
const write = (content: string) => {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
};
const isEnabled = (id: string) =>
  readFileSync(join(homedir(), '.local/share/applications', `${id}.desktop`), 'utf8').includes('X-Ringfence-Source');
/** The limit that an app is started with, where the controllers are delegated and where they are not. */
const startedWith = async (id: string) => {
  const { stdout } = await ringfence('launch', '--json', id);
  const { report } = JSON.parse(stdout) as { report: { name: string; asked: string }[] };
  return report.find(({ name }) => name === 'memory-max')?.asked;
};

const mine = `# My fences.
[profile.relaxed]   # everything else
tasks-max = 2000

# Not too much.
[app."org.test.App.desktop"]
cpu-quota = '150%'  # one and a half
`;

beforeAll(async () => {
  bus = await connectTestBus();
  daemon = await startDaemon();
  file = join(daemon.home.config, 'ringfence/config.toml');
  env = { ...process.env, XDG_CONFIG_HOME: daemon.home.config, XDG_CONFIG_DIRS: '/nonexistent' };
});
afterEach(async () => {
  rmSync(file, { force: true });
  await ringfence('disable', '--all');
  await endAll(bus);
  removeEntries();
});
afterAll(async () => {
  await daemon.stop();
  await bus.close();
});

describe('ringfence config', () => {
  it('sets a limit that holds for the next start, and leaves the rest of the file as it is', async () => {
    installEntry('org.test.App', ['Exec=sleep 1000']);
    write(mine);
    expect((await ringfence('config', 'set', 'org.test.App', 'memory-max', '1G')).code).toBe(0);
    expect(text()).toBe(`${mine}memory-max = "1G"\n`);
    await waitFor(async () => (await startedWith('org.test.App')) === '1G', { what: 'the limit' });
    expect((await ringfence('config', 'get', 'org.test.App', 'memory-max')).stdout).toBe('1G\n');
    expect((await ringfence('config', 'unset', 'org.test.App', 'memory-max')).code).toBe(0);
    expect(text()).toBe(mine);
  });

  it('sets what all apps together may use, which holds at once', async () => {
    write(mine);
    const client = await connectTestClient();
    const asked = async () =>
      (await client.desktop()).find((row) => row.get('name') === 'apps-memory-max')?.get('asked');
    try {
      expect((await ringfence('config', 'set', 'desktop', 'apps-memory-max', '80%')).code).toBe(0);
      expect(text()).toBe(`${mine}\n[desktop]\napps-memory-max = "80%"\n`);
      await waitFor(async () => (await asked()) === '80%', { what: 'the budget' });
      expect((await ringfence('config', 'set', 'desktop', 'apps-memory-max=70%', 'session-memory-low=0')).code).toBe(0);
      expect((await ringfence('config', 'get', 'desktop', 'apps-memory-max')).stdout).toBe('70%\n');
      const shown = JSON.parse((await ringfence('config', 'get', '--json', 'desktop')).stdout);
      expect(shown).toEqual(
        expect.arrayContaining([
          { section: 'desktop', key: 'apps-memory-max', value: '70%', origin: `${file}:10` },
          { section: 'desktop', key: 'apps-swap-max', value: expect.any(String), origin: 'built-in' },
        ]),
      );
      const wrong = await ringfence('config', 'set', 'desktop', 'memory-max', '1G');
      expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('apps-memory-max') });
      const gone = await ringfence('config', 'unset', '--json', 'desktop');
      const keys = ['apps-memory-max', 'session-memory-low'].map((key) => ({ section: 'desktop', key }));
      expect(JSON.parse(gone.stdout)).toEqual({ file, changed: true, keys });
      await waitFor(async () => (await asked()) !== '70%', { what: 'the budget as it was' });
      expect((await ringfence('config', 'get', '--json')).stdout).not.toContain('desktop');
    } finally {
      await client.close();
    }
  });

  it('shows what holds and where it is written', async () => {
    installEntry('org.test.App', ['Exec=sleep 1000']);
    write(mine);
    const { stdout } = await ringfence('config', 'get', '--json', 'org.test.App');
    const app = 'org.test.App';
    expect(JSON.parse(stdout)).toEqual([
      { app, key: 'profile', value: 'relaxed', origin: 'built-in' },
      { app, key: 'memory-max', value: '70%', origin: 'built-in' },
      { app, key: 'memory-high', value: '98% of memory-max', origin: 'built-in' },
      { app, key: 'memory-swap-max', value: '25%', origin: 'built-in' },
      { app, key: 'cpu-quota', value: '150%', origin: `${file}:7` },
      { app, key: 'tasks-max', value: '2000', origin: `${file}:3` },
    ]);
    expect((await ringfence('config', 'get', 'org.test.App', 'cpu-weight')).code).toBe(1);
    const all = (await ringfence('config', 'get')).stdout.trimEnd().split('\n');
    expect(all.map((line) => line.split(/ {2,}/).slice(0, 2))).toEqual([
      ['profile.relaxed tasks-max', '2000'],
      ['org.test.App cpu-quota', '150%'],
    ]);
  });

  it('takes an app by its name, and one that is not installed as it is', async () => {
    installEntry('org.test.App', ['Exec=sleep 1000', 'Name=Beautiful Tests', 'Name[de]=Schöne Tests']);
    for (const [name, limit] of Object.entries({ 'schöne tests': '1G', 'test.app': '2G' })) {
      expect((await ringfence('config', 'set', name, 'memory-max', limit)).code).toBe(0);
      expect(text()).toBe(`[app."org.test.App"]\nmemory-max = "${limit}"\n`);
    }
    const near = await ringfence('config', 'set', 'beautifull tests', 'memory-max', '1G');
    expect(near).toMatchObject({ code: 3, stderr: expect.stringContaining('did you mean org.test.App') });
    expect(near.stderr).not.toContain('use app.');
    const unknown = await ringfence('config', 'set', 'later', 'memory-max', '1G');
    expect(unknown).toMatchObject({ code: 3, stderr: expect.stringContaining('use app.later') });
    const later = await ringfence('config', 'set', 'app.later', 'memory-max', '1G');
    expect(later).toMatchObject({ code: 0, stderr: expect.stringContaining('no app later is installed') });
  });

  it('knows the profile that an app was enabled with', async () => {
    installEntry('org.test.App', ['Exec=sleep 1000']);
    const profile = async () => (await ringfence('config', 'get', 'org.test.App', 'profile')).stdout;
    await ringfence('enable', '--profile', 'strict', 'org.test.App');
    expect(await profile()).toBe('strict\n');
    await ringfence('config', 'set', 'org.test.App', 'profile', 'relaxed');
    expect(await profile()).toBe('relaxed\n');
  });

  it('makes a profile in one command, and says how when the base is missing', async () => {
    const refused = await ringfence('config', 'set', 'profile.browser', 'memory-max', '4G');
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('base=relaxed memory-max=4G') });
    expect(existsSync(file)).toBe(false);
    await ringfence('config', 'set', 'profile.browser', 'base=relaxed', 'memory-max=4G');
    await ringfence('config', 'set', 'profile.browser.cpu-quota', '300%');
    await ringfence('config', 'set', 'default-profile', 'browser');
    expect(text()).toBe(
      'default-profile = "browser"\n\n[profile.browser]\nbase = "relaxed"\nmemory-max = "4G"\ncpu-quota = "300%"\n',
    );
  });

  it('refuses what the file must not say, and touches nothing', async () => {
    installEntry('org.test.App', ['Exec=sleep 1000']);
    write(mine);
    const refused: [string[], number][] = [
      [['set', 'org.test.App', 'memory-max', 'lots'], 2],
      [['set', 'org.test.App', 'memroy-max', '1G'], 2],
      [['set', 'org.test.App', 'profile', 'nope'], 2],
      [['set', 'org.test.App', 'shared-folders', 'Taxes'], 2],
      [['set', 'org.test.Nope', 'memory-max', '1G'], 3],
      [['set', 'memory-max', '1G'], 2],
      [['set', 'org.test.App'], 2],
      [['dance'], 2],
    ];
    for (const [words, code] of refused)
      expect([words, (await ringfence('config', ...words)).code]).toEqual([words, code]);
    expect(text()).toBe(mine);
    const broken = `${mine}[app\n`;
    write(broken);
    const { code, stderr } = await ringfence('config', 'set', 'org.test.App', 'memory-max', '1G');
    expect(code).toBe(2);
    expect(stderr).toContain(`cannot change ${file}: line 8`);
    expect((await ringfence('config', 'get')).code).toBe(2);
    expect((await ringfence('config', 'check')).code).toBe(1);
    expect((await ringfence('enable', '--memory-max', '1G', 'org.test.App')).code).toBe(2);
    expect(text()).toBe(broken);
    expect(isEnabled('org.test.App')).toBe(false);
  });

  it.each([
    ['a full disk', 'mount -t tmpfs -o size=4k tmpfs "$1" && put && head -c 4096 /dev/zero >"$1/full" 2>/dev/null'],
    ['a disk that may only be read', 'mount --bind "$1" "$1" && put && mount -o remount,bind,ro "$1"'],
  ])('leaves the file as it was on %s', async (_title, prepare) => {
    const folder = dirname(file);
    write(mine);
    // A disk of the test's own is empty at first.
    const script = `content=$(cat "$1/config.toml"); put() { printf '%s\\n' "$content" >"$1/config.toml"; }
      ${prepare.replace('put', 'put "$1"')}
      "$2" config set app.x memory-max 1G; code=$?; ls -A "$1"; cat "$1/config.toml"; exit $code`;
    const { code, stdout, stderr } = await command(
      ['unshare', '-Urm', 'sh', '-c', script, 'sh', folder, built.ringfence],
      {
        env,
      },
    );
    expect(stderr).toMatch(
      /^ringfence: cannot change .*config\.toml: (the disk is full|the file system is read-only) .*; /m,
    );
    expect(stdout.replace(/^full\n/m, '')).toBe(`config.toml\n${mine}`);
    expect(code).toBe(70);
  });

  it('warns of an app that is not installed; so do status and doctor', async () => {
    installEntry('org.test.App', ['Exec=sleep 1000']);
    write('[app."org.test.Ap.desktop"]\nmemory-max = "1G"\n');
    const { code, stdout, stderr } = await ringfence('config', 'check');
    // The one for all users is nothing that anybody misses.
    expect(stdout).toMatch(/^not there {2}\/.+\/ringfence\/config\.toml \(optional\)\nno errors {2}\/.+\n$/);
    const warning = `${file}:1: no app org.test.Ap is installed; did you mean org.test.App?`;
    expect({ code, stderr }).toEqual({ code: 0, stderr: `ringfence: ${warning}\n` });
    expect((await ringfence('status')).stdout).toContain(warning);
    expect((await ringfence('doctor')).stdout).toContain(warning);
  });
});

describe('ringfence enable with limits', () => {
  it('keeps them in the configuration file, and disable takes them back to the byte', async () => {
    installEntry('org.test.App', ['Exec=sleep 1000']);
    installEntry('org.test.Other', ['Exec=sleep 1000']);
    write(mine);
    chmodSync(file, 0o600);
    const words = ['enable', '--memory-max', '1G', '--cpu-quota', '200%', 'org.test.App', 'org.test.Other'];
    expect((await ringfence(...words, '--dry-run')).stdout).toContain('+memory-max = "1G"');
    expect(text()).toBe(mine);
    const { code, stderr } = await ringfence(...words);
    expect(code).toBe(0);
    expect(stderr).toContain(`org.test.App: memory-max 1G, cpu-quota 200% saved in ${file}`);
    expect(stderr).toContain('a few seconds');
    expect(text()).toBe(
      `${mine.replace("'150%'", '"200%"')}memory-max = "1G"\n\n[app."org.test.Other"]\nmemory-max = "1G"\ncpu-quota = "200%"\n`,
    );
    await waitFor(async () => (await startedWith('org.test.App')) === '1G', { what: 'the limit' });
    await ringfence('disable', 'org.test.App');
    expect(text()).toBe(`${mine}\n[app."org.test.Other"]\nmemory-max = "1G"\ncpu-quota = "200%"\n`);
    await ringfence('disable', '--all');
    expect(text()).toBe(mine);
  });

  it('shows them in a dry run, also where nothing else would change', async () => {
    installEntry('org.test.App', ['Exec=sleep 1000']);
    await ringfence('enable', 'org.test.App');
    const dry = await ringfence('enable', '--dry-run', '--memory-max', '1G', 'org.test.App');
    expect(dry).toMatchObject({ code: 0, stderr: '' });
    expect(dry.stdout).toContain(`+++ ${file}\n`);
    const { stdout } = await ringfence('enable', '--dry-run', '--memory-max', '1G', '--json', 'org.test.App');
    expect(JSON.parse(stdout)).toContainEqual(
      expect.objectContaining({ file, change: 'created', diff: expect.stringContaining('+memory-max = "1G"') }),
    );
    expect((await ringfence('enable', '--dry-run', 'org.test.App')).stderr).toBe('Nothing would change.\n');
  });

  it('keeps them for the apps that are named, and says once of one whose entry was edited that it stays', async () => {
    installEntry('org.test.App', ['Exec=sleep 1000']);
    installEntry('org.test.Other', ['Exec=sleep 1000']);
    await ringfence('enable', 'org.test.App');
    const entry = join(homedir(), '.local/share/applications/org.test.App.desktop');
    appendFileSync(entry, '# mine\n');
    const { code, stderr } = await ringfence('enable', '--memory-max', '1G', 'org.test.Other');
    expect({ code, told: stderr.includes('org.test.App') }).toEqual({ code: 0, told: false });
    expect(text()).toBe('[app."org.test.Other"]\nmemory-max = "1G"\n');
    const original = join(homedir(), '.local/share/ringfence/originals/org.test.App.desktop');
    const wayOut = `you have edited it since Ringfence wrote it, so it stays; your original is ${original}`;
    // By a part of its id the daemon is asked twice.
    for (const word of ['app', 'org.test.App'])
      expect((await ringfence('disable', word)).stderr).toBe(`ringfence: ${entry}: ${wayOut}\n`);
  });

  it('leave no folder behind that was made for them', async () => {
    installEntry('org.test.App', ['Exec=sleep 1000']);
    const place = join(daemon.home.path, 'fresh');
    const fresh = { ...env, XDG_CONFIG_HOME: join(place, 'of/config') };
    const own = join(homedir(), '.local/share/ringfence');
    const inFresh = (...args: string[]) => command([built.ringfence, ...args], { env: fresh });
    expect((await inFresh('enable', '--memory-max', '1G', 'org.test.App')).code).toBe(0);
    expect(readFileSync(join(place, 'of/config/ringfence/config.toml'), 'utf8')).toContain('memory-max = "1G"');
    expect((await inFresh('disable', 'org.test.App')).code).toBe(0);
    expect([existsSync(place), existsSync(own)]).toEqual([false, false]);
    // What somebody else has put there stays, with its folders.
    expect((await inFresh('enable', '--memory-max', '1G', 'org.test.App')).code).toBe(0);
    writeFileSync(join(place, 'of/config/other'), '');
    expect((await inFresh('disable', 'org.test.App')).code).toBe(0);
    expect(readdirSync(join(place, 'of/config'))).toEqual(['other']);
  });

  it('leaves an empty file that was there before where it is', async () => {
    installEntry('org.test.App', ['Exec=sleep 1000']);
    write('');
    expect((await ringfence('enable', '--memory-max', '1G', 'org.test.App')).code).toBe(0);
    expect(readFileSync(file, 'utf8')).toContain('memory-max = "1G"');
    expect((await ringfence('disable', 'org.test.App')).code).toBe(0);
    expect(readFileSync(file, 'utf8')).toBe('');
    rmSync(file);
    expect((await ringfence('enable', '--memory-max', '1G', 'org.test.App')).code).toBe(0);
    expect((await ringfence('disable', 'org.test.App')).code).toBe(0);
    expect(existsSync(file)).toBe(false);
  });

  it('are left where they are, and that is said, while the file has a fault', async () => {
    installEntry('org.test.App', ['Exec=sleep 1000']);
    expect((await ringfence('enable', '--memory-max', '1G', 'org.test.App')).code).toBe(0);
    const good = text();
    writeFileSync(file, `${good}[app.broken\n`);
    const disabled = await ringfence('disable', 'org.test.App');
    expect(disabled.stderr).toMatch(/^ringfence: cannot change .*config\.toml: line \d+: .*correct that first$/m);
    expect(disabled.code).toBe(2);
    expect(text()).toBe(`${good}[app.broken\n`);
    writeFileSync(file, good);
    expect((await ringfence('disable', 'org.test.App')).code).toBe(0);
    expect(existsSync(file)).toBe(false);
  });

  it('leaves what was changed since', async () => {
    installEntry('org.test.App', ['Exec=sleep 1000']);
    await ringfence('enable', '--memory-max', '1G', '--tasks-max', '100', 'org.test.App');
    await ringfence('config', 'set', 'org.test.App', 'tasks-max', '100');
    writeFileSync(file, text().replace('"1G"', '"2G"'));
    const { stderr } = await ringfence('disable', 'org.test.App');
    expect(stderr).toContain('org.test.App: you have changed memory-max since; it stays in ');
    const remove = '"ringfence config unset org.test.App tasks-max" removes them';
    expect(stderr).toContain(`org.test.App: your settings stay in ${file}: tasks-max; ${remove}\n`);
    expect(text()).toBe('[app."org.test.App"]\nmemory-max = "2G"\ntasks-max = 100\n');
  });

  it('is told as that also where a file of the app goes, as when strict becomes relaxed', async () => {
    installEntry('org.test.App', ['Exec=sleep 1000']);
    await ringfence('enable', '--profile', 'strict', 'org.test.App');
    const { stdout } = await ringfence('enable', '--profile', 'relaxed', 'org.test.App');
    expect(stdout).toBe('org.test.App  enabled\n');
  });

  it('has the profile in the place of one that the configuration has for the app', async () => {
    installEntry('org.test.App', ['Exec=sleep 1000']);
    write('[app."org.test.App"]\nprofile = "relaxed"  # for now\n');
    const { code, stderr } = await ringfence('enable', '--profile', 'strict', 'org.test.App');
    expect(code).toBe(0);
    expect(stderr).toContain(`org.test.App: profile strict saved in ${file}, in place of relaxed\n`);
    expect(stderr).toContain('its data will be in');
    expect(text()).toBe('[app."org.test.App"]\nprofile = "strict"  # for now\n');
    expect((await ringfence('apps', 'org.test.App')).stdout).toMatch(/ strict$/m);
    // It is what starts it, whoever has set it.
    await ringfence('config', 'set', 'org.test.App', 'profile=relaxed');
    expect((await ringfence('apps', 'org.test.App')).stdout).not.toContain('strict');
    // For all apps it is for those that have none.
    await ringfence('enable', '--all', '--profile', 'strict');
    expect(text()).toContain('profile = "relaxed"');
  });

  it('says where limits for all apps belong', async () => {
    const { code, stderr } = await ringfence('enable', '--all', '--memory-max', '1G');
    expect(code).toBe(2);
    expect(stderr).toContain('"ringfence config set profile.relaxed memory-max 1G"');
  });
});
