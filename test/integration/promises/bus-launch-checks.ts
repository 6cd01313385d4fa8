import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { installEntryText } from '../../fixtures/desktop-entries.ts';
import { expectLimit, limitEffects } from '../../fixtures/limit-effects.ts';
import { busName, instanceAt, processFacts, rootPath } from '../../fixtures/live-daemon.ts';
import { type Check, seenIn } from '../../fixtures/promises.ts';
import { cgroupOf } from '../../harness/cgroup.ts';
import { waitFor } from '../../harness/wait-for.ts';
import { app, endOf, installApp, signals, theBus, theClient } from './world.ts';

// What sees the effect of the methods that start something, and of the instances that come of them.

const entryText = `[Desktop Entry]
Type=Application
Name=Tool
Name[de]=Werkzeug
Exec=sleep 1000
StartupNotify=true
Actions=other;

[Desktop Action other]
Name=Other
Exec=sleep 1001
`;

type Start = (options: Readonly<Record<string, string>>) => Promise<string>;
const launch: Start = (options) => {
  installEntryText(app, entryText);
  return theClient().launch(app, [], new Map(Object.entries(options)));
};
const run: Start = (options) => theClient().run(['sleep', '1000'], new Map(), new Map(Object.entries(options)));
const child = (): ChildProcess & { readonly pid: number } => {
  const started = spawn('sleep', ['1000'], { stdio: 'ignore' });
  if (started.pid === undefined) throw new Error('no sleep here');
  return started as ChildProcess & { readonly pid: number };
};
const contain: Start = (options) => theClient().contain(child().pid, new Map(Object.entries(options)));
const at = (path: string) => instanceAt(theClient(), path);
/** The process of an instance, once the program itself runs. */
const process = async (path: string) => {
  const [pid = 0] = (await at(path)).pids;
  const facts = await waitFor(() => [processFacts(pid)].find((one) => one?.argv[0] === 'sleep'), { what: 'the app' });
  return { pid, ...facts };
};
const limitsOf = (method: string, start: Start): Record<string, Check> =>
  Object.fromEntries(
    Object.entries(limitEffects).map(([limit, [value]]): [string, Check] => [
      `${method} "${limit}"`,
      async () => expectLimit(limit, (await at(await start({ [limit]: value }))).unit),
    ]),
  );
const profile = (start: Start) => async () =>
  expect(await at(await start({ profile: 'mine' }))).toMatchObject({ profile: 'mine' });
const appId = (start: Start) => async () => {
  installApp();
  expect(await at(await start({ 'app-id': app }))).toMatchObject({ appId: `${app}.desktop` });
};

// Where cgroup v1 holds the controllers the session can enforce no limit, and strict would refuse.
const unlimited = { 'memory-max': 'infinity', 'memory-swap-max': 'infinity', 'tasks-max': 'infinity' };
const launchChecks: Record<string, Check> = {
  Launch: async () => {
    installEntryText(app, entryText.replace('Exec=sleep 1000', 'Exec=sh -c "sleep 1000; :" sh %u'));
    const path = await theClient().launch(app, ['https://example.org/'], new Map());
    const [pid = 0] = (await at(path)).pids;
    await waitFor(() => processFacts(pid)?.argv.at(-1) === 'https://example.org/', {
      what: 'the app, with its address',
    });
  },
  'Launch "action"': async () => expect((await process(await launch({ action: 'other' }))).argv[1]).toBe('1001'),
  'Launch "profile"': profile(launch),
  'Launch "activation-token"': async () => {
    const { environment } = await process(await launch({ 'activation-token': 'token-1' }));
    expect([environment.get('XDG_ACTIVATION_TOKEN'), environment.get('DESKTOP_STARTUP_ID')]).toEqual([
      'token-1',
      'token-1',
    ]);
  },
  'Launch "working-directory"': async () => {
    const { pid } = await process(await launch({ 'working-directory': '/usr/share' }));
    expect(readlinkSync(`/proc/${pid}/cwd`)).toBe('/usr/share');
  },
  'Launch "request-id"': async () => {
    const { unit } = await at(await launch({ 'request-id': 'request-1' }));
    expect(recordOf(unit)).toContain('"requestId":"request-1"');
  },
  'Launch "once"': async () => {
    const { report } = await at(await launch({ once: 'yes', ...unlimited }));
    const value = (name: string) => report.find((row) => row.get('name') === name)?.get('value');
    expect(value('own-home')).toMatch(/gone at the end$/);
    expect(value('network')).toMatch(/of its own/);
  },
  'Launch "network"': async () => {
    const { report } = await at(await launch({ once: 'yes', network: 'yes', ...unlimited }));
    expect(report.find((row) => row.get('name') === 'network')?.get('value')).toMatch(/^open/);
  },
  ...limitsOf('Launch', launch),
};

function recordOf(unit: string): string {
  const folder = join(globalThis.process.env['XDG_RUNTIME_DIR'] ?? '', 'ringfence/instances');
  const texts = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
  return texts.find((text) => text.includes(JSON.stringify(unit))) ?? '';
}

const runChecks: Record<string, Check> = {
  Run: async () => {
    const path = await theClient().run(['sleep', '1002'], new Map([['PROMISE', 'kept']]), new Map());
    const { argv, environment } = await process(path);
    expect([argv[1], environment.get('PROMISE')]).toEqual(['1002', 'kept']);
  },
  'Run "app-id"': appId(run),
  'Run "home"': async () => {
    const { report } = await at(await run({ home: 'promised', profile: 'strict', ...unlimited }));
    expect(report.find((row) => row.get('name') === 'own-home')?.get('value')).toMatch(/\/homes\/named\.promised$/);
  },
  'Run "action"': () => expect(run({ action: 'other' })).rejects.toMatchObject({ code: 'UnknownOption' }),
};

const containChecks: Record<string, Check> = {
  Contain: async () => {
    const { pid } = child();
    const { unit, pids } = await at(await theClient().contain(pid, new Map()));
    expect(pids).toEqual([pid]);
    expect(cgroupOf(pid)?.endsWith(`/${unit}`)).toBe(true);
  },
  'Contain "profile"': profile(contain),
  'Contain "app-id"': appId(contain),
  'Contain "enclosable"': async () => {
    const strict = { profile: 'strict', ...unlimited };
    await expect(contain({ ...strict, enclosable: 'yes' })).rejects.toMatchObject({ code: 'MustEnclose' });
    await expect(contain(strict)).rejects.toMatchObject({ code: 'NotEnforceable' });
  },
  'Contain "terminal"': seenIn(
    'machine/shell.test.ts',
    'kills a memory hog in one tab; its shell, the other tabs and the terminal live',
  ),
  'Contain "home"': seenIn('integration/clients/shell/shell-strict.test.ts', 'keeps a home by its name'),
  'Contain "name"': async () => expect(await at(await contain({ name: 'my-name' }))).toMatchObject({ name: 'my-name' }),
  'Contain "alone"': seenIn(
    'integration/contain/contain.test.ts',
    'moves a process alone when it is asked to; what it starts from then on is inside',
  ),
};

const enclose = (pid: number, name: string) => {
  const target = { destination: busName, path: rootPath, interface: busName, member: 'Enclose' };
  const options = new Map(Object.entries({ profile: name, alone: 'yes', ...unlimited }));
  return theBus().call(target, 'ua{ss}', [pid, options], 'os');
};
const enclosureHas = (file: string) => async () => {
  const { pid } = child();
  const [, folder] = await enclose(pid, 'strict');
  expect(cgroupOf(pid)).toMatch(/\/app-ringfence-sleep-\d+\.scope$/);
  expect(readdirSync(folder)).toContain(file);
};
const encloseChecks: Record<string, Check> = {
  // A sandbox around nothing would be taken for one.
  Enclose: async () => {
    const { pid } = child();
    const before = cgroupOf(pid);
    await expect(enclose(pid, 'relaxed')).rejects.toMatchObject({ dbusName: 'org.ringfence.Error.InvalidArgument' });
    expect(cgroupOf(pid)).toBe(before);
  },
  ...Object.fromEntries(
    ['bwrap', 'args', 'seccomp', 'go', 'inner', 'sync'].map((file) => [`Enclose "${file}"`, enclosureHas(file)]),
  ),
};

/** A shell that waits, and how it ends once `act` was done to it. */
const endAfter = async (script: string, act: (path: string) => Promise<unknown>) => {
  const path = await theClient().run(['sh', '-c', `${script}; while :; do sleep 0.01; done`], new Map(), new Map());
  await waitFor(async () => (await at(path)).pids.some((pid) => processFacts(pid)?.argv[0] === 'sleep'), {
    what: 'the script to listen',
  });
  await act(path);
  return endOf(path);
};
const ranTo = async (script: string) => endOf(await theClient().run(['sh', '-c', script], new Map(), new Map()));

const enforcement = 'machine/enforcement.test.ts';
const held = seenIn(enforcement, 'holds every limit as it was asked for, and the report quotes it');
const lacking = seenIn(enforcement, 'says what it cannot hold, why, and what helps');
const used = seenIn(enforcement, 'is what the command line lists and shows');
const counted = seenIn('machine/steer.test.ts', 'is counted: what was refused, held back and killed');
const virtual = 'machine/virtual-processors.test.ts';
const written = seenIn(virtual, 'has an IO weight, and counts what goes to the disk');
const waited = seenIn(virtual, 'tells how long an app has waited for the processor (PSI)');
const steered = (title: string) => seenIn('integration/watch/steer.test.ts', title);
const budget = (title: string) => seenIn('machine/desktop.test.ts', title);
const kept = budget('keeps a tenth of the memory from all apps together, and says so');
const killed = seenIn('machine/reached-limits.test.ts', 'is told once for each burst of kills, and of nobody else');
const killedForOthers = seenIn(
  'machine/reached-limits.test.ts',
  'is told of a kill that came because all apps together had no memory left as that',
);
const refused = seenIn('machine/reached-limits.test.ts', 'is told of processes that were refused');
const reachedChecks: Record<string, Check> = {
  LimitReached: killed,
  ...Object.fromEntries(
    ['memory-max', 'app', 'name', 'unit', 'value', 'count', 'total', 'suggested'].map((word) => [
      `LimitReached "${word}"`,
      killed,
    ]),
  ),
  'LimitReached "tasks-max"': refused,
  'LimitReached "cpu-quota"': killed,
  ...Object.fromEntries(['cause', 'others'].map((word) => [`LimitReached "${word}"`, killedForOthers])),
  'LimitReached "scope"': seenIn(
    'machine/foreign-scopes.test.ts',
    'by an app that is in a fence is held to the same limits by the kernel, and told of when it reaches them',
  ),
};
const desktopChecks: Record<string, Check> = {
  Desktop: kept,
  ...Object.fromEntries(
    ['name', 'asked', 'origin', 'state', 'enforced', 'value', 'current', 'apps-memory-max'].map((word) => [
      `Desktop "${word}"`,
      kept,
    ]),
  ),
  ...Object.fromEntries(
    ['not-enforced', 'reason', 'fix'].map((word) => [
      `Desktop "${word}"`,
      budget('waits with a budget below what apps hold, and sets it when they hold less'),
    ]),
  ),
  'Desktop "off"': budget('follows the configuration'),
  'Desktop "apps-swap-max"': budget('lives on when apps take more together than there is for them'),
  'Desktop "session-memory-low"': budget('has memory that is reclaimed last, as far as what is above it has'),
};
const instanceChecks: Record<string, Check> = {
  'Report "left-scope"': seenIn(
    'integration/watch/left-scopes.test.ts',
    '%s has its limits there, and is one instance',
  ),
  'Report "oom-kill"': seenIn(enforcement, 'is asked whether it kills one process or the whole app'),
  Stop: async () => {
    const patient = await endAfter('trap "exit 7" TERM', (path) => theClient().stop(path, 20_000));
    expect(patient).toMatchObject({ 'exit-code': '7' });
    const atOnce = await endAfter('trap "exit 7" TERM', (path) => theClient().stop(path, 0));
    expect(atOnce).toMatchObject({ signal: 'SIGKILL' });
  },
  Kill: async () =>
    expect(await endAfter('trap "exit 8" USR1', (path) => theClient().kill(path, 10))).toMatchObject({
      'exit-code': '8',
    }),
  ListUsage: steered('is in the list of what all use'),
  SetLimits: steered('gets what systemd is told, and the report and its record say so'),
  'SetLimits "memory-max"': seenIn('machine/steer.test.ts', 'gets less than it uses, and more again'),
  Freeze: steered('is stopped where it is and goes on, and says so'),
  Thaw: steered('is stopped where it is and goes on, and says so'),
  Frozen: steered('is frozen by another hand, and the property has it'),
  Watch: seenIn(
    'integration/watch/usage-watches.test.ts',
    'tells the caller alone, as often as it asked, until it is told to stop',
  ),
  Scopes: seenIn('integration/watch/left-scopes.test.ts', '%s has its limits there, and is one instance'),
  Ended: async () => {
    const path = await theClient().run(['true'], new Map(), new Map());
    await endOf(path);
    await waitFor(() => signals().some(({ member, body }) => member === 'InterfacesRemoved' && body[0] === path), {
      what: 'the object to be removed',
    });
  },
  'Ended "result"': async () => {
    expect(await ranTo('true')).toMatchObject({ result: 'success' });
    expect(await ranTo('exit 3')).toMatchObject({ result: 'exit-code' });
  },
  'Ended "exit-code"': async () => expect(await ranTo('exit 3')).toMatchObject({ 'exit-code': '3' }),
  'Ended "signal"': async () => expect(await ranTo('kill -SEGV $$')).toMatchObject({ signal: 'SIGSEGV' }),
  'Ended "oom-kills"': seenIn(
    enforcement,
    'kills the process that overran its memory, not its siblings nor another app',
  ),
  ...Object.fromEntries(['cause', 'others'].map((word) => [`Ended "${word}"`, killedForOthers])),
  'Ended "refused-name"': seenIn(
    'integration/strict/strict-ended-at-once.test.ts',
    'is told about, with a button for a bus name that is called like it',
  ),
  AppId: async () => expect((await at(await launch({}))).appId).toBe(`${app}.desktop`),
  Name: async () => {
    expect((await at(await launch({}))).name).toBe('Tool');
    expect((await at(await run({}))).name).toBe('sleep');
  },
  Unit: async () => {
    const path = await launch({});
    const { unit } = await at(path);
    expect(unit).toMatch(/^app-ringfence-org\.test\.Promise-\d+\.scope$/);
    expect((await process(path)).cgroup.endsWith(`/app.slice/${unit}`)).toBe(true);
  },
  Profile: profile(run),
  Pids: async () => {
    const path = await theClient().run(['sh', '-c', 'sleep 1000 & sleep 1001 & wait'], new Map(), new Map());
    await waitFor(async () => (await at(path)).pids.length === 3, { what: 'three processes' });
  },
  StartedAt: async () => {
    const before = BigInt(Date.now()) * 1000n;
    const { startedAt } = await at(await run({}));
    expect(startedAt).toBeGreaterThanOrEqual(before);
    expect(startedAt).toBeLessThanOrEqual(BigInt(Date.now()) * 1000n);
  },
  Limits: held,
  Usage: used,
  ...Object.fromEntries(
    ['memory-current', 'memory-peak', 'memory-swap-current', 'cpu-usage-usec', 'tasks-current'].map((key) => [
      `Usage "${key}"`,
      used,
    ]),
  ),
  ...Object.fromEntries(['tasks-refused', 'cpu-throttled-usec', 'oom-kills'].map((key) => [`Usage "${key}"`, counted])),
  ...Object.fromEntries(['io-read-bytes', 'io-written-bytes'].map((key) => [`Usage "${key}"`, written])),
  ...Object.fromEntries(['memory', 'cpu', 'io'].map((what) => [`Usage "${what}-pressure-usec"`, waited])),
  'Report "request"': steered('gets what systemd is told, and the report and its record say so'),
  Report: async () =>
    expect((await at(await run({}))).report.map((row) => row.get('name'))).toEqual([
      'memory-max',
      'memory-high',
      'memory-swap-max',
      'tasks-max',
    ]),
  ...Object.fromEntries(
    Object.entries({ name: 'tasks-max', asked: '33', origin: 'request' }).map(([key, value]) => [
      `Report "${key}"`,
      async () => {
        const { report } = await at(await run({ 'tasks-max': '33' }));
        expect(report.map((row) => row.get(key))).toContain(value);
      },
    ]),
  ),
  ...Object.fromEntries(['state', 'enforced', 'value'].map((word) => [`Report "${word}"`, held])),
  ...Object.fromEntries(['not-enforced', 'reason', 'fix'].map((word) => [`Report "${word}"`, lacking])),
};

/** What sees the effect of Launch, Run, Contain and Enclose, and of the instances. */
export const busLaunchChecks = {
  ...launchChecks,
  ...runChecks,
  ...containChecks,
  ...encloseChecks,
  ...desktopChecks,
  ...reachedChecks,
  ...instanceChecks,
};
