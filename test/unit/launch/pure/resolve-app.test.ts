import { describe, expect, it } from 'vitest';
import { parseDesktopId } from '../../../../src/domain/desktop-id.ts';
import { isRingfenceError, type RingfenceError } from '../../../../src/domain/errors.ts';
import { type HostFacts, type ResolvedApp, resolveApp } from '../../../../src/launch/pure/resolve-app.ts';

const path = '/usr/share/applications/foo.desktop';
const whole = `[Desktop Entry]
Type=Application
Name=Foo
Name[de]=Fuh
Icon=foo.png
Exec=foo %U
Path=/srv
StartupNotify=true
StartupWMClass=Foo
DBusActivatable=true
Actions=new;gone;
[Desktop Action new]
Name=New
Exec=foo --new
`;

describe('resolveApp', () => {
  it('tells all that a launch needs', () => {
    expect(resolve(whole, { uris: ['/a', '/b'] })).toEqual({
      id: { id: 'foo.desktop', name: 'foo' },
      name: 'Fuh',
      icon: 'foo',
      argvs: [['foo', '/a', '/b']],
      workingDirectory: '/srv',
      terminal: false,
      sourcePath: path,
      startupNotify: true,
      startupWmClass: 'Foo',
      dbusActivatable: true,
    });
  });

  it('runs an action', () => {
    const app = resolve(whole, { action: 'new' });
    expect([app.action, app.argvs]).toEqual(['new', [['foo', '--new']]]);
  });

  it('takes the first terminal there is', () => {
    const text = `${entry('Exec=foo -x')}Terminal=true\n`;
    expect(resolve(text, {}, ['foo', 'xterm', 'gnome-terminal']).argvs).toEqual([
      ['gnome-terminal', '--', 'foo', '-x'],
    ]);
    expect(resolve(text, {}, ['foo', 'xterm', 'xdg-terminal-exec']).argvs).toEqual([
      ['xdg-terminal-exec', 'foo', '-x'],
    ]);
  });

  it('looks a relative program up from Path', () => {
    const seen: unknown[] = [];
    const facts: HostFacts = {
      ...host([]),
      programState: (program, from) => {
        seen.push([program, from]);
        return 'found';
      },
    };
    resolveApp(
      { id: parseDesktopId('foo'), uris: [] },
      { path, bytes: Buffer.from(entry('Exec=bin/foo\nPath=/srv')) },
      facts,
    );
    expect(seen).toEqual([['bin/foo', '/srv']]);
  });

  it.each([
    ['hidden', entry('Exec=foo\nHidden=true'), {}, 'NoSuchApp', `is marked as deleted (Hidden=true) in ${path}`],
    ['another type', '[Desktop Entry]\nType=Link\nExec=foo\n', {}, 'BadEntry', 'Type=Link'],
    ['no type', '[Desktop Entry]\nExec=foo\n', {}, 'BadEntry', 'no Type'],
    [
      'another first group',
      '[Other]\na=b\n[Desktop Entry]\nType=Application\nExec=foo\n',
      {},
      'BadEntry',
      'does not start',
    ],
    ['no Exec', entry(''), {}, 'BadEntry', 'has no Exec line'],
    ['no Exec but D-Bus', entry('DBusActivatable=true'), {}, 'BadEntry', 'over D-Bus'],
    ['a malformed line', entry('Exec=foo\nnonsense'), {}, 'BadEntry', `cannot read ${path}: line 4`],
    ['a malformed Exec', entry('Exec=foo "'), {}, 'BadEntry', 'quotation mark'],
    ['TryExec missing', entry('Exec=foo\nTryExec=bar'), {}, 'ProgramNotFound', 'no program bar (TryExec'],
    ['the program missing', entry('Exec=bar %U'), {}, 'ProgramNotFound', 'no program bar (Exec'],
    ['the program not executable', entry('Exec=locked'), {}, 'ProgramNotExecutable', 'locked'],
    ['no terminal', entry('Exec=foo\nTerminal=true'), {}, 'ProgramNotFound', 'install xdg-terminal-exec'],
    ['Path missing', entry('Exec=foo\nPath=/nowhere'), {}, 'BadEntry', '/nowhere'],
    ['an unknown action', whole, { action: 'x' }, 'NoSuchAction', 'its actions are new'],
    ['an action without a group', whole, { action: 'gone' }, 'NoSuchAction', 'its actions are new'],
    ['an action of an entry without any', entry('Exec=foo'), { action: 'x' }, 'NoSuchAction', 'it has no actions'],
    ['a relative file', whole, { uris: ['notes.txt'] }, 'InvalidArgument', 'notes.txt'],
  ] as const)('refuses %s', (_, text, request, code, words) => {
    const error = errorOf(() => resolve(text, request));
    expect(error?.code).toBe(code);
    expect(error?.message).toContain(words);
  });

  it('has no more than the entry says', () => {
    expect(resolve(entry('Exec=foo'))).toStrictEqual({
      id: { id: 'foo.desktop', name: 'foo' },
      name: 'foo',
      argvs: [['foo']],
      terminal: false,
      sourcePath: path,
      startupNotify: false,
      dbusActivatable: false,
    });
  });

  it('does not start in a relative folder, though there is one', () => {
    const facts = { ...host(['foo']), isDirectory: () => true };
    const request = { id: parseDesktopId('foo'), uris: [] };
    const bytes = Buffer.from(entry('Exec=foo\nPath=srv'));
    expect(errorOf(() => resolveApp(request, { path, bytes }, facts))?.code).toBe('BadEntry');
  });

  it('hands URIs on as they are to an app that wants it so', () => {
    const files = { uris: ['file:///a%20b'] };
    expect(resolve(entry('Exec=foo %U'), files).argvs).toEqual([['foo', '/a b']]);
    expect(resolve(entry('Exec=foo %U\nX-GIO-NoFuse=true'), files).argvs).toEqual([['foo', 'file:///a%20b']]);
  });

  it.each([
    ['foo.png', 'foo'],
    ['foo.xpm', 'foo'],
    ['foo.svg', 'foo'],
    ['foo.png.old', 'foo.png.old'],
    ['/usr/share/foo.png', '/usr/share/foo.png'],
    ['foo/', 'foo/'],
    ['foo.png/', 'foo.png/'],
  ])('shows the icon %s as %s', (icon, shown) => {
    expect(resolve(entry(`Exec=foo\nIcon=${icon}`)).icon).toBe(shown);
  });

  it.each([
    ['Exec=', `cannot launch foo.desktop: [Desktop Entry] of ${path} has no Exec line`],
    ['Exec=   ', `cannot launch foo.desktop: [Desktop Entry] of ${path} has no Exec line`],
    ['Exec=\\s\\t', `cannot launch foo.desktop: [Desktop Entry] of ${path} has no Exec line`],
  ])('takes %j for no command', (line, message) => {
    expect(errorOf(() => resolve(entry(line)))?.message).toBe(message);
  });

  it('names all the actions there are', () => {
    const text = `${entry('Exec=foo\nActions=a;b;')}[Desktop Action a]\nExec=foo\n[Desktop Action b]\nExec=foo\n`;
    expect(errorOf(() => resolve(text, { action: 'c' }))?.message).toContain('"c"; its actions are a, b');
  });

  it('takes an empty Path, TryExec and Name as unset', () => {
    const app = resolve(entry('Exec=foo\nPath=\nTryExec=\nName='));
    expect([app.workingDirectory, app.name]).toEqual([undefined, 'foo']);
  });
});

function entry(lines: string): string {
  return `[Desktop Entry]\nType=Application\n${lines}\n`;
}

function resolve(
  text: string,
  request: { action?: string; uris?: readonly string[] } = {},
  programs = ['foo'],
): ResolvedApp {
  return resolveApp(
    { id: parseDesktopId('foo'), uris: [], ...request },
    { path, bytes: Buffer.from(text) },
    host(programs),
  );
}

function host(programs: readonly string[]): HostFacts {
  return {
    locales: ['de'],
    programState: (program) =>
      programs.includes(program) ? 'found' : program === 'locked' ? 'not-executable' : 'missing',
    isDirectory: (folder) => folder === '/srv',
  };
}

function errorOf(attempt: () => unknown): RingfenceError | undefined {
  try {
    attempt();
  } catch (error) {
    if (isRingfenceError(error)) return error;
    throw error;
  }
  return undefined;
}
