import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { expect } from 'vitest';
import { installEntry, installEntryText } from '../../fixtures/desktop-entries.ts';
import { limitEffects } from '../../fixtures/limit-effects.ts';
import { type Check, seenIn } from '../../fixtures/promises.ts';
import { output } from '../../harness/command.ts';
import { waitFor } from '../../harness/wait-for.ts';
import {
  app,
  applications,
  autostart,
  configFile,
  entry,
  installApp,
  isShadow,
  signals,
  theClient,
  version,
} from './world.ts';

// What sees the effect of the methods about icons, and of the properties of the main object.

const notesLost = seenIn(
  'integration/shadows/shadow-behaviour.test.ts',
  'are enabled still, and come into the notes again',
);

type Options = Readonly<Record<string, string>>;
const id = `${app}.desktop`;
const other = join(applications, 'org.test.Other.desktop');
const rowsOf = (rows: readonly ReadonlyMap<string, string>[]) => rows.map((row) => Object.fromEntries(row));
const enable = async (apps: readonly string[], options: Options = {}) =>
  rowsOf(await theClient().enableApps(apps, new Map(Object.entries(options))));
const disable = async (apps: readonly string[], options: Options = {}) =>
  rowsOf(await theClient().disableApps(apps, new Map(Object.entries(options))));
const list = async () => rowsOf(await theClient().listApps());
const listed = async (name: string) => (await list()).find((row) => row['id'] === name);
const installOther = () => installEntry('org.test.Other', ['Exec=sleep 1000']);
const enabled = async (options: Options = {}) => {
  installApp();
  return enable([app], options);
};
const ofEntry = (rows: readonly Record<string, string>[]) => rows.find(({ file }) => file === entry);
const autostartEntry = join(autostart, id);
/** An entry that comes with the system: nothing of the user's lies in its place. */
const systemFolder = join(homedir(), 'system/applications');
const inSystem = async (check: () => Promise<unknown>) => {
  mkdirSync(systemFolder, { recursive: true });
  renameSync(installApp(), join(systemFolder, id));
  await output(['systemctl', '--user', 'set-environment', `XDG_DATA_DIRS=${homedir()}/system:/usr/share`]);
  try {
    await check();
  } finally {
    await disable([app]);
    await output(['systemctl', '--user', 'unset-environment', 'XDG_DATA_DIRS']);
    rmSync(join(homedir(), 'system'), { recursive: true });
  }
};

/** The daemon follows changes by itself, soon after: changes an enabled app until SyncApps is the first now and then. */
async function untilSynced(
  options: Options,
  holds: (rows: readonly Record<string, string>[], text: string) => boolean,
): Promise<void> {
  await enabled();
  let round = 0;
  const once = async () => {
    round += 1;
    const text = readFileSync(installApp(`Comment=${round}`), 'utf8');
    return holds(rowsOf(await theClient().syncApps(new Map(Object.entries(options)))), text);
  };
  await waitFor(once, { what: 'a sync that acts' });
}

const enableChecks: Record<string, Check> = {
  EnableApp: async () => {
    await enabled();
    expect(isShadow(entry)).toBe(true);
  },
  'EnableApp "all"': async () => {
    installApp();
    await enable([], { all: 'yes' });
    expect(isShadow(entry)).toBe(true);
    installOther();
    await waitFor(() => isShadow(other), { what: 'an app that is installed later' });
  },
  'EnableApp "profile"': async () => {
    await enabled({ profile: 'mine' });
    expect(await listed(id)).toMatchObject({ profile: 'mine' });
  },
  'EnableApp "autostart"': async () => {
    mkdirSync(autostart, { recursive: true });
    writeFileSync(autostartEntry, '[Desktop Entry]\nType=Application\nName=Auto\nExec=sleep 1000\n');
    await enabled();
    expect(isShadow(autostartEntry)).toBe(false);
    await enabled({ autostart: 'yes' });
    expect(isShadow(autostartEntry)).toBe(true);
  },
  'EnableApp "dry-run"': async () => {
    await enabled({ 'dry-run': 'yes' });
    expect(isShadow(entry)).toBe(false);
  },
  'EnableApp "diff"': async () =>
    expect(ofEntry(await enabled({ 'dry-run': 'yes' }))?.['diff']).toMatch(/^-Exec=sleep 1000$/m),
  'EnableApp "app"': async () => expect(ofEntry(await enabled())).toMatchObject({ app: id }),
  'EnableApp "state"': async () => expect(ofEntry(await enabled())).toHaveProperty('state'),
  'EnableApp "enabled"': async () => expect(ofEntry(await enabled())).toMatchObject({ state: 'enabled' }),
  'EnableApp "file"': async () => expect((await enabled()).map(({ file }) => file)).toContain(entry),
  'EnableApp "change"': async () => expect(ofEntry(await enabled())).toHaveProperty('change'),
  'EnableApp "replaced"': async () => {
    expect(ofEntry(await enabled())).toMatchObject({ change: 'replaced' });
    const aside = join(homedir(), '.local/share/ringfence/originals', id);
    expect(readFileSync(aside, 'utf8')).toContain('Exec=sleep 1000');
  },
  'EnableApp "created"': () =>
    inSystem(async () => {
      expect(ofEntry(await enable([app]))).toMatchObject({ state: 'enabled', change: 'created' });
      expect(isShadow(entry)).toBe(true);
    }),
  'EnableApp "updated"': () =>
    inSystem(async () => {
      await enable([app]);
      expect(ofEntry(await enable([app], { profile: 'strict' }))).toMatchObject({ change: 'updated' });
      expect(readFileSync(entry, 'utf8')).toContain('--strict');
    }),
  'EnableApp "disabled"': async () => {
    await enabled();
    expect(ofEntry(await disable([app]))).toMatchObject({ state: 'disabled' });
    expect(isShadow(entry)).toBe(false);
  },
  'EnableApp "removed"': () =>
    inSystem(async () => {
      await enable([app]);
      expect(ofEntry(await disable([app]))).toMatchObject({ change: 'removed' });
      expect(existsSync(entry)).toBe(false);
    }),
  'EnableApp "restored"': async () => {
    const text = readFileSync(installApp(), 'utf8');
    await enable([app]);
    expect(ofEntry(await disable([app]))).toMatchObject({ change: 'restored' });
    expect(readFileSync(entry, 'utf8')).toBe(text);
  },
  'EnableApp "unchanged"': async () => {
    await enabled();
    const before = statSync(entry).mtimeMs;
    expect(await enable([app])).toEqual([{ app: id, state: 'unchanged' }]);
    expect(statSync(entry).mtimeMs).toBe(before);
  },
  'EnableApp "not-installed"': async () => {
    await enabled();
    // What was written of it is gone, and so is the original: there is nothing to start any more.
    rmSync(join(homedir(), '.local/share/ringfence'), { recursive: true });
    try {
      expect(await enable([app])).toContainEqual({ app: id, state: 'not-installed' });
    } finally {
      rmSync(entry);
    }
  },
  'EnableApp "skipped"': async () => {
    installEntryText('org.test.Broken', '[Desktop Entry]\nType=Application\nName=Broken\n');
    expect(await enable([], { all: 'yes' })).toContainEqual(
      expect.objectContaining({ app: 'org.test.Broken.desktop', state: 'skipped' }),
    );
  },
  'EnableApp "edited"': async () => {
    await enabled();
    const text = readFileSync(entry, 'utf8');
    writeFileSync(entry, `${text}# mine\n`);
    expect(ofEntry(await disable([app]))).toMatchObject({ state: 'edited' });
    expect(readFileSync(entry, 'utf8')).toBe(`${text}# mine\n`);
    writeFileSync(entry, text);
  },
  'EnableApp "failed"': async () => expect(await enable(['no.such.App'])).toMatchObject([{ state: 'failed' }]),
  'EnableApp "reason"': async () =>
    expect(await enable(['no.such.App'])).toMatchObject([{ reason: expect.stringContaining('no.such.App') }]),
  'EnableApp "error"': async () => expect(await enable(['no.such.App'])).toMatchObject([{ error: 'NoSuchApp' }]),
  DisableApp: async () => {
    installOther();
    await enable(['org.test.Other']);
    await enabled();
    await disable([app]);
    expect([entry, other].map(isShadow)).toEqual([false, true]);
  },
  'DisableApp "all"': async () => {
    await enabled();
    await disable([], { all: 'yes' });
    expect(isShadow(entry)).toBe(false);
  },
  'DisableApp "dry-run"': async () => {
    await enabled();
    expect(ofEntry(await disable([app], { 'dry-run': 'yes' }))).toMatchObject({
      diff: expect.stringContaining('Exec='),
    });
    expect(isShadow(entry)).toBe(true);
  },
  SyncApps: () => untilSynced({}, (rows) => ofEntry(rows) !== undefined && isShadow(entry)),
  'SyncApps "dry-run"': () =>
    untilSynced({ 'dry-run': 'yes' }, (rows, text) => {
      return ofEntry(rows)?.['diff'] !== undefined && readFileSync(entry, 'utf8') === text;
    }),
};

const broken = () => installEntryText('org.test.Broken', '[Desktop Entry]\nType=Application\nName=Broken\n');
const listChecks: Record<string, Check> = {
  ListApps: async () => {
    installApp();
    installOther();
    const ids = (await list()).map((row) => row['id'] ?? '');
    expect(ids).toEqual(expect.arrayContaining([id, 'org.test.Other.desktop']));
    expect(ids).toEqual([...ids].sort());
  },
  'ListApps "id"': async () => {
    installApp();
    expect(await listed(id)).toBeDefined();
  },
  'ListApps "name"': async () => {
    installEntryText(app, '[Desktop Entry]\nType=Application\nName=Tool\nName[de]=Werkzeug\nExec=sleep 1000\n');
    expect(await listed(id)).toMatchObject({ name: 'Tool' });
    await output(['systemctl', '--user', 'set-environment', 'LANGUAGE=de', 'LANG=de_DE.UTF-8']);
    try {
      expect(await listed(id)).toMatchObject({ name: 'Werkzeug' });
    } finally {
      await output(['systemctl', '--user', 'unset-environment', 'LANGUAGE', 'LANG']);
    }
  },
  'ListApps "state"': async () => {
    installApp();
    expect(await listed(id)).toHaveProperty('state');
  },
  'ListApps "available"': async () => {
    installApp();
    expect(await listed(id)).toMatchObject({ state: 'available' });
  },
  'ListApps "enabled"': async () => {
    await enabled();
    expect(await listed(id)).toMatchObject({ state: 'enabled' });
  },
  'ListApps "edited"': async () => {
    await enabled();
    const text = readFileSync(entry, 'utf8');
    writeFileSync(entry, `${text}# mine\n`);
    expect(await listed(id)).toMatchObject({ state: 'edited' });
    writeFileSync(entry, text);
  },
  'ListApps "pending"': async () => {
    broken();
    await enable([], { all: 'yes' });
    expect(await listed('org.test.Broken.desktop')).toMatchObject({ state: 'pending', wish: 'all' });
  },
  'ListApps "source"': async () => {
    const source = installApp();
    expect(await listed(id)).toMatchObject({ source });
  },
  'ListApps "profile"': async () => {
    await enabled({ profile: 'mine' });
    expect(await listed(id)).toMatchObject({ profile: 'mine' });
    await disable([app]);
    expect(await listed(id)).not.toHaveProperty('profile');
  },
  'ListApps "wish"': async () => {
    installApp();
    expect(await listed(id)).not.toHaveProperty('wish');
    await enable([app]);
    expect(await listed(id)).toHaveProperty('wish');
  },
  'ListApps "note"': notesLost,
  'ListApps "lost"': notesLost,
  'ListApps "app"': async () => {
    await enabled();
    expect(await listed(id)).toMatchObject({ wish: 'app' });
  },
  'ListApps "all"': async () => {
    installApp();
    await enable([], { all: 'yes' });
    expect(await listed(id)).toMatchObject({ wish: 'all' });
  },
};

const property = async (name: string) => (await theClient().properties()).get(name);
const capabilities = async () => rowsOf((await property('Capabilities')) as Map<string, string>[]);
/** What PropertiesChanged has told of a property, newest last. */
const told = (name: string) =>
  signals()
    .filter(({ member }) => member === 'PropertiesChanged')
    .flatMap(({ body }) => (body[1] as Map<string, { value: unknown }>).get(name)?.value ?? []);
const withConfig = async (text: string, check: () => Promise<unknown>) => {
  const good = readFileSync(configFile(), 'utf8');
  const profiles = await property('Profiles');
  writeFileSync(configFile(), text);
  try {
    await check();
  } finally {
    writeFileSync(configFile(), good);
    const isBack = async () =>
      (await property('ConfigError')) === '' && isDeepStrictEqual(await property('Profiles'), profiles);
    await waitFor(isBack, { what: 'the good configuration' });
  }
};
/** The controllers that the manager may hand on, as the kernel has them. */
const controllers = async () => {
  const folder = await output(['systemctl', '--user', 'show', '--property=ControlGroup', '--value', '--', '-.slice']);
  return readFileSync(join('/sys/fs/cgroup', folder, 'cgroup.controllers'), 'utf8')
    .trim()
    .split(' ');
};
const works = seenIn('machine/enforcement.test.ts', 'says what it cannot hold, why, and what helps');

const propertyChecks: Record<string, Check> = {
  Version: async () => expect(await property('Version')).toBe(version()),
  Profiles: async () => {
    const text = '[profile.mine]\nbase = "relaxed"\ntasks-max = 44\n';
    const mine = (profiles: unknown) => (profiles as Map<string, Map<string, string>>).get('mine')?.get('tasks-max');
    await withConfig(text, async () => {
      await waitFor(async () => mine(await property('Profiles')) === '44', { what: 'the change' });
      await waitFor(() => told('Profiles').some((profiles) => mine(profiles) === '44'), { what: 'the signal' });
    });
  },
  ConfigError: () =>
    withConfig('memory-max = "lots"\n', async () => {
      const isTold = (text: unknown) => /config\.toml: line 1: memory-max/.test(String(text));
      await waitFor(async () => isTold(await property('ConfigError')), { what: 'the error' });
      await waitFor(() => told('ConfigError').some(isTold), { what: 'the signal' });
    }),
  'Profiles "base"': async () =>
    expect(((await property('Profiles')) as Map<string, Map<string, string>>).get('mine')?.get('base')).toBe('relaxed'),
  'Profiles "memory-max"': async () =>
    expect(((await property('Profiles')) as Map<string, Map<string, string>>).get('relaxed')?.get('memory-max')).toBe(
      '70%',
    ),
  Capabilities: async () => {
    const there = await controllers();
    for (const { name = '', available } of await capabilities()) {
      const controller = { memory: 'memory', tasks: 'pids', cpu: 'cpu', io: 'io' }[name.split('-')[0] ?? ''];
      if (controller !== undefined && name !== 'memory-swap-max')
        expect([name, available]).toEqual([name, there.includes(controller) ? 'yes' : 'no']);
    }
  },
  'Capabilities "name"': async () =>
    expect((await capabilities()).map(({ name }) => name)).toEqual(expect.arrayContaining(Object.keys(limitEffects))),
  'Capabilities "file-watching"': seenIn(
    'integration/launch/config-unwatched.test.ts',
    'counts for the next launch all the same',
  ),
  'Capabilities "sandbox"': async () =>
    expect(await capabilities()).toContainEqual({ name: 'sandbox', available: 'yes' }),
  ...Object.fromEntries(['available', 'yes', 'no', 'reason', 'fix'].map((word) => [`Capabilities "${word}"`, works])),
};

/** What sees the effect of EnableApp and its kin, and of the properties of the main object. */
export const busFileChecks = { ...enableChecks, ...listChecks, ...propertyChecks };
