import { describe, expect, it } from 'vitest';
import { expandExec } from '../../../../src/domain/desktop-entry/exec-line.ts';
import { mainGroup, parseDesktopEntry } from '../../../../src/domain/desktop-entry/parse.ts';
import {
  autostartEntry,
  autostartScript,
  isMarked,
  type ShadowInput,
  sampleShadow,
  shadowEntry,
  shadowScript,
} from '../../../../src/shadows/pure/shadow-entry.ts';

const strict = 'Desktop Action ringfence-strict';
const header = ['[Desktop Entry]', 'Type=Application', 'Name=App'];
const input = (text: string, more: Partial<ShadowInput> = {}): ShadowInput => ({
  id: 'app.desktop',
  original: Buffer.from(text, 'latin1'),
  sourcePath: '/usr/app.desktop',
  sourceHash: '00',
  clientPath: '/usr/bin/ringfence-open',
  scriptPath: '/home/ringfence/app.sh',
  version: '1',
  strict: false,
  window: false,
  ...more,
});
const entryOf = (lines: readonly string[]) => `${[...header, ...lines].join('\n')}\n`;
const made = (...lines: string[]) => parseDesktopEntry(shadowEntry(input(entryOf(lines))));
const mark = 'X-Ringfence-Source=/usr/app.desktop\nX-Ringfence-Hash=00\nX-Ringfence-Version=1\n';

describe('isMarked', () => {
  it('tells what Ringfence wrote', () => {
    expect(isMarked(shadowEntry(input(entryOf(['Exec=app']))))).toBe(true);
    expect(isMarked(Buffer.from(entryOf(['Exec=app'])))).toBe(false);
    // A view into more bytes than its own.
    expect(isMarked(Buffer.from(`X-Ringfence-Source ${entryOf(['Exec=app'])}`).subarray(19))).toBe(false);
    expect(isMarked(sampleShadow())).toBe(true);
  });
});

describe('the marks of a shadow', () => {
  it('stand right behind the first header, and every other byte stays', () => {
    const text = '# [not] a group\n \t[Desktop Entry] \nType=Application\nName=Caf\xe9\nExec=app\nActions=\n';
    const shadow = shadowEntry(input(text)).toString('latin1');
    expect(
      shadow.startsWith(`# [not] a group\n \t[Desktop Entry] \n${mark}TryExec=app\nType=Application\nName=Caf\xe9\n`),
    ).toBe(true);
  });

  it('take a line feed where the original’s header ends in the file', () => {
    expect(() => shadowEntry(input('[Desktop Entry]'))).toThrow('is no application');
    const window = { ...input(entryOf(['Exec=app'])), id: 'org.ringfence.Ringfence.desktop' };
    expect(() => shadowEntry(window)).toThrow('it is the window that steers the fences');
  });

  it('are followed by one empty line before the new group, whether the original ends in a line feed or not', () => {
    for (const text of [entryOf(['Exec=app']), entryOf(['Exec=app']).trimEnd()]) {
      expect(shadowEntry(input(text)).toString()).toMatch(/[^\n]\n\n\[Desktop Action ringfence-strict\]\n/);
    }
  });
});

describe('the actions of a shadow', () => {
  it('are those of the original and the strict one', () => {
    expect(made('Exec=app').get(mainGroup, 'Actions')).toBe('ringfence-strict;');
    expect(made('Exec=app', 'Actions=a;b').getList(mainGroup, 'Actions')).toEqual(['a', 'b', 'ringfence-strict']);
    expect(made('Exec=app', 'Actions=').getList(mainGroup, 'Actions')).toEqual(['ringfence-strict']);
  });

  it('are left alone when the original has one of that name', () => {
    const shadow = made('Exec=app', 'Actions=ringfence-strict;', `[${strict}]`, 'Name=Mine', 'Exec=mine');
    expect(shadow.getList(mainGroup, 'Actions')).toEqual(['ringfence-strict']);
    expect(shadow.get(strict, 'Name')).toBe('Mine');
    expect(shadow.get(strict, 'Exec')).toContain('--action=ringfence-strict');
    expect(shadow.groups().filter((group) => group === strict)).toHaveLength(1);
    const latin = `${entryOf(['Exec=app', `[${strict}]`, 'Name=Caf\xe9', 'Exec=a'])}`;
    expect(shadowEntry(input(latin)).includes(Buffer.from('Caf\xe9', 'latin1'))).toBe(true);
  });

  it('are one more where the window is installed: the app’s page there', () => {
    const withWindow = (lines: readonly string[], id = 'app.desktop') =>
      parseDesktopEntry(shadowEntry(input(entryOf(lines), { id, window: true })));
    const window = 'Desktop Action ringfence-window';
    const plain = withWindow(['Exec=app']);
    expect(plain.get(mainGroup, 'Actions')).toBe('ringfence-strict;ringfence-window;');
    expect(plain.get(window, 'Name')).toBe('Ringfence…');
    expect(withWindow(['Exec=app', 'Actions=a']).getList(mainGroup, 'Actions')).toEqual([
      'a',
      'ringfence-strict',
      'ringfence-window',
    ]);
    for (const [id, parameter] of [
      ['app.desktop', "'app.desktop'"],
      ["it's 100% $HOME \\.desktop", "'it\\'s 100% $HOME \\\\.desktop'"],
    ]) {
      const words = expandExec(withWindow(['Exec=app'], id).get(window, 'Exec') ?? '', { uris: [] })[0];
      expect(words).toEqual(['gapplication', 'action', 'org.ringfence.Ringfence', 'show-app', parameter]);
    }
    const own = withWindow(['Exec=app', 'Actions=ringfence-window', `[${window}]`, 'Name=Mine', 'Exec=mine']);
    expect(own.getList(mainGroup, 'Actions')).toEqual(['ringfence-window', 'ringfence-strict']);
    expect(own.get(window, 'Name')).toBe('Mine');
  });

  it('without a command are asked for over the bus, where the app can be', () => {
    const actions = [
      '[Desktop Action a.b-c_1]',
      'Name=A',
      '[Desktop Action x y]',
      'Name=B',
      '[Desktop Action e]',
      'Exec=',
    ];
    const viaBus = made('Exec=app', 'DBusActivatable=true', ...actions);
    expect(viaBus.get('Desktop Action a.b-c_1', 'Exec')).toBe('gapplication action app a.b-c_1');
    expect(viaBus.get('Desktop Action x y', 'Exec')).toBeUndefined();
    expect(viaBus.get('Desktop Action e', 'Exec')).toBe('gapplication action app e');
    const alone = made('Exec=app', ...actions);
    expect(alone.get('Desktop Action a.b-c_1', 'Exec')).toBeUndefined();
    expect(alone.get('Desktop Action e', 'Exec')).toBe('');
    const dotted = input(entryOf(['Exec=app', 'DBusActivatable=true', '[Desktop Action a]']), {
      id: 'a.desktop.b.desktop',
    });
    expect(parseDesktopEntry(shadowEntry(dotted)).get('Desktop Action a', 'Exec')).toBe(
      'gapplication action a.desktop.b a',
    );
  });

  it('that go through Ringfence already stay', () => {
    const exec = 'ringfence-open --app=x';
    expect(made('Exec=app', '[Desktop Action a]', `Exec=${exec}`).get('Desktop Action a', 'Exec')).toBe(exec);
  });

  it('are what the group says, no more', () => {
    const groups = ['[X Desktop Action a]', 'Exec=one', '[Desktop Action ]', 'Exec=two'];
    const shadow = made('Exec=app', ...groups);
    expect(shadow.get('X Desktop Action a', 'Exec')).toBe('one');
  });

  it.each([
    ['app-icon', 'app-icon'],
    ['/usr/share/icon.png', '/usr/share/icon.png'],
    ['icon.png', undefined],
    ['icon.svg', undefined],
    ['icon.xpm', undefined],
    ['icon.png.old', 'icon.png.old'],
    ['', undefined],
  ])('show the icon %j, unless its name is against the rules', (icon, shown) => {
    expect(made('Exec=app', `Icon=${icon}`).get(strict, 'Icon')).toBe(shown);
  });
});

describe('what the icon needs of the original', () => {
  const script = (...lines: string[]) => shadowScript(input(entryOf(lines)));

  it('is in the script, which starts it where the client is gone', () => {
    const exec = script('Exec=app %i %c', 'Icon=my-icon', 'Terminal=true');
    expect(exec).toContain('my-icon');
    expect(exec).toContain('xterm');
    expect(script('Exec=app %i')).not.toContain('xterm');
  });

  it('is each action of its own, but none that goes through Ringfence already or has no command', () => {
    const groups = ['[Desktop Action a]', 'Exec=app a', '[Desktop Action b]', 'Exec=ringfence-open --app=x'];
    const starts = script('Exec=app', ...groups, '[Desktop Action c]', 'Exec=', '[Desktop Action d]')
      .split('\n')
      .filter((line) => line.includes('exec app') || line.includes('ringfence_action"'));
    expect(starts).toEqual(['[ "$ringfence_action" != a ] || exec app a "$@"', 'exec app "$@"']);
  });

  it('may be a name that is no UTF-8', () => {
    const text = '[Desktop Entry]\nType=Application\nName=Caf\xe9\nIcon=\xe9\nExec=app %i %c\n';
    expect(parseDesktopEntry(shadowEntry(input(text))).get(mainGroup, 'Exec')).toContain('/app.sh');
    expect(shadowScript(input(text))).toContain("exec app '' ");
  });
});

describe('the program by which a shadow hides', () => {
  it.each([
    ['app', 'app'],
    ['/opt/app x', '/opt/app'],
    ['"/opt/my app" x', '/opt/my app'],
    ['"a"b c', 'ab'],
    ['bin/app', undefined],
    ['app%%x', undefined],
    ['app%fx', undefined],
  ])('of %s is %s', (exec, program) => {
    expect(made(`Exec=${exec}`).get(mainGroup, 'TryExec')).toBe(program);
  });

  it('is the original’s own where it says one', () => {
    const text = shadowEntry(input(entryOf(['TryExec=other', 'Exec=app']))).toString();
    expect(text.match(/^TryExec=.*$/gm)).toEqual(['TryExec=other']);
  });
});

describe('what is not to be wrapped', () => {
  it.each([
    [
      '# c\n[Other]\nA=b\n[Desktop Entry]\nType=Application\nExec=app\n',
      '/usr/app.desktop does not start with [Desktop Entry]',
    ],
    [entryOf(['Exec=app', 'X-Ringfence-Source=/x']), '/usr/app.desktop is a shadow already'],
    ['[Desktop Entry]\nType=Link\nName=A\nExec=app\n', '/usr/app.desktop is no application'],
    ['[Desktop Entry]\nName=A\nExec=app\n', '/usr/app.desktop is no application'],
    [entryOf(['Exec=app', 'Hidden=true']), 'it is marked as deleted (Hidden=true) in /usr/app.desktop'],
    [entryOf(['Exec=app', 'X-GNOME-Autostart-Phase=Panel']), 'it is a part of the desktop session itself'],
    [entryOf([]), '/usr/app.desktop has no Exec line'],
    [entryOf(['Exec=']), '/usr/app.desktop has no Exec line'],
    [entryOf(['Exec=ringfence-open --app=x']), 'it goes through Ringfence already'],
  ])('says why: %j', (text, reason) => {
    expect(() => shadowEntry(input(text))).toThrow(
      expect.objectContaining({ code: 'BadEntry', message: `cannot enable app.desktop: ${reason}` }),
    );
  });

  it('is no entry of the usual autostart phase', () => {
    expect(made('Exec=app', 'X-GNOME-Autostart-Phase=Applications').get(mainGroup, 'Exec')).toContain('/app.sh');
  });
});

describe('an autostart entry', () => {
  const scriptPath = '/home/ada/a+b,c.d:e@f_-1';
  const text = entryOf(['Exec=app --from %c %i %k', 'Icon=my-icon', 'X-Other=caf\xe9']);

  it('starts its script, marked, and hides with the original’s program', () => {
    const entry = autostartEntry({ ...input(text), scriptPath });
    expect(entry.toString('latin1')).toBe(
      `[Desktop Entry]\n${mark}TryExec=app\nType=Application\nName=App\nExec=/bin/sh ${scriptPath}\nIcon=my-icon\nX-Other=caf\xe9\n`,
    );
  });

  it.each(['/a b', ' /a', '/a ', '/a"', '/ä', '$a', ''])('refuses the path %j', (path) => {
    expect(() => autostartEntry({ ...input(text), scriptPath: path })).toThrow(
      expect.objectContaining({
        code: 'BadEntry',
        message: `cannot enable the autostart of app.desktop: unusual characters in ${path}`,
      }),
    );
  });

  it('has a script with the original’s own command, through the client', () => {
    const script = autostartScript(input(entryOf(['Exec=app --from %c %i %k', 'Icon=my-icon'])));
    const words = script.replaceAll("'", '').split('\n');
    expect(words[1]).toBe('# X-Ringfence-Source=/usr/app.desktop');
    expect(words[2]).toBe(
      '/usr/bin/ringfence-open --app=app.desktop --run -- app --from App --icon my-icon /usr/app.desktop',
    );
    expect(script).toContain('app.desktop was started without its fence');
    expect(script).not.toContain('--strict');
    expect(autostartScript(input(entryOf(['Exec=app']), { strict: true }))).toContain('--strict');
  });
});
