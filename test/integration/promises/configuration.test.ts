import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import { expectLimit, limitEffects } from '../../fixtures/limit-effects.ts';
import { connectTestBus, instanceAt } from '../../fixtures/live-daemon.ts';
import { type Check, keepPromises, seenIn } from '../../fixtures/promises.ts';
import { output } from '../../harness/command.ts';
import { waitFor } from '../../harness/wait-for.ts';
import { app, configFile, inOneWorld, theClient } from './world.ts';

// Every key that the manual of the configuration names.

inOneWorld();

/** The keys of the manual's tables, and what it defines beside them. */
function promises(): string[] {
  const manual = readFileSync('docs/ringfence.toml.md', 'utf8');
  return [...manual.matchAll(/^(?:\| )?`(\[?[a-z][a-zA-Z0-9.-]*\]?)`(?= +\||\n:)/gm)].map(([, key = '']) => key);
}

const home = homedir();
const runtime = process.env['XDG_RUNTIME_DIR'] ?? '';
let turn = 0;

/** Puts a configuration in force: a profile that is new each time shows that it is. */
async function configure(text: string): Promise<string> {
  turn += 1;
  const name = `turn-${turn}`;
  const own = text.replaceAll('NAME', name);
  writeFileSync(
    configFile(),
    own.includes(`[profile.${name}]`) ? own : `${own}\n[profile.${name}]\nbase = "relaxed"\n`,
  );
  const known = async () => ((await theClient().properties()).get('Profiles') as Map<string, unknown>).has(name);
  await waitFor(known, { what: 'the configuration to be in force' });
  return name;
}

const run = async (options: Readonly<Record<string, string>> = {}) =>
  instanceAt(theClient(), await theClient().run(['sleep', '1000'], new Map(), new Map(Object.entries(options))));

// Where cgroup v1 holds the controllers the session can enforce no limit, and strict would refuse.
const unlimited = { 'memory-max': 'infinity', 'memory-swap-max': 'infinity', 'tasks-max': 'infinity' };

/** Where commands are started: strict ones have this folder of the home. */
const work = join(home, 'promises');
mkdirSync(work, { recursive: true });

/** What a script prints in a strict sandbox with this line in its profile, and without it. */
async function strictly(line: string, script: string, variables: Readonly<Record<string, string>> = {}) {
  const said = async (settings: string) => {
    const profile = await configure(`[profile.NAME]\nbase = "strict"\n${settings}\n`);
    const file = join(work, `said-${profile}`);
    const words = `{ ${script}; } >${file}.part 2>/dev/null; mv ${file}.part ${file}`;
    const options = new Map(Object.entries({ profile, 'working-directory': work, ...unlimited }));
    await theClient().run(['sh', '-c', words], new Map(Object.entries(variables)), options);
    // It may have said nothing.
    const { text } = await waitFor(() => existsSync(file) && { text: readFileSync(file, 'utf8').trim() }, {
      what: 'the script',
    });
    rmSync(file);
    return text;
  };
  return { with: await said(line), without: await said('') };
}
const yes = (condition: string) => `if ${condition} >/dev/null; then echo yes; else echo no; fi`;

/** A socket that somebody listens at. */
async function withSocket<T>(path: string, check: () => Promise<T>): Promise<T> {
  mkdirSync(dirname(path), { recursive: true });
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(path, resolve));
  try {
    return await check();
  } finally {
    server.close();
  }
}

const call = 'dbus-send --session --print-reply --reply-timeout=5000';
const ownName = `${call} --dest=org.freedesktop.DBus / org.freedesktop.DBus.RequestName string:org.test.Owned uint32:4`;
const budget = (title: string) => seenIn('machine/desktop.test.ts', title);
const notice = seenIn('machine/reached-limits.test.ts', 'is not named in a notification that was switched off');
const checks: Record<string, Check> = {
  '[desktop]': budget('follows the configuration'),
  'apps-memory-max': budget('follows the configuration'),
  'apps-swap-max': budget('lives on when apps take more together than there is for them'),
  'session-memory-low': budget('follows the configuration'),
  '[notifications]': notice,
  'memory-limit': notice,
  'tasks-limit': notice,
  'cpu-limit': seenIn('machine/reached-limits.test.ts', 'is told once for each burst of kills, and of nobody else'),
  'default-profile': async () => {
    const name = await configure('default-profile = "NAME"\n');
    expect(await run()).toMatchObject({ profile: name });
  },
  base: async () => {
    const profile = await configure(
      '[profile.middle]\nbase = "relaxed"\ntasks-max = 43\n[profile.NAME]\nbase = "middle"\n',
    );
    const { report } = await run({ profile });
    expect(report.find((row) => row.get('name') === 'tasks-max')?.get('asked')).toBe('43');
  },
  profile: async () => {
    const profile = await configure(`[app."${app}"]\nprofile = "NAME"\n`);
    expect(await run({ 'app-id': app })).toMatchObject({ profile });
  },
  '[profile.NAME]': async () => {
    const profile = await configure(
      '[profile.base]\nbase = "relaxed"\ntasks-max = 44\n[profile.NAME]\nbase = "base"\n',
    );
    const { report } = await run({ profile });
    expect(report.find((row) => row.get('name') === 'tasks-max')?.get('asked')).toBe('44');
    const strict = await configure('[profile.NAME]\nbase = "strict"\n');
    const sandboxed = await run({ profile: strict, ...unlimited });
    expect(sandboxed.report.map((row) => row.get('name'))).toContain('no-new-privileges');
  },
  '[app.NAME]': async () => {
    const profile = await configure(`[app."${app}"]\nprofile = "NAME"\ntasks-max = 45\n`);
    const instance = await run({ 'app-id': app });
    expect(instance).toMatchObject({ profile });
    expect(instance.report.find((row) => row.get('name') === 'tasks-max')?.get('asked')).toBe('45');
    expect(await run()).toMatchObject({ profile: 'relaxed' });
  },
  ...Object.fromEntries(
    Object.entries(limitEffects).map(([limit, [value]]): [string, Check] => [
      limit,
      async () => {
        const line = `${limit} = ${/^\d+$/.test(value) ? value : `"${value}"`}`;
        const profile = await configure(`[profile.NAME]\nbase = "relaxed"\n${line}\n`);
        await expectLimit(limit, (await run({ profile })).unit);
        await configure(`[app."${app}"]\n${line}\n`);
        await expectLimit(limit, (await run({ 'app-id': app })).unit);
      },
    ]),
  ),
  network: async () => {
    const names = await strictly(
      'network = false',
      'tail -n +3 /proc/net/dev | cut -d: -f1; readlink /proc/self/ns/net',
    );
    expect(names.with).toMatch(/^ *lo\nnet:/);
    expect(names.with).not.toBe(names.without);
  },
  x11: () =>
    withSocket('/tmp/.X11-unix/X77', async () => {
      const script = `echo $DISPLAY; ${yes('[ -S /tmp/.X11-unix/X77 ]')}`;
      expect(await strictly('x11 = false', script, { DISPLAY: ':77' })).toEqual({ with: 'no', without: ':77\nyes' });
    }),
  wayland: seenIn('integration/strict/strict-wayland.test.ts', 'a strict app has all of it where the settings say so'),
  sound: () =>
    withSocket(join(runtime, 'pulse/native'), async () => {
      const script = yes(`[ -S ${runtime}/pulse/native ]`);
      expect(await strictly('sound = true', script)).toEqual({ with: 'yes', without: 'no' });
    }),
  gpu: async () =>
    expect(await strictly('gpu = false', yes('[ -c /dev/dri/renderD128 ]'))).toEqual({ with: 'no', without: 'yes' }),
  printing: seenIn('integration/strict/strict-portals.test.ts', 'prints where the settings say so'),
  'open-links': seenIn('integration/strict/strict-portals.test.ts', 'opens no link where the settings say so'),
  home: async () => {
    const script = 'basename $HOME | cut -d. -f1; cat $HOME/kept; echo kept >$HOME/kept';
    const first = await strictly('home = "none"', script);
    expect(first).toEqual({ with: 'passing', without: 'passing' });
    // A command has no home to keep, an app has.
    const kept = async (line: string) => {
      await configure(`[app."${app}"]\nprofile = "NAME"\n[profile.NAME]\nbase = "strict"\n${line}\n`);
      const file = join(work, 'home');
      const words = `${script.replaceAll('; ', ` >>${file}.part; `)}; mv ${file}.part ${file}`;
      const options = { 'app-id': app, 'working-directory': work, ...unlimited };
      await theClient().run(['sh', '-c', words], new Map(), new Map(Object.entries(options)));
      const text = await waitFor(() => existsSync(file) && readFileSync(file, 'utf8'), { what: 'the script' });
      rmSync(file);
      // It has its home until its last process has ended.
      await waitFor(async () => (await theClient().instances()).every(({ appId }) => appId !== `${app}.desktop`), {
        what: 'its end',
      });
      return text;
    };
    await kept('home = "own"');
    expect(await kept('home = "own"')).toMatch(/kept\n$/);
    expect(await kept('home = "none"')).toBe('passing\n');
  },
  'shared-folders': async () => {
    const folder = join(home, 'promised');
    mkdirSync(folder, { recursive: true });
    const script = yes(`touch ${folder}/file`);
    expect(await strictly(`shared-folders = ["${folder}"]`, script)).toEqual({ with: 'yes', without: 'no' });
    expect(existsSync(`${folder}/file`)).toBe(true);
    expect(await strictly(`shared-folders = ["${folder}:ro"]`, script)).toEqual({ with: 'no', without: 'no' });
    const reading = yes(`test -e ${folder}/file`);
    expect(await strictly(`shared-folders = ["${folder}:ro"]`, reading)).toEqual({ with: 'yes', without: 'no' });
    rmSync(folder, { recursive: true });
  },
  'pass-environment': async () => {
    await output(['systemctl', '--user', 'set-environment', 'PROMISED=told']);
    expect(await strictly('pass-environment = ["PROMISED"]', 'echo $PROMISED')).toEqual({ with: 'told', without: '' });
    await output(['systemctl', '--user', 'unset-environment', 'PROMISED']);
  },
  'own-names': async () =>
    expect(await strictly('own-names = ["org.test.Owned"]', yes(ownName))).toEqual({ with: 'yes', without: 'no' }),
  'talk-names': async () => {
    const service = await connectTestBus();
    await service.requestName('org.test.Talked');
    service.serve(() => ({ signature: '', body: [] }));
    try {
      const script = yes(`${call} --dest=org.test.Talked / org.test.Talked.Hello`);
      expect(await strictly('talk-names = ["org.test.Talked=org.test.Talked.*@/"]', script)).toEqual({
        with: 'yes',
        without: 'no',
      });
    } finally {
      await service.close();
    }
  },
};

keepPromises('the configuration', promises(), checks, 'integration/promises/configuration.test.ts');
