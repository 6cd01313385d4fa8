import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseInstallManifest } from '../../../src/install/pure/manifest.ts';
import { installPlaces } from '../../../src/install/pure/places.ts';
import { uninstall } from '../../../src/install/uninstall.ts';
import { openNotesFile } from '../../../src/platform/owned-files/notes-file.ts';
import { openOwnedFiles } from '../../../src/platform/owned-files/owned-files.ts';
import { all, makeWorld, type ShadowWorld } from '../../fixtures/shadow-world.ts';

/** A file, folder or link below the root. */
interface Entry {
  readonly name: string;
  readonly mode?: string;
  readonly time?: number;
  readonly text?: string;
  readonly link?: string;
  readonly folder?: boolean;
}
interface Change {
  readonly added: readonly Entry[];
  readonly gone: readonly string[];
}

/** What 0.1.0 made of a home: all enabled, or installed. The paths and hashes in it hold for this root alone. */
const recorded = JSON.parse(readFileSync(new URL('../../fixtures/written-by-0.1.0.json', import.meta.url), 'utf8')) as {
  root: string;
  before: Entry[];
  enabled: Change;
  installed: Change;
};
const { root } = recorded;
const at = (name: string) => join(root, name);

let world: ShadowWorld;
beforeEach(() => {
  rmSync(root, { recursive: true, force: true });
  for (const entry of recorded.before) put(entry);
  world = makeWorld({ root });
});
afterEach(() => world.remove());

function put({ name, mode = '755', time = 0, text, link }: Entry): void {
  const path = at(name);
  mkdirSync(text === undefined && link === undefined ? path : dirname(path), { recursive: true });
  if (link !== undefined) {
    rmSync(path, { force: true });
    symlinkSync(link, path);
    return;
  }
  if (text !== undefined) {
    rmSync(path, { force: true });
    writeFileSync(path, text);
    utimesSync(path, time, time);
  }
  chmodSync(path, Number.parseInt(mode, 8));
}

function become({ added, gone }: Change): void {
  for (const name of gone) rmSync(at(name), { recursive: true });
  for (const entry of added) put(entry);
}

/** The home and /usr as they are now, in the form of the record. */
function present(folder = root): Entry[] {
  return readdirSync(folder)
    .sort()
    .filter((name) => folder !== root || name !== 'run')
    .flatMap((one): Entry[] => {
      const path = join(folder, one);
      const name = path.slice(root.length + 1);
      const facts = lstatSync(path);
      if (facts.isSymbolicLink()) return [{ name, link: readlinkSync(path) }];
      const mode = (facts.mode & 0o7777).toString(8);
      if (facts.isDirectory()) return [{ name, mode, folder: true }, ...present(path)];
      return [{ name, mode, time: Math.floor(facts.mtimeMs / 1000), text: readFileSync(path, 'utf8') }];
    });
}

const own = 'home/.local/share/applications/own.desktop';

describe('what version 0.1.0 has enabled', () => {
  it('is taken back to the byte', async () => {
    become(recorded.enabled);
    const results = await world.shadows.disable(all);
    expect(results.filter(({ state }) => state !== 'disabled')).toEqual([]);
    expect(present()).toEqual(recorded.before);
  });

  it('is brought up to date, and taken back then', async () => {
    become(recorded.enabled);
    const results = await world.shadows.sync({ dryRun: false });
    expect(results.map(({ state }) => state)).not.toContain('edited');
    expect(readFileSync(at(own), 'utf8')).toContain('X-Ringfence-Version=1.2.3');
    // By a name that comes before those of limits that were changed.
    expect(readdirSync(at('home/.config/systemd/user/app-flatpak-org.test.Flatpak-.scope.d'))).toEqual([
      '10-ringfence.conf',
    ]);
    await world.shadows.disable(all);
    expect(present()).toEqual(recorded.before);
  });

  it('stays where the user has edited it since', async () => {
    become(recorded.enabled);
    writeFileSync(at(own), 'X-Edited=yes\n', { flag: 'a' });
    const edited = readFileSync(at(own), 'utf8');
    const results = await world.shadows.disable(all);
    expect(results).toContainEqual(expect.objectContaining({ state: 'edited', file: at(own) }));
    expect(readFileSync(at(own), 'utf8')).toBe(edited);
  });
});

describe('what version 0.1.0 has installed', () => {
  const remove = () => {
    const places = installPlaces(world.environment);
    const files = openOwnedFiles({ staging: places.staging, durable: true });
    return uninstall(
      [],
      { dryRun: false },
      {
        places,
        files,
        manifest: openNotesFile(places.manifest, parseInstallManifest, files.disk),
        unit: undefined,
        lock: async () => () => {},
        disableAll: async () => [],
        traces: () => [],
        forgetGoneHomes: () => {},
        emptyFolders: () => [],
      },
    );
  };

  it('is taken back to the byte', async () => {
    become(recorded.installed);
    const { changes } = await remove();
    expect(changes.filter(({ change }) => change !== 'removed')).toEqual([]);
    expect(present()).toEqual(recorded.before);
  });

  it('stays where the user has edited it since', async () => {
    become(recorded.installed);
    const page = at('home/.local/share/man/man1/ringfence.1');
    writeFileSync(page, 'mine');
    const { changes } = await remove();
    expect(changes).toContainEqual(expect.objectContaining({ path: page, change: 'kept' }));
    expect(readFileSync(page, 'utf8')).toBe('mine');
  });
});
