import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { requireTestbed } from '../harness/testbed.ts';

// A command that a reader would type is run as it stands, in the testbed's own home, which is a new user's; what cannot run inside a test session is run by
// the test runner itself or named here with its reason.
const elsewhere = new Map([
  ['npm run demo', 'test/run.mjs runs it'],
  ['npm test', 'this is it'],
  ['npm ci', 'test/run.mjs runs it first'],
  ['npm run build', 'test/run.mjs runs it first'],
  ['npm run bench', 'test/run.mjs runs it, with few rounds'],
]);

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
const scripts = Object.keys(
  (JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { scripts: object }).scripts,
);
const blocks = [...readme.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, text = '']) => text);
const commands = blocks.flatMap((block) =>
  block
    .replaceAll('\\\n', ' ')
    .split('\n')
    .map((line) => line.replace(/\s+# .*$/, '').trim())
    .filter(Boolean),
);

describe('the commands in README.md', () => {
  it('are there', () => {
    expect(commands.length).toBeGreaterThan(12);
  });

  it.each(commands.filter((command) => command.startsWith('npm ')))('%s names a script of package.json', (command) => {
    expect(elsewhere.has(command)).toBe(true);
    const [, verb = '', script = ''] = command.split(' ');
    if (verb === 'run') expect(scripts).toContain(script);
  });

  it('work one after the other for a new user', { timeout: 180_000 }, () => {
    requireTestbed(['session']);
    // The session's bus looks for services in the home it was started with.
    const home = homedir();
    const entry = join(home, '.local/share/applications/firefox.desktop');
    mkdirSync(dirname(entry), { recursive: true });
    const text = '[Desktop Entry]\nType=Application\nName=Firefox\nExec=true %u\n';
    writeFileSync(entry, text);
    const env = { ...process.env, PATH: `${join(home, '.local/bin')}:${process.env['PATH']}` };
    const cwd = fileURLToPath(new URL('../..', import.meta.url));
    for (const command of commands.filter((one) => !elsewhere.has(one))) {
      const { status, stdout, stderr } = spawnSync('bash', ['-c', command], {
        env,
        cwd,
        encoding: 'utf8',
        timeout: 60_000,
      });
      expect({ command, status, output: status === 0 ? '' : stdout + stderr }).toEqual({
        command,
        status: 0,
        output: '',
      });
    }
    expect(readFileSync(entry, 'utf8')).toBe(text);
    rmSync(entry);
  });
});
