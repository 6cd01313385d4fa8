import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { BusConnection } from '../../../../src/platform/dbus/connection.ts';
import { installEntry, installProgram, removeEntries } from '../../../fixtures/desktop-entries.ts';
import { connectTestBus, endAll, temporaryFolder } from '../../../fixtures/live-daemon.ts';
import { openRunner, ways } from '../../../fixtures/open-client.ts';
import { command } from '../../../harness/command.ts';
import { type Daemon, startDaemon } from '../../../harness/daemon.ts';
import { waitFor } from '../../../harness/wait-for.ts';

// What the app was started with, NUL after each; renamed into place when complete.
const writeDown = (folder: string) => `#!/bin/sh
{ printf '%s\\0' "$XDG_ACTIVATION_TOKEN" "$DESKTOP_STARTUP_ID" "$@"; } >${folder}/new
mv ${folder}/new ${folder}/started
`;

const many = Array.from({ length: 5000 }, (_, index) => `https://example.org/some/longer/name/${index}`);
const addresses: [string, string[]][] = [
  ['no address', []],
  ['plain ones', ['https://example.org/a', 'mailto:a@example.org']],
  ['commas', ['https://example.org/@52.5,13.4,7z', 'https://example.org/,,', 'x:,']],
  ['quotes', [`https://example.org/'a' "b" \`c\``, "x:'"]],
  ['spaces', ['https://example.org/a  b ', 'x: ']],
  ['newlines', ['https://example.org/a\nb\n', 'x:\n\n']],
  ['percent signs', ['https://example.org/%20%%2C%', 'x:%U%f']],
  ['dollars, backslashes, globs', ['https://example.org/$HOME\\n\\', 'x:*?[a]~']],
  ['UTF-8', ['https://example.org/žluťoučký/日本/👍']],
  ['all of it with a comma', [`x:, '"\`\n%$\\ü👍`, 'x:y']],
  ['what looks like an option', ['x:--strict', 'x:-']],
  ['more than one argument may hold', many],
];

const shells = ['dash', 'bash', 'busybox sh'];

describe.each(shells.flatMap((shell) => ways.map((way) => ({ shell, way }))))(
  'ringfence-open under $shell $way',
  ({ shell, way }) => {
    const runner = openRunner(way, shell);
    const folder = temporaryFolder();
    let bus: BusConnection;
    let daemon: Daemon;

    beforeAll(async () => {
      bus = await connectTestBus();
      daemon = await startDaemon();
      const program = installProgram(folder, 'app', writeDown(folder));
      installEntry('exact', [
        `Exec=${program} %U`,
        'Actions=other;',
        '',
        '[Desktop Action other]',
        'Name=O',
        `Exec=${program} other %U`,
      ]);
      installEntry('files', [`Exec=${program} %F`]);
    });
    afterEach(() => endAll(bus));
    afterAll(async () => {
      removeEntries();
      await daemon.stop();
      await bus.close();
    });

    const started = async (args: string[], env: Record<string, string | undefined> = {}) => {
      rmSync(join(folder, 'started'), { force: true });
      const { code, stderr } = await runner.open(args, {
        XDG_ACTIVATION_TOKEN: undefined,
        DESKTOP_STARTUP_ID: undefined,
        ...env,
      });
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      const text = await waitFor(() => readFileSync(join(folder, 'started'), 'utf8'), { what: 'the app to start' });
      const [token, startupId, ...argv] = text.split('\0').slice(0, -1);
      return { token, startupId, argv };
    };

    it.each(addresses)('passes %s', async (_what, uris) => {
      const { argv } = await started(['--app=exact', '--', ...uris]);
      expect(argv).toEqual(uris);
    });

    it('passes file names as they are', async () => {
      const files = ['/tmp/a b', '/tmp/a,b', '/tmp/100%', `/tmp/'"\\$`, '/tmp/ü👍', '/tmp/new\nline', '/tmp/#?'];
      expect((await started(['--app', 'files', '--', ...files])).argv).toEqual(files);
      expect((await started(['--app', 'files', '--', '/tmp/a b', '/tmp/ü'])).argv).toEqual(['/tmp/a b', '/tmp/ü']);
    });

    it('takes relative file names as those of its folder', async () => {
      expect((await started(['--app=files', 'package.json', 'a b/c,d'])).argv).toEqual([
        join(process.cwd(), 'package.json'),
        join(process.cwd(), 'a b/c,d'),
      ]);
    });

    it('writes bytes that are no UTF-8 as an address can', async () => {
      const script = `exec ${shell} dist/ringfence-open --app=exact -- "$(printf 'x:%%25\\377')"`;
      rmSync(join(folder, 'started'), { force: true });
      expect((await command(['bash', '-c', script])).code).toBe(0);
      const text = await waitFor(() => readFileSync(join(folder, 'started'), 'utf8'), { what: 'the app to start' });
      expect(text.split('\0').slice(2, -1)).toEqual(['x:%25%ff']);
    });

    it('passes the action', async () => {
      expect((await started(['--app', 'exact', '--action', 'other', '--', 'x:y'])).argv).toEqual(['other', 'x:y']);
      expect((await started(['--app=exact', '--action=other', '--', 'x:,'])).argv).toEqual(['other', 'x:,']);
    });

    it('passes the activation token of either protocol, with commas too', async () => {
      const token = 'gnome-shell/Text, Editor/1-2_TIME3';
      for (const env of [{ XDG_ACTIVATION_TOKEN: token, DESKTOP_STARTUP_ID: 'old' }, { DESKTOP_STARTUP_ID: token }]) {
        expect(await started(['--app=exact'], env)).toEqual({ token, startupId: token, argv: [] });
      }
    });

    it('starts the app without a token that no app could use', async () => {
      expect((await started(['--app=exact'], { XDG_ACTIVATION_TOKEN: 'a\u0001b' })).token).toBe('');
      expect((await started(['--app=exact'], { XDG_ACTIVATION_TOKEN: 'x'.repeat(1025) })).token).toBe('');
    });

    it('passes a command with empty words and commas', async () => {
      const program = join(folder, 'app');
      const words = ['', 'a,b', ' ', '--strict', '%U', '\n', 'ü', ''];
      expect((await started(['--app=exact', '--run', '--', program, ...words])).argv).toEqual(words);
      expect((await started(['--app=exact', '--run', '--', program, 'plain'])).argv).toEqual(['plain']);
    });

    it('works without dbus-send', async () => {
      const { programs } = openRunner();
      installProgram(programs, 'dbus-send', '#!/bin/sh\nexit 127\n');
      const env = { PATH: `${programs}:${process.env['PATH']}`, XDG_ACTIVATION_TOKEN: 't' };
      const uris = ['x:y', "x:'"];
      expect(await started(['--app=exact', '--', ...uris], env)).toMatchObject({ argv: uris, token: 't' });
    });

    it.each([[[]], [['--app']], [['--app=exact', '--nonsense']], [['--app=exact', '--run']], [['--', 'x:y']]])(
      'refuses %j as wrong usage',
      async (args) => {
        const { code, stderr } = await runner.open(args);
        expect(code).toBe(2);
        expect(stderr).toContain('Usage: ringfence-open');
      },
    );
  },
);
