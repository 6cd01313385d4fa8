// With portals: their dialogs are driven in real windows.
import {
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../../../src/clients/cli/client.ts';
import { confinedProcesses, launchStrictly } from '../../fixtures/fenced-app.ts';
import { built, connectTestBus, connectTestClient, endAll } from '../../fixtures/live-daemon.ts';
import {
  listenToNotifications,
  type Notification,
  type NotificationListener,
} from '../../fixtures/notification-listener.ts';
import { type PortalDialog, portalDialogOn } from '../../fixtures/portal-dialog.ts';
import { startPortals } from '../../fixtures/portals.ts';
import { makeSavingApp } from '../../fixtures/saving-app.ts';
import { startXScreen, type XScreen } from '../../fixtures/x-screen.ts';
import { pidsIn } from '../../harness/cgroup.ts';
import { command, output } from '../../harness/command.ts';
import { type Daemon, startDaemon } from '../../harness/daemon.ts';
import { tempHome } from '../../harness/temp-home.ts';
import { userUnits } from '../../harness/user-units.ts';
import { waitFor } from '../../harness/wait-for.ts';

const home = process.env['HOME'] ?? '';
const documents = join(home, 'Documents');
const letter = join(documents, 'letter.txt');
const own = join(home, '.local/share/ringfence/homes/org.gnome.TextEditor');
const editorClass = 'gnome-text-editor';
const dialogClass = 'xdg-desktop-portal-gtk';

let screen: XScreen;
let dialog: PortalDialog;
let daemon: Daemon;
let client: Client;
let notifications: NotificationListener;
let sound: Server;

beforeAll(async () => {
  mkdirSync(documents, { recursive: true });
  writeFileSync(letter, 'from outside\n');
  writeFileSync(join(documents, 'private.txt'), 'nobody chose this\n');
  notifications = await listenToNotifications();
  const pulse = join(process.env['XDG_RUNTIME_DIR'] ?? '', 'pulse');
  mkdirSync(pulse, { recursive: true });
  sound = createServer().listen(join(pulse, 'native'));
  screen = await startXScreen();
  dialog = portalDialogOn(screen);
  await startPortals(screen.display);
  const settings = tempHome();
  mkdirSync(join(settings.config, 'ringfence'), { recursive: true });
  // Where cgroup v1 holds the controllers the session can enforce no limit, and strict would refuse.
  const limits = ['memory-max', 'memory-swap-max', 'tasks-max'].map((name) => `${name} = "infinity"\n`).join('');
  writeFileSync(
    join(settings.config, 'ringfence/config.toml'),
    `[profile.strict]\n${limits}[profile.printing]\nbase = "strict"\nprinting = true\n[app."org.ringfence.Saver"]\nshared-folders = ["~/Shared"]\n`,
  );
  daemon = await startDaemon({ home: settings });
  client = await connectTestClient();
});
afterAll(async () => {
  const bus = await connectTestBus();
  await endAll(bus);
  await bus.close();
  await client?.close();
  await daemon?.stop();
  await screen?.stop();
  await notifications?.stop();
  sound?.close();
  await command(['systemctl', '--user', 'unset-environment', 'DISPLAY', 'GDK_BACKEND', 'GTK_A11Y']);
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') await screen.screenshot('failed-portal-window');
});

const editorWith = (title: RegExp) => screen.windowWith(editorClass, title);
/** Closes the editor as its button does; a window that has just come may not hear it. */
const close = (unit: string) =>
  waitFor(
    async () => {
      if ((await userUnits(unit)).length === 0) return true;
      const [window] = await screen.windowsOf(editorClass);
      if (window !== undefined) await screen.close(window).catch(() => {});
      return waitFor(async () => (await userUnits(unit)).length === 0, { what: 'it', timeoutMs: 5000 });
    },
    { what: `${unit} to be gone`, timeoutMs: 40_000 },
  );

/** Prints by the portal's dialog, whose one printer here is a file: the portal writes it, where the user says. */
async function printToFile(window: string): Promise<void> {
  const printed = join(home, 'output.pdf');
  const isPrinted = () => existsSync(printed) && readFileSync(printed, 'latin1').trimEnd().endsWith('%%EOF');
  await waitFor(
    async () => {
      if (isPrinted()) return true;
      await dialog.ask(window, 'ctrl+p');
      await screen.xdotool('windowactivate', '--sync', await screen.windowWith(dialogClass, /^Print$/));
      // Into the list of printers, its first, and that one.
      await screen.xdotool('key', '--delay', '60', 'Tab', 'Home', 'space');
      return waitFor(isPrinted, { what: 'the file', timeoutMs: 8000 }).catch(async (error: unknown) => {
        await screen.xdotool('key', 'Escape');
        throw error;
      });
    },
    { what: 'the editor to print to a file', timeoutMs: 60_000 },
  );
  expect(readFileSync(printed, 'latin1')).toMatch(/^%PDF-/);
}

/** Has the editor print, until its bus filter has refused it, by the log that the filter keeps: no dialog comes. */
async function printInVain(window: string, unit: string): Promise<void> {
  const filters = (await output(['pgrep', '-x', 'xdg-dbus-proxy'])).split('\n').map(Number);
  const filter = (await pidsIn(unit)).find((pid) => filters.includes(pid));
  const log = () => readFileSync(`/proc/${filter}/fd/1`, 'latin1');
  const refusal = / call org\.freedesktop\.portal\.Print\.PreparePrint at .*\n\*DENIED\*/;
  await waitFor(
    async () => {
      await screen.xdotool('windowactivate', '--sync', window);
      await screen.xdotool('key', 'ctrl+p');
      return waitFor(() => refusal.test(log()), { what: 'the refusal', timeoutMs: 5000 });
    },
    { what: 'the editor to be refused the dialog', timeoutMs: 40_000 },
  );
  expect(await screen.windowsOf(dialogClass)).toEqual([]);
}

/** Copies the strict editor's text into a relaxed window, and back what is written there. */
async function copyAndPaste(strictly: string, file: string): Promise<void> {
  const note = join(documents, 'note.txt');
  writeFileSync(note, 'relaxed\n');
  await client.launch('org.gnome.gedit', [note], new Map());
  const relaxed = await screen.windowWith('gedit', /note\.txt/);
  const keys = async (window: string, ...pressed: string[]) => {
    await screen.clickMiddleOf(window);
    await screen.xdotool('key', '--delay', '60', ...pressed);
  };
  const paste = (from: string, to: string, saved: () => boolean) =>
    waitFor(
      async () => {
        await keys(from, 'ctrl+a', 'ctrl+c');
        await keys(to, 'ctrl+a', 'ctrl+v', 'ctrl+s');
        return waitFor(saved, { what: 'it to be saved', timeoutMs: 4000 });
      },
      { what: 'the text to be pasted', timeoutMs: 40_000 },
    );
  await paste(strictly, relaxed, () => readFileSync(note, 'utf8') === 'EDITED\n');
  await keys(relaxed, 'ctrl+Home');
  await screen.xdotool('type', '--delay', '20', 'not ');
  await paste(relaxed, strictly, () => readFileSync(file, 'utf8') === 'not EDITED\n');
}

it('Text Editor opens, changes, saves and prints a file that is chosen in the portal’s dialog, and sees no other', async () => {
  const unit = await launchStrictly(client, 'org.gnome.TextEditor', [], 'printing');
  await dialog.ask(await editorWith(/./), 'ctrl+o');
  await dialog.answer(letter);
  const window = await editorWith(/letter\.txt/);
  // Once more where not every key came through, or in another order.
  await waitFor(
    async () => {
      await screen.clickMiddleOf(window);
      await screen.xdotool('key', 'ctrl+a');
      await screen.xdotool('type', '--delay', '20', 'EDITED');
      await screen.xdotool('key', 'ctrl+s');
      const isSaved = () => readFileSync(letter, 'utf8') === 'EDITED\n';
      return waitFor(isSaved, { what: 'the real file to be saved', timeoutMs: 5000 });
    },
    { what: 'the editor to save', timeoutMs: 60_000 },
  );

  await dialog.ask(window, 'ctrl+shift+s');
  await dialog.answer(join(documents, 'copy.txt'));
  const copy = join(documents, 'copy.txt');
  await waitFor(() => readFileSync(copy, 'utf8') === 'EDITED\n', { what: 'the copy to be saved' });

  const names = readdirSync(
    join(process.env['XDG_RUNTIME_DIR'] ?? '', 'doc/by-app/org.ringfence.app.org_2egnome_2eTextEditor'),
  );
  expect(names).toHaveLength(2);
  expect(readdirSync(own, { recursive: true }).map(String)).not.toContain('Documents');

  await printToFile(await editorWith(/copy\.txt/));
  await copyAndPaste(await editorWith(/copy\.txt/), copy);
  await close(unit);
}, 180_000);

it('an app that is enabled strictly has an entry for the portals, which leads into its sandbox and goes with it; it does not print', async () => {
  const entry = join(home, '.local/share/applications/org.ringfence.app.org_2egnome_2eTextEditor.desktop');
  expect(existsSync(entry)).toBe(false);
  await output([built.ringfence, 'enable', '--profile', 'strict', 'org.gnome.TextEditor']);
  expect(readFileSync(entry, 'utf8')).toMatch(/^Name=Text Editor$/m);
  expect((await command(['desktop-file-validate', entry])).stdout).not.toMatch(/error/);
  // By its command, as whoever shows a notification would.
  await output(['gio', 'launch', entry], { env: { DISPLAY: screen.display } });
  const window = await editorWith(/./);
  const [unit = ''] = await userUnits('app-ringfence-org.gnome.TextEditor-*.scope');
  expect((await confinedProcesses(unit, /gnome-text-editor/)).length).toBeGreaterThan(0);
  await printInVain(window, unit);
  // Not by its window: closed as soon as it has one, the editor may stay without.
  await output(['systemctl', '--user', 'stop', unit]);
  await output([built.ringfence, 'disable', 'org.gnome.TextEditor']);
  expect(existsSync(entry)).toBe(false);
}, 120_000);

describe('an app that saves by the portal’s dialog', () => {
  const app = makeSavingApp(home, 'Saver');
  const secret = join(home, 'private', 'secret');
  const shared = join(home, 'Shared');
  let unit = '';

  beforeAll(async () => {
    for (const folder of [join(home, 'private'), shared]) mkdirSync(folder, { recursive: true });
    unit = await app.start(client);
  });

  const run = (lines: string) => app.run(lines, () => dialog.save());
  const quoted = JSON.stringify;
  const there = (folder: string, name: string) => readFileSync(join(folder, name), 'utf8');

  it('saves in a folder of the user’s at once, again by the dialog and without, and by replacing the file', async () => {
    const lines = `
path = save(${quoted(documents)}, "new.txt")
said = [write(path, "one"), open(path).read()]`;
    expect(await run(lines)).toEqual([null, 'one']);
    expect(there(documents, 'new.txt')).toBe('one');
    expect(await app.run('said = [write(path, "two"), replace(path, "three"), open(path).read()]')).toEqual([
      null,
      null,
      'three',
    ]);
    expect(there(documents, 'new.txt')).toBe('three');
    expect(await run(`said = [save(${quoted(documents)}, "new.txt") == path, replace(path, "four")]`)).toEqual([
      true,
      null,
    ]);
    expect(there(documents, 'new.txt')).toBe('four');
  });

  it('saves in its own folders, where links lead to what it sees itself', async () => {
    for (const folder of [app.own, app.downloads, shared]) {
      const lines = `
path = save(${quoted(folder)}, "here.txt")
said = [write(path, "one"), replace(path, "two"), open(path).read()]`;
      expect(await run(lines)).toEqual([null, null, 'two']);
      expect(there(folder, 'here.txt')).toBe('two');
    }
  });

  it.each([
    ['its own home', app.own],
    ['its download folder', app.downloads],
    ['a shared folder', shared],
  ])('reads and changes nothing by a link in %s, in the place of what it has saved', async (_, folder) => {
    writeFileSync(secret, 'private');
    const lines = `
place = ${quoted(folder)} + "/bait.txt"
def bait():
    if os.path.lexists(place): os.remove(place)
    os.symlink(${quoted(secret)}, place)
path = save(${quoted(folder)}, "bait.txt")
write(path, "bait")
said = [path, *every_way(path, bait)]
bait()`;
    const [path, ...seen] = await run(lines);
    expect(seen.join()).not.toContain('private');
    expect(readFileSync(secret, 'utf8')).toBe('private');
    // The portal itself follows the link: what the app sees of it outside shows that.
    const outside = String(path).replace('/doc/', `/doc/by-app/${app.portalId}/`);
    expect(readFileSync(openSync(outside, constants.O_CREAT | constants.O_RDONLY), 'utf8')).toBe('private');
    // The other way round: the link is there when the user presses Save.
    const late = `said = every_way(save(${quoted(folder)}, "bait.txt") or path, bait)`;
    expect((await run(late)).join()).not.toContain('private');
    expect(readFileSync(secret, 'utf8')).toBe('private');
  });

  it('cannot write what it has saved where another strict app could put a link', async () => {
    const other = makeSavingApp(home, 'Other');
    mkdirSync(other.own, { recursive: true });
    await other.start(client);
    for (const folder of [other.own, other.downloads]) {
      const lines = `
path = save(${quoted(folder)}, "bait.txt")
said = [path, write(path, "bait")]`;
      const [path, error] = await run(lines);
      expect(error).toBe('Read-only file system');
      writeFileSync(secret, 'private');
      await other.run(
        `os.path.lexists(${quoted(folder)} + "/bait.txt") or os.symlink(${quoted(secret)}, ${quoted(folder)} + "/bait.txt")`,
      );
      expect((await app.run(`said = every_way(${quoted(path)})`)).join()).not.toContain('private');
      expect(readFileSync(secret, 'utf8')).toBe('private');
    }
  });

  it('is told about once, with a button that lets it in', async () => {
    const folder = join(home, 'Downloads/Other');
    const shown: Notification[] = [];
    const about = () => {
      shown.push(...notifications.take().filter(({ desktopEntry }) => desktopEntry === 'org.ringfence.Saver'));
      return shown;
    };
    await waitFor(() => about().length >= 2, { what: 'the app to be told about' });
    const [asked, told, ...more] = shown;
    expect(more).toEqual([]);
    // One at a time stands about an app.
    expect(asked?.summary).toBe('Saver has no sound');
    expect(told?.replaces).toBe(asked?.number);
    expect(told).toMatchObject({
      summary: 'Saver cannot save bait.txt in ~/Downloads/Other',
      body: expect.stringMatching(/ringfence share org\.ringfence\.Saver ~\/Downloads\/Other$/),
      actions: [expect.stringMatching(/^share-\w{16}$/), 'Share ~/Downloads/Other'],
    });
    // Not what an app could have put in its place.
    notifications.press(told?.number ?? 0, 'share');
    notifications.press(told?.number ?? 0, told?.actions[0] ?? '');
    await waitFor(
      async () => (await app.run(`said = [write(${quoted(join(folder, 'direct.txt'))}, "x")]`))[0] === null,
      {
        what: 'the folder to be let in',
      },
    );
    expect(await run(`said = [write(save(${quoted(folder)}, "mine.txt"), "saved")]`)).toEqual([null]);
    expect(there(folder, 'mine.txt')).toBe('saved');
    await output(['systemctl', '--user', 'stop', unit]);
    await waitFor(async () => (await userUnits(unit)).length === 0, { what: 'it to be gone' });
    unit = await app.start(client);
    expect(await app.run(`said = [write(${quoted(join(folder, 'direct.txt'))}, "again")]`)).toEqual([null]);
    expect(there(folder, 'direct.txt')).toBe('again');
    // Whose place was taken asks anew.
    await waitFor(() => notifications.take().some(({ summary }) => summary === 'Saver has no sound'), {
      what: 'the question about sound',
    });
  });

  it('cannot write where programs outside take what they run, nor in a folder that was chosen as a whole', async () => {
    const hidden = join(home, '.config/autostart');
    mkdirSync(hidden, { recursive: true });
    expect(await run(`said = [write(save(${quoted(hidden)}, "x.desktop"), "planted")]`)).toEqual([
      'Read-only file system',
    ]);
    expect(existsSync(join(hidden, 'x.desktop'))).toBe(false);
    const lines = `
folder = choose("OpenFile", {"directory": GLib.Variant("b", True)})
said = [folder.startswith(runtime + "/doc/"), write(folder + "/x", "x")]
try: os.symlink("/", folder + "/link")
except OSError as error: said.append(os.strerror(error.errno))`;
    // The first time its dialog goes into the folder.
    const chosen = await app.run(lines, () => dialog.answer(documents, 1000));
    expect(chosen).toEqual([true, 'Read-only file system', 'Read-only file system']);
    expect(notifications.take()).toEqual([]);
  });

  it('keeps what it has saved from start to start, but for what a strict command can write meanwhile', async () => {
    await output(['systemctl', '--user', 'stop', unit]);
    await waitFor(async () => (await userUnits(unit)).length === 0, { what: 'it to be gone' });
    unit = await app.start(client);
    expect(
      await app.run(`path = ${quoted('')}
[number] = [one for one in os.listdir(runtime + "/doc") if os.path.exists(f"{runtime}/doc/{one}/new.txt")]
path = f"{runtime}/doc/{number}/new.txt"
said = [write(path, "five"), replace(path, "six")]`),
    ).toEqual([null, null]);
    expect(there(documents, 'new.txt')).toBe('six');
    const limits = { 'memory-max': 'infinity', 'memory-swap-max': 'infinity', 'tasks-max': 'infinity' };
    const options = new Map(Object.entries({ profile: 'strict', 'working-directory': documents, ...limits }));
    const shell = await client.run(['sleep', '1000'], new Map(), options);
    const both = `said = [write(path, "seven"), write(f"/run/ringfence/documents-to-write/{number}/new.txt", "eight")]`;
    const errors = await app.run(both);
    expect(errors).not.toContain(null);
    expect(there(documents, 'new.txt')).toBe('six');
    // Moved, the folder is the command's to write still.
    const moved = join(home, 'Moved');
    renameSync(documents, moved);
    expect(await run(`said = [write(save(${quoted(moved)}, "x.txt"), "x")]`)).toEqual(['Read-only file system']);
    renameSync(moved, documents);
    await client.stop(shell, 0);
    await waitFor(async () => (await app.run('said = [write(path, "nine")]'))[0] === null, {
      what: 'it to be written again',
    });
    expect(there(documents, 'new.txt')).toBe('nine');
  });

  it('cannot write any more what is shared with another that runs, from before it is', async () => {
    const direct = 'said = [write(f"/run/ringfence/documents-to-write/{number}/new.txt", "ten")]';
    expect(await app.run(direct)).toEqual([null]);
    const env = { XDG_CONFIG_HOME: daemon.home.config };
    const { stderr } = await command([built.ringfence, 'share', 'org.ringfence.Other', '~/Documents'], { env });
    expect(stderr).toContain(`is running and has ${documents} now`);
    expect((await app.run(direct))[0]).not.toBeNull();
    expect(there(documents, 'new.txt')).toBe('ten');
  });
});
