import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type InstallDisk, openInstallDisk } from '../../../../src/install/io/install-disk.ts';
import type { DesiredPlace, InstallStep } from '../../../../src/install/pure/plan.ts';

let root: string;
let disk: InstallDisk;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ringfence-install-'));
  disk = openInstallDisk(join(root, 'staging'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const write = (path: string, text: string, replaces = false): InstallStep => ({
  action: 'write',
  place: { path: join(root, path), needed: true, kind: 'file', content: Buffer.from(text), mode: 0o755 },
  is: '',
  replaces,
});

describe('openInstallDisk', () => {
  it('writes files and links, and knows them again', () => {
    const link: DesiredPlace = { path: join(root, 'link'), needed: true, kind: 'link', target: 'bin/program' };
    const program = write('bin/program', 'text');
    disk.carryOut([program, { action: 'write', place: link, is: '', replaces: false }], [join(root, 'bin')]);
    expect(readlinkSync(link.path)).toBe('bin/program');
    expect(lstatSync(join(root, 'bin/program')).mode & 0o777).toBe(0o755);
    for (const place of [link, ...(program.action === 'write' ? [program.place] : [])]) {
      expect(disk.look(place.path)).toEqual({ state: 'present', is: disk.identify(place) });
    }
    expect(existsSync(join(root, 'staging'))).toBe(false);
  });

  it('tells a changed mode, another target, a folder and a missing file', () => {
    writeFileSync(join(root, 'file'), 'text');
    const before = disk.look(join(root, 'file'));
    chmodSync(join(root, 'file'), 0o600);
    expect(disk.look(join(root, 'file'))).not.toEqual(before);
    expect(disk.look(root).state).toBe('other');
    expect(disk.look(join(root, 'none')).state).toBe('missing');
    expect(disk.look(join(root, 'file/below')).state).not.toBe('present');
  });

  it('takes everything back when one step fails', () => {
    writeFileSync(join(root, 'old'), 'old', { mode: 0o640 });
    writeFileSync(join(root, 'gone'), 'gone');
    mkdirSync(join(root, 'folder'));
    const before = ['old', 'gone'].map((name) => [disk.look(join(root, name)), lstatSync(join(root, name)).ino]);
    const steps = [
      write('old', 'new', true),
      write('deep/er/new', 'new'),
      { action: 'remove', path: join(root, 'gone') } as const,
      // No file can take the place of a folder.
      write('folder', 'text'),
    ];
    expect(() => disk.carryOut(steps, [join(root, 'deep'), join(root, 'deep/er')])).toThrow(/EISDIR|EEXIST|ENOTEMPTY/);
    expect(['old', 'gone'].map((name) => [disk.look(join(root, name)), lstatSync(join(root, name)).ino])).toEqual(
      before,
    );
    expect(existsSync(join(root, 'deep'))).toBe(false);
    expect(existsSync(join(root, 'staging'))).toBe(false);
  });

  it('names the folders that are missing, outer ones first', () => {
    expect(disk.missingFolders([join(root, 'a/b/file'), join(root, 'file')])).toEqual([
      join(root, 'a'),
      join(root, 'a/b'),
    ]);
  });

  it('removes empty folders only', () => {
    mkdirSync(join(root, 'a/b'), { recursive: true });
    writeFileSync(join(root, 'a/file'), '');
    disk.removeFolders([join(root, 'a'), join(root, 'a/b')]);
    expect(existsSync(join(root, 'a/b'))).toBe(false);
    expect(readFileSync(join(root, 'a/file'), 'utf8')).toBe('');
  });
});
