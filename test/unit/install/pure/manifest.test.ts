import { describe, expect, it } from 'vitest';
import { parseInstallManifest, storedInstallManifest } from '../../../../src/install/pure/manifest.ts';

const stored = {
  format: 1,
  version: '1.2.3',
  folders: ['/a', '/a/b'],
  files: { '/a/x': { is: 'file:644:ab' }, '/a/y': { is: 'link:/a/x', was: 'link:/old' } },
};

describe('the manifest of an installation', () => {
  it('knows links from files, and is stored as it was', () => {
    const manifest = parseInstallManifest('/m', JSON.stringify(stored));
    expect(manifest).toEqual({
      ...stored,
      files: {
        '/a/x': { group: 'install', kind: 'file', is: 'file:644:ab' },
        '/a/y': { group: 'install', kind: 'link', is: 'link:/a/x', was: 'link:/old' },
      },
    });
    expect(storedInstallManifest(manifest)).toEqual(stored);
  });

  it.each([
    '',
    '{"format":1',
    JSON.stringify({ ...stored, format: 2 }),
    JSON.stringify({ ...stored, version: 3 }),
    JSON.stringify({ ...stored, folders: 'x' }),
    JSON.stringify({ ...stored, files: { '/a/x': {} } }),
  ])('is refused when it is damaged: %s', (text) => {
    expect(() => parseInstallManifest('/m', text)).toThrow(
      expect.objectContaining({
        code: 'Failed',
        message:
          'cannot read /m: it is damaged or of a newer version; move it away, and "ringfence install" tells what stands in its way',
        cause: expect.anything(),
      }),
    );
  });
});
