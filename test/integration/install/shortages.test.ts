import { mkdirSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { BusConnection } from '../../../src/platform/dbus/connection.ts';
import { built, busName, connectTestBus, type LiveDaemon, namePid } from '../../fixtures/live-daemon.ts';
import { type Shortage, startShortOfRoom } from '../../fixtures/short-daemon.ts';
import { command } from '../../harness/command.ts';
import { tempHome } from '../../harness/temp-home.ts';
import { waitFor } from '../../harness/wait-for.ts';

const words: Record<Shortage, RegExp> = { full: /the disk is full/, 'read-only': /the file system is read-only/ };
const shortages: Shortage[] = ['full', 'read-only'];

/** Says which place it is about, and what to do; no code of the system's and no bug of ours. */
function expectTrueWords(text: string, shortage: Shortage, place: string): void {
  expect(text).toMatch(words[shortage]);
  expect(text).toContain(place);
  expect(text).toMatch(/try again/);
  expect(text).not.toMatch(/internal error|\bE[A-Z]{4,}\b/);
}

describe.each(shortages)('ringfence enable, where there is a disk that is %s', (shortage) => {
  let bus: BusConnection;
  let daemon: LiveDaemon | undefined;
  beforeAll(async () => {
    bus = await connectTestBus();
  });
  afterEach(async () => {
    await daemon?.stop();
    daemon = undefined;
    await waitFor(async () => (await namePid(bus, busName)) === undefined, { what: 'the name to be free' });
  });
  afterAll(() => bus.close());

  const data = join(homedir(), '.local/share');
  const places = {
    'the data folder': data,
    'its applications': join(data, 'applications'),
    'the runtime folder': join(process.env['XDG_RUNTIME_DIR'] ?? '', 'ringfence'),
  };
  it.each(Object.entries(places))('says so of %s, and changes nothing', async (_name, folder) => {
    mkdirSync(folder, { recursive: true });
    daemon = await startShortOfRoom(bus, folder, shortage);
    const { code, stdout, stderr } = await command([built.ringfence, 'enable', 'org.gnome.gedit']);
    expect(code).toBe(70);
    expectTrueWords(stdout + stderr, shortage, folder);
    const apps = await command([built.ringfence, 'apps', '--enabled']);
    expect(apps.stdout).not.toContain('gedit');
  });
});

describe.each(shortages)('ringfence install, where there is a disk that is %s', (shortage) => {
  const spoil: Record<Shortage, string> = {
    full: 'mount -t tmpfs -o size=16k,mode=700 none "$1"; head -c 1M /dev/zero >"$1/all-of-it" 2>/dev/null || :',
    'read-only': 'mount -t tmpfs -o size=16k,mode=700 none "$1"; mount -o remount,bind,ro "$1"',
  };
  const needed = ['', '.local', '.local/share', '.local/share/systemd', 'run'];
  // A link takes no room of a full disk. Without one the installation is as good.
  const folders = shortage === 'full' ? needed : [...needed, '.local/bin'];
  it.each(folders)('says so of ~/%s, and changes nothing that it needs', async (folder) => {
    const home = tempHome();
    try {
      const at = join(home.path, folder);
      for (const one of [at, join(home.path, 'run')]) mkdirSync(one, { recursive: true });
      const env = { ...home.env, DBUS_SESSION_BUS_ADDRESS: undefined, XDG_RUNTIME_DIR: join(home.path, 'run') };
      const tree = () => readdirSync(home.path, { recursive: true }).filter((name) => name !== 'run/ringfence');
      const before = tree();
      const namespace = ['unshare', '--user', '--map-current-user', '--keep-caps', '--mount'];
      const script = `set -e; ${spoil[shortage]}; shift; exec setpriv --inh-caps=-all --ambient-caps=-all "$@"`;
      const { code, stdout, stderr } = await command(
        [...namespace, 'sh', '-c', script, 'sh', at, built.ringfence, 'install'],
        { env },
      );
      expect(code).toBe(folder === '.local/bin' ? 1 : 70);
      expectTrueWords(stdout + stderr, shortage, at);
      if (code === 70) expect(tree()).toEqual(before);
    } finally {
      home.remove();
    }
  });
});
