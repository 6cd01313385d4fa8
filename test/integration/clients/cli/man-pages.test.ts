import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { command, output } from '../../../harness/command.ts';

const root = fileURLToPath(new URL('../../../..', import.meta.url));
const pages = ['ringfence-open.1', 'ringfence-shell.1', 'ringfence.1', 'ringfence.toml.5', 'ringfenced.8', 'ssc.1'];
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ringfence-man-'));
  await output([process.execPath, join(root, 'docs/man/build.mjs'), join(root, 'dist'), folder]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('man pages', () => {
  it('are these', () => expect(readdirSync(folder).sort()).toEqual(pages));

  it('are what the build has made', () => {
    for (const page of pages) {
      expect(readFileSync(join(root, 'dist/man', page), 'utf8')).toBe(readFileSync(join(folder, page), 'utf8'));
    }
  });

  describe.each(pages)('%s', (page) => {
    const checks = [
      ['man', '--warnings', '--local-file', '--encoding=utf8'],
      ['groff', '-man', '-ww', '-Tutf8'],
      ['mandoc', '-T', 'lint'],
    ];
    it.each(checks)('pleases %s', async (...argv) => {
      const { stdout, stderr, code } = await command([...argv, join(folder, page)], {
        env: { MANWIDTH: '80', LC_ALL: 'C.UTF-8' },
      });
      expect(stderr).toBe('');
      expect(argv[0] === 'mandoc' ? stdout : '').toBe('');
      expect(code).toBe(0);
    });
  });

  it('have every command and every exit code', async () => {
    const text = await output(['man', '--local-file', join(folder, 'ringfence.1')], {
      env: { MANWIDTH: '200', LC_ALL: 'C.UTF-8' },
    });
    const help = await output([join(root, 'dist/ringfence'), '--help']);
    const commands = [...help.matchAll(/^ {2}([a-z]+) {2}/gm)].map(([, name]) => name);
    expect(commands.length).toBeGreaterThan(10);
    for (const name of commands) expect(text).toMatch(new RegExp(`^ +ringfence ${name}\\b`, 'm'));
    for (const code of [0, 1, 2, 3, 4, 5, 6, 7, 70, 126, 127])
      expect(text).toMatch(new RegExp(`^ +${code} {2,}\\S`, 'm'));
  });
});
