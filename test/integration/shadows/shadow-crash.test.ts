import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { dieBeforeChange } from '../../fixtures/death-at-call.ts';
import { addEntry, all, installRealApps, makeWorld, only, type ShadowWorld } from '../../fixtures/shadow-world.ts';
import { output } from '../../harness/command.ts';
import { waitFor } from '../../harness/wait-for.ts';

const folder = mkdtempSync(join(tmpdir(), 'ringfence-churn-'));
const churn = join(folder, 'shadow-churn.mjs');
let world: ShadowWorld;

beforeAll(async () => {
  await build({
    entryPoints: ['shadow-churn', 'shadow-full-disk'].map((name) =>
      join(import.meta.dirname, `../../fixtures/${name}.ts`),
    ),
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
    outdir: folder,
    outExtension: { '.js': '.mjs' },
  });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(() => {
  world = makeWorld();
});
afterEach(() => world.remove());

/** What a user may have: entries of their own in every form, and apps with all that can belong to one. */
function furnish(): void {
  addEntry(world, 'own.desktop', ['X-Mine=yes'], world.own);
  addEntry(world, 'both.desktop', []);
  addEntry(world, 'both.desktop', ['Comment=mine'], world.own);
  addEntry(world, 'foo.desktop', ['MimeType=text/plain;'], join(world.own, 'kde'));
  addEntry(world, 'elsewhere.desktop', [], join(world.root, 'home/apps'));
  symlinkSync('../../../apps/elsewhere.desktop', join(world.own, 'linked.desktop'));
  addEntry(world, 'org.test.Bus.desktop', ['DBusActivatable=true', 'MimeType=text/plain;']);
  addEntry(world, 'org.test.Flatpak.desktop', ['X-Flatpak=org.test.Flatpak']);
  const services = join(world.root, 'usr/dbus-1/services');
  writeFileSync(
    join(services, 'org.test.Bus.service'),
    '[D-BUS Service]\nName=org.test.Bus\nExec=/bin/bus --service\n',
  );
  writeFileSync(join(world.system, 'mimeinfo.cache'), '[MIME Cache]\ntext/plain=org.test.Bus.desktop;\n');
  writeFileSync(join(world.own, 'mimeinfo.cache'), '[MIME Cache]\ntext/plain=kde-foo.desktop;\n');
}

/** The scripts that icons run and that are not there, or not whole. */
function deadIcons(): string[] {
  return readdirSync(world.own)
    .filter((name) => name.endsWith('.desktop'))
    .flatMap((name) => [
      ...readFileSync(join(world.own, name), 'latin1').matchAll(/^Exec=\/bin\/sh (\S+) --app=.* -- ?.*$/gm),
    ])
    .flatMap(([, script = '']) =>
      existsSync(script) && /^exec [^\n]*\n$/m.test(readFileSync(script, 'utf8')) ? [] : [script],
    );
}

/** Another process that finds this world; the lock of the last counts for nothing, as it would if that had ended. */
function nextProcess(): ShadowWorld {
  rmSync(join(world.root, 'run'), { recursive: true });
  return makeWorld({ root: world.root });
}

describe('undo', () => {
  it('leaves everything as it was, twice in a row, over all real applications', async () => {
    expect(installRealApps(world).length).toBeGreaterThanOrEqual(80);
    furnish();
    const before = world.tree();
    for (let round = 0; round < 2; round++) {
      const results = await world.shadows.enable(all);
      expect(results.filter(({ change }) => change === 'created').length).toBeGreaterThanOrEqual(80);
      expect(world.tree()).not.toBe(before);
      await world.shadows.disable(all);
      expect(world.tree()).toBe(before);
    }
  });

  it('clears away the empty folder that a run leaves when it is killed before its first note', async () => {
    furnish();
    const before = world.tree();
    mkdirSync(join(world.root, 'home/.local/share/ringfence'), { mode: 0o700 });
    await world.shadows.sync({ dryRun: false });
    await world.shadows.disable(all);
    expect(world.tree()).toBe(before);
  });

  const rescues = {
    'sync and disable': async ({ shadows }: ShadowWorld) => {
      await shadows.sync({ dryRun: false });
      await shadows.disable(all);
    },
    disable: ({ shadows }: ShadowWorld) => shadows.disable(all),
  };
  it.each(Object.entries(rescues))(
    'leaves everything as it was after a death before any change of the disk: %s',
    async (_name, rescue) => {
      furnish();
      const before = world.tree();
      for (let count = 1, died = true; died; count++) {
        died = await dieBeforeChange(count, async () => {
          await world.shadows.enable(only('own.desktop', 'org.test.Bus.desktop'));
          await world.shadows.enable(all);
          await world.shadows.sync({ dryRun: false });
          await world.shadows.disable(only('own.desktop'));
          await world.shadows.disable(all);
        });
        if (!died) expect(count).toBeGreaterThan(100);
        expect(deadIcons(), `after a death before change ${count}`).toEqual([]);
        // The rescue dies as well, sooner or later.
        const second = nextProcess();
        await dieBeforeChange(1 + ((count * 7) % 50), () => rescue(second));
        expect(deadIcons(), `after a death before change ${count}, and another`).toEqual([]);
        await rescue(nextProcess());
        expect(world.tree(), `after a death before change ${count}`).toBe(before);
      }
    },
    120_000,
  );

  it('leaves everything as it was after SIGKILL at any of 100 moments', async () => {
    furnish();
    for (let count = 0; count < 20; count++) addEntry(world, `app${count}.desktop`, [`Comment=${count}`]);
    const before = world.tree();
    let halfDone = 0;
    for (let round = 0; round < 100; round++) {
      const child = spawn(process.execPath, [churn, world.root], { stdio: ['ignore', 'ignore', 'inherit'] });
      await waitFor(() => existsSync(join(world.root, 'home/.local/share/ringfence')), { what: 'the first change' });
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 60));
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
      if (world.tree() !== before) halfDone++;
      const after = makeWorld({ root: world.root });
      expect(deadIcons()).toEqual([]);
      for (const id of readdirSync(world.own).filter((name) => name.endsWith('.desktop'))) {
        // Whole at every moment: the old one or the new one.
        expect(readFileSync(join(world.own, id), 'utf8')).toMatch(/\n$/);
      }
      await after.shadows.sync({ dryRun: false });
      await after.shadows.disable(all);
      expect(world.tree()).toBe(before);
    }
    // The kills did come in the middle of something.
    expect(halfDone).toBeGreaterThan(50);
  }, 300_000);
});

describe('a disk that does not take it', () => {
  it('is left as it was when it is full, and says so', async () => {
    // A small file system of the test's own, in a user and mount namespace of its own.
    const small = `mount -t tmpfs -o size=200k tmpfs "$2/home" && exec "$0" "$1" "$2"`;
    const script = join(folder, 'shadow-full-disk.mjs');
    const told = await output(['unshare', '-Urm', 'sh', '-c', small, process.execPath, script, world.root]);
    const { states, ...rest } = JSON.parse(told) as { states: string[] };
    expect(states.some((state) => state === 'failed' || state === 'Failed')).toBe(true);
    expect(rest).toEqual({ whole: true, restored: true, again: ['enabled', 'enabled'], restoredAgain: true });
  });

  it('is left as it was when it may only be read', async () => {
    addEntry(world, 'app.desktop', []);
    const before = world.tree();
    const folders = [world.own, join(world.root, 'home/.local/share')];
    for (const path of folders) chmodSync(path, 0o555);
    try {
      await expect(world.shadows.enable(only('app.desktop'))).rejects.toMatchObject({ code: 'Failed' });
    } finally {
      for (const path of folders) chmodSync(path, 0o755);
    }
    expect(world.tree()).toBe(before);
  });

  it('takes no app whose files cannot all be written', async () => {
    addEntry(world, 'app.desktop', []);
    const before = world.tree();
    chmodSync(world.own, 0o555);
    const results = await world.shadows.enable(only('app.desktop'));
    expect(results).toMatchObject([{ app: 'app.desktop', state: 'failed', error: 'Failed' }]);
    expect((await world.shadows.wishes()).apps).toEqual({});
    chmodSync(world.own, 0o755);
    expect(world.tree()).toBe(before);
  });
});
