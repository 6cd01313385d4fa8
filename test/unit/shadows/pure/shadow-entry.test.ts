import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expandExec } from '../../../../src/domain/desktop-entry/exec-line.ts';
import { mainGroup, parseDesktopEntry } from '../../../../src/domain/desktop-entry/parse.ts';
import { shellQuote } from '../../../../src/domain/shell-quote.ts';
import { type ShadowInput, shadowEntry, shadowScript } from '../../../../src/shadows/pure/shadow-entry.ts';

const base = { id: 'app.desktop', sourcePath: '/usr/share/applications/app.desktop', sourceHash: '00', version: '1' };

const scriptPath = '/home/jürgen/.local/share/applications/ringfence/app.sh';

function shadowOf(lines: readonly string[], input: Partial<ShadowInput> = {}) {
  return parseDesktopEntry(shadowEntry(inputOf(lines, input)));
}

function inputOf(lines: readonly string[], input: Partial<ShadowInput> = {}): ShadowInput {
  const original = Buffer.from(['[Desktop Entry]', 'Type=Application', 'Name=App', ...lines, ''].join('\n'));
  return {
    ...{ ...base, original, clientPath: '/usr/bin/ringfence-open', scriptPath, strict: false, window: false },
    ...input,
  };
}

const argv = (exec: string | undefined, uris: string[] = []) => expandExec(exec ?? '', { uris })[0] ?? [];

describe('shadowEntry', () => {
  it('hands its script the id, the action and the files, in words without quotes', () => {
    const shadow = shadowOf([
      'Exec=app "a b" %U',
      'Actions=new;',
      '[Desktop Action new]',
      'Name=New',
      'Exec=app --new',
    ]);
    const original = `--original=${base.sourcePath}`;
    expect(shadow.raw(mainGroup, 'Exec')).toBe(`/bin/sh ${scriptPath} --app=app.desktop ${original} -- %U`);
    expect(argv(shadow.get(mainGroup, 'Exec'), ['https://a/%20b', '/srv/ä b'])).toEqual([
      ...['/bin/sh', scriptPath, '--app=app.desktop', original, '--', 'https://a/%20b', '/srv/ä b'],
    ]);
    expect(shadow.raw('Desktop Action new', 'Exec')).toBe(
      `/bin/sh ${scriptPath} --app=app.desktop --action=new ${original} --`,
    );
    expect(shadow.getList(mainGroup, 'Actions')).toEqual(['new', 'ringfence-strict']);
  });

  it('takes files as the original does', () => {
    for (const code of ['%f', '%F', '%u', '%U']) {
      expect(shadowOf([`Exec=app --x ${code} y`]).get(mainGroup, 'Exec')).toMatch(new RegExp(`-- ${code}$`));
    }
    expect(shadowOf(['Exec=app 100%%']).get(mainGroup, 'Exec')).toMatch(/ --$/);
  });

  it('survives any id and path of its script, and the script any path of the client', () => {
    const name = fc
      .string({ unit: 'grapheme', minLength: 1 })
      .filter((text) => !/[\0\n\r/]|\p{Cc}|\p{Surrogate}/u.test(text));
    fc.assert(
      fc.property(name, name, (folder, id) => {
        const input = { scriptPath: `/home/${folder}/ringfence/${id}.sh`, id: `${id}.desktop` };
        const words = argv(shadowOf(['Exec=app'], input).get(mainGroup, 'Exec'));
        expect(words.slice(0, 3)).toEqual(['/bin/sh', input.scriptPath, `--app=${id}.desktop`]);
        const clientPath = `/opt/${folder}/ringfence-open`;
        const script = shadowScript(inputOf(['Exec=app'], { ...input, clientPath }));
        expect(script.split('\n')[3]).toBe(`ringfence_client=${shellQuote(clientPath)} ringfence_status=127`);
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
    expect(words.slice(2)).toEqual([
      ...['--app=app.desktop', '--once', '--strict', `--original=${base.sourcePath}`, '--', '/srv/letter'],
    ]);
  });

  it('speaks the languages of the entry', () => {
    const group = 'Desktop Action ringfence-strict';
    const keys = shadowOf(['Exec=app', 'Name[de]=App', 'Name[pt_BR]=App']).keys(group);
    expect(keys).toEqual(['Name', 'Name[de]', 'Name[pt]', 'Name[pt_BR]', 'Exec']);
  });

  it('never runs the original of an app that is to be strictly contained', () => {
    const lines = ['Exec=secret-program', '[Desktop Action new]', 'Exec=secret-program --new'];
    const strict = shadowOf(lines, { strict: true });
    for (const group of [mainGroup, 'Desktop Action new', 'Desktop Action ringfence-strict']) {
      expect(argv(strict.get(group, 'Exec'))).toContain('--strict');
    }
    const script = (isStrict: boolean) => shadowScript(inputOf(lines, { strict: isStrict }));
    expect(script(false)).toContain('secret-program --new');
    expect(script(true)).not.toContain('secret-program');
    expect(script(true)).toContain('\nset -- --strict "$@"\n');
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
    for (const lines of bad) {
      for (const make of [shadowEntry, shadowScript]) {
        expect(() => make(inputOf(lines))).toThrowError(expect.objectContaining({ code: 'BadEntry' }));
      }
    }
  });

  it('looks like the example', () => {
    const folder = join(import.meta.dirname, '../../../../desktop-files/example');
    const original = readFileSync(join(folder, 'original.desktop'));
    const id = 'org.example.Notes.desktop';
    const sourcePath = `/usr/share/applications/${id}`;
    const input: ShadowInput = {
      id,
      original,
      sourcePath,
      sourceHash: createHash('sha256').update(original).digest('hex'),
      clientPath: '/usr/bin/ringfence-open',
      scriptPath: `/home/ada/.local/share/applications/ringfence/org.example.Notes.sh`,
      version: '0.1.0',
      strict: false,
      window: false,
    };
    expect(shadowEntry(input).toString()).toBe(readFileSync(join(folder, 'shadow.desktop'), 'utf8'));
    expect(shadowScript(input)).toBe(readFileSync(join(folder, 'shadow.sh'), 'utf8'));
  });
});
