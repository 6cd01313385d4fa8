import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addEntry, all, makeWorld, only, type ShadowWorld } from '../../fixtures/shadow-world.ts';

let world: ShadowWorld;
beforeEach(() => {
  world = makeWorld();
});
afterEach(() => world.remove());

const shadow = (id: string) => readFileSync(join(world.own, id), 'utf8');
const isShadow = (id: string) => existsSync(join(world.own, id)) && shadow(id).includes('X-Ringfence-Source=');

describe('enable', () => {
  it('refuses ids that are none, before anything is touched', async () => {
    const before = world.tree();
    for (const id of ['../evil', 'a/b', 'a\nb', '', 'a-..-b']) {
      expect(() => world.shadows.enable(only(id))).toThrowError(expect.objectContaining({ code: 'InvalidArgument' }));
    }
    expect(world.tree()).toBe(before);
  });

  it('names an app that is not there and does not remember it', async () => {
    addEntry(world, 'app.desktop', []);
    const results = await world.shadows.enable(only('app', 'nope'));
    expect(results.find(({ app }) => app === 'nope.desktop')).toMatchObject({ state: 'failed', error: 'NoSuchApp' });
    expect(Object.keys((await world.shadows.wishes()).apps)).toEqual(['app.desktop']);
  });

  it('skips and names what is not to be wrapped, and goes on with the rest', async () => {
    const own = (id: string) => join(world.own, id);
    addEntry(world, 'good.desktop', []);
    writeFileSync(own('huge.desktop'), Buffer.alloc(10 * 1024 * 1024, 'x'));
    writeFileSync(own('binary.desktop'), Buffer.from([0, 1, 2, 255, 254]));
    writeFileSync(own('malformed.desktop'), '[Desktop Entry]\nType=Application\nthis is no line\n');
    symlinkSync('cycle.desktop', own('cycle.desktop'));
    addEntry(world, 'open.desktop', [], world.own);
    chmodSync(own('open.desktop'), 0o666);
    addEntry(world, 'secret.desktop', [], world.own);
    chmodSync(own('secret.desktop'), 0);
    addEntry(world, 'wrapped.desktop', ['Exec=ringfence-open --app=x -- %U']);
    addEntry(world, 'session.desktop', ['X-GNOME-Autostart-Phase=WindowManager']);
    const before = readdirSync(world.own);
    const results = await world.shadows.enable(all);
    const named = results.filter(({ state }) => state === 'skipped').map(({ app }) => app);
    const expected = ['binary', 'cycle', 'huge', 'malformed', 'open', 'secret', 'session', 'wrapped'].map(
      (id) => `${id}.desktop`,
    );
    expect(named.sort()).toEqual(expected);
    expect(isShadow('good.desktop')).toBe(true);
    const added = readdirSync(world.own).filter((name) => !before.includes(name));
    expect(added.sort()).toEqual(['good.desktop', 'ringfence']);
    expect(readdirSync(join(world.own, 'ringfence'))).toEqual(['good.sh']);
  });

  it('keeps the user’s own entry aside and puts it back with its time and mode', async () => {
    const path = addEntry(world, 'pwa.desktop', ['X-Chrome=1'], world.own);
    chmodSync(path, 0o755);
    utimesSync(path, 1_000_000_000, 1_000_000_000);
    const before = world.tree();
    await world.shadows.enable(only('pwa'));
    expect(shadow('pwa.desktop')).toContain(
      `X-Ringfence-Source=${join(world.root, 'home/.local/share/ringfence/originals/pwa.desktop')}`,
    );
    await world.shadows.disable(only('pwa'));
    expect(world.tree()).toBe(before);
  });

  it('says in a dry run exactly what it then does', async () => {
    addEntry(world, 'system.desktop', ['Comment=x']);
    const path = addEntry(world, 'own.desktop', ['Comment=y'], world.own);
    const original = readFileSync(path);
    const before = world.tree();
    const told = await world.shadows.enable({ ...all, dryRun: true });
    expect(world.tree()).toBe(before);
    await world.shadows.enable(all);
    for (const { file, diff } of told) {
      const wanted = readFileSync(file ?? '');
      const place = join(world.root, 'patched');
      if (file === path) writeFileSync(place, original);
      else rmSync(place, { force: true });
      execFileSync('patch', ['--quiet', place], { input: diff });
      expect(readFileSync(place)).toEqual(wanted);
    }
    expect(told.length).toBe(4);
  });

  it('takes two at once one after the other', async () => {
    for (const id of ['a', 'b', 'c', 'd']) addEntry(world, `${id}.desktop`, []);
    const before = world.tree();
    const other = makeWorld({ root: world.root });
    await Promise.all([
      world.shadows.enable(only('a', 'b')),
      other.shadows.enable(only('c', 'd')),
      world.shadows.disable(only('a')),
      other.shadows.enable(only('a')),
    ]);
    const wishes = Object.keys((await world.shadows.wishes()).apps);
    expect(wishes).toEqual(expect.arrayContaining(['b.desktop', 'c.desktop', 'd.desktop']));
    for (const id of ['a', 'b', 'c', 'd']) expect(isShadow(`${id}.desktop`)).toBe(wishes.includes(`${id}.desktop`));
    await other.shadows.disable(all);
    expect(world.tree()).toBe(before);
  });
});

describe('sync', () => {
  it('writes nothing, not even its notes, where nothing has changed', async () => {
    addEntry(world, 'app.desktop', ['Comment=one']);
    addEntry(world, 'own.desktop', [], world.own);
    await world.shadows.enable(all);
    const notes = () => lstatSync(join(world.root, 'home/.local/share/ringfence/manifest.json'));
    const { ino, mtimeMs } = notes();
    const before = world.tree();
    for (const shadows of [world.shadows, makeWorld({ root: world.root }).shadows]) {
      expect(await shadows.sync({ dryRun: false })).toEqual([]);
      expect(notes()).toMatchObject({ ino, mtimeMs });
    }
    expect(world.tree()).toBe(before);
  });

  it('follows updates, removals and new apps', async () => {
    addEntry(world, 'app.desktop', ['Comment=one']);
    await world.shadows.enable(all);
    addEntry(world, 'app.desktop', ['Comment=two']);
    addEntry(world, 'new.desktop', []);
    await world.shadows.sync({ dryRun: false });
    expect(shadow('app.desktop')).toContain('Comment=two');
    expect(isShadow('new.desktop')).toBe(true);
    rmSync(join(world.system, 'app.desktop'));
    await world.shadows.sync({ dryRun: false });
    expect(existsSync(join(world.own, 'app.desktop'))).toBe(false);
    expect(await world.shadows.sync({ dryRun: false })).toEqual([]);
  });

  it('leaves out what was disabled beside “all”', async () => {
    addEntry(world, 'app.desktop', []);
    addEntry(world, 'other.desktop', []);
    await world.shadows.enable(all);
    await world.shadows.disable(only('other'));
    await world.shadows.sync({ dryRun: false });
    expect([isShadow('app.desktop'), isShadow('other.desktop')]).toEqual([true, false]);
  });

  it('never touches a shadow that the user edited', async () => {
    addEntry(world, 'app.desktop', ['Comment=one']);
    await world.shadows.enable(only('app'));
    const edited = `${shadow('app.desktop')}# mine\n`;
    writeFileSync(join(world.own, 'app.desktop'), edited);
    addEntry(world, 'app.desktop', ['Comment=two']);
    expect(await world.shadows.sync({ dryRun: false })).toMatchObject([{ app: 'app.desktop', state: 'edited' }]);
    expect(shadow('app.desktop')).toBe(edited);
    expect(await world.shadows.disable(only('app'))).toMatchObject([{ app: 'app.desktop', state: 'edited' }]);
    expect(shadow('app.desktop')).toBe(edited);
  });

  it('leaves a shadow that the user edited its script, and takes that away once the shadow is gone', async () => {
    addEntry(world, 'app.desktop', []);
    addEntry(world, 'org.test.Files.desktop', ['DBusActivatable=true']);
    const service = '[D-BUS Service]\nName=org.test.Files\nExec=/bin/files --service\n';
    writeFileSync(join(world.root, 'usr/dbus-1/services/org.test.Files.service'), service);
    const before = world.tree();
    await world.shadows.enable(all);
    const override = join(world.root, 'home/.local/share/dbus-1/services/org.test.Files.service');
    const shadows = [join(world.own, 'app.desktop'), override];
    const scripts = shadows.map((path) => /^Exec=\/bin\/sh (\S+)/m.exec(readFileSync(path, 'utf8'))?.[1] ?? '');
    for (const path of shadows) writeFileSync(path, `${readFileSync(path, 'utf8')}# mine\n`);
    await world.shadows.disable(all);
    const after = world.tree();
    expect(await world.shadows.sync({ dryRun: false })).toMatchObject([{ state: 'edited' }, { state: 'edited' }]);
    expect(world.tree()).toBe(after);
    for (const path of [...shadows, ...scripts]) expect(existsSync(path)).toBe(true);
    for (const path of shadows) rmSync(path);
    await world.shadows.sync({ dryRun: false });
    expect(world.tree()).toBe(before);
  });

  it.each([
    ['the desktop', 'Desktop', ''],
    [
      'a desktop by another name',
      'Schreibtisch',
      'XDG_DOCUMENTS_DIR="$HOME/x"\nXDG_DESKTOP_DIR="$HOME/Schreibtisch"\n',
    ],
    ['Xfce’s panel', '.config/xfce4/panel/launcher-7', ''],
    ['MATE’s panel', '.config/mate/panel2.d/default/launchers', ''],
    ['the user’s own entries', '.local/share/applications', ''],
    ['what is started with the session', '.config/autostart', ''],
  ])(
    'leaves the script for a copy of the shadow, and takes it away once that is gone: %s',
    async (_what, place, dirs) => {
      addEntry(world, 'app.desktop', []);
      const folder = join(world.root, 'home', place);
      for (const path of [folder, join(world.root, 'home/.config')]) mkdirSync(path, { recursive: true });
      writeFileSync(join(world.root, 'home/.config/user-dirs.dirs'), dirs);
      const before = world.tree();
      await world.shadows.enable(only('app'));
      const [script, copy] = [join(world.own, 'ringfence/app.sh'), join(folder, '16789.desktop')];
      // Without what whoever copies it does not know.
      writeFileSync(copy, shadow('app.desktop').replace(/^X-Ringfence.*\n/gm, ''));
      const told = { app: 'app.desktop', state: 'disabled', file: script, reason: expect.stringContaining(copy) };
      expect(await world.shadows.disable(only('app'))).toContainEqual(told);
      expect([script, join(world.own, 'app.desktop')].map((path) => existsSync(path))).toEqual([true, false]);
      const apps = await world.shadows.list([]);
      expect(apps.find(({ id }) => id === 'app.desktop')).toMatchObject({ state: 'available' });
      expect(await world.shadows.sync({ dryRun: false })).toEqual([]);
      expect(existsSync(script)).toBe(true);
      rmSync(copy);
      await world.shadows.sync({ dryRun: false });
      expect(world.tree()).toBe(before);
    },
  );

  it('knows what is wanted again when the home was away and is back, of which nobody tells', async () => {
    addEntry(world, 'app.desktop', []);
    await world.shadows.enable({ ...only('app'), wish: { profile: 'strict' } });
    const profile = () => world.shadows.known().apps['app.desktop']?.profile;
    await world.shadows.wishes();
    expect(profile()).toBe('strict');
    const home = join(world.root, 'home');
    renameSync(home, `${home}.away`);
    expect((await world.shadows.wishes()).apps).toEqual({});
    renameSync(`${home}.away`, home);
    expect(profile()).toBe('strict');
  });

  it('leaves a shadow that was copied: to what is started with the session (GNOME Tweaks), or as another app', async () => {
    addEntry(world, 'app.desktop', []);
    const autostart = join(world.root, 'home/.config/autostart');
    mkdirSync(autostart, { recursive: true });
    const before = world.tree();
    await world.shadows.enable(only('app'));
    const written = shadow('app.desktop');
    const copies = [join(autostart, 'app.desktop'), join(world.own, 'another.desktop')];
    for (const path of copies) writeFileSync(path, written);
    const stay = () => expect(copies.map((path) => readFileSync(path, 'utf8'))).toEqual([written, written]);
    await world.shadows.sync({ dryRun: false });
    stay();
    await world.shadows.disable(only('app'));
    stay();
    await world.shadows.sync({ dryRun: false });
    stay();
    for (const path of copies) rmSync(path);
    await world.shadows.sync({ dryRun: false });
    expect(world.tree()).toBe(before);
  });

  it('writes the script of an icon anew when it is removed, and leaves one that the user edited', async () => {
    addEntry(world, 'app.desktop', []);
    const before = world.tree();
    await world.shadows.enable(only('app'));
    const script = join(world.own, 'ringfence/app.sh');
    const written = readFileSync(script, 'utf8');
    const state = async () => (await world.shadows.list([]))[0]?.state;
    for (const gone of [script, join(world.own, 'ringfence')]) {
      rmSync(gone, { recursive: true });
      expect(await state()).toBe('edited');
      expect(await world.shadows.sync({ dryRun: false })).toMatchObject([{ file: script, change: 'created' }]);
      expect(readFileSync(script, 'utf8')).toBe(written);
      expect(await state()).toBe('enabled');
    }
    writeFileSync(script, '');
    await world.shadows.sync({ dryRun: false });
    expect(readFileSync(script, 'utf8')).toBe(written);
    writeFileSync(script, `${written}# mine\n`);
    expect(await world.shadows.sync({ dryRun: false })).toMatchObject([{ file: script, state: 'edited' }]);
    expect(await state()).toBe('edited');
    expect(readFileSync(script, 'utf8')).toBe(`${written}# mine\n`);
    rmSync(script);
    await world.shadows.disable(all);
    expect(world.tree()).toBe(before);
  });

  it('puts no shadow where its script cannot be', async () => {
    addEntry(world, 'app.desktop', []);
    const script = join(world.own, 'ringfence/app.sh');
    const tried = async (what: string) => {
      const before = world.tree();
      const [result] = await world.shadows.enable(only('app'));
      expect({ what, ...result }).toMatchObject({ what, app: 'app.desktop', state: 'failed' });
      expect(existsSync(join(world.own, 'app.desktop'))).toBe(false);
      await world.shadows.disable(all);
      expect(world.tree()).toBe(before);
    };
    mkdirSync(script, { recursive: true });
    await tried('a folder in its place');
    rmSync(join(world.own, 'ringfence'), { recursive: true });
    writeFileSync(join(world.own, 'ringfence'), 'mine');
    await tried('a file in place of its folder');
  });

  it('shadows an own entry anew when its owner writes it anew', async () => {
    addEntry(world, 'pwa.desktop', ['Comment=one'], world.own);
    await world.shadows.enable(only('pwa'));
    const path = addEntry(world, 'pwa.desktop', ['Comment=two'], world.own);
    const newer = readFileSync(path);
    await world.shadows.sync({ dryRun: false });
    expect(shadow('pwa.desktop')).toContain('Comment=two');
    expect(isShadow('pwa.desktop')).toBe(true);
    await world.shadows.disable(only('pwa'));
    expect(readFileSync(path)).toEqual(newer);
    expect(existsSync(join(world.root, 'home/.local/share/ringfence'))).toBe(false);
  });

  it.each([
    ['untouched', (text: string) => text],
    ['edited', (text: string) => `${text}# mine\n`],
    ['edited so that its mark is gone', (text: string) => text.replace(/^X-Ringfence.*\n/gm, '')],
  ])(
    'writes the shadow of an own entry anew when it is removed, %s, and never loses the entry',
    async (_title, edit) => {
      const path = addEntry(world, 'own.desktop', ['Comment=one'], world.own);
      utimesSync(path, 1_000_000_000, 1_000_000_000);
      const before = world.tree();
      await world.shadows.enable(only('own'));
      const whole = shadow('own.desktop');
      if (edit(whole) !== whole) {
        writeFileSync(path, edit(whole));
        expect(await world.shadows.sync({ dryRun: false })).toMatchObject([{ app: 'own.desktop', state: 'edited' }]);
        expect(shadow('own.desktop')).toBe(edit(whole));
      }
      rmSync(path);
      expect(await world.shadows.sync({ dryRun: false })).toMatchObject([{ state: 'enabled', change: 'created' }]);
      expect(shadow('own.desktop')).toBe(whole);
      rmSync(path);
      expect(await world.shadows.enable(only('own'))).toMatchObject([{ state: 'enabled' }]);
      rmSync(path);
      expect(await world.shadows.disable(only('own'))).toMatchObject([
        { state: 'disabled', change: 'restored' },
        { state: 'disabled', change: 'removed' },
      ]);
      expect(world.tree()).toBe(before);
    },
  );

  it('writes the other shadows of own files anew, too', async () => {
    addEntry(world, 'org.example.App.desktop', ['Exec=/bin/cat', 'DBusActivatable=true', 'MimeType=text/plain;']);
    const autostart = addEntry(world, 'org.example.App.desktop', [], join(world.root, 'home/.config/autostart'));
    const services = join(world.root, 'home/.local/share/dbus-1/services');
    mkdirSync(services, { recursive: true });
    const service = join(services, 'org.example.App.service');
    writeFileSync(service, '[D-BUS Service]\nName=org.example.App\nExec=/bin/cat --service\n');
    const cache = join(world.own, 'mimeinfo.cache');
    writeFileSync(cache, '[MIME Cache]\ntext/plain=other.desktop;\n');
    writeFileSync(join(world.system, 'mimeinfo.cache'), '[MIME Cache]\ntext/plain=org.example.App.desktop;\n');
    const before = world.tree();
    await world.shadows.enable({ ...only('org.example.App'), wish: { autostart: true } });
    const places = [autostart, service, cache];
    const shadows = places.map((path) => readFileSync(path, 'utf8'));
    expect(shadows.join()).not.toContain('--service');
    for (const path of places) rmSync(path);
    await world.shadows.sync({ dryRun: false });
    expect(places.map((path) => readFileSync(path, 'utf8'))).toEqual(shadows);
    for (const path of places) rmSync(path);
    await world.shadows.disable(all);
    expect(world.tree()).toBe(before);
  });

  it('takes a shadow that a crash of the machine emptied for its own', async () => {
    addEntry(world, 'app.desktop', []);
    await world.shadows.enable(only('app'));
    const whole = shadow('app.desktop');
    writeFileSync(join(world.own, 'app.desktop'), '');
    await world.shadows.sync({ dryRun: false });
    expect(shadow('app.desktop')).toBe(whole);
  });

  it('touches nothing when the manifest is damaged', async () => {
    addEntry(world, 'app.desktop', []);
    await world.shadows.enable(only('app'));
    writeFileSync(join(world.root, 'home/.local/share/ringfence/manifest.json'), '{"format": 1, ');
    const before = world.tree();
    await expect(world.shadows.disable(all)).rejects.toMatchObject({ code: 'Failed' });
    expect(world.tree()).toBe(before);
  });
});

describe('shadows whose notes were lost', () => {
  const notes = () => join(world.root, 'home/.local/share/ringfence');
  const shadowFiles = () =>
    [
      ...['app.desktop', 'own.desktop', 'org.test.Bus.desktop', 'mimeinfo.cache'].map((name) => join(world.own, name)),
      join(world.root, 'home/.local/share/dbus-1/services/org.test.Bus.service'),
      join(world.root, 'home/.config/systemd/user/app-flatpak-org.test.App-.scope.d/10-ringfence.conf'),
    ].filter((path) => existsSync(path));

  beforeEach(() => {
    addEntry(world, 'app.desktop', ['MimeType=text/plain;', 'X-Flatpak=org.test.App']);
    writeFileSync(join(world.system, 'mimeinfo.cache'), '[MIME Cache]\ntext/plain=app.desktop;\n');
    addEntry(world, 'own.desktop', [], world.own);
    addEntry(world, 'org.test.Bus.desktop', ['DBusActivatable=true']);
    const service = '[D-BUS Service]\nName=org.test.Bus\nExec=/bin/bus --gapplication-service\n';
    writeFileSync(join(world.root, 'usr/dbus-1/services/org.test.Bus.service'), service);
  });

  it('are enabled still, and come into the notes again', async () => {
    await world.shadows.enable({ ...only('app', 'org.test.Bus'), wish: { profile: 'strict' } });
    rmSync(notes(), { recursive: true });
    const apps = await world.shadows.list([]);
    expect(apps.find(({ id }) => id === 'app.desktop')).toMatchObject({ state: 'enabled', note: 'lost' });
    await world.shadows.sync({ dryRun: false });
    const [app] = await world.shadows.list([]);
    expect(app).toMatchObject({ id: 'app.desktop', state: 'enabled', profile: 'strict', note: undefined });
  });

  it.each([[all], [only('app', 'own', 'org.test.Bus')]])('are taken away by disable', async (request) => {
    await world.shadows.enable(all);
    expect(shadowFiles()).toHaveLength(6);
    rmSync(notes(), { recursive: true });
    const results = await world.shadows.disable(request);
    const lost = results.find(({ app, file }) => app === 'own.desktop' && file !== undefined);
    expect(lost).toMatchObject({ state: 'disabled', reason: expect.stringContaining('cannot be put back') });
    expect(shadowFiles()).toEqual([]);
    expect(existsSync(notes())).toBe(false);
  });

  it('have the original put back that is still kept aside', async () => {
    await world.shadows.enable(only('own'));
    rmSync(join(notes(), 'manifest.json'));
    await world.shadows.disable(all);
    expect(isShadow('own.desktop')).toBe(false);
    expect(existsSync(join(world.own, 'own.desktop'))).toBe(true);
  });

  it('are left alone where the user took a mark away', async () => {
    await world.shadows.enable(only('app'));
    rmSync(notes(), { recursive: true });
    writeFileSync(join(world.own, 'app.desktop'), shadow('app.desktop').replace(/^X-Ringfence-Hash=.*\n/m, ''));
    await world.shadows.sync({ dryRun: false });
    await world.shadows.disable(all);
    for (const name of ['app.desktop', 'ringfence/app.sh']) expect(existsSync(join(world.own, name))).toBe(true);
  });
});

describe('the other doors', () => {
  it('overrides every D-Bus activation file that starts the app', async () => {
    addEntry(world, 'org.test.Files.desktop', ['DBusActivatable=true']);
    const services = join(world.root, 'usr/dbus-1/services');
    const exec = 'Exec=/bin/files --gapplication-service\nSystemdService=files.service\n';
    for (const name of ['org.test.Files', 'org.freedesktop.FileManager1']) {
      writeFileSync(join(services, `${name}.service`), `[D-BUS Service]\nName=${name}\n${exec}`);
    }
    const before = world.tree();
    await world.shadows.enable(only('org.test.Files'));
    const own = join(world.root, 'home/.local/share/dbus-1/services');
    expect(readdirSync(own)).toEqual(['org.freedesktop.FileManager1.service', 'org.test.Files.service']);
    const override = readFileSync(join(own, 'org.test.Files.service'), 'utf8');
    expect(override).not.toContain('SystemdService');
    expect(override).toMatch(/^Exec=\/bin\/sh \S+\/ringfence\/services\/org\.test\.Files$/m);
    expect(shadow('org.test.Files.desktop')).toContain('DBusActivatable=false');
    expect(world.reloads.services).toBe(1);
    await world.shadows.disable(all);
    expect(world.tree()).toBe(before);
    expect(world.reloads.services).toBe(2);
  });

  it('gives the scopes of flatpak, snap and Chromium the limits by a drop-in', async () => {
    addEntry(world, 'org.test.App.desktop', ['X-Flatpak=org.test.My-App']);
    addEntry(world, 'fox_fox.desktop', ['X-SnapInstanceName=fox', 'X-SnapAppName=fox']);
    addEntry(world, 'chromium.desktop', []);
    await world.shadows.enable(all);
    const units = join(world.root, 'home/.config/systemd/user');
    expect(readdirSync(units)).toEqual([
      'app-flatpak-org.test.My\\x2dApp-.scope.d',
      'app-org.chromium.Chromium-.scope.d',
      'snap.fox.fox-.scope.d',
    ]);
    const dropIn = readFileSync(join(units, 'snap.fox.fox-.scope.d/10-ringfence.conf'), 'utf8');
    expect(dropIn).toContain('[Scope]\nOOMPolicy=continue\nMemoryMax=6012954214\n');
    expect(world.reloads.dropIns).toBe(1);
    expect(await world.shadows.sync({ dryRun: false })).toEqual([]);
    await world.shadows.disable(all);
    expect(existsSync(join(world.root, 'home/.config'))).toBe(false);
  });

  it('wraps autostart entries when asked to', async () => {
    addEntry(world, 'app.desktop', []);
    addEntry(world, 'app.desktop', ['Exec=app --hidden "a b"'], join(world.root, 'etc/xdg/autostart'));
    const before = world.tree();
    await world.shadows.enable({ ...only('app'), wish: { autostart: true } });
    const entry = readFileSync(join(world.root, 'home/.config/autostart/app.desktop'), 'utf8');
    const script = /^Exec=\/bin\/sh (\S+)$/m.exec(entry)?.[1] ?? '';
    expect(readFileSync(script, 'utf8')).toContain("--app=app.desktop --run -- app --hidden 'a b'\n");
    await world.shadows.disable(all);
    expect(world.tree()).toBe(before);
  });
});

describe('the icon itself', () => {
  const click = (id: string, key: string, files: readonly string[]) => {
    const run = `import sys, gi; gi.require_version('Gio', '2.0'); from gi.repository import Gio
info = Gio.DesktopAppInfo.new(sys.argv[1])
info.launch_action(sys.argv[2], None) if sys.argv[2] else info.launch_uris(sys.argv[3:], None)`;
    execFileSync('/usr/bin/python3', ['-c', run, id, key, ...files], {
      env: {
        ...world.environment,
        PATH: `${world.root}/bin:/usr/bin:/bin`,
        GIO_USE_VFS: 'local',
        OUT: join(world.root, 'out'),
      },
    });
  };
  const record = (name: string, status: number) => {
    mkdirSync(join(world.root, 'bin'), { recursive: true });
    const text = `#!/bin/sh\nprintf '%s\\n' ${name} "$@" >"$OUT.tmp" && mv "$OUT.tmp" "$OUT"\nexit ${status}\n`;
    writeFileSync(join(world.root, 'bin', name), text, { mode: 0o755 });
  };
  const outcome = async () => {
    const place = join(world.root, 'out');
    for (;;) {
      if (existsSync(place)) return readFileSync(place, 'utf8').trimEnd().split('\n');
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  const strange = "file:///srv/a%20b,c'%22$x%25.txt";

  it('hands the client the id and every file', async () => {
    const client = join(world.root, 'bin/ringfence-open');
    world = makeWorld({ root: world.root, clientPath: client });
    record('ringfence-open', 0);
    addEntry(world, 'app.desktop', ['Exec=app --open %F']);
    await world.shadows.enable(only('app'));
    click('app.desktop', '', [strange]);
    const original = `--original=${join(world.system, 'app.desktop')}`;
    expect(await outcome()).toEqual(['ringfence-open', '--app=app.desktop', original, '--', `/srv/a b,c'"$x%.txt`]);
  });

  it('starts the original when the client is gone, and when it asks for that', async () => {
    addEntry(world, 'app.desktop', ['Exec=app --open=x "two words" %f']);
    record('app', 0);
    await world.shadows.enable(only('app'));
    click('app.desktop', '', [strange]);
    expect(await outcome()).toEqual(['app', '--open=x', 'two words', `/srv/a b,c'"$x%.txt`]);
    rmSync(join(world.root, 'out'));
    const clientPath = join(world.root, 'bin/asking');
    writeFileSync(clientPath, '(exit 75)\n');
    const asking = makeWorld({ root: world.root, clientPath });
    await asking.shadows.sync({ dryRun: false });
    click('app.desktop', '', []);
    expect(await outcome()).toEqual(['app', '--open=x', 'two words']);
  });

  it('that 0.2.0 wrote, with its script in the line, starts the app as before and is written anew by sync', async () => {
    const clientPath = join(world.root, 'bin/ringfence-open');
    world = makeWorld({ root: world.root, clientPath });
    record('ringfence-open', 0);
    addEntry(world, 'app.desktop', ['Exec=app --open %F']);
    await world.shadows.enable(only('app'));
    const place = join(world.own, 'app.desktop');
    const script = join(world.own, 'ringfence/app.sh');
    const written = [place, script].map((path) => readFileSync(path, 'utf8'));
    const inline = 's=127; [ ! -r \\\\"\\\\$0\\\\" ] || { . \\\\"\\\\$0\\\\"; s=\\\\$?; }; exit \\\\$s';
    const old = shadow('app.desktop').replaceAll(`/bin/sh ${script} `, () => `/bin/sh -c "${inline}" ${clientPath} `);
    expect(old).not.toContain(script);
    writeFileSync(place, old);
    rmSync(join(world.own, 'ringfence'), { recursive: true });
    const manifestPath = join(world.root, 'home/.local/share/ringfence/manifest.json');
    const manifest = JSON.parse(readFileSync(manifestPath, 'utf8'));
    const { [script]: _, [place]: file, ...files } = manifest.files;
    const stat = undefined;
    const hash = createHash('sha256').update(old).digest('hex');
    const fingerprint = file.fingerprint.replace(/^(\S+) [0-9a-f]{16} /, '$1 0123456789abcdef ');
    Object.assign(manifest, { files: { ...files, [place]: { ...file, hash, fingerprint, stat } } });
    manifest.folders = manifest.folders.filter(
      (folder: string) => !folder.endsWith('/ringfence') || folder.endsWith('/share/ringfence'),
    );
    writeFileSync(manifestPath, JSON.stringify(manifest));
    click('app.desktop', '', [strange]);
    expect((await outcome()).slice(-2)).toEqual(['--', `/srv/a b,c'"$x%.txt`]);
    const { shadows } = makeWorld({ root: world.root, clientPath });
    const results = await shadows.sync({ dryRun: false });
    expect(results.map(({ file: path, change }) => [path, change])).toEqual([
      [script, 'created'],
      [place, 'updated'],
    ]);
    expect([place, script].map((path) => readFileSync(path, 'utf8'))).toEqual(written);
    expect((await shadows.list([]))[0]).toMatchObject({ id: 'app.desktop', state: 'enabled' });
  });

  it('leads to the window where that is installed, and is as before once it is removed', async () => {
    addEntry(world, 'app.desktop', []);
    await world.shadows.enable(only('app'));
    const before = shadow('app.desktop');
    expect(before).not.toContain('ringfence-window');
    const window = join(world.system, 'org.ringfence.Ringfence.desktop');
    writeFileSync(window, '[Desktop Entry]\nType=Application\nName=Ringfence\nExec=true\n');
    await world.shadows.sync({ dryRun: false });
    record('gapplication', 0);
    click('app.desktop', 'ringfence-window', []);
    const asked = ['gapplication', 'action', 'org.ringfence.Ringfence', 'show-app', "'app.desktop'"];
    expect(await outcome()).toEqual(asked);
    rmSync(window);
    await world.shadows.sync({ dryRun: false });
    expect(shadow('app.desktop')).toBe(before);
  });

  it('does not start the original for the strict action', async () => {
    addEntry(world, 'app.desktop', []);
    await world.shadows.enable(only('app'));
    const strict = shadow('app.desktop').split('[Desktop Action ringfence-strict]')[1] ?? '';
    expect(strict).toContain('--profile=strict --strict');
  });
});
