import { readFileSync, readlinkSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../../../../src/clients/cli/client.ts';
import type { BusConnection } from '../../../../src/platform/dbus/connection.ts';
import {
  built,
  connectTestBus,
  connectTestClient,
  endAll,
  fenceUnits,
  processesWith,
} from '../../../fixtures/live-daemon.ts';
import { openTerminal, type Tab, type Terminal } from '../../../fixtures/tmux-terminal.ts';
import { readCgroup } from '../../../harness/cgroup.ts';
import { command, output } from '../../../harness/command.ts';
import { type Daemon, startDaemon } from '../../../harness/daemon.ts';
import { unitProperty } from '../../../harness/user-units.ts';
import { waitFor } from '../../../harness/wait-for.ts';

let bus: BusConnection;
let client: Client;
let daemon: Daemon;
let terminal: Terminal;

beforeAll(async () => {
  bus = await connectTestBus();
  daemon = await startDaemon();
  client = await connectTestClient();
  terminal = await openTerminal();
});
afterEach(async () => {
  // One that a test which failed has left would be another's.
  await terminal.closeTabs();
  await endAll(bus, client);
});
afterAll(async () => {
  await terminal.close();
  await client.close();
  await daemon.stop();
  await bus.close();
});

const run = (...argv: string[]) => client.run(argv, new Map(), new Map());
/** Starts so many at once. */
const many = async (count: number) => {
  await Promise.all(Array.from({ length: count }, () => run('sleep', '1000')));
};
const env = { LANG: 'C.UTF-8' };
/** `ringfence top` in a tab, by a shell that has said what the terminal is like. */
const top = async (words = '', more: Record<string, string> = {}): Promise<Tab> => {
  const script = `stty -g; echo before; ${built.ringfence} top ${words}; echo "left $?"; exec sleep 10000`;
  return terminal.open(['sh', '-c', script], { env: { ...env, ...more } });
};
const pidOfTop = (tab: Tab) =>
  waitFor(
    () =>
      processesWith('top').find(
        (pid) => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[1] === String(tab.pid),
      ),
    { what: 'the process of ringfence top' },
  );
/** The terminal is as it was: its settings, and its own screen with what stood there. */
const isGivenBack = async (tab: Tab) => {
  const device = readlinkSync(`/proc/${tab.pid}/fd/0`);
  await waitFor(
    async () => {
      const [settings = '', before] = (await tab.screen()).split('\n');
      return before === 'before' && (await output(['stty', '-F', device, '-g'])).startsWith(settings);
    },
    { what: 'the terminal as it was' },
  );
};

describe('ringfence top', () => {
  it('shows what runs, and new ones, and those that end no longer', async () => {
    await run('sleep', '1000');
    const tab = await top();
    await tab.shows(/^> sleep /m);
    await run('sh', '-c', 'while :; do :; done');
    // A busy loop has a share of the processor, and a past.
    await tab.shows(/^> sh +[1-9]\d* +[▁-█]+ /m);
    await tab.shows(/^2 apps/m);
    await client.kill((await client.instances()).find(({ name }) => name === 'sh')?.path ?? '', 9);
    await tab.shows(/^1 app\b/m);
    await tab.press('q');
    await tab.shows(/left 0/);
    await isGivenBack(tab);
  });

  it('freezes, thaws, changes a limit, stops and kills', async () => {
    await many(2);
    const [unit = ''] = await fenceUnits(bus);
    const frozen = async () => /^frozen 1$/m.test((await readCgroup(unit, 'cgroup.events')) ?? '');
    const tab = await top();
    await tab.shows(/2 instances/);
    await tab.press('F');
    await tab.shows(/all 2 of sleep: frozen/);
    expect(await frozen()).toBe(true);
    await tab.shows(/2 frozen/);
    await tab.press('F');
    await tab.shows(/all 2 of sleep: goes on/);
    expect(await frozen()).toBe(false);
    await tab.press('L', 'C-u');
    await tab.enter('tasks-max=infinity');
    await tab.shows(/all 2 of sleep: tasks-max no limit/);
    expect(await unitProperty(unit, 'TasksMax')).toBe('infinity');
    await tab.press('l', 'C-u');
    await tab.enter('tasks-max=7');
    // No controller reaches the session, and the screen says so as the command line does.
    await tab.shows(/cannot set limits of sleep: tasks-max/);
    await tab.press('s');
    await tab.shows(/Stop sleep\? y or n/);
    await tab.press('n', 's', 'y');
    await tab.shows(/sleep: stopped/);
    expect(await fenceUnits(bus)).toHaveLength(1);
    await tab.press('K', 'y');
    await tab.shows(/nothing is running/);
    expect(await fenceUnits(bus)).toEqual([]);
    await tab.press('q');
  });

  it('fits terminals of 40, 80 and 200 columns, with 200 instances', async () => {
    await many(200);
    const tab = await top();
    await tab.shows(/200 instances/);
    for (const columns of [40, 80, 200]) {
      await tab.resize(columns, 20);
      // The rows alone may be those of the size before.
      const isDrawn = (header = '') =>
        /TASKS/.test(header) === columns > 40 && /PROFILE/.test(header) === (columns === 200);
      const shown = await waitFor(
        async () => {
          const lines = (await tab.screen()).trimEnd().split('\n');
          const rows = lines.slice(5, 19);
          return (
            lines.length === 20 && isDrawn(lines[4]) && rows.every((line) => /^[> ] sleep +\d/.test(line)) && lines
          );
        },
        { what: `the screen at ${columns} columns` },
      );
      // To the last column.
      expect(shown[4]).toMatch(/ MEMORY\/MAX(?:$| .*(?:AGE|PROFILE)$)/);
      expect(/TASKS/.test(shown[4] ?? '')).toBe(columns > 40);
      expect(/PROFILE/.test(shown[4] ?? '')).toBe(columns === 200);
    }
    await tab.press('End');
    await waitFor(async () => (await tab.screen()).split('\n')[18]?.startsWith('> sleep'), { what: 'the last row' });
    await tab.press('q');
    await tab.shows(/left 0/);
  });

  it('stays when the daemon dies, and goes on when there is another', async () => {
    await run('sleep', '1000');
    const tab = await top();
    await tab.shows(/^> sleep /m);
    const { home } = daemon;
    await daemon.kill9();
    await tab.shows(/the Ringfence daemon has ended/);
    await tab.shows(/^> sleep /m);
    await tab.press('k', 'y');
    daemon = await startDaemon({ home });
    await tab.shows(/^1 app\b/m);
    await run('sleep', '1000');
    await tab.shows(/^1 app, 2 instances/m);
    await tab.press('q');
    await tab.shows(/left 0/);
  });

  it('gives the terminal back however it ends', async () => {
    await run('sleep', '1000');
    for (const [how, left] of [
      ['C-c', 0],
      ['SIGTERM', 143],
      ['SIGINT', 130],
      ['SIGHUP', 129],
      // Without a word: a guard does it, when the shell may have written its own.
      ['SIGKILL', undefined],
      ['SIGSEGV', undefined],
    ] as const) {
      const tab = await top();
      await tab.shows(/^> sleep /m);
      if (how === 'C-c') await tab.press(how);
      else process.kill(await pidOfTop(tab), how);
      if (left !== undefined) await tab.shows(new RegExp(`left ${left}`));
      await isGivenBack(tab);
    }
    await waitFor(() => processesWith('ringfence-top-guard').length === 0, { what: 'the guards to end' });
  });

  it('is stopped by Ctrl-Z and goes on', async () => {
    await run('sleep', '1000');
    const tab = await terminal.open(['bash', '--norc', '-i'], { env: { ...env, PS1: 'ready> ' } });
    await tab.shows(/ready>/);
    await tab.enter(`${built.ringfence} top`);
    await tab.shows(/^> sleep /m);
    await tab.press('C-z');
    await tab.shows(/Stopped/);
    expect(await tab.screen()).not.toMatch(/^> sleep /m);
    await tab.enter('fg');
    await tab.shows(/^> sleep /m);
    await tab.press('q');
    await tab.shows(/ready> *\n*$/);
  });

  it('has no colour with NO_COLOR, and none of another program in its names', async () => {
    const path = await client.run(['sh', '-c', 'exec sleep 1000'], new Map(), new Map([['app-id', 'org.test.x']]));
    expect(path).toContain('org');
    const tab = await top('', { NO_COLOR: '1' });
    await tab.shows(/^> org\.test\.x /m);
    const coloured = async (one: Tab) => /\[3[1-7]m/.test(await one.screen({ escapes: true }));
    expect(await coloured(tab)).toBe(false);
    const other = await top();
    await other.shows(/^> org\.test\.x /m);
    expect(await coloured(other)).toBe(true);
    await tab.press('q');
    await other.press('q');
  });
});

describe('ringfence top for scripts', () => {
  const ringfence = (...words: string[]) => command([built.ringfence, 'top', ...words], { env });

  it('prints one refresh, with a share of the processor', async () => {
    await run('sh', '-c', 'while :; do :; done');
    for (const words of [['--once'], []]) {
      const { code, stdout } = await ringfence(...words);
      expect(code).toBe(0);
      expect(stdout).toMatch(/^ {2}sh +[1-9]\d* /m);
      expect(stdout).not.toContain('\x1b');
    }
    const { stdout } = await ringfence('--once', '--json');
    const document = JSON.parse(stdout);
    expect(document.instances).toMatchObject([{ name: 'sh', frozen: false, cpuPercent: expect.any(Number) }]);
    expect(document.total.cpuPercent).toBeGreaterThan(0);
    const plain = await ringfence('--once', '--plain');
    expect(plain.stdout).toMatch(/^sh: \d+ percent of a core, .*running for \d+ s\.$/m);
    expect(plain.stdout).not.toMatch(/[^\x20-\x7e\n]/);
  });

  it('prints a line for each refresh, until nobody reads on', async () => {
    await run('sleep', '1000');
    const text = await output(['sh', '-c', `${built.ringfence} top --json --interval 0.25 | head -n 3`], { env });
    const documents = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(documents.map(({ instances }) => instances.length)).toEqual([1, 1, 1]);
    const [first = 0, , third = 0] = documents.map(({ time }) => Date.parse(time));
    // One that is printed late comes closer to the next.
    expect(third - first).toBeGreaterThan(250);
    await waitFor(() => processesWith('--interval').length === 0, { what: 'the end of it' });
  });

  it('orders as told, and refuses what it cannot', async () => {
    await run('tail', '-f', '/dev/null');
    await run('sleep', '1000');
    const names = async (...words: string[]) =>
      JSON.parse((await ringfence('--once', '--json', ...words)).stdout).instances.map(
        ({ name }: { name: string }) => name,
      );
    expect(await names('--sort', 'age')).toEqual(['tail', 'sleep']);
    expect(await names('--sort', 'name')).toEqual(['sleep', 'tail']);
    expect(await ringfence('--sort', 'nam')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/did you mean name/),
    });
    expect(await ringfence('--interval', '0')).toMatchObject({ code: 2 });
    const dumb = await terminal.open(['sh', '-c', `${built.ringfence} top; echo left $?; sleep 1000`], {
      env: { ...env, TERM: 'dumb' },
    });
    await dumb.shows(/use --plain, --once or[\s\S]*left 2/);
  });

  it('is Unreachable where there is no daemon to be had', async () => {
    const nowhere = { ...env, DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent' };
    expect(await command([built.ringfence, 'top', '--once'], { env: nowhere })).toMatchObject({ code: 7, stdout: '' });
  });
});
