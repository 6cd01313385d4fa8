import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../..', import.meta.url));

it('refuses what GTK 4.8 and libadwaita 1.2 do not have', async () => {
  const lines = [
    "import Adw from 'gi://Adw?version=1';",
    "import Gtk from 'gi://Gtk?version=4.0';",
    "new Gtk.Button({ label: 'since 4.0' }).set_label('');",
    "new Adw.EntryRow({ title: 'since 1.2' });",
    'new Adw.NavigationView();',
    'new Adw.Banner();',
    'new Gtk.FileDialog();',
    "new Gtk.SearchEntry().set_placeholder_text('since 4.10');",
  ];
  expect(await complaints(lines)).toEqual([
    'Adw.NavigationView',
    'Adw.Banner',
    'Gtk.FileDialog',
    'set_placeholder_text',
  ]);
});

/** What of each line the compiler complains about, with the typings of the window; the words that it puts in quotes for others. */
async function complaints(lines: readonly string[]): Promise<string[]> {
  await run(['node', 'test/window-typings.mjs']);
  mkdirSync(join(root, 'out'), { recursive: true });
  const folder = mkdtempSync(join(root, 'out/typings-'));
  try {
    writeFileSync(join(folder, 'window.ts'), `${lines.join('\n')}\n`);
    const config = { extends: '../../src/window/tsconfig.json', include: ['window.ts'] };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
    const said = await run(['node_modules/.bin/tsc', '--noEmit', '--pretty', 'false', '--project', folder]);
    return said.split('\n').flatMap((line) => {
      const of = /error TS(?:2339|2551): Property '(\w+)' does not exist on type '(?:typeof (\w+)|\w+)'/.exec(line);
      if (of === null) return line.trim() === '' ? [] : [line];
      return [of[2] === undefined ? `${of[1]}` : `${of[2]}.${of[1]}`];
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Runs a program of the project; what it printed, however it ended. */
function run([program = '', ...args]: readonly string[]): Promise<string> {
  return new Promise((resolve) =>
    execFile(program, args, { cwd: root }, (_error, stdout, stderr) => resolve(stdout + stderr)),
  );
}
