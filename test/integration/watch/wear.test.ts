import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { InstanceView } from '../../../src/clients/cli/client.ts';
import { logEvents } from '../../../src/domain/log-events.ts';
import { bundleDyingDaemon } from '../../fixtures/bundle-daemon.ts';
import { installEntry } from '../../fixtures/desktop-entries.ts';
import { built } from '../../fixtures/live-daemon.ts';
import { killProcesses, openWornSession, randomNumbers, type WornSession } from '../../fixtures/wear.ts';
import { readCgroup } from '../../harness/cgroup.ts';
import { output } from '../../harness/command.ts';
import { journal } from '../../harness/journal.ts';
import { type TempHome, tempHome } from '../../harness/temp-home.ts';
import { waitFor } from '../../harness/wait-for.ts';

const seconds = Number(process.env['RINGFENCE_TEST_WEAR_SECONDS'] ?? 30);
const seed = Number(process.env['RINGFENCE_TEST_SEED'] ?? Math.floor(Math.random() * 1_000_000));
/** More would only slow the session down. */
const mostInstances = 25;
const configs = [
  '',
  '[profile.mine]\nbase = "relaxed"\nmemory-max = "1G"\n',
  'default-profile = "mine"\n\n[profile.mine]\nbase = "relaxed"\ntasks-max = 99\n',
  'default-profile = [broken',
];

let session: WornSession;
let home: TempHome;
let programs: readonly string[];
const strangers: ChildProcess[] = [];
const random = randomNumbers(seed);
const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;

/** Launched, and nobody has ended it: its path, and how it was described when it was first seen. */
const alive = new Map<string, string | undefined>();
/** Somebody has tried to end these. They may need a moment, and where the daemon died meanwhile they may live on. */
const doomed = new Set<string>();
/** Has two processes, of which one may be killed. */
const pairs = new Set<string>();
/** What SetLimits and Freeze have come to, where the answer was not lost. */
const tasksMax = new Map<string, string>();
const frozen = new Map<string, boolean>();
const steered = new Set<string>();
const underWay = new Set<Promise<void>>();
const history: string[] = [];
const began = performance.now();
const failures = new Map<string, number>();

beforeAll(async () => {
  home = tempHome();
  mkdirSync(join(home.config, 'ringfence'), { recursive: true });
  installEntry('wear', ['Exec=sleep 1000']);
  session = await openWornSession({ XDG_CONFIG_HOME: home.config });
  programs = [built.ringfenced, await bundleDyingDaemon()];
  await session.startDaemon(built.ringfenced);
});
afterAll(async () => {
  for (const one of await session.instances()) killProcesses(one);
  for (const child of strangers) child.kill('SIGKILL');
  await session.close();
  home.remove();
});

/** Begins something that may fail, as the daemon may be killed meanwhile; what it starts is expected to live. */
const begin = (what: string, call: () => Promise<string | undefined>) => {
  const one = call()
    .then((path) => void (path !== undefined && alive.set(path, undefined)))
    .catch((error: { code?: string }) => {
      const kind = `${what}: ${error.code ?? String(error)}`;
      failures.set(kind, (failures.get(kind) ?? 0) + 1);
    })
    .finally(() => underWay.delete(one));
  underWay.add(one);
  return one;
};
const end = (how: (path: string) => Promise<void>) => {
  const path = pick([...alive.keys()]);
  if (path === undefined) return;
  alive.delete(path);
  doomed.add(path);
  void begin('end', async () => {
    await how(path);
    return undefined;
  });
};
/** Changes one that lives, and no other change to it at once; `note` has what came of it, unless the daemon died meanwhile. */
const steer = <T>(what: string, note: Map<string, T>, value: T, call: (path: string) => Promise<void>) => {
  const path = pick([...alive.keys()].filter((one) => !steered.has(one)));
  if (path === undefined) return;
  steered.add(path);
  void begin(what, async () => {
    try {
      await call(path);
      note.set(path, value);
      if (alive.has(path)) alive.set(path, undefined);
    } catch (error) {
      // Whatever it was refused for, nothing has changed.
      if ((error as { code?: string }).code === 'Unreachable') {
        note.delete(path);
        if (alive.has(path)) alive.set(path, undefined);
      }
      throw error;
    } finally {
      steered.delete(path);
    }
    return undefined;
  });
};
const setTasksMax = (value: string) =>
  steer('limit', tasksMax, value, (path) => session.client().setLimits(path, new Map([['tasks-max', value]])));
/** As the kernel does at the memory limit. */
const killOneOfTwo = async () => {
  const path = pick([...pairs].filter((one) => alive.has(one)));
  const found = (await session.instances()).find((one) => one.path === path);
  if (path === undefined || found?.pids.length !== 2) return;
  pairs.delete(path);
  killProcesses({ pids: [pick(found.pids)] });
};
const crash = async (signal: 'SIGKILL' | 'SIGTERM') => {
  await session.killDaemon(signal);
  await Promise.all(underWay);
  await session.startDaemon(pick(programs));
};
const strict = { profile: 'strict', 'memory-max': 'infinity', 'memory-swap-max': 'infinity', 'tasks-max': 'infinity' };

/** What happens, and how often in comparison. */
const happenings: readonly (readonly [name: string, weight: number, act: () => unknown])[] = [
  ['run', 12, () => void begin('run', () => session.client().run(['sleep', '1000'], new Map(), new Map()))],
  ['launch', 6, () => void begin('launch', () => session.client().launch('wear', [], new Map()))],
  [
    'strict',
    3,
    () =>
      void begin('strict', () => session.client().run(['sleep', '1000'], new Map(), new Map(Object.entries(strict)))),
  ],
  [
    'short',
    1,
    () =>
      void begin('short', () =>
        session
          .client()
          .run(['true'], new Map(), new Map())
          .then(() => undefined),
      ),
  ],
  [
    'contain',
    5,
    () => {
      const child = spawn('sleep', ['1000'], { stdio: 'ignore', detached: true });
      strangers.push(child);
      // Some end before they are contained, or while they are.
      if (random() < 0.3) setTimeout(() => child.kill('SIGKILL'), random() * 20);
      else void begin('contain', () => session.client().contain(child.pid ?? 0, new Map()));
      if (child.killed) return;
    },
  ],
  [
    'pair',
    3,
    () =>
      void begin('pair', async () => {
        const path = await session.client().run(['sh', '-c', 'sleep 1000 & exec sleep 1000'], new Map(), new Map());
        pairs.add(path);
        return path;
      }),
  ],
  ['one of two', 4, killOneOfTwo],
  // Where no controller reaches the session, the second is refused, and the first is not.
  ['no limit', 3, () => setTasksMax('infinity')],
  ['limit', 3, () => setTasksMax(pick(['500', '600']))],
  ['freeze', 4, () => steer('freeze', frozen, true, (path) => session.client().freeze(path))],
  ['thaw', 2, () => steer('thaw', frozen, false, (path) => session.client().thaw(path))],
  ['stop', 6, () => end((path) => session.client().stop(path, 1000))],
  ['kill', 4, () => end((path) => session.client().kill(path, 9))],
  [
    'die',
    5,
    () =>
      end(async (path) => {
        const found = (await session.instances()).find((one) => one.path === path);
        if (found !== undefined) killProcesses(found);
      }),
  ],
  [
    'enable',
    2,
    () =>
      void begin('enable', () =>
        session
          .client()
          .enableApps(['wear'], new Map())
          .then(() => undefined),
      ),
  ],
  [
    'disable',
    2,
    () =>
      void begin('disable', () =>
        session
          .client()
          .disableApps(['wear'], new Map())
          .then(() => undefined),
      ),
  ],
  ['configure', 4, () => writeFileSync(join(home.config, 'ringfence/config.toml'), pick(configs))],
  ['full disk', 2, () => session.fillDisk()],
  ['room', 4, () => session.freeDisk()],
  ['reload', 4, () => output(['systemctl', '--user', 'daemon-reload'])],
  ['reexec', 2, () => output(['systemctl', '--user', 'daemon-reexec'])],
  ['kill -9', 3, () => crash('SIGKILL')],
  ['upgrade', 2, () => crash('SIGTERM')],
  [
    'new bus',
    1,
    async () => {
      await session.restartBus();
      await Promise.all(underWay);
      await session.startDaemon(pick(programs));
    },
  ],
];

async function happen(): Promise<void> {
  const crowded = alive.size >= mostInstances;
  const possible = happenings.filter(
    ([name]) => !crowded || !['run', 'launch', 'strict', 'contain', 'pair'].includes(name),
  );
  let at = random() * possible.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [name, weight, act] of possible) {
    at -= weight;
    if (at >= 0) continue;
    history.push(`${Math.floor(performance.now() - began)} ${name}`);
    await act();
    return;
  }
}

/** Waits until nothing is under way and all four agree, and looks that nothing else has changed. */
async function compare(): Promise<void> {
  await Promise.all(underWay);
  let last = '';
  await waitFor(
    async () => {
      const { ringfence, ...others } = await session.views();
      const differences = Object.entries(others).filter(([, units]) => units.join() !== ringfence.join());
      last = differences.length === 0 ? '' : JSON.stringify({ ringfence, ...Object.fromEntries(differences) });
      return last === '';
    },
    { what: 'all to agree' },
  ).catch(async (error: Error) => {
    throw new Error(`${error.message}: ${last}\n${await inDetail(last)}`);
  });
  const listed = new Map((await session.instances()).map((one) => [one.path, one]));
  for (const [path, before] of alive) {
    const now = listed.get(path);
    if (now === undefined) throw new Error(`${path} is not listed; the journal: ${await told(path)}`);
    expect(session.ended.has(path), `${path} was said to have ended`).toBe(false);
    const described = describeInstance(now);
    if (before !== undefined) expect(described).toBe(before);
    await compareSteered(now);
    alive.set(path, described);
  }
  for (const [path, one] of listed) {
    if (doomed.has(path)) killProcesses(one);
    // The answer was lost.
    else if (!alive.has(path) && one.name !== 'true') alive.set(path, describeInstance(one));
  }
}

/** What it was changed to holds, over the ends of daemons too. */
async function compareSteered({ path, unit, report }: InstanceView): Promise<void> {
  const [limit, isFrozen] = [tasksMax.get(path), frozen.get(path)];
  const row = report.find((one) => one.get('name') === 'tasks-max');
  if (limit !== undefined) expect([path, row?.get('asked')]).toEqual([path, limit]);
  if (isFrozen !== undefined)
    expect([path, await readCgroup(unit, 'cgroup.freeze')]).toEqual([path, isFrozen ? '1' : '0']);
}

/** What systemd and the journal know of the units in which two views differ. */
async function inDetail(difference: string): Promise<string> {
  const views = Object.values(JSON.parse(difference) as Record<string, string[]>);
  const odd = new Set(views.flat().filter((unit) => !views.every((units) => units.includes(unit))));
  const properties = ['ActiveState', 'SubState', 'Result', 'Job', 'ControlGroup'].map((name) => `--property=${name}`);
  const details = [...odd].map(async (unit) => {
    const shown = await output(['systemctl', '--user', 'show', ...properties, unit]);
    const entries = await journal({ fields: { USER_UNIT: unit } });
    return [unit, shown, ...entries.map((entry) => `${entry['SYSLOG_IDENTIFIER']}: ${entry['MESSAGE']}`)].join('\n  ');
  });
  return (await Promise.all(details)).join('\n');
}

/** What the daemons have logged about an instance. */
async function told(path: string): Promise<string> {
  const entries = await journal({ fields: { RINGFENCE_INSTANCE: path } });
  return entries.map((entry) => `${entry['__REALTIME_TIMESTAMP']} ${entry['_PID']} ${entry['MESSAGE']}`).join('\n');
}

function describeInstance({ pids: _pids, usage: _usage, limits, report, ...rest }: InstanceView): string {
  const rows = report.map((row) => [...row]);
  return JSON.stringify({ ...rest, startedAt: String(rest.startedAt), limits: [...limits], rows });
}

it(
  `agrees with systemd, the cgroups and the records through ${seconds} s of wear`,
  async () => {
    console.log(`seed ${seed}: RINGFENCE_TEST_SEED=${seed} does the same again`);
    const until = performance.now() + seconds * 1000;
    let comparisons = 0;
    try {
      while (performance.now() < until) {
        const happened = 1 + Math.floor(random() * 12);
        for (let count = 0; count < happened; count++) await happen();
        await compare();
        comparisons += 1;
        history.push(`${Math.floor(performance.now() - began)} compared`);
      }
    } catch (error) {
      console.log(
        `seed ${seed}; failed: ${JSON.stringify(Object.fromEntries(failures))}; ${history.slice(-60).join(', ')}`,
      );
      throw error;
    }
    const counts = happenings.map(([name]) => `${history.filter((one) => one.endsWith(` ${name}`)).length} ${name}`);
    console.log(
      `${comparisons} comparisons; ${counts.join(', ')}; failed: ${JSON.stringify(Object.fromEntries(failures))}`,
    );
    expect(comparisons).toBeGreaterThan(0);
    const bugs = await journal({ fields: { MESSAGE_ID: logEvents['internal-error'].messageId } });
    expect(bugs.map((entry) => `${entry['MESSAGE']} ${entry['RINGFENCE_STACK']}`)).toEqual([]);
  },
  (seconds + 120) * 1000,
);
