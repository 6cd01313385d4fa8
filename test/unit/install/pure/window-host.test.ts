import { expect, it } from 'vitest';
import { judgeWindowHost, readWindowHost, windowHostScript } from '../../../../src/install/pure/window-host.ts';

it('asks for the versions of GTK and libadwaita that the window is made for', () => {
  expect(windowHostScript).toContain('imports.gi.versions.Gtk = "4.0"');
  expect(windowHostScript).toContain('imports.gi.versions.Adw = "1"');
});

it('reads the versions, whatever else was printed', () => {
  expect(readWindowHost('17402 8 2\n', '')).toEqual({ gjs: 17_402, gtk: 8, adw: 2 });
  expect(readWindowHost('a module says hello\n18401 18 7\n', 'and warns\n')).toEqual({ gjs: 18_401, gtk: 18, adw: 7 });
});

it.each([
  [
    'GTK 4 is not installed',
    "JS ERROR: Error: Requiring Gtk, version 4.0: Typelib file for namespace 'Gtk', version '4.0' not found",
  ],
  [
    'libadwaita is not installed',
    "JS ERROR: Error: Requiring Adw, version 1: Typelib file for namespace 'Adw', version '1' not found",
  ],
  [
    'gjs cannot load GTK and libadwaita: Requiring Pango, version 1.0: no',
    '\nRequiring Pango, version 1.0: no\nmore\n',
  ],
  ['gjs cannot load GTK and libadwaita: Segmentation fault', 'Segmentation fault'],
  ['gjs cannot load GTK and libadwaita: ', ''],
])('says %s', (problem, stderr) => {
  for (const stdout of ['', '17402 8\n', 'x17402 8 2\n', '17402 8 2.1\n']) {
    expect(readWindowHost(stdout, stderr)).toEqual({ problem });
  }
});

it('needs gjs 1.74, GTK 4.8 and libadwaita 1.2, and names what is older', () => {
  const reason = (gjs: number, gtk: number, adw: number) => judgeWindowHost({ gjs, gtk, adw })?.reason;
  expect(judgeWindowHost({ gjs: 17_400, gtk: 8, adw: 2 })).toBeUndefined();
  expect(judgeWindowHost({ gjs: 17_200, gtk: 8, adw: 2 })).toEqual({
    reason: 'gjs 1.72 is too old',
    fix: 'update to a release with gjs 1.74, GTK 4.8 and libadwaita 1.2 or newer',
  });
  expect(reason(17_399, 8, 2)).toBe('gjs 1.73 is too old');
  expect(reason(17_402, 7, 2)).toBe('GTK 4.7 is too old');
  expect(reason(17_402, 8, 1)).toBe('libadwaita 1.1 is too old');
  expect(reason(16_804, 6, 1)).toBe('gjs 1.68 and GTK 4.6 and libadwaita 1.1 are too old');
});

it('says what to install where gjs or a library is not there', () => {
  expect(judgeWindowHost({ problem: 'gjs is not installed' })).toEqual({
    reason: 'gjs is not installed',
    fix: 'install gjs, GTK 4 and libadwaita (on Debian and Ubuntu the packages gjs, gir1.2-gtk-4.0 and gir1.2-adw-1)',
  });
});
