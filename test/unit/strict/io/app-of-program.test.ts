import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { appOfProgram } from '../../../../src/strict/io/app-of-program.ts';

describe('appOfProgram', () => {
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'ringfence-apps-'));
    mkdirSync(join(home, 'applications'));
  });
  afterEach(() => rmSync(home, { recursive: true }));

  const write = (id: string, exec: string) =>
    writeFileSync(
      join(home, 'applications', `${id}.desktop`),
      `[Desktop Entry]\nType=Application\nName=${id}\n${exec}\n[Desktop Action other]\nExec=other --new\n`,
    );
  const find = (program: string) =>
    appOfProgram(program, new Map(Object.entries({ XDG_DATA_HOME: home, XDG_DATA_DIRS: home, PATH: '/usr/bin:/bin' })));

  it('knows the app by the program of its main command, whatever comes before and after', () => {
    write('org.example.Editor', 'Exec=editor %U');
    write('org.example.Viewer', 'Exec=env GDK_BACKEND=x11 "/usr/bin/viewer" --open %f');
    expect(find('editor')).toBe('org.example.Editor');
    expect(find('/usr/bin/editor')).toBe('org.example.Editor');
    expect(find('viewer')).toBe('org.example.Viewer');
  });

  it('reads Exec as GLib does: quotes, escapes and a tab', () => {
    write('org.example.Spaces', 'Exec="/opt/my apps/space ship" %U');
    write('org.example.Single', "Exec='single one' --flag");
    write('org.example.Escaped', 'Exec=back\\\\ slash %F');
    write('org.example.Tabbed', 'Exec=env\\tLANG=C\\ttabbed');
    expect(find('space ship')).toBe('org.example.Spaces');
    expect(find('single one')).toBe('org.example.Single');
    expect(find('back slash')).toBe('org.example.Escaped');
    expect(find('tabbed')).toBe('org.example.Tabbed');
    expect(find('space')).toBeUndefined();
  });

  it('passes over entries that cannot be read or started', () => {
    write('org.example.Broken', 'Exec="unclosed');
    mkdirSync(join(home, 'applications/org.example.Folder.desktop'));
    write('org.example.Editor', 'Exec=editor');
    expect(find('editor')).toBe('org.example.Editor');
    expect(find('unclosed')).toBeUndefined();
  });

  it('takes no program of another folder for it, nor one of an action, nor one that no app has', () => {
    write('org.example.Editor', 'Exec=editor %U');
    write('org.example.Bus', 'DBusActivatable=true');
    expect(find('/home/me/editor')).toBeUndefined();
    expect(find('./editor')).toBeUndefined();
    expect(find('other')).toBeUndefined();
    expect(find('bash')).toBeUndefined();
  });
});
