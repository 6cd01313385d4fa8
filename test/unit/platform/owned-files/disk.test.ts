import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openOwnedDisk } from '../../../../src/platform/owned-files/disk.ts';

let root: string;
let elsewhere: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ringfence-disk-'));
  elsewhere = mkdtempSync('/dev/shm/ringfence-disk-');
});
afterEach(() => {
  for (const folder of [root, elsewhere]) rmSync(folder, { recursive: true, force: true });
});
const at = (name: string) => join(root, name);

describe('a place on another file system than the staging folder', () => {
  it('gets whole files and links, and gives them back with mode and time', () => {
    expect(lstatSync(elsewhere).dev).not.toBe(lstatSync(root).dev);
    const disk = openOwnedDisk(join(elsewhere, 'staging'));
    writeFileSync(at('own'), 'own', { mode: 0o640 });
    utimesSync(at('own'), 1_000_000_000, 1_000_000_000);
    symlinkSync('../somewhere', at('link'));
    for (const name of ['own', 'link']) {
      disk.setAside(at(name), join(elsewhere, 'aside', name));
      disk.commit(disk.stage(Buffer.from('ours'), 0o644), at(name));
      expect(readFileSync(at(name), 'utf8')).toBe('ours');
      disk.putBack(join(elsewhere, 'aside', name), at(name));
    }
    expect(readFileSync(at('own'), 'utf8')).toBe('own');
    expect(lstatSync(at('own'))).toMatchObject({ mode: 0o100640, mtimeMs: 1_000_000_000_000 });
    expect(readlinkSync(at('link'))).toBe('../somewhere');
    disk.commit(disk.stageLink('target'), at('link'));
    expect(readlinkSync(at('link'))).toBe('target');
    expect(readdirSync(root).sort()).toEqual(['link', 'own']);
    expect(readdirSync(join(elsewhere, 'aside'))).toEqual([]);
  });
});

describe('look', () => {
  it('tells files, links and what cannot be used', () => {
    const disk = openOwnedDisk(at('staging'), 2 ** 20);
    writeFileSync(at('file'), 'text');
    symlinkSync('file', at('link'));
    symlinkSync('nowhere', at('dangling'));
    mkdirSync(at('folder'));
    writeFileSync(at('huge'), Buffer.alloc(2 ** 20 + 1));
    expect(disk.look(at('file'))).toMatchObject({ state: 'file', size: 4 });
    expect(disk.look(at('link'))).toMatchObject({ state: 'file', link: 'file' });
    expect(disk.look(at('dangling'))).toMatchObject({ state: 'unusable', link: 'nowhere' });
    expect(disk.look(at('folder'))).toMatchObject({ state: 'unusable', reason: 'folder: it is not a regular file' });
    expect(disk.look(at('huge'))).toMatchObject({ state: 'unusable', reason: 'huge: it is larger than 1 MiB' });
    expect([disk.look(at('none')), disk.look(at('file/below'))]).toEqual([{ state: 'missing' }, { state: 'missing' }]);
  });
});

describe('obstacle', () => {
  it('looks at the nearest folder that is there, and takes no file for one', () => {
    const disk = openOwnedDisk(at('staging'));
    writeFileSync(at('file'), '');
    expect(disk.obstacle(at('a/b/c'))).toBeUndefined();
    expect(disk.obstacle(at('file/below/it'))).toMatchObject({ path: at('file') });
  });
});
