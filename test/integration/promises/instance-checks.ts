import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'vitest';
import { expectLimit, limitEffects } from '../../fixtures/limit-effects.ts';
import { processFacts } from '../../fixtures/live-daemon.ts';
import { type Check, seenIn } from '../../fixtures/promises.ts';
import { cgroupOf, pidsIn, readCgroup } from '../../harness/cgroup.ts';
import { unitProperty } from '../../harness/user-units.ts';
import { waitFor } from '../../harness/wait-for.ts';
import { app, configFile, done, endOf, installApp, json, ringfence, theUnit, units, version } from './world.ts';

const launched = async (...args: string[]) => {
  installApp('Actions=other;', '', '[Desktop Action other]', 'Name=Other', 'Exec=sleep 1001');
  await done('launch', ...args, app);
  return theUnit();
};
const ran = async (...args: string[]) => {
  await done('run', ...args, 'sleep', '1000');
  return theUnit();
};
const contained = async (...args: string[]) => {
  const child = spawn('sleep', ['1000']);
  await done('contain', ...args, String(child.pid));
  const unit = await theUnit();
  expect(cgroupOf(child.pid ?? 0)).toMatch(new RegExp(`/${unit.replaceAll('\\', '\\\\')}$`));
  return unit;
};
/** What `ringfence show` tells of an instance. */
export const shown = async (unit: string) =>
  [await json<object | object[]>('show', '--json', unit)].flat()[0] as Record<string, unknown>;
/** Nothing but JSON, which may be nothing. */
const inJson = (text: string) => text === '' || JSON.parse(text);
/** A shell that says how it was asked to end; resolves once it listens. */
const listening = async (script: string): Promise<{ unit: string; path: string }> => {
  await done('run', 'sh', '-c', `${script}; while :; do sleep 0.01; done`);
  const unit = await theUnit();
  await waitFor(async () => (await pidsIn(unit)).some((pid) => processFacts(pid)?.argv[0] === 'sleep'), {
    what: 'the script to listen',
  });
  return { unit, path: String((await shown(unit))['instance']) };
};

/** `NAME --memory-max` and so on, and `NAME --profile`, of a command that starts something. */
const limitChecks = (name: string, start: (...args: string[]) => Promise<string>): Record<string, Check> => ({
  ...Object.fromEntries(
    Object.entries(limitEffects).map(([limit, [value]]): [string, Check] => [
      `${name} --${limit}`,
      async () => expectLimit(limit, await start(`--${limit}`, value)),
    ]),
  ),
  [`${name} --profile`]: async () =>
    expect(await shown(await start('--profile', 'mine'))).toMatchObject({ profile: 'mine' }),
});

const launch: Record<string, Check> = {
  launch: async () => expect((await pidsIn(await launched())).length).toBe(1),
  'launch --action': async () => {
    const [pid = 0] = await pidsIn(await launched('--action', 'other'));
    await waitFor(() => processFacts(pid)?.argv[1] === '1001', { what: 'the action’s own command' });
  },
  'launch --json': async () => {
    installApp();
    expect(await json('launch', '--json', app)).toMatchObject({ app: `${app}.desktop`, unit: await theUnit() });
  },
  ...limitChecks('launch', launched),
};

const run: Record<string, Check> = {
  run: async () => {
    const [pid = 0] = await pidsIn(await ran());
    await waitFor(() => processFacts(pid)?.argv.join(' ') === 'sleep 1000', { what: 'the command' });
  },
  'run --app-id': async () => {
    installApp();
    const unit = await ran('--app-id', app);
    expect(unit).toContain(`-${app}-`);
    expect(await shown(unit)).toMatchObject({ app: `${app}.desktop` });
  },
  'run --wait': seenIn(
    'integration/clients/cli/run-wait.test.ts',
    'runs in a scope, with the input and output of the caller, and ends as the command does',
  ),
  'run --tty': seenIn(
    'integration/clients/cli/run-wait.test.ts',
    'is ended by Ctrl-C, stopped by Ctrl-Z and continued by fg',
  ),
  'run --no-tty': seenIn('integration/clients/cli/run-wait.test.ts', 'keeps the command off the terminal when told'),
  'run --json': async () =>
    expect(await json('run', '--json', 'sleep', '1000')).toMatchObject({ name: 'sleep', unit: await theUnit() }),
  ...limitChecks('run', ran),
};

const contain: Record<string, Check> = {
  contain: () => contained(),
  'contain --app-id': async () => {
    installApp();
    expect(await shown(await contained('--app-id', app))).toMatchObject({ app: `${app}.desktop` });
  },
  'contain --name': async () => {
    const unit = await contained('--name', 'my-name');
    expect(unit).toContain('my');
    expect(await shown(unit)).toMatchObject({ name: 'my-name' });
  },
  'contain --json': async () => {
    const child = spawn('sleep', ['1000']);
    expect(await json('contain', '--json', String(child.pid))).toMatchObject({
      pids: [child.pid],
      unit: await theUnit(),
    });
  },
  ...limitChecks('contain', contained),
};

/** The cells of the one row of `ringfence list`, by the title of their column. */
const row = async (): Promise<Record<string, string>> => {
  const [head = '', line = ''] = (await done('list')).split('\n');
  const starts = [...head.matchAll(/\S+/g)].map(({ index, 0: title }) => [title, index] as const);
  return Object.fromEntries(starts.map(([title, at], index) => [title, line.slice(at, starts[index + 1]?.[1]).trim()]));
};

const kernelHas = seenIn('machine/enforcement.test.ts', 'is what the command line lists and shows');
/** What each column of `ringfence list` shows. */
export const columnChecks: Record<string, Check> = {
  'list: NAME': async () => {
    await ran();
    expect(await row()).toMatchObject({ NAME: 'sleep' });
  },
  'list: PID': async () => {
    const [pid] = await pidsIn(await ran());
    expect(await row()).toMatchObject({ PID: String(pid) });
  },
  'list: CPU': kernelHas,
  'list: MEMORY/MAX': kernelHas,
  'list: TASKS': kernelHas,
  'list: PROFILE': async () => {
    await ran('--profile', 'mine');
    expect(await row()).toMatchObject({ PROFILE: 'mine' });
  },
  'list: AGE': async () => {
    await ran();
    const seconds = async () => Number(/^(\d+) ?s$/.exec((await row())['AGE'] ?? '')?.[1]);
    await waitFor(async () => (await seconds()) >= 1, { what: 'a second of age' });
  },
};

const lists: Record<string, Check> = {
  list: async () => {
    const unit = await ran();
    const titles = Object.keys(await row()).map((title) => `list: ${title}`);
    const unseen = titles.filter((title) => !Object.hasOwn(columnChecks, title));
    expect(unseen, 'add a check for these columns to columnChecks here').toEqual([]);
    expect(
      Object.keys(columnChecks).filter((title) => !titles.includes(title)),
      'columns that are gone',
    ).toEqual([]);
    expect(await done('list')).toMatch(/\bsleep\b/);
    await done('stop', '--timeout', '0', unit);
    expect(await done('list')).toBe('');
  },
  'list --json': async () => {
    const unit = await ran();
    expect(await json('list', '--json')).toMatchObject([{ unit, pids: await pidsIn(unit) }]);
  },
  show: async () => {
    const unit = await ran('--profile', 'mine', '--tasks-max', '33');
    const text = await done('show', 'sleep');
    for (const part of ['sleep', unit, 'mine', 'tasks-max', '33', String((await pidsIn(unit))[0])])
      expect(text).toContain(part);
  },
  'show --json': async () => {
    const unit = await ran('--tasks-max', '33');
    const { report, ...rest } = await shown(unit);
    expect(rest).toMatchObject({ unit, pids: await pidsIn(unit) });
    expect(report).toContainEqual(expect.objectContaining({ name: 'tasks-max', asked: '33' }));
  },
};

const seenInTop = (title: string) => seenIn('integration/clients/cli/top.test.ts', title);
const top: Record<string, Check> = {
  top: seenInTop('shows what runs, and new ones, and those that end no longer'),
  'top --once': seenInTop('prints one refresh, with a share of the processor'),
  'top --plain': seenInTop('prints one refresh, with a share of the processor'),
  'top --interval': seenInTop('prints a line for each refresh, until nobody reads on'),
  'top --sort': seenInTop('orders as told, and refuses what it cannot'),
  'top --json': seenInTop('prints a line for each refresh, until nobody reads on'),
};

const signals: Record<string, Check> = {
  stop: async () => {
    const { unit, path } = await listening('trap "exit 7" TERM');
    await done('stop', unit);
    expect(await endOf(path)).toMatchObject({ 'exit-code': '7' });
    expect(await units()).toEqual([]);
  },
  'stop --timeout': async () => {
    const { unit, path } = await listening('trap "exit 7" TERM');
    await done('stop', '--timeout', '0', unit);
    expect(await endOf(path)).toMatchObject({ signal: 'SIGKILL' });
  },
  'stop --json': async () => {
    const unit = await ran();
    inJson(await done('stop', '--json', unit));
    expect(await units()).toEqual([]);
  },
  kill: async () => {
    const { unit, path } = await listening('trap "exit 7" TERM');
    await done('kill', unit);
    expect(await endOf(path)).toMatchObject({ signal: 'SIGKILL' });
  },
  'kill --signal': async () => {
    const { unit, path } = await listening('trap "exit 8" USR1');
    await done('kill', '--signal', 'USR1', unit);
    expect(await endOf(path)).toMatchObject({ 'exit-code': '8' });
  },
  'kill --json': async () => {
    const { unit, path } = await listening('trap "exit 7" TERM');
    inJson(await done('kill', '--json', unit));
    expect(await endOf(path)).toMatchObject({ signal: 'SIGKILL' });
  },
};

const frozen = async (unit: string) => /^frozen 1$/m.test((await readCgroup(unit, 'cgroup.events')) ?? '');
const steering: Record<string, Check> = {
  set: async () => {
    const unit = await ran();
    await done('set', 'sleep', 'tasks-max=infinity');
    expect(await unitProperty(unit, 'TasksMax')).toBe('infinity');
  },
  'set --save': seenIn('integration/clients/cli/steer.test.ts', 'keeps a limit in the configuration, one line of it'),
  'set --json': async () => {
    const unit = await ran();
    const [one] = await json<{ unit: string; limits: object }[]>('set', '--json', 'sleep', 'tasks-max=infinity');
    expect(one).toMatchObject({ unit, limits: {} });
  },
  freeze: async () => {
    const unit = await ran();
    await done('freeze', 'sleep');
    expect(await frozen(unit)).toBe(true);
  },
  'freeze --json': async () => {
    const unit = await ran();
    expect(await json('freeze', '--json', 'sleep')).toMatchObject([{ unit }]);
  },
  thaw: async () => {
    const unit = await ran();
    await done('freeze', 'sleep');
    await done('thaw', 'sleep');
    expect(await frozen(unit)).toBe(false);
  },
  'thaw --json': async () => {
    const unit = await ran();
    expect(await json('thaw', '--json', 'sleep')).toMatchObject([{ unit }]);
  },
};

const withBrokenConfig = async (check: () => Promise<unknown>) => {
  const file = configFile();
  const good = readFileSync(file, 'utf8');
  writeFileSync(file, '[profile.mine]\nbase = "relaxed"\nmemory-max = "lots"\n');
  try {
    await waitFor(check, { what: 'the error in the configuration' });
  } finally {
    writeFileSync(file, good);
    await waitFor(async () => (await json('status', '--json'))['configError'] === '', { what: 'the good one' });
  }
};
const status: Record<string, Check> = {
  status: async () => {
    const text = await done('status');
    for (const part of [
      version(),
      'mine',
      'relaxed',
      'strict',
      ...Object.keys(limitEffects),
      'sandbox',
      'apps-memory-max',
    ])
      expect(text).toContain(part);
    await withBrokenConfig(async () => /config\.toml: line 3: profile\.mine\.memory-max/.test(await done('status')));
  },
  'status --json': async () => {
    expect(await json('status', '--json')).toMatchObject({
      version: version(),
      profiles: { mine: {} },
      desktop: expect.arrayContaining([expect.objectContaining({ name: 'session-memory-low' })]),
      configError: '',
    });
    await withBrokenConfig(async () => /line 3/.test(String((await json('status', '--json'))['configError'])));
  },
};

const once = 'integration/clients/cli/open-once.test.ts';
const opened = 'opens a file with the app of its type, to be read, and throws the home away';
/** Strict is whole or refused: where the kernel cannot hold a limit here, the refusal names it. */
const onceLimit =
  (limit: string, value: string): Check =>
  async () => {
    installApp();
    const others = ['memory-max', 'memory-swap-max', 'tasks-max'].filter((name) => name !== limit);
    const words = [...others.map((name) => `--${name}=infinity`), `--${limit}=${value}`, '--with', app, configFile()];
    const { code, stderr } = await ringfence('open-once', ...words);
    if (code === 0) await expectLimit(limit, await theUnit());
    else expect(stderr).toMatch(new RegExp(`strictly: .*${limit}`));
  };
const openOnce: Record<string, Check> = {
  ...Object.fromEntries(
    Object.entries(limitEffects).map(([limit, [value]]) => [`open-once --${limit}`, onceLimit(limit, value)]),
  ),
  'open-once': seenIn(once, opened),
  'open-once --json': seenIn(once, opened),
  'open-once --with': seenIn(once, 'has the network when it is told so, and a second one is another sandbox'),
  'open-once --network': seenIn(once, 'has the network when it is told so, and a second one is another sandbox'),
};

/** What sees the effect of the commands that start, show and end instances. */
export const instanceChecks = {
  ...launch,
  ...run,
  ...contain,
  ...openOnce,
  ...lists,
  ...top,
  ...signals,
  ...steering,
  ...status,
};
