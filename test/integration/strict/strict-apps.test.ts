import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../../../src/clients/cli/client.ts';
import { connectDevTools } from '../../fixtures/devtools.ts';
import { confinedProcesses, goneAfterClosing, launchStrictly, sandboxedAgain } from '../../fixtures/fenced-app.ts';
import { startHeadlessShell, type WaylandScreen } from '../../fixtures/headless-shell.ts';
import { built, connectTestBus, connectTestClient, endAll } from '../../fixtures/live-daemon.ts';
import { connectMarionette } from '../../fixtures/marionette.ts';
import { startXScreen, windowPatience, type XScreen } from '../../fixtures/x-screen.ts';
import { output } from '../../harness/command.ts';
import { type Daemon, startDaemon } from '../../harness/daemon.ts';
import { tempHome } from '../../harness/temp-home.ts';
import { userUnits } from '../../harness/user-units.ts';
import { waitFor } from '../../harness/wait-for.ts';

const home = process.env['HOME'] ?? '';
const documents = join(home, 'Documents');
/** A strict app's home. */
const homeOf = (name: string) => join(home, '.local/share/ringfence/homes', name);
const marionette = ['MOZ_MARIONETTE', 'MOZ_REMOTE_ALLOW_SYSTEM_ACCESS', 'XRE_PROFILE_PATH'];
const setEnvironment = (...pairs: string[]) => output(['systemctl', '--user', 'set-environment', ...pairs]);
const unsetEnvironment = (...names: string[]) => output(['systemctl', '--user', 'unset-environment', ...names]);
const write = (path: string, content: string) => {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, content);
};
/** A page with a text, of a document with that title. */
function pdf(text: string): string {
  const drawn = `BT /F1 40 Tf 60 700 Td (${text}) Tj ET`;
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>',
    `<< /Length ${drawn.length} >>\nstream\n${drawn}\nendstream`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
    `<< /Title (${text}) >>`,
  ];
  let file = '%PDF-1.4\n';
  const offsets = objects.map((object, at) => {
    const offset = file.length;
    file += `${at + 1} 0 obj\n${object}\nendobj\n`;
    return offset;
  });
  const rows = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
  const count = objects.length + 1;
  const table = `xref\n0 ${count}\n0000000000 65535 f \n${rows}`;
  return `${file}${table}trailer\n<< /Size ${count} /Root 1 0 R /Info 6 0 R >>\nstartxref\n${file.length}\n%%EOF\n`;
}

describe('in a strict sandbox', { timeout: 120_000 }, () => {
  let daemon: Daemon;
  let client: Client;

  beforeAll(async () => {
    write(
      join(documents, 'page.html'),
      `<!doctype html><title>Ringfence</title>
       <body style="margin: 0; background: linear-gradient(120deg, #3584e4, #e5a50a)">
       <textarea autofocus oninput="document.title = 'Read ' + value" style="width: 100%; height: 70vh; font-size: 40px">`,
    );
    // As in any desktop session: who asks for the accessibility bus gets one.
    await output([
      'gdbus',
      'call',
      '--session',
      '--dest=org.a11y.Bus',
      '--object-path=/org/a11y/bus',
      '--method=org.a11y.Bus.GetAddress',
    ]);
    const own = tempHome();
    // It saves into a file beside the document first.
    const jedit = '[app.jedit]\nshared-folders = ["~/Documents"]\n';
    const passed = marionette.map((name) => JSON.stringify(name)).join(', ');
    write(join(own.config, 'ringfence/config.toml'), `[app.firefox-esr]\npass-environment = [${passed}]\n${jedit}`);
    daemon = await startDaemon({ home: own });
    client = await connectTestClient();
  });
  afterAll(async () => {
    const bus = await connectTestBus();
    await endAll(bus);
    await bus.close();
    await client?.close();
    await daemon?.stop();
  });

  describe('under X11', () => {
    let screen: XScreen;

    beforeAll(async () => {
      screen = await startXScreen();
      await setEnvironment(`DISPLAY=${screen.display}`, 'XDG_SESSION_TYPE=x11', 'GDK_BACKEND=x11');
    });
    afterAll(async () => {
      await unsetEnvironment('DISPLAY', 'XDG_SESSION_TYPE', 'GDK_BACKEND');
      await screen?.stop();
    });

    afterEach(async ({ task }) => {
      if (task.result?.state === 'fail') await screen.screenshot(`failed-${task.name.split(' ')[0]}`);
    });

    /** Types into what is in the middle of a window, until it shows; what came through of an attempt is replaced by the next. `keys` follow. */
    const type = (window: string, words: string, shows: () => unknown, ...keys: string[]) =>
      waitFor(
        async () => {
          await screen.clickMiddleOf(window);
          await screen.xdotool('key', 'ctrl+a');
          await screen.xdotool('type', '--delay', '20', words);
          for (const key of keys) await screen.xdotool('key', key);
          return waitFor(shows, { what: 'it to show', timeoutMs: 4000 });
        },
        { what: `"${words}" to be taken`, timeoutMs: windowPatience },
      );
    const typeIntoPage = async (windowClass: string, words: string) => {
      const window = await screen.windowWith(windowClass, /Ringfence/);
      await type(window, words, async () =>
        (await screen.xdotool('getwindowname', window)).startsWith(`Read ${words}`),
      );
      return window;
    };
    /** A window that has just come up may miss a key. */
    const close = async (window: string, unit: string) => {
      const isGone = async () => (await userUnits(unit)).length === 0;
      await waitFor(
        async () => {
          await screen.close(window).catch(() => {});
          return waitFor(isGone, { what: 'its end', timeoutMs: 4000 });
        },
        { what: `${unit} to be gone`, timeoutMs: windowPatience },
      );
    };

    it('Firefox draws and reads, its own sandbox around each page', async () => {
      const profile = join(homeOf('firefox-esr'), '.mozilla/firefox/own');
      write(
        join(profile, 'user.js'),
        'user_pref("marionette.port", 0);\nuser_pref("datareporting.policy.dataSubmissionEnabled", false);\n',
      );
      const variables = marionette;
      await setEnvironment(`${variables[0]}=1`, `${variables[1]}=1`, `${variables[2]}=${profile}`);
      const unit = await launchStrictly(client, 'firefox-esr.desktop', [`file://${documents}/page.html`]);
      await unsetEnvironment(...variables);
      const window = await typeIntoPage('firefox', 'what Firefox shows');
      await screen.screenshot('firefox-page');

      const port = await waitFor(
        () => /^\d+$/.exec(readFileSync(join(profile, 'MarionetteActivePort'), 'utf8').trim())?.[0],
        {
          what: 'its port',
        },
      );
      const firefox = await connectMarionette(Number(port));
      await firefox.send('WebDriver:Navigate', { url: 'about:support' });
      const said = await waitFor(
        async () => {
          const text = await firefox.evaluate('return document.getElementById("sandbox-tbody").innerText');
          return String(text).includes('Effective') && String(text);
        },
        { what: 'about:support' },
      );
      for (const row of ['Seccomp-BPF (System Call Filtering)', 'User Namespaces', 'Content Process Sandboxing']) {
        expect(said).toContain(`${row}\ttrue`);
      }
      expect(said).toMatch(/^Effective Content Process Sandbox Level\t[4-9]/m);
      await firefox.evaluate('document.getElementById("sandbox-tbody").scrollIntoView()');
      // Not for the picture it gives, but for the page to be drawn.
      await firefox.send('WebDriver:TakeScreenshot', { full: false });
      await screen.screenshot('firefox-about-support');
      firefox.close();

      await sandboxedAgain(unit, /firefox/, '-isForBrowser', ['user', 'net']);
      await close(window, unit);
    });

    it('Chromium draws and reads, and says it is adequately sandboxed', async () => {
      // An entry in a folder that the user can write: its home is another than that of root's.
      const profile = join(homeOf('local.chromium'), '.config/chromium/own');
      const entry = readFileSync('/usr/share/applications/chromium.desktop', 'utf8');
      const flags = `--user-data-dir=${profile} --remote-debugging-port=0 --no-first-run --disable-sync --disable-component-update`;
      write(join(home, '.local/share/applications/chromium.desktop'), entry.replace(/^Exec=\S+/gm, `$& ${flags}`));
      const unit = await launchStrictly(client, 'chromium.desktop', [`file://${documents}/page.html`]);
      const window = await typeIntoPage('chromium', 'what Chromium shows');
      await screen.screenshot('chromium-page');

      const port = await waitFor(
        () => /^(\d+)\n/.exec(readFileSync(join(profile, 'DevToolsActivePort'), 'utf8'))?.[1],
        {
          what: 'its port',
        },
      );
      const page = await connectDevTools(Number(port));
      await page.send('Page.navigate', { url: 'chrome://sandbox' });
      const said = await waitFor(
        async () => {
          const text = await page.evaluate('document.body.innerText');
          return String(text).includes('sandboxed') && String(text);
        },
        { what: 'chrome://sandbox' },
      );
      await screen.screenshot('chromium-sandbox');
      expect(said).toContain('You are adequately sandboxed.');
      expect(said).toMatch(/Layer 1 Sandbox\s+Namespace/);
      expect(said).toMatch(/Seccomp-BPF sandbox\s+Yes/);
      page.close();

      await sandboxedAgain(unit, /chromium/, '--type=renderer', ['user', 'pid', 'net']);
      await close(window, unit);
    });

    it('qutebrowser draws and reads, QtWebEngine’s sandbox around its renderers', async () => {
      write(
        join(homeOf('org.qutebrowser.qutebrowser'), '.local/share/qutebrowser/state'),
        '[general]\nquickstart-done = 1\nsession-warning-shown = 1\n',
      );
      const unit = await launchStrictly(client, 'org.qutebrowser.qutebrowser.desktop', [
        `file://${documents}/page.html`,
      ]);
      const window = await typeIntoPage('qutebrowser', 'what Qt shows');
      await screen.screenshot('qutebrowser');
      await sandboxedAgain(unit, /qutebrowser|QtWebEngine/, '--type=renderer', ['user', 'pid', 'net']);
      await close(window, unit);
    });

    it.each([
      ['GNOME Text Editor (GTK 4)', 'org.gnome.TextEditor', 'gnome-text-editor', /letter/],
      ['gedit (GTK 3)', 'org.gnome.gedit', 'gedit', /letter/],
      ['Meld (Python)', 'org.gnome.Meld', 'meld', /Meld|letter/],
      ['jEdit (Java)', 'jedit', 'jedit', /letter/],
    ])('%s saves what was typed', async (_, id, program, title) => {
      write(join(homeOf('jedit'), '.jedit/properties'), 'firstTime=false\ntip.show=false\n');
      const letter = join(documents, `${program}-letter.txt`);
      const other = join(documents, 'other.txt');
      for (const file of [letter, other]) write(file, 'Nothing yet\n');
      const files = program === 'meld' ? [other, letter] : [letter];
      const unit = await launchStrictly(
        client,
        `${id}.desktop`,
        files.map((file) => `file://${file}`),
      );
      const window = await screen.windowWith(program, title);
      const isSaved = () => readFileSync(letter, 'utf8').trim() === 'Dear reader';
      await type(window, 'Dear reader', isSaved, 'ctrl+s');
      await screen.screenshot(program);
      const processes = await confinedProcesses(unit, new RegExp(program));
      expect(processes.length).toBeGreaterThan(0);
      await close(window, unit);
    });

    it('Evince shows a PDF that is opened once, and nothing of it stays', async () => {
      const invoice = join(documents, 'invoice.pdf');
      writeFileSync(invoice, pdf('Ringfence invoice'));
      const homes = () =>
        existsSync(homeOf('')) ? readdirSync(homeOf('')).filter((name) => /evince|passing/i.test(name)) : [];
      const before = readdirSync(documents);
      const unlimited = ['memory-max', 'memory-swap-max', 'tasks-max'].map((name) => `--${name}=infinity`);
      const said = await output([built.ringfence, 'open-once', '--json', ...unlimited, invoice]);
      const { unit } = JSON.parse(said) as { unit: string };
      // The title that the document itself has: it was read.
      const window = await screen.windowWith('evince', /Ringfence invoice/);
      await screen.screenshot('evince');
      await confinedProcesses(unit, /evince/);
      await close(window, unit);
      expect(homes()).toEqual([]);
      expect(readdirSync(documents)).toEqual(before);
    });
  });

  describe('under Wayland', () => {
    let screen: WaylandScreen;
    let other: ChildProcess;

    beforeAll(async () => {
      screen = await startHeadlessShell();
      // Whoever listens at the same path in a runtime folder of its own, as a strict app can, has no say in whose display it is.
      const socket = join(process.env['XDG_RUNTIME_DIR'] ?? '', screen.display);
      const listen = `import signal, socket; line = socket.socket(socket.AF_UNIX); line.bind('${socket}'); line.listen(); signal.pause()`;
      const script = `mount -t tmpfs none '${dirname(socket)}' && exec python3 -c "$0"`;
      other = spawn('unshare', ['--user', '--map-root-user', '--mount', 'sh', '-c', script, listen], {
        stdio: 'ignore',
      });
      const listeners = () => readFileSync('/proc/net/unix', 'utf8').match(new RegExp(` 00010000 .* ${socket}$`, 'gm'));
      await waitFor(() => (listeners()?.length ?? 0) > 1, { what: 'the other socket' });
      await setEnvironment(`WAYLAND_DISPLAY=${screen.display}`, 'XDG_SESSION_TYPE=wayland', 'GDK_BACKEND=wayland');
    });
    afterAll(async () => {
      await unsetEnvironment('WAYLAND_DISPLAY', 'XDG_SESSION_TYPE', 'GDK_BACKEND');
      await screen?.stop();
      other?.kill();
    });

    it('GNOME Text Editor (GTK 4) saves what was typed, without an X display', async () => {
      const letter = join(documents, 'wayland-letter.txt');
      write(letter, '');
      const unit = await launchStrictly(client, 'org.gnome.TextEditor.desktop', [`file://${letter}`]);
      await screen.windowWith(/letter/);
      const isSaved = () => readFileSync(letter, 'utf8').trim() === 'Dear Wayland';
      // A window that has just come up may miss a key.
      await waitFor(
        async () => {
          await screen.press('Control_L', 'a');
          await screen.type('Dear Wayland');
          await screen.press('Control_L', 's');
          return waitFor(isSaved, { what: 'it to be saved', timeoutMs: 4000 });
        },
        { what: 'the letter', timeoutMs: windowPatience },
      );
      await screen.screenshot('wayland');
      await confinedProcesses(unit, /gnome-text-editor/);
      await screen.close(/letter/);
      await goneAfterClosing(unit);
    });
  });
});
