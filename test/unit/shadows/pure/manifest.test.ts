import { describe, expect, it } from 'vitest';
import {
  emptyManifest,
  isEmptyManifest,
  type Manifest,
  manifestPath,
  parseManifest,
  storedManifest,
  wishFor,
  withoutApps,
} from '../../../../src/shadows/pure/manifest.ts';

const file = { group: 'a.desktop', kind: 'entry', is: 'hash', fingerprint: 'f', source: '/usr/a' };
const manifest = (more: Partial<Manifest> = {}): Manifest => ({ ...emptyManifest, ...more });

describe('a manifest on the disk', () => {
  it('is beside the originals', () => {
    expect(manifestPath('/home/ada/.local/share')).toBe('/home/ada/.local/share/ringfence/manifest.json');
  });

  it('says of a file which app it is for and its hash, and is read back as it was', () => {
    const all = { ...file, was: 'old', stat: 's', aside: '/aside' };
    const whole = manifest({ all: { autostart: true }, apps: { 'a.desktop': { profile: 'p' } }, files: { '/x': all } });
    const stored = storedManifest(whole);
    const { group: app, is: hash, ...rest } = all;
    expect(stored.files).toEqual({ '/x': { app, hash, ...rest } });
    expect(parseManifest('/m', JSON.stringify(stored))).toEqual(whole);
  });

  it.each([
    ['half of it', '{"format":1'],
    ['a newer format', JSON.stringify({ ...emptyManifest, format: 2 })],
    ['a list', '[]'],
    [
      'a file of a kind that there is not',
      JSON.stringify({ ...emptyManifest, files: { '/x': { ...file, kind: 'y' } } }),
    ],
    ['no files', JSON.stringify({ ...emptyManifest, files: undefined })],
  ])('is refused when it is %s', (_what, text) => {
    expect(() => parseManifest('/m', text)).toThrow(
      expect.objectContaining({
        code: 'Failed',
        message:
          'cannot read /m: it is damaged or of a newer version; restore it from a backup, or move it away to start anew',
        cause: expect.anything(),
      }),
    );
  });

  it.each(['entry', 'service', 'script', 'drop-in', 'autostart', 'mime-cache'])(
    'may have a file of kind %s',
    (kind) => {
      const { group: app, is: hash, ...rest } = file;
      const text = JSON.stringify({ ...emptyManifest, files: { '/x': { app, hash, ...rest, kind } } });
      expect(parseManifest('/m', text).files).toMatchObject({ '/x': { kind } });
    },
  );
});

describe('isEmptyManifest', () => {
  it('is so while nothing is wanted and nothing written', () => {
    expect(isEmptyManifest(emptyManifest)).toBe(true);
    expect(isEmptyManifest(manifest({ except: ['a.desktop'], folders: ['/x'] }))).toBe(true);
    expect(isEmptyManifest(manifest({ all: {} }))).toBe(false);
    expect(isEmptyManifest(manifest({ apps: { 'a.desktop': {} } }))).toBe(false);
    expect(isEmptyManifest(manifest({ files: { '/x': file } }))).toBe(false);
  });
});

describe('wishFor', () => {
  it('is the app’s own over the one for all', () => {
    const both = manifest({ all: { profile: 'all', autostart: true }, apps: { 'a.desktop': { profile: 'own' } } });
    expect(wishFor(both, 'a.desktop')).toEqual({ profile: 'own', autostart: true });
    expect(wishFor(both, 'b.desktop')).toEqual({ profile: 'all', autostart: true });
  });

  it('leaves out what "all" leaves out, unless the app has its own', () => {
    const some = manifest({ all: {}, except: ['a.desktop', 'b.desktop'], apps: { 'a.desktop': {} } });
    expect(wishFor(some, 'a.desktop')).toEqual({});
    expect(wishFor(some, 'b.desktop')).toBeUndefined();
    expect(wishFor(some, 'c.desktop')).toEqual({});
  });

  it('knows nothing of apps that are called as what every object has', () => {
    expect(wishFor(emptyManifest, 'constructor')).toBeUndefined();
  });
});

describe('withoutApps', () => {
  it('drops wishes that are new, and keeps those that were there before', () => {
    const apps = { 'a.desktop': {}, 'b.desktop': { profile: 'p' }, 'c.desktop': {} };
    const left = withoutApps(
      manifest({ apps, except: ['x'] }),
      manifest({ apps: { 'b.desktop': {} } }),
      new Set(['a.desktop', 'b.desktop']),
    );
    expect(left).toEqual(manifest({ apps: { 'b.desktop': { profile: 'p' }, 'c.desktop': {} }, except: ['x'] }));
  });
});
