import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseDesktopId } from '../../../../src/domain/desktop-id.ts';
import { isRingfenceError, type RingfenceError } from '../../../../src/domain/errors.ts';
import { type AppCatalog, openAppCatalog } from '../../../../src/platform/desktop/app-catalog.ts';

let root = '';
let catalog: AppCatalog;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ringfence-catalog-'));
  catalog = openAppCatalog({
    HOME: root,
    XDG_DATA_HOME: join(root, 'own'),
    XDG_DATA_DIRS: `relative:${root}/one:${root}/two/`,
  });
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('the folders', () => {
  it('follow the Base Directory Specification', () => {
    expect(catalog.directories).toEqual(['own', 'one', 'two'].map((name) => join(root, name, 'applications')));
    expect(openAppCatalog({ HOME: '/home/x', XDG_DATA_HOME: 'relative' }).directories).toEqual([
      '/home/x/.local/share/applications',
      '/usr/local/share/applications',
      '/usr/share/applications',
    ]);
    expect(openAppCatalog({ XDG_DATA_DIRS: '/a:/a:' }).directories).toEqual(['/a/applications']);
  });
});

describe('find', () => {
  it('takes the first folder that has the entry', () => {
    write('two/applications/a.desktop', 'two');
    expect(found('a')).toBe('two');
    write('one/applications/a.desktop', 'one');
    expect(found('a')).toBe('one');
    write('own/applications/a.desktop', 'own');
    expect(found('a.desktop')).toBe('own');
  });

  it('lets any dash be a slash', () => {
    write('one/applications/kde/foo.desktop', '1');
    write('one/applications/kde/sub-x/y.desktop', '2');
    write('one/applications/kde-plain/z.desktop', '3');
    expect(['kde-foo', 'kde-sub-x-y', 'kde-plain-z'].map(found)).toEqual(['1', '2', '3']);
    write('one/applications/kde-foo.desktop', 'direct');
    expect(found('kde-foo')).toBe('direct');
    expect(codeOf('kde-')).toBe('NoSuchApp');
  });

  it('follows links and keeps the path they have', () => {
    write('elsewhere/real.desktop', 'real');
    link('elsewhere/real.desktop', 'one/applications/a.desktop');
    const entry = catalog.find(parseDesktopId('a'));
    expect([entry.path, Buffer.from(entry.bytes).toString()]).toEqual([
      join(root, 'one/applications/a.desktop'),
      'real',
    ]);
  });

  it('names the folders when there is none', () => {
    link('nowhere', 'one/applications/foo.desktop');
    const error = errorOf('foo');
    expect(error?.code).toBe('NoSuchApp');
    expect(error?.message).toBe(`cannot launch foo.desktop: no such application in ${catalog.directories.join(', ')}`);
  });

  it('refuses what is no entry, without waiting, and says why', () => {
    mkdirSync(join(root, 'one/applications/dir.desktop'), { recursive: true });
    execFileSync('mkfifo', [join(root, 'one/applications/fifo.desktop')]);
    link('one/applications/loop.desktop', 'one/applications/loop.desktop');
    write('one/applications/huge.desktop', 'x'.repeat(1024 * 1024 + 1));
    for (const [id, words] of [
      ['dir', 'regular file'],
      ['fifo', 'regular file'],
      ['loop', 'ELOOP'],
      ['huge', 'larger'],
    ] as const) {
      const error = errorOf(id);
      expect([id, error?.code]).toEqual([id, 'BadEntry']);
      expect(error?.message).toContain(words);
    }
    write('two/applications/fifo.desktop', 'next');
    expect(found('fifo')).toBe('next');
  });
});

describe('an entry that Ringfence wrote', () => {
  it('is passed over for the original', () => {
    write('own/applications/a.desktop', shadowOf('one/applications/a.desktop'));
    write('one/applications/a.desktop', 'original');
    expect(found('a')).toBe('original');
    expect(Buffer.from(catalog.find(parseDesktopId('a'), { shadows: true }).bytes).toString()).toContain(
      'X-Ringfence-Source',
    );
  });

  it('is passed over for what now counts when the original is gone', () => {
    write('own/applications/a.desktop', shadowOf('one/applications/a.desktop'));
    write('two/applications/a.desktop', 'two');
    expect(found('a')).toBe('two');
  });

  it('gives way to an entry of the user that was kept aside, before the system has its turn', () => {
    write('own/applications/a.desktop', shadowOf('own/ringfence/kept/a.desktop'));
    write('own/ringfence/kept/a.desktop', 'mine');
    write('one/applications/a.desktop', 'system');
    expect(found('a')).toBe('mine');
  });

  it('never leads back to itself', () => {
    write('own/applications/a.desktop', shadowOf('own/applications/a.desktop'));
    expect(codeOf('a')).toBe('NoSuchApp');
    write('own/applications/b.desktop', shadowOf('kept/b.desktop'));
    write('kept/b.desktop', shadowOf('own/applications/b.desktop'));
    expect(codeOf('b')).toBe('NoSuchApp');
  });
});

describe('list', () => {
  it('has every id once, with its paths in order', () => {
    write('own/applications/b.desktop', '');
    write('one/applications/b.desktop', '');
    write('one/applications/kde/a.desktop', '');
    write('one/applications/readme.txt', '');
    link('one/applications', 'one/applications/kde/loop');
    link('nowhere', 'one/applications/dangling.desktop');
    expect(catalog.list()).toEqual([
      {
        id: parseDesktopId('b'),
        paths: [join(root, 'own/applications/b.desktop'), join(root, 'one/applications/b.desktop')],
      },
      { id: parseDesktopId('kde-a'), paths: [join(root, 'one/applications/kde/a.desktop')] },
    ]);
    for (const app of catalog.list()) expect(catalog.find(app.id).path).toBe(app.paths[0]);
  });
});

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

function link(target: string, path: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  symlinkSync(join(root, target), join(root, path));
}

function shadowOf(source: string): string {
  return `[Desktop Entry]\nType=Application\nX-Ringfence-Source=${join(root, source)}\n`;
}

function found(id: string): string {
  return Buffer.from(catalog.find(parseDesktopId(id)).bytes).toString();
}

function codeOf(id: string): string | undefined {
  return errorOf(id)?.code;
}

function errorOf(id: string): RingfenceError | undefined {
  try {
    catalog.find(parseDesktopId(id));
  } catch (error) {
    if (isRingfenceError(error)) return error;
    throw error;
  }
  return undefined;
}
