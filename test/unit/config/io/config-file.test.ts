import { spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { changeFile } from '../../../../src/config/io/config-file.ts';

let root = '';
let file = '';
const text = () => readFileSync(file, 'utf8');
const append = (line: string) => changeFile(file, (before) => `${before}${line}\n`);

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ringfence-config-file-'));
  file = join(root, 'ringfence/config.toml');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('changing the config file', () => {
  it('makes one that is not there, with its folder', async () => {
    expect(await append('a = 1')).toBe(true);
    expect(text()).toBe('a = 1\n');
    expect(statSync(file).mode & 0o777).toBe(0o666 & ~process.umask());
    expect(readdirSync(join(root, 'ringfence'))).toEqual(['config.toml']);
  });

  it('clears away what a crash has left', async () => {
    await append('a = 1');
    writeFileSync(join(root, 'ringfence/.config.toml.ringfence-new'), 'half');
    writeFileSync(join(root, 'ringfence/.config.toml.lock'), '4000000 1');
    await append('b = 2');
    expect(text()).toBe('a = 1\nb = 2\n');
    expect(readdirSync(join(root, 'ringfence'))).toEqual(['config.toml']);
  });

  it('does not touch one in which nothing changes', async () => {
    await append('a = 1');
    const before = lstatSync(file, { bigint: true });
    expect(await changeFile(file, (same) => same)).toBe(false);
    expect(lstatSync(file, { bigint: true }).mtimeNs).toBe(before.mtimeNs);
  });

  it('keeps mode, byte order mark and symbolic links', async () => {
    mkdirSync(join(root, 'dotfiles'));
    mkdirSync(join(root, 'ringfence'));
    writeFileSync(join(root, 'dotfiles/real.toml'), '\uFEFFa = 1\n', { mode: 0o640 });
    symlinkSync('real.toml', join(root, 'dotfiles/link.toml'));
    symlinkSync('../dotfiles/link.toml', file);
    await append('b = 2');
    expect(text()).toBe('\uFEFFa = 1\nb = 2\n');
    expect(readlinkSync(file)).toBe('../dotfiles/link.toml');
    expect(readlinkSync(join(root, 'dotfiles/link.toml'))).toBe('real.toml');
    expect(statSync(file).mode & 0o777).toBe(0o640);
    expect(readdirSync(join(root, 'dotfiles')).sort()).toEqual(['link.toml', 'real.toml']);
  });

  it('makes the file that a link leads to', async () => {
    mkdirSync(join(root, 'ringfence'));
    symlinkSync('../new.toml', file);
    await append('a = 1');
    expect(lstatSync(file).isSymbolicLink()).toBe(true);
    expect(readFileSync(join(root, 'new.toml'), 'utf8')).toBe('a = 1\n');
  });

  it('removes one with nothing left in it, but not what a link leads to', async () => {
    await append('a = 1');
    expect(await changeFile(file, () => '')).toBe(true);
    expect(existsSync(join(root, 'ringfence'))).toBe(false);
    mkdirSync(join(root, 'ringfence'));
    writeFileSync(join(root, 'own.toml'), 'a = 1\n');
    symlinkSync('../own.toml', file);
    await changeFile(file, () => '');
    expect(text()).toBe('');
    expect(lstatSync(file).isSymbolicLink()).toBe(true);
  });

  it('leaves the file as it was when the change is refused', async () => {
    await append('a = 1');
    const refused = changeFile(file, () => {
      throw new Error('no');
    });
    await expect(refused).rejects.toThrow('no');
    expect(text()).toBe('a = 1\n');
    expect(readdirSync(join(root, 'ringfence'))).toEqual(['config.toml']);
    rmSync(file);
    await expect(
      changeFile(file, () => {
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    expect(existsSync(join(root, 'ringfence'))).toBe(false);
  });

  it('reads again what somebody else has written meanwhile', async () => {
    await append('a = 1');
    let calls = 0;
    await changeFile(file, (before) => {
      calls++;
      if (calls === 1) writeFileSync(file, 'theirs = 1\n');
      return `${before}b = 2\n`;
    });
    expect(text()).toBe('theirs = 1\nb = 2\n');
  });

  it('says what is wrong, and leaves everything as it is', async () => {
    await append('a = 1');
    chmodSync(file, 0o444);
    await expect(append('b = 2')).rejects.toMatchObject({
      code: 'Failed',
      message: expect.stringContaining('chmod u+w'),
    });
    rmSync(file);
    mkdirSync(file);
    await expect(append('b = 2')).rejects.toMatchObject({
      code: 'Failed',
      message: expect.stringContaining('not a file'),
    });
    rmSync(file, { recursive: true });
    writeFileSync(file, Buffer.from([0xff, 0x0a]));
    await expect(append('b = 2')).rejects.toMatchObject({ code: 'Failed', message: expect.stringContaining('UTF-8') });
    rmSync(join(root, 'ringfence'), { recursive: true });
    writeFileSync(join(root, 'ringfence'), '');
    await expect(append('b = 2')).rejects.toMatchObject({ code: 'Failed', message: expect.stringContaining(file) });
  });

  it('loses nothing when many change it at once', async () => {
    const program = join(root, 'writer.mjs');
    await build({
      stdin: {
        contents: `import { changeFile } from './config-file.ts';
for (let count = 0; count < 25; count++) await changeFile(process.argv[2], (text) => text + process.argv[3] + count + '\\n');`,
        resolveDir: fileURLToPath(new URL('../../../../src/config/io', import.meta.url)),
      },
      bundle: true,
      platform: 'node',
      format: 'esm',
      outfile: program,
    });
    const ends = ['a', 'b', 'c', 'd'].map(
      (name) =>
        new Promise((resolve) => {
          spawn(process.execPath, [program, file, name], { stdio: 'inherit' }).once('exit', resolve);
        }),
    );
    expect(await Promise.all(ends)).toEqual([0, 0, 0, 0]);
    const lines = text().trimEnd().split('\n');
    expect(new Set(lines).size).toBe(100);
    expect(lines).toHaveLength(100);
    expect(existsSync(join(root, 'ringfence/.config.toml.lock'))).toBe(false);
  }, 30_000);
});
