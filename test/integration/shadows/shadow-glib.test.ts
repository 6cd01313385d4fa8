import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  addEntry,
  all,
  askGlib,
  installRealApps,
  makeWorld,
  only,
  type ShadowWorld,
} from '../../fixtures/shadow-world.ts';

// What every desktop on GLib sees of a shadow, asked of GLib itself.

interface Seen {
  readonly apps: Record<
    string,
    { path: string; exec: string; view: { shouldShow: boolean }; strict: string | null } | null
  >;
  readonly types: Record<string, { default: string | null; all: string[]; recommended: string[] }>;
  readonly listed: string[];
}

const locales = ['de', 'fr', 'pt_BR', 'sr@latin', 'zh_TW'];
let world: ShadowWorld;

beforeAll(() => {
  world = makeWorld({ desktop: 'GNOME-Classic:GNOME' });
}, 300_000);
afterAll(() => world.remove());

const cachedTypes = (folder: string) =>
  readFileSync(join(folder, 'mimeinfo.cache'), 'utf8')
    .split('\n')
    .flatMap((line) => /^([^[=]+)=/.exec(line)?.[1] ?? []);

describe('a shadow, as GLib sees it', () => {
  let ids: string[] = [];
  let before: Seen;
  let visible: Seen;
  let after: Seen;
  const isShadow = (seen: Seen) => (id: string) =>
    seen.apps[id]?.exec.startsWith(`/bin/sh ${world.own}/ringfence/`) ?? false;

  beforeAll(async () => {
    ids = installRealApps(world);
    addEntry(world, 'kde-sub.desktop', ['MimeType=text/plain;'], join(world.own, 'kde'));
    addEntry(world, 'mine.desktop', ['Name[de]=Meins', 'Exec=mine %f'], world.own);
    ids.push('mine.desktop', 'kde-kde-sub.desktop');
    const request = { ids, locales, types: cachedTypes(world.system) };
    before = askGlib<Seen>(world, request);
    await world.shadows.enable(all);
    visible = askGlib<Seen>(world, request);
    await world.shadows.enable(only(...ids.filter((id) => before.apps[id] !== null)));
    after = askGlib<Seen>(world, request);
  }, 300_000);

  it('covers at least 80 real applications', () => {
    const shadowed = ids.filter(isShadow(after));
    expect(shadowed.length).toBeGreaterThanOrEqual(80);
    expect(ids.filter((id) => !shadowed.includes(id) && after.apps[id] !== null)).toEqual(['remmina-gnome.desktop']);
  });

  it('is made for all applications that a menu shows when all are asked for', () => {
    const shown = ids.filter((id) => before.apps[id]?.view.shouldShow);
    expect(shown.length).toBeLessThan(ids.filter((id) => before.apps[id] !== null).length - 10);
    expect(ids.filter(isShadow(visible))).toEqual(shown.filter((id) => id !== 'remmina-gnome.desktop'));
  });

  it('is the original in everything but the listed keys', () => {
    for (const id of ids) expect({ id, view: after.apps[id]?.view }).toEqual({ id, view: before.apps[id]?.view });
    expect(after.listed).toEqual(before.listed);
  });

  it('leaves every MIME type its applications, in their order', () => {
    expect(Object.keys(before.types).length).toBeGreaterThan(300);
    expect(after.types).toEqual(before.types);
  });

  it('leaves them so when only some applications are enabled', async () => {
    await world.shadows.disable(all);
    const request = { ids: [], types: cachedTypes(world.system) };
    const some = ids.filter((_, index) => index % 5 === 2);
    await world.shadows.enable(only(...some));
    expect(askGlib<Seen>(world, request).types).toEqual(before.types);
    await world.shadows.enable(all);
    await world.shadows.enable(only(...ids.filter((id) => before.apps[id] !== null)));
  });

  it('has the action that opens it strictly, in the language of the entry', () => {
    expect(after.apps['org.gnome.gedit.desktop']?.strict).toBe('Open Strictly Contained');
    const german = askGlib<Seen>(
      { ...world, environment: { ...world.environment, LANGUAGE: 'de' } },
      { ids: ['org.gnome.gedit.desktop'] },
    );
    expect(german.apps['org.gnome.gedit.desktop']?.strict).toBe('Streng eingegrenzt öffnen');
  });

  it('is hidden when the program of the original goes, and not because the client does', async () => {
    addEntry(world, 'goes.desktop', ['Exec=goes %u']);
    await world.shadows.sync({ dryRun: false });
    const seen = () => askGlib<Seen>(world, { ids: ['goes.desktop'] }).apps['goes.desktop'];
    // The client of this world was never there.
    expect(seen()?.exec).toMatch(/^\/bin\/sh \S+\/ringfence\/goes\.sh --app=goes\.desktop --original=\S+ -- %u$/);
    rmSync(join(world.root, 'bin/goes'));
    expect(seen()).toBeNull();
  });

  it('is as valid as its original', () => {
    const complaints = (path: string) => {
      const { stdout } = spawnSync('desktop-file-validate', [path], { encoding: 'utf8' });
      return stdout
        .split('\n')
        .map((line) => line.slice(line.indexOf(': ') + 2))
        .filter((line) => /error/.test(line))
        .sort();
    };
    for (const id of ids.filter((one) => !/^(mine|kde-kde)/.test(one))) {
      if (id === 'remmina-gnome.desktop' || before.apps[id] === null) continue;
      expect({ id, complaints: complaints(join(world.own, id)) }).toEqual({
        id,
        complaints: complaints(join(world.system, id)),
      });
    }
  });
});
