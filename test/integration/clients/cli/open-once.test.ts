import {
  appendFileSync,
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../../../../src/clients/cli/client.ts';
import { expandExec } from '../../../../src/domain/desktop-entry/exec-line.ts';
import { parseDesktopEntry } from '../../../../src/domain/desktop-entry/parse.ts';
import { launchStrictly } from '../../../fixtures/fenced-app.ts';
import {
  built,
  connectTestBus,
  connectTestClient,
  endAll,
  fenceUnits,
  instanceAt,
} from '../../../fixtures/live-daemon.ts';
import { command, output } from '../../../harness/command.ts';
import { type Daemon, startDaemon } from '../../../harness/daemon.ts';
import { journal } from '../../../harness/journal.ts';
import { tempHome } from '../../../harness/temp-home.ts';
import { waitFor } from '../../../harness/wait-for.ts';

const home = process.env['HOME'] ?? '';
const id = 'org.example.Reader';
const homes = join(home, '.local/share/ringfence/homes');
const unlimited = ['memory-max', 'memory-swap-max', 'tasks-max'].map((name) => `--${name}=infinity`);
const document = join(home, 'Documents/invoice.invoice');

/** A file that unpacks and runs itself as an AppImage does, which may not be executed yet; `script` is what it has for a program. */
async function makeAppImage(path: string, script: string): Promise<void> {
  const folder = mkdtempSync('/tmp/made-');
  await output(['cc', '-o', path, join(process.cwd(), 'test/fixtures/appimage.c')]);
  writeFileSync(join(folder, 'AppRun'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  writeFileSync(join(folder, 'data'), 'from inside\n');
  await output(['tar', '-c', '-f', join(folder, 'archive'), '-C', folder, 'AppRun', 'data']);
  const archive = readFileSync(join(folder, 'archive'));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(archive.length));
  appendFileSync(path, Buffer.concat([archive, size]));
  // AppImage specification, "Image format", type 2.
  const fd = openSync(path, 'r+');
  writeSync(fd, 'AI\x02', 8, 'latin1');
  closeSync(fd);
  chmodSync(path, 0o644);
  rmSync(folder, { recursive: true });
}

describe('ringfence open-once', () => {
  let daemon: Daemon;
  let client: Client;
  const once = async (...words: string[]) => {
    const said = await command([built.ringfence, 'open-once', '--json', ...unlimited, ...words], { cwd: home });
    expect(said.stderr).toBe('');
    const { instance, unit } = JSON.parse(said.stdout) as { instance: string; unit: string };
    const { report } = await instanceAt(client, instance);
    return { instance, unit, rows: new Map(report.map((row) => [row.get('name'), row.get('value') ?? ''])) };
  };
  const printed = (unit: string, last: string) =>
    waitFor(
      async () => {
        const entries = await journal({ fields: { SYSLOG_IDENTIFIER: unit } });
        const text = entries.map((entry) => String(entry['MESSAGE'])).join('\n');
        return text.includes(last) && text;
      },
      { what: 'its words in the journal' },
    );

  beforeAll(async () => {
    const script = [
      'read -r line <"$1"; echo "read $line"',
      'echo changed >>"$1" && echo wrote',
      'echo kept >$HOME/kept && echo "home $HOME"',
      `ls ${home}/Documents/other`,
      'echo interfaces $(ls /sys/class/net >/dev/null; grep -c : /proc/net/dev)',
      '[ ! -e /dev/dri ] || echo drawn',
      'echo done; sleep 1000',
    ].join('\n');
    const folder = join(home, 'work');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'reader'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    const applications = join(home, '.local/share/applications');
    mkdirSync(applications, { recursive: true });
    const entry = `[Desktop Entry]\nType=Application\nName=Reader\nExec=${folder}/reader %f\nMimeType=application/x-invoice;\n`;
    writeFileSync(join(applications, `${id}.desktop`), entry);
    writeFileSync(join(applications, 'mimeapps.list'), `[Default Applications]\napplication/x-invoice=${id}.desktop\n`);
    const mime = join(home, '.local/share/mime');
    mkdirSync(join(mime, 'packages'), { recursive: true });
    const type = '<mime-type type="application/x-invoice"><glob pattern="*.invoice"/></mime-type>';
    writeFileSync(
      join(mime, 'packages/invoice.xml'),
      `<?xml version="1.0"?><mime-info xmlns="http://www.freedesktop.org/standards/shared-mime-info">${type}</mime-info>`,
    );
    await output(['update-mime-database', mime]);
    mkdirSync(join(home, 'Documents'), { recursive: true });
    writeFileSync(document, 'pay me\n');
    writeFileSync(join(home, 'Documents/other'), 'secret');
    // It is no choice of a thrown-away start, also where the app has it.
    const settings = tempHome();
    mkdirSync(join(settings.config, 'ringfence'), { recursive: true });
    writeFileSync(join(settings.config, 'ringfence/config.toml'), `[app."${id}"]\nprinting = true\n`);
    daemon = await startDaemon({ home: settings });
    client = await connectTestClient();
  });
  afterAll(async () => {
    const bus = await connectTestBus();
    await endAll(bus);
    await bus.close();
    await client?.close();
    await daemon?.stop();
  });

  it('opens a file with the app of its type, to be read, and throws the home away', async () => {
    const { instance, rows } = await once('Documents/invoice.invoice');
    expect(rows.get('own-home')).toMatch(/\/homes\/passing\.\w+, gone at the end$/);
    expect(rows.get('network')).toMatch(/of its own/);
    expect([rows.get('sound'), rows.get('gpu'), rows.get('printing')]).toEqual(['none', 'none', 'none']);
    expect(rows.get('shared')).toContain(`${document} (read-only)`);
    const text = await printed(id, 'done');
    expect(text).toMatch(/^read pay me$/m);
    expect(text).toMatch(/^home .*passing/m);
    expect(text).not.toMatch(/^wrote$/m);
    expect(text).toMatch(/Documents\/other.*No such file/);
    expect(text).toMatch(/^interfaces 1$/m);
    expect(text).not.toMatch(/^drawn$/m);
    expect(readFileSync(document, 'utf8')).toBe('pay me\n');
    await client.stop(instance, 0);
    const left = existsSync(homes) ? readdirSync(homes) : [];
    expect(left.filter((name) => name.startsWith('passing') || name.includes(id))).toEqual([]);
  });

  it('has the network when it is told so, and a second one is another sandbox', async () => {
    const first = await once('--network', document);
    const second = await once('--with', id, document);
    expect(first.rows.get('network')).toMatch(/^open/);
    expect(second.rows.get('network')).toMatch(/of its own/);
    expect(second.unit).not.toBe(first.unit);
    for (const { instance } of [first, second]) await client.stop(instance, 0);
  });

  it('is an action of the icon too, with a file and without one', async () => {
    mkdirSync(join(daemon.home.config, 'ringfence'), { recursive: true });
    const limits = ['memory-max', 'memory-swap-max', 'tasks-max'].map((name) => `${name} = "infinity"\n`).join('');
    writeFileSync(join(daemon.home.config, 'ringfence/config.toml'), `[app."${id}"]\n${limits}`);
    const enabled = await command([built.ringfence, 'enable', id], { env: { XDG_CONFIG_HOME: daemon.home.config } });
    expect(enabled).toMatchObject({ code: 0 });
    const shadow = join(home, '.local/share/applications', `${id}.desktop`);
    const started = async (argv: readonly string[]) => {
      const before = (await client.instances()).map(({ path }) => path);
      expect((await command(argv)).code).toBe(0);
      const instance = await waitFor(
        async () => (await client.instances()).find(({ path, report }) => !before.includes(path) && report.length > 0),
        { what: 'its start' },
      );
      const rows = new Map(instance.report.map((row) => [row.get('name'), row.get('value') ?? '']));
      expect(rows.get('own-home')).toMatch(/\/homes\/passing\.\w+, gone at the end$/);
      expect(rows.get('network')).toMatch(/of its own/);
      await client.stop(instance.path, 0);
      return rows.get('shared');
    };
    const choose =
      'import sys; from gi.repository import Gio; Gio.DesktopAppInfo.new_from_filename(sys.argv[1]).launch_action(sys.argv[2], None)';
    expect(await started(['/usr/bin/python3', '-c', choose, shadow, 'ringfence-once'])).not.toContain(document);
    const entry = parseDesktopEntry(readFileSync(shadow), shadow);
    const exec = entry.get('Desktop Action ringfence-once', 'Exec') ?? '';
    const [argv = []] = expandExec(exec, { uris: [`file://${document}`] });
    expect(await started(argv)).toContain(`${document} (read-only)`);
    expect((await command([built.ringfence, 'disable', id])).code).toBe(0);
  });

  it('runs an AppImage that may not be executed yet from a copy that unpacks itself', async () => {
    const image = join(home, 'Documents/tool.AppImage');
    await makeAppImage(
      image,
      `cat "$APPDIR/data"; cat ${home}/Documents/other; echo "home $HOME"; ls "$HOME"; echo done`,
    );
    const said = await command([built.ringfence, 'open-once', ...unlimited, image]);
    expect(said).toMatchObject({ code: 0, stderr: '' });
    const text = await printed('sh', 'done');
    expect(text).toMatch(/^from inside$/m);
    expect(text).toMatch(/^home .*\/homes\/passing\./m);
    expect(text).not.toContain('secret');
    const bus = await connectTestBus();
    await waitFor(async () => (await fenceUnits(bus)).length === 0, { what: 'its end' });
    await bus.close();
    expect(readdirSync('/tmp').filter((name) => name.startsWith('appimage'))).toEqual([]);
  });

  it('lets one that an entry starts unpack itself as well', async () => {
    const image = join(home, 'Documents/kept.AppImage');
    await makeAppImage(image, 'cat "$APPDIR/data"; echo "kept in $HOME"');
    chmodSync(image, 0o755);
    const entry = `[Desktop Entry]\nType=Application\nName=Kept\nExec=${image}\n`;
    writeFileSync(join(home, '.local/share/applications/kept.desktop'), entry);
    await launchStrictly(client, 'kept');
    const text = await printed('kept', 'kept in');
    expect(text).toMatch(/^from inside$/m);
    expect(text).toMatch(/^kept in .*\/homes\/local\.kept$/m);
  });

  it('says what it cannot open', async () => {
    const refused = (...words: string[]) => command([built.ringfence, 'open-once', ...words], { cwd: home });
    expect(await refused('nothing')).toMatchObject({ code: 2, stderr: expect.stringMatching(/no such file/) });
    expect(await refused()).toMatchObject({ code: 2 });
    await output(['mkfifo', join(home, 'pipe')]);
    for (const other of ['pipe', '/dev/null'])
      expect(await refused(other)).toMatchObject({ code: 2, stderr: expect.stringMatching(/it is no file/) });
    expect(await refused('Documents')).toMatchObject({ code: 2, stderr: expect.stringMatching(/it is a folder/) });
    writeFileSync(join(home, 'closed'), '', { mode: 0o000 });
    expect(await refused('closed')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/closed once: you may not read it/),
    });
    writeFileSync(join(home, 'Documents/odd.oddity'), '\x00\x01');
    expect(await refused('Documents/odd.oddity')).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/--with APP/),
    });
    await expect(
      client.launch(
        id,
        [],
        new Map([
          ['once', 'yes'],
          ['profile', 'relaxed'],
        ]),
      ),
    ).rejects.toMatchObject({
      code: 'InvalidArgument',
    });
  });
});
