import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expandExec } from '../../../../src/domain/desktop-entry/exec-line.ts';
import { mainGroup, parseDesktopEntry } from '../../../../src/domain/desktop-entry/parse.ts';
import { type ShadowInput, shadowEntry } from '../../../../src/shadows/pure/shadow-entry.ts';

const base = { id: 'app.desktop', sourcePath: '/usr/share/applications/app.desktop', sourceHash: '00', version: '1' };

function shadowOf(lines: readonly string[], input: Partial<ShadowInput> = {}) {
  const original = Buffer.from(['[Desktop Entry]', 'Type=Application', 'Name=App', ...lines, ''].join('\n'));
  return parseDesktopEntry(
    shadowEntry({ ...base, original, clientPath: '/usr/bin/ringfence-open', strict: false, window: false, ...input }),
  );
}

const argv = (exec: string | undefined, uris: string[] = []) => expandExec(exec ?? '', { uris })[0] ?? [];

describe('shadowEntry', () => {
  it('hands the client the id, the action and the files', () => {
    const shadow = shadowOf(['Exec=app %U', 'Actions=new;', '[Desktop Action new]', 'Name=New', 'Exec=app --new']);
    const [sh, c, , client, ...rest] = argv(shadow.get(mainGroup, 'Exec'), ['https://a/%20b', '/srv/ä b']);
    expect([sh, c, client]).toEqual(['/bin/sh', '-c', '/usr/bin/ringfence-open']);
    const original = `--original=${base.sourcePath}`;
    expect(rest).toEqual(['--app=app.desktop', original, '--', 'https://a/%20b', '/srv/ä b']);
    const action = argv(shadow.get('Desktop Action new', 'Exec'));
    expect(action.slice(4)).toEqual(['--app=app.desktop', '--action=new', original, '--']);
    expect(shadow.getList(mainGroup, 'Actions')).toEqual(['new', 'ringfence-strict']);
  });

  it('takes files as the original does', () => {
    for (const code of ['%f', '%F', '%u', '%U']) {
      expect(shadowOf([`Exec=app --x ${code} y`]).get(mainGroup, 'Exec')).toMatch(new RegExp(`-- ${code}$`));
    }
    expect(shadowOf(['Exec=app 100%%']).get(mainGroup, 'Exec')).toMatch(/ --$/);
  });

  it('survives any path of the client and any id', () => {
    const name = fc
      .string({ unit: 'grapheme', minLength: 1 })
      .filter((text) => !/[\0\n\r/]|\p{Cc}|\p{Surrogate}/u.test(text));
    fc.assert(
      fc.property(name, name, (folder, id) => {
        const clientPath = `/opt/${folder}/ringfence-open`;
        const words = argv(shadowOf(['Exec=app'], { clientPath, id: `${id}.desktop` }).get(mainGroup, 'Exec'));
        expect(words.slice(3, 5)).toEqual([clientPath, `--app=${id}.desktop`]);
      }),
    );
  });

  it('is not started over D-Bus or in the desktop’s terminal, and hides with its program', () => {
    const shadow = shadowOf([
      'Exec="/opt/My App/app" -x',
      'Terminal=true',
      'DBusActivatable=true',
      '[Desktop Action a]',
    ]);
    expect(shadow.getBoolean(mainGroup, 'Terminal')).toBe(false);
    expect(shadow.getBoolean(mainGroup, 'DBusActivatable')).toBe(false);
    expect(shadow.get(mainGroup, 'TryExec')).toBe('/opt/My App/app');
    expect(shadow.get('Desktop Action a', 'Exec')).toBe('gapplication action app a');
    expect(shadowOf(['Exec=app', 'TryExec=other']).get(mainGroup, 'TryExec')).toBe('other');
  });

  it('opens files once where the app opens files', () => {
    const actions = (...lines: string[]) => shadowOf(lines).getList(mainGroup, 'Actions');
    expect(actions('Exec=app %u', 'MimeType=text/plain;')).toEqual(['ringfence-strict', 'ringfence-once']);
    for (const lines of [
      ['Exec=app %u'],
      ['Exec=app', 'MimeType=text/plain;'],
      ['Exec=app %u', 'MimeType=x-scheme-handler/http;'],
    ])
      expect(actions(...lines)).toEqual(['ringfence-strict']);
    const once = shadowOf(['Exec=secret-program %u', 'MimeType=text/plain;', 'Name[de]=App']);
    const group = 'Desktop Action ringfence-once';
    expect(once.keys(group)).toEqual(['Name', 'Name[de]', 'Exec']);
    const words = argv(once.get(group, 'Exec'), ['/srv/letter']);
    expect(words.slice(4)).toEqual([
      '--app=app.desktop',
      '--once',
      '--strict',
      `--original=${base.sourcePath}`,
      '--',
      '/srv/letter',
    ]);
    expect(words[2]).not.toContain('secret-program');
  });

  it('speaks the languages of the entry', () => {
    const group = 'Desktop Action ringfence-strict';
    const keys = shadowOf(['Exec=app', 'Name[de]=App', 'Name[pt_BR]=App']).keys(group);
    expect(keys).toEqual(['Name', 'Name[de]', 'Name[pt]', 'Name[pt_BR]', 'Exec']);
  });

  it('never runs the original of an app that is to be strictly contained', () => {
    const strict = shadowOf(['Exec=secret-program'], { strict: true });
    for (const group of [mainGroup, 'Desktop Action ringfence-strict']) {
      expect(argv(strict.get(group, 'Exec'))[2]).not.toContain('secret-program');
      expect(argv(strict.get(group, 'Exec'))).toContain('--strict');
    }
  });

  it('refuses what is not to be wrapped', () => {
    const bad: string[][] = [
      ['Exec=/usr/bin/ringfence-open --app=x'],
      ['Exec=sh -c "ringfence-open --app=x"'],
      ['Exec='],
      [],
      ['Exec=app "unclosed'],
      ['Exec=app', 'Hidden=true'],
      ['Exec=app', 'X-GNOME-Autostart-Phase=Panel'],
      ['Exec=app', 'X-Ringfence-Source=/x'],
    ];
    for (const lines of bad) expect(() => shadowOf(lines)).toThrowError(expect.objectContaining({ code: 'BadEntry' }));
  });

  it('looks like the example', () => {
    const folder = join(import.meta.dirname, '../../../../desktop-files/example');
    const original = readFileSync(join(folder, 'original.desktop'));
    const id = 'org.example.Notes.desktop';
    const sourcePath = `/usr/share/applications/${id}`;
    const made = shadowEntry({
      id,
      original,
      sourcePath,
      sourceHash: createHash('sha256').update(original).digest('hex'),
      clientPath: '/usr/bin/ringfence-open',
      version: '0.1.0',
      strict: false,
      window: false,
    });
    expect(made.toString()).toBe(readFileSync(join(folder, 'shadow.desktop'), 'utf8'));
  });
});
