import { execFileSync } from 'node:child_process';
import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { importFolders, moveToTrash, sizeOf } from '../../../../src/strict/io/home-disk.ts';

describe('homes on disk', () => {
  let root: string;
  let user: string;
  let home: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'ringfence-homes-'));
    user = join(root, 'user');
    home = join(root, 'homes/app');
    mkdirSync(join(user, '.config/app/deep'), { recursive: true });
    writeFileSync(join(user, '.config/app/deep/settings'), 'mine');
    writeFileSync(join(user, 'secret'), 'secret');
  });
  afterEach(() => rmSync(root, { recursive: true }));
  const bring = (names = ['.config/app']) =>
    importFolders(
      names,
      user,
      home,
      () => {},
      () => {},
    );

  it('brings files, folders and links that stay inside, and nothing else', async () => {
    const folder = join(user, '.config/app');
    symlinkSync('deep/settings', join(folder, 'inner'));
    symlinkSync('../../secret', join(folder, 'outer'));
    symlinkSync(join(user, 'secret'), join(folder, 'absolute'));
    linkSync(join(user, 'secret'), join(folder, 'second-name'));
    execFileSync('mkfifo', [join(folder, 'fifo')]);
    const { files, skipped } = await bring();
    expect(files).toBe(1);
    expect(skipped).toHaveLength(4);
    const there = join(home, '.config/app');
    expect(readdirSync(there).sort()).toEqual(['deep', 'inner']);
    expect(readFileSync(join(there, 'deep/settings'), 'utf8')).toBe('mine');
    expect(readlinkSync(join(there, 'inner'))).toBe('deep/settings');
    expect(existsSync(`${home}.import`)).toBe(false);
  });

  it.each([
    ['the folder itself', '.config/app'],
    ['one on the way', '.config'],
  ])('follows no link that the app has planted: %s', async (_, name) => {
    const outside = join(root, 'outside');
    mkdirSync(outside);
    mkdirSync(join(home, name, '..'), { recursive: true });
    symlinkSync(outside, join(home, name));
    await expect(bring()).rejects.toThrow(/cannot import/);
    expect(readdirSync(outside)).toEqual([]);
    expect(existsSync(`${home}.import`)).toBe(false);
  });

  it('does not write over what is there, nor beside another import', async () => {
    mkdirSync(join(home, '.config/app/own'), { recursive: true });
    await expect(bring()).rejects.toThrow(/already/);
    expect(readdirSync(join(home, '.config/app'))).toEqual(['own']);
    mkdirSync(`${home}.import`);
    await expect(bring()).rejects.toThrow(/another import/);
  });

  it('changes nothing when the app has begun to run meanwhile, or whoever follows it ends it', async () => {
    const begun = () => {
      throw new Error('it runs');
    };
    await expect(importFolders(['.config/app'], user, home, begun, () => {})).rejects.toThrow('it runs');
    await expect(importFolders(['.config/app'], user, home, () => {}, begun)).rejects.toThrow('it runs');
    expect(readdirSync(join(root, 'homes'))).toEqual([]);
  });

  it('moves a home to the trash by its name, again and again', () => {
    const data = join(root, 'data');
    for (const name of ['app', 'app.2']) {
      mkdirSync(home, { recursive: true });
      symlinkSync(join(user, 'secret'), join(home, 'link'));
      expect(moveToTrash(home, data, new Date(0))).toBe(join(data, 'Trash/files', name));
      expect(existsSync(home)).toBe(false);
      expect(readFileSync(join(data, `Trash/info/${name}.trashinfo`), 'utf8')).toMatch(
        /^\[Trash Info\]\nPath=.*\/homes\/app\nDeletionDate=19/,
      );
    }
    expect(readFileSync(join(user, 'secret'), 'utf8')).toBe('secret');
  });

  it('measures what is there, and no more', async () => {
    writeFileSync(join(user, 'big'), Buffer.alloc(1_000_000));
    mkdirSync(home, { recursive: true });
    symlinkSync(join(user, 'big'), join(home, 'link'));
    symlinkSync('.', join(home, 'loop'));
    expect(await sizeOf(home)).toBeLessThan(100_000);
    linkSync(join(user, 'big'), join(user, 'again'));
    expect(await sizeOf(user)).toBeGreaterThan(900_000);
    expect(await sizeOf(user)).toBeLessThan(1_500_000);
    const [one, other] = await Promise.all([sizeOf(user), sizeOf(user)]);
    expect(one).toBe(other);
    expect(await sizeOf(join(user, 'none'))).toBe(0);
  });
});
