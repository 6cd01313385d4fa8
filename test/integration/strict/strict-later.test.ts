import { execFileSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../../../src/clients/cli/client.ts';
import { built, connectTestBus, connectTestClient, endAll, instanceAt } from '../../fixtures/live-daemon.ts';
import { command } from '../../harness/command.ts';
import { type Daemon, startDaemon } from '../../harness/daemon.ts';
import { tempHome } from '../../harness/temp-home.ts';
import { waitFor } from '../../harness/wait-for.ts';

// What an app leaves behind, and what a person outside does after it has ended.

const home = process.env['HOME'] ?? '';
const shared = join(home, 'shared');
const marks = join(home, 'marks');
const id = 'org.example.Probe';
/** An app that calls itself like a folder which its user has in Downloads. */
const namesake = 'org.example.Namesake';
const limits = { 'memory-max': 'infinity', 'memory-swap-max': 'infinity', 'tasks-max': 'infinity', 'app-id': id };
const strict = { ...limits, profile: 'strict' };
const relaxed = { ...limits, profile: 'relaxed' };

const pythonVersion = execFileSync('python3', ['-c', 'import sys; print("%d.%d" % sys.version_info[:2])'])
  .toString()
  .trim();

/** A file below the home of whoever plants it, which leaves a mark when it runs; and what a victim outside does. */
const plants: readonly (readonly [name: string, path: string, content: (mark: string) => string, victim: string])[] = [
  ['a login shell', '.bash_profile', (mark) => `touch ${mark}`, 'bash -lic true'],
  ['a login shell’s other file', '.bash_login', (mark) => `touch ${mark}`, 'rm -f ~/.bash_profile; bash -lic true'],
  ['a shell', '.bashrc', (mark) => `touch ${mark}`, 'bash -ic true'],
  ['the end of a shell', '.bash_logout', (mark) => `touch ${mark}`, 'bash -lc exit; echo exit | bash -l'],
  ['zsh', '.zshenv', (mark) => `touch ${mark}`, 'zsh -c true'],
  ['zsh at a login', '.zprofile', (mark) => `touch ${mark}`, 'zsh -lc true'],
  ['zsh once it is logged in', '.zlogin', (mark) => `touch ${mark}`, 'zsh -lc true'],
  ['an interactive zsh', '.zshrc', (mark) => `touch ${mark}`, 'zsh -ic true'],
  [
    'git',
    '.gitconfig',
    (mark) => `[core]\n fsmonitor = "touch ${mark}; false"\n`,
    'git init -q ~/repo; git -C ~/repo status',
  ],
  [
    'git in the home',
    '.git/config',
    (mark) => `[core]\n bare = false\n repositoryformatversion = 0\n fsmonitor = "touch ${mark}; false"\n`,
    'mkdir -p ~/.git/refs ~/.git/objects; echo ref: refs/heads/x >~/.git/HEAD; git -C ~ status',
  ],
  [
    'python',
    `.local/lib/python${pythonVersion}/site-packages/usercustomize.py`,
    (mark) => `open("${mark}", "w")\n`,
    'python3 -c pass',
  ],
  [
    'node',
    '.node_modules/planted/index.js',
    (mark) => `require("fs").writeFileSync("${mark}", "")`,
    'cd /; node -e "require(\'planted\')"',
  ],
  [
    'a program in the PATH',
    '.local/bin/id',
    (mark) => `#!/bin/sh\ntouch ${mark}\n`,
    'chmod +x ~/.local/bin/id; PATH=$HOME/.local/bin:$PATH id',
  ],
  ['less', '.lessfilter', (mark) => `#!/bin/sh\ntouch ${mark}\n`, 'chmod +x ~/.lessfilter; lesspipe /etc/hostname'],
  [
    'a user unit',
    '.config/systemd/user/planted.service',
    (mark) => `[Service]\nType=oneshot\nExecStart=/usr/bin/touch ${mark}\n`,
    'systemctl --user daemon-reload; systemctl --user start planted',
  ],
  [
    'a service of the bus',
    '.local/share/dbus-1/services/org.example.Planted.service',
    (mark) => `[D-BUS Service]\nName=org.example.Planted\nExec=/usr/bin/touch ${mark}\n`,
    'gdbus call --session --dest org.freedesktop.DBus --object-path / --method org.freedesktop.DBus.ReloadConfig; timeout 5 gdbus call --session --dest org.example.Planted --object-path / --method org.example.X',
  ],
  [
    'an entry for a file',
    '.local/share/applications/planted.desktop',
    (mark) => `[Desktop Entry]\nType=Application\nName=P\nExec=touch ${mark}\nMimeType=text/x-planted\n`,
    'gio launch ~/.local/share/applications/planted.desktop',
  ],
];

const put = (path: string, content: string) => {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, content);
};
const systemctl = (...words: string[]) => command(['systemctl', '--user', ...words]);

describe('after an app has ended', () => {
  let daemon: Daemon;
  let client: Client;

  beforeAll(async () => {
    for (const folder of [shared, marks, join(home, '.ssh')]) mkdirSync(folder, { recursive: true });
    await systemctl('set-environment', 'XDG_DATA_DIRS=/opt/ringfence-entries:/usr/share');
    const own = tempHome();
    const lets = [id, namesake].map((app) => `[app."${app}"]\nshared-folders = ["~/shared"]\n`);
    put(join(own.config, 'ringfence/config.toml'), lets.join(''));
    daemon = await startDaemon({ home: own });
    client = await connectTestClient();
  });
  afterAll(async () => {
    await systemctl('unset-environment', 'XDG_DATA_DIRS');
    const bus = await connectTestBus();
    await endAll(bus);
    await bus.close();
    await client?.close();
    await daemon?.stop();
  });

  /** Runs a script as the app, to its end, and returns what it said. */
  const runs = async (script: string, options: Readonly<Record<string, string>>) => {
    const said = join(shared, 'said');
    rmSync(said, { force: true });
    put(join(shared, 'script'), script);
    const path = await client.run(
      ['/bin/sh', '-c', `sh ${shared}/script >${said}.part 2>&1; mv ${said}.part ${said}`],
      new Map([['REAL', home]]),
      new Map(Object.entries(options)),
    );
    const { unit } = await instanceAt(client, path).catch(() => ({ unit: '' }));
    await waitFor(() => existsSync(said), { what: 'the app to have run' });
    await waitFor(async () => (await client.instances()).every((one) => one.unit !== unit), { what: 'its end' });
    return readFileSync(said, 'utf8');
  };
  const plantAll = async (options: Readonly<Record<string, string>>) => {
    for (const [index, [, , content]] of plants.entries())
      put(join(shared, `plant-${index}`), content(join(marks, `${index}`)));
    const lines = plants.map(
      ([, path], index) =>
        `mkdir -p "$HOME/$(dirname ${path})"; cp ${shared}/plant-${index} "$HOME/${path}"; mkdir -p "$REAL/$(dirname ${path})" && cp ${shared}/plant-${index} "$REAL/${path}"`,
    );
    await runs(`${lines.join('\n')}\n:`, options);
  };
  const victims = async () => {
    for (const [, , , victim] of plants) {
      await command(['sh', '-c', victim], { env: { ...process.env, HOME: home }, cwd: '/' } as never);
    }
  };

  it('nothing that it has planted runs outside; relaxed, all of it does', async () => {
    await plantAll(strict);
    await victims();
    expect(readdirSync(marks)).toEqual([]);
    await plantAll(relaxed);
    await victims();
    // What opens an entry has not waited for it.
    const missing = () => {
      const ran = readdirSync(marks).map(Number);
      return plants.flatMap(([name], index) => (ran.includes(index) ? [] : [name]));
    };
    await expect.poll(missing).toEqual([]);
    for (const [, path] of plants) rmSync(join(home, path), { force: true });
    for (const mark of readdirSync(marks)) rmSync(join(marks, mark));
  }, 120_000);

  it('the links that a first run has planted lead the second one, and the daemon, nowhere', async () => {
    writeFileSync(join(home, '.ssh/id_probe'), 'secret\n');
    writeFileSync(join(home, '.netrc'), 'secret\n');
    await runs(
      [
        'cd "$HOME" || exit; rm -rf .config .local .cache',
        'for name in .emacs.d .vim .cache .mozilla .fonts .themes; do ln -sfn "$REAL/.ssh" $name; done',
        'ln -sfn "$REAL/.config" .config; ln -sfn "$REAL/.local" .local; ln -sfn /usr .azure',
        'rm -f Downloads; ln -sfn "$REAL" Downloads; rm -rf "$REAL/Downloads/Probe/"*; ln -sfn "$REAL/.ssh" "$REAL/Downloads/Probe/keys"',
        'ln -sfn "$REAL/.netrc" "$REAL/shared/netrc"; ln -sfn "$REAL/.ssh" "$REAL/shared/ssh"',
      ].join('\n'),
      strict,
    );
    const before = treeOf(home);
    const look =
      'cat $HOME/*/id_probe $HOME/.*/id_probe $REAL/.ssh/* $REAL/Downloads/Probe/keys/* $REAL/shared/ssh/* $REAL/shared/netrc $HOME/Downloads/.netrc $REAL/.netrc; echo over';
    const said = await runs(look, strict);
    expect(said).toMatch(/over\n$/);
    expect(said).not.toMatch(/^secret/m);
    expect(treeOf(home)).toEqual(before);
    // A relaxed app of the same words reads it.
    expect(await runs(look, relaxed)).toMatch(/^secret/m);
  });

  it('a document that is a link which it has planted is not let in', async () => {
    rmSync(join(shared, 'netrc'), { force: true });
    await runs('ln -sfn "$REAL/.netrc" "$REAL/shared/netrc"', strict);
    const entries = join(home, '.local/share/applications');
    put(
      join(entries, 'org.example.Reader.desktop'),
      `[Desktop Entry]\nType=Application\nName=Reader\nExec=sh -c "cat '%f' >$HOME/read 2>&1; cp $HOME/read /tmp/read; sleep 100" %f\n`,
    );
    put(
      join(entries, 'org.example.Reader.desktop'),
      `[Desktop Entry]\nType=Application\nName=Reader\nExec=python3 -c "import sys, time; text = open(sys.argv[1]).read(); open(sys.argv[1] + '.seen', 'w'); time.sleep(100)" %f\n`,
    );
    const { 'app-id': _, ...launching } = strict;
    const path = await client.launch(
      'org.example.Reader',
      [`file://${shared}/netrc`],
      new Map(Object.entries(launching)),
    );
    const { report } = await instanceAt(client, path).catch(() => ({ report: [] }));
    expect(report.find((row) => row.get('name') === 'shared')?.get('value') ?? '').not.toMatch(/netrc/);
    await client.stop(path, 0).catch(() => {});
  });

  it('an app that calls itself like a folder in Downloads gets one of its own', async () => {
    const folder = join(home, 'Downloads/Taxes');
    put(join(folder, 'return'), 'secret\n');
    put(
      join(home, `.local/share/applications/${namesake}.desktop`),
      '[Desktop Entry]\nType=Application\nName=Taxes\nExec=true\n',
    );
    const script = `cat ${folder}/return; echo changed >${folder}/return; echo saved >$HOME/Downloads/own`;
    const said = await runs(script, { ...strict, 'app-id': namesake });
    expect(said).not.toMatch(/secret/);
    expect(readFileSync(join(folder, 'return'), 'utf8')).toBe('secret\n');
    const own = `${folder} (local.${namesake})/own`;
    expect(readFileSync(own, 'utf8')).toBe('saved\n');
    // The same one at its next start.
    await runs('echo more >>$HOME/Downloads/own', { ...strict, 'app-id': namesake });
    expect(readFileSync(own, 'utf8')).toBe('saved\nmore\n');
    expect(readdirSync(join(home, 'Downloads')).filter((name) => name.startsWith('Taxes'))).toHaveLength(2);
    expect(await runs(script, { ...relaxed, 'app-id': namesake })).toMatch(/secret/);
  });

  it('a program’s name gives it no name on the bus', async () => {
    const own = (name: string) =>
      `gdbus call --session --dest org.freedesktop.DBus --object-path /org/freedesktop/DBus --method org.freedesktop.DBus.RequestName ${name} 4`;
    const tries = ['org.freedesktop.Planted', 'org.mpris.MediaPlayer2.firefox', 'org.example.Probe.x']
      .map(own)
      .join('; ');
    for (const name of ['org.freedesktop', 'firefox-codec-installer', 'org.example.Probe']) {
      const program = join(shared, name);
      writeFileSync(
        program,
        `#!/bin/sh\n{ ${tries}; } >${shared}/names.part 2>&1; mv ${shared}/names.part ${shared}/names\n`,
        { mode: 0o755 },
      );
      for (const [profile, got] of [
        ['strict', 0],
        ['relaxed', 3],
      ] as const) {
        rmSync(join(shared, 'names'), { force: true });
        const { 'app-id': _, ...rest } = limits;
        await client.run(
          [program],
          new Map(),
          new Map(Object.entries({ ...rest, profile, 'working-directory': shared })),
        );
        const text = await waitFor(
          () => existsSync(join(shared, 'names')) && readFileSync(join(shared, 'names'), 'utf8'),
          { what: name },
        );
        expect([name, profile, text.match(/uint32 1/g)?.length ?? 0]).toEqual([name, profile, got]);
      }
    }
  });

  it('an app that has closed its folders to everybody starts again, and its home can be moved to the trash', async () => {
    const close = 'chmod 0 "$REAL/Downloads/Probe" "$HOME"; echo closed';
    expect(await runs(close, strict)).toBe('closed\n');
    expect(await runs(`touch "$HOME/mine" "$REAL/Downloads/Probe/mine" && ${close}`, strict)).toBe('closed\n');
    const env = { XDG_DATA_DIRS: '/opt/ringfence-entries:/usr/share' };
    const { stdout, stderr } = await command([built.ringfence, 'home', '--reset', id], { env });
    expect([stdout, stderr]).toEqual([expect.stringMatching(/^moved to .*Trash\/files\/org\.example\.Probe/), '']);
  });

  it('a bubblewrap in a folder of the PATH, and a module beside the home, are not the daemon’s', async () => {
    const planted = (name: string) => `#!/bin/sh\ntouch ${marks}/${name}\nexec /usr/bin/${name} "$@"\n`;
    for (const name of ['bwrap', 'xdg-dbus-proxy']) {
      put(join(home, 'planted', name), planted(name));
      await command(['chmod', '+x', join(home, 'planted', name)]);
    }
    put(join(home, 'node_modules/systemd-journald/build/Release/journal_send.node'), '');
    put(join(home, 'node_modules/systemd-journald/package.json'), '{"main":"x.js"}');
    await daemon.kill9();
    daemon = await startDaemon({
      home: daemon.home,
      env: { PATH: `${home}/planted:${process.env['PATH']}`, LD_LIBRARY_PATH: `${home}/planted` },
    });
    await systemctl('set-environment', `LD_LIBRARY_PATH=${home}/planted`);
    expect(await runs('echo "<$LD_LIBRARY_PATH>"', strict)).toBe('<>\n');
    await systemctl('unset-environment', 'LD_LIBRARY_PATH');
    expect(readdirSync(marks)).toEqual([]);
  });
});

/** Every name below a folder with what it is, but for homes and what tests keep. */
function treeOf(folder: string, below = ''): string[] {
  return readdirSync(join(folder, below)).flatMap((name) => {
    const path = join(below, name);
    if (['shared', 'marks', '.local/share/ringfence', '.cache'].includes(path)) return [];
    const facts = lstatSync(join(folder, path));
    if (facts.isSymbolicLink()) return [`${path} -> ${readlinkSync(join(folder, path))}`];
    return facts.isDirectory() ? [`${path}/`, ...treeOf(folder, path)] : [`${path} ${facts.size} ${facts.mtimeMs}`];
  });
}
