import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { paths } from '../../../../src/strict/io/look-at-paths.ts';

describe('realFolder', () => {
  let home: string;
  beforeAll(() => {
    home = realpathSync(mkdtempSync(join(tmpdir(), 'ringfence-paths-')));
    mkdirSync(join(home, 'Music'));
    symlinkSync('Music', join(home, '.local'));
    symlinkSync('loop', join(home, 'loop'));
  });
  afterAll(() => rmSync(home, { recursive: true }));

  it('follows symlinks', () => {
    expect(paths.realFolder(join(home, '.local'))).toBe(join(home, 'Music'));
  });

  it('names what is missing as where it would be made', () => {
    expect(paths.realFolder(join(home, '.local/share/ringfence'))).toBe(join(home, 'Music/share/ringfence'));
    expect(paths.realFolder('/ringfence/is/not/there')).toBe('/ringfence/is/not/there');
  });

  it('leaves what leads nowhere', () => {
    expect(paths.realFolder(join(home, 'loop/a'))).toBe(join(home, 'loop/a'));
  });
});
