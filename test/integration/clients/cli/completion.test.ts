import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { output } from '../../../harness/command.ts';

const program = fileURLToPath(new URL('../../../../dist/ringfence', import.meta.url));
const fixture = (name: string) => fileURLToPath(new URL(`../../../fixtures/complete.${name}`, import.meta.url));
let place: string;
let env: Record<string, string>;

beforeAll(async () => {
  place = mkdtempSync(join(tmpdir(), 'ringfence-completion-'));
  const at = (path: string, text = '') => {
    mkdirSync(join(place, path, '..'), { recursive: true });
    writeFileSync(join(place, path), text);
  };
  for (const id of ['firefox', 'org.gnome.gedit', 'my app', 'kde4/kate']) at(`data/applications/${id}.desktop`);
  for (const id of ['gimp', 'firefox']) at(`system/applications/${id}.desktop`);
  const entry = (id: string, ...lines: string[]) =>
    at(`menu/applications/${id}.desktop`, ['[Desktop Entry]', 'Type=Application', ...lines, ''].join('\n'));
  entry(
    'shown',
    'Actions=new-window;ringfence-strict;private;ringfence-window;',
    'NotShowIn=KDE;',
    '[Desktop Action x]',
    'NoDisplay=true',
  );
  entry('org.test.portal', 'NoDisplay=true');
  entry('deleted', 'Hidden = true');
  entry('settings', 'OnlyShowIn=GNOME;');
  entry('dolphin', 'OnlyShowIn=KDE;');
  entry('fenced', 'X-Ringfence-Source=/usr/share/applications/fenced.desktop');
  at('menu/applications/link.desktop', '[Desktop Entry]\nType=Link\n');
  // The menu has the first entry of an id.
  at('system/applications/org.test.portal.desktop', '[Desktop Entry]\nType=Application\n');
  at('runtime/ringfence/instances/app-ringfence-gimp-12.json');
  at('runtime/ringfence/instances/app-ringfence-two\\x2dwords-7.json');
  at('config/ringfence/config.toml', '[profile.browser]\nbase = "relaxed"\n[profile."x.y"]\n');
  for (const id of ['org.a.Reader', 'org.b.Recorder']) at(`several/applications/${id}.desktop`);
  at('notes.txt');
  env = {
    HOME: place,
    XDG_DATA_HOME: join(place, 'data'),
    XDG_DATA_DIRS: `${place}/system:${place}/none`,
    XDG_CONFIG_HOME: join(place, 'config'),
    XDG_CONFIG_DIRS: join(place, 'none'),
    XDG_RUNTIME_DIR: join(place, 'runtime'),
    // Nothing but the shell may be needed for a word: no node is found here.
    PATH: '/usr/bin:/bin',
    LC_ALL: 'C.UTF-8',
  };
  for (const shell of ['bash', 'zsh', 'fish']) at(`scripts/${shell}`, await output([program, 'completion', shell]));
  at('scripts/_ringfence', await output([program, 'completion', 'zsh']));
});
afterAll(() => rmSync(place, { recursive: true, force: true }));

/** The words that a shell offers behind a command line. */
async function offers(
  shell: 'bash' | 'bash-completion' | 'zsh' | 'fish',
  line: string,
  more: Record<string, string> = {},
): Promise<string[]> {
  const [name = ''] = shell.split('-');
  const run = { bash: ['bash', '--norc'], zsh: ['zsh', '-f'], fish: ['fish', '--no-config'] }[name] ?? [];
  const packageName = shell === 'bash-completion' ? ['/usr/share/bash-completion/bash_completion'] : [];
  const text = await output([...run, fixture(name), line, join(place, 'scripts', name), ...packageName], {
    env: { ...env, ...more },
    cwd: place,
  });
  // zsh and bash quote for their own command lines; what fish tells behind a tab is a description.
  const words = text.split('\n').map((word) => word.replace(/\t.*/, '').replace(/\\(.)/g, '$1'));
  return [...new Set(words.filter(Boolean))].sort();
}

// readline keeps what its words have in common: of several whole ids that would be less than what was typed.
it.each(['bash', 'bash-completion'] as const)('%s goes on with the last parts of several ids', async (shell) => {
  const several = { XDG_DATA_HOME: join(place, 'several') };
  expect(await offers(shell, 'ringfence launch re', several)).toEqual(['Reader', 'Recorder']);
  expect(await offers(shell, 'ringfence config set rec', several)).toEqual(['org.b.Recorder']);
});

describe.each(['bash', 'bash-completion', 'zsh', 'fish'] as const)('completion in %s', (shell) => {
  const cases: [string, string[]][] = [
    ['ringfence la', ['launch']],
    ['ringfence launch ', ['firefox', 'gimp', 'kde4-kate', 'my app', 'org.gnome.gedit', 'org.test.portal']],
    ['ringfence launch fi', ['firefox']],
    ['ringfence launch ged', ['org.gnome.gedit']],
    ['ringfence launch Port', ['org.test.portal']],
    ['ringfence window ged', ['org.gnome.gedit']],
    ['ringfence launch --profile ', ['browser', 'relaxed', 'strict', 'x.y']],
    ['ringfence launch --profile browser org.g', ['org.gnome.gedit']],
    ['ringfence launch --memory-h', ['--memory-high']],
    ['ringfence launch firefox no', ['notes.txt']],
    ['ringfence kill -s K', ['KILL']],
    ['ringfence run --memory-max 1G trunc', ['truncate']],
    ['ringfence run --memory-max 1G -- ls no', ['notes.txt']],
    ['ringfence set gimp memory-', ['memory-high=', 'memory-max=', 'memory-swap-max=']],
    ['ringfence top --sort ', ['age', 'cpu', 'memory', 'name', 'tasks']],
    ['ringfence completion b', ['bash']],
    ['ringfence terminal ', ['disable', 'enable']],
    ['ringfence config ', ['check', 'get', 'set', 'unset']],
    ['ringfence config set fi', ['firefox']],
    ['ringfence config set profile.', ['profile.browser', 'profile.relaxed', 'profile.strict', 'profile.x.y']],
    ['ringfence config set def', ['default-profile']],
    ['ringfence config set desk', ['desktop']],
    ['ringfence config set desktop apps-m', ['apps-memory-max']],
    ['ringfence config set noti', ['notifications']],
    ['ringfence config set notifications t', ['tasks-limit']],
    ['ringfence config set notifications cpu-limit ', ['false', 'true']],
    ['ringfence config set firefox memory-m', ['memory-max']],
    ['ringfence config set profile.browser ba', ['base']],
    ['ringfence config set firefox profile ', ['browser', 'relaxed', 'strict', 'x.y']],
    ['ringfence config set default-profile br', ['browser']],
    ['ringfence config set firefox network ', ['false', 'true']],
    ['ringfence config set firefox wayland ', ['safe', 'unsafe']],
    ['ringfence config unset firefox memory-max cpu-q', ['cpu-quota']],
  ];
  it.each(cases)('%j', async (line, words) => expect(await offers(shell, line)).toEqual(words));

  it('offers what runs', async () => {
    const words = await offers(shell, 'ringfence stop ');
    expect(words).toEqual(expect.arrayContaining(['gimp', 'two-words']));
    expect(await offers(shell, 'ringfence stop app-ringfence-gi')).toEqual(['app-ringfence-gimp-12']);
    expect(await offers(shell, 'ringfence stop gimp two')).toEqual(['two-words']);
    expect(await offers(shell, 'ringfence list gi')).toEqual(['gimp']);
  });

  it.each<[string, string[]]>([
    ['ringfence enable ', ['settings', 'shown']],
    ['ringfence enable sh', ['shown']],
    ['ringfence enable shown ', ['settings', 'shown']],
    ['ringfence disable ', ['fenced']],
    ['ringfence launch shown --action ', ['new-window', 'private']],
    ['ringfence launch --action new-window sh', ['shown']],
  ])('in GNOME %j', async (line, words) => {
    const menu = { XDG_DATA_HOME: join(place, 'menu'), XDG_CURRENT_DESKTOP: 'GNOME-Classic:GNOME' };
    expect(await offers(shell, line, menu)).toEqual(words);
  });

  it('offers what can be contained', async () => {
    expect(await offers(shell, 'ringfence contain ')).toEqual(expect.arrayContaining(['gimp', 'two-words']));
    expect(await offers(shell, 'ringfence contain gi')).toEqual(['gimp']);
    expect(await offers(shell, `ringfence contain ${process.pid}`)).toContain(String(process.pid));
  });

  it('offers every command', async () => {
    const words = await offers(shell, 'ringfence ');
    expect(words).toEqual(expect.arrayContaining(['launch', 'run', 'install', 'uninstall', 'doctor', 'completion']));
  });
});
