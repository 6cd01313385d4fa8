import { execFileSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lookName, lookPaths, setupScript } from '../../../../src/strict/pure/setup.ts';

describe('setupScript', () => {
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), "ringfence it's "));
  });
  afterEach(() => rmSync(home, { recursive: true }));
  const look = [
    { path: '/x', name: lookName('config', 'gtk-3.0/settings.ini') },
    { path: '/y', name: lookName('data', 'fonts') },
  ];
  const run = (downloads?: string) => {
    writeFileSync(`${home}.setup`, setupScript(look, home, downloads));
    const said = execFileSync('sh', ['-c', '. "$1"; echo "$own_home|$PWD|$stamp"', 'sh', `${home}.setup`], {
      encoding: 'utf8',
      cwd: '/',
    });
    rmSync(`${home}.setup`);
    return said;
  };

  it('links the look of home, and says where downloads go', () => {
    expect(run('/real/Downloads/My "App" $x')).toBe(`${home}|/|\n`);
    expect(readlinkSync(join(home, '.config/gtk-3.0/settings.ini'))).toBe(
      '/run/ringfence/look/config+gtk-3.0+settings.ini',
    );
    expect(readlinkSync(join(home, '.local/share/fonts'))).toBe('/run/ringfence/look/data+fonts');
    expect(readlinkSync(join(home, 'Downloads'))).toBe('/real/Downloads/My "App" $x');
    const directories = join(home, '.config/user-dirs.dirs');
    const value = execFileSync('sh', ['-c', '. "$1"; echo "$XDG_DOWNLOAD_DIR"', 'sh', directories], {
      encoding: 'utf8',
    });
    expect(value).toBe('/real/Downloads/My "App" $x\n');
  });

  it('leaves what the app has put there, and is no trouble whatever it is', () => {
    mkdirSync(join(home, '.config/gtk-3.0'), { recursive: true });
    writeFileSync(join(home, '.config/gtk-3.0/settings.ini'), 'mine');
    mkdirSync(join(home, '.config/user-dirs.dirs'));
    symlinkSync('/nonexistent/folder', join(home, '.local'));
    execFileSync('mkfifo', [join(home, '.config/.ringfence')]);
    expect(run()).toBe(`${home}|/|\n`);
    expect(readFileSync(join(home, '.config/gtk-3.0/settings.ini'), 'utf8')).toBe('mine');
    expect(existsSync('/nonexistent')).toBe(false);
  });

  it('makes the folders that apps expect, and tells toolkits where the desktop is, without anything to link', () => {
    writeFileSync(`${home}.setup`, setupScript([], home, undefined));
    execFileSync('sh', ['-c', '. "$1"', 'sh', `${home}.setup`], { cwd: '/' });
    rmSync(`${home}.setup`);
    expect(lstatSync(join(home, '.local/share')).isDirectory()).toBe(true);
    expect(readFileSync(join(home, '.config/user-dirs.dirs'), 'utf8')).toBe('XDG_DESKTOP_DIR="$HOME/Desktop"\n');
    expect(lstatSync(join(home, 'Downloads'), { throwIfNoEntry: false })).toBeUndefined();
  });

  it('writes through no link that the app has put there', () => {
    mkdirSync(join(home, '.config'));
    writeFileSync(join(home, 'precious'), 'mine');
    for (const name of ['user-dirs.dirs', '.ringfence']) symlinkSync('../precious', join(home, '.config', name));
    run('/a');
    expect(readFileSync(join(home, 'precious'), 'utf8')).toBe('mine');
    expect(lstatSync(join(home, '.config/user-dirs.dirs')).isFile()).toBe(true);
  });

  it('does its work once, and again when it has something else to say', () => {
    run('/a');
    rmSync(join(home, 'Downloads'));
    run('/a');
    expect(lstatSync(join(home, 'Downloads'), { throwIfNoEntry: false })).toBeUndefined();
    run('/b');
    expect(readlinkSync(join(home, 'Downloads'))).toBe('/b');
  });
});

it('knows a place for every name', () => {
  expect(lookName('config', 'gtk-3.0/a/b.css')).toBe('config+gtk-3.0+a+b.css');
  expect(new Set(lookPaths.map(([base, name]) => lookName(base, name))).size).toBe(lookPaths.length);
});
