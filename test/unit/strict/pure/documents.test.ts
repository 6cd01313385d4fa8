import { describe, expect, it } from 'vitest';
import { parseMountinfo } from '../../../../src/domain/mounts.ts';
import { type DocumentFacts, type DocumentGrounds, judgeUse, placeOf } from '../../../../src/strict/pure/documents.ts';

const home = '/home/anna';
const homes = `${home}/.local/share/ringfence/homes`;
const grounds: DocumentGrounds = {
  home,
  runtimeDir: '/run/user/1000',
  ringfence: [`${home}/.config/ringfence`, `${home}/.local/share/ringfence`],
  startPlaces: [`${home}/.config`, `${home}/bin`],
  own: [`${homes}/reader`, `${home}/Downloads/Reader`],
  open: [`${homes}/reader`, `${home}/Downloads/Reader`, `${home}/Downloads/Other`, `${home}/Shared`, '/data/pictures'],
  openIds: ['8:7', '8:8'],
  mounts: parseMountinfo(
    [
      '20 1 8:1 / / rw - ext4 /dev/sda1 rw',
      '21 20 8:2 / /home rw - ext4 /dev/sda2 rw',
      // A shared folder a second time.
      '22 20 8:2 /anna/Shared /mnt/again rw - ext4 /dev/sda2 rw',
      // What is mounted in a shared folder, a second time.
      '23 20 8:9 / /data/pictures/stick rw - ext4 /dev/sdb1 rw',
      '24 20 8:9 / /media/stick rw - ext4 /dev/sdb1 rw',
    ].join('\n'),
  ),
};

const saved = (path: string, rest: Partial<DocumentFacts> = {}): DocumentFacts => ({
  path,
  permissions: ['read', 'write', 'grant-permissions'],
  kind: 'file',
  realFolder: path.slice(0, path.lastIndexOf('/')) || '/',
  around: ['8:1', '8:2'],
  isFile: true,
  ...rest,
});
const letter = `${home}/Documents/letter.txt`;

describe('judgeUse', () => {
  it.each([letter, `${home}/letter.txt`, `${home}/Downloads/letter.txt`, '/mnt/stick/letter.txt', '/tmp/letter.txt'])(
    'lets %s be written, where no strict app can put a link',
    (path) => {
      expect(judgeUse(saved(path), grounds)).toBe('write');
      expect(judgeUse(saved(path, { kind: 'missing' }), grounds)).toBe('write');
    },
  );

  it.each([
    ['the home of another app', `${homes}/other/letter.txt`],
    ['the download folder of another app', `${home}/Downloads/Other/letter.txt`],
    ['a folder in it', `${home}/Downloads/Other/deep/er/letter.txt`],
    ['a folder that is shared with any app', `${home}/Shared/letter.txt`],
    ['one elsewhere', '/data/pictures/letter.txt'],
    ['one under another name', '/mnt/again/letter.txt'],
    ['what is mounted in one, under another name', '/media/stick/letter.txt'],
    ['what is itself such a folder', `${home}/Shared`],
    ['what is Ringfence’s', `${home}/.local/share/ringfence/downloads.json`],
    ['a hidden place', `${home}/.bashrc`],
    ['where programs outside start', `${home}/bin/letter`],
    ['the runtime folder', '/run/user/1000/letter.txt'],
  ])('lets nothing be written in %s', (_, path) => {
    expect(judgeUse(saved(path), grounds)).toBe('read');
  });

  it.each([
    ['what was opened to be read', { permissions: ['read'] }],
    ['what the portal has taken back', { permissions: [] }],
    ['a symlink in the place of the file', { kind: 'other' }],
    ['a folder', { kind: 'folder', isFile: false }],
    ['a folder in the place of the file', { kind: 'folder' }],
    ['a folder that is gone', { kind: 'missing', isFile: false }],
    ['what lies behind a link by now', { realFolder: `${home}/elsewhere` }],
    ['what lies in such a folder by a name that nobody knows', { around: ['8:1', '8:8', '8:2'] }],
    ['what cannot be looked at', { kind: 'other', realFolder: undefined }],
    ['what has no name that is text', { path: undefined }],
  ] as [string, Partial<DocumentFacts>][])('lets %s be read only', (_, rest) => {
    expect(judgeUse(saved(letter, rest), grounds)).toBe('read');
  });

  it('leaves to the app’s own sandbox what lies in a folder that it can write itself, whatever it is', () => {
    for (const folder of [`${homes}/reader`, `${home}/Downloads/Reader`, `${home}/Downloads/Reader/deep`]) {
      for (const rest of [
        {},
        { kind: 'other' },
        { permissions: ['read'] },
        { kind: 'folder', isFile: false },
      ] as const) {
        expect(judgeUse(saved(`${folder}/letter.txt`, rest), grounds)).toBe('own');
      }
    }
    expect(judgeUse(saved(`${home}/Downloads/Reader2/letter.txt`), grounds)).toBe('write');
  });
});

describe('placeOf', () => {
  it('is a path inside, of the folder that has the document in it', () => {
    expect(placeOf('write', 'a1', letter)).toBe('/run/ringfence/documents-to-write/a1');
    expect(placeOf('read', 'a1', letter)).toBe('/run/ringfence/documents/a1');
    expect(placeOf('read', 'a1', undefined)).toBe('/run/ringfence/documents/a1');
    expect(placeOf('own', 'a1', `${home}/Downloads/Reader/letter.txt`)).toBe(`${home}/Downloads/Reader`);
  });
});
