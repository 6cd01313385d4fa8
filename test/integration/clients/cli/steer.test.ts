import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../../../../src/clients/cli/client.ts';
import type { BusConnection } from '../../../../src/platform/dbus/connection.ts';
import { installEntry, removeEntries } from '../../../fixtures/desktop-entries.ts';
import { built, connectTestBus, connectTestClient, endAll, fenceUnits } from '../../../fixtures/live-daemon.ts';
import { readCgroup } from '../../../harness/cgroup.ts';
import { command } from '../../../harness/command.ts';
import { type Daemon, startDaemon } from '../../../harness/daemon.ts';
import { type TempHome, tempHome } from '../../../harness/temp-home.ts';
import { unitProperty } from '../../../harness/user-units.ts';

const app = 'org.test.Steered';
const config = '# mine\n[app."org.test.Other"]\ntasks-max = 7   # seven\n\n[app."org.test.Steered"]\ncpu-weight = 50\n';

describe('ringfence set, freeze, thaw', () => {
  let bus: BusConnection;
  let client: Client;
  let home: TempHome;
  let daemon: Daemon;
  const file = () => join(home.config, 'ringfence/config.toml');
  const ringfence = (...args: string[]) =>
    command([built.ringfence, ...args], { env: { XDG_CONFIG_HOME: home.config } });
  const start = async (count: number) => {
    for (let left = count; left > 0; left -= 1) expect((await ringfence('launch', app)).code).toBe(0);
    return fenceUnits(bus);
  };

  beforeAll(async () => {
    bus = await connectTestBus();
    home = tempHome();
    mkdirSync(join(home.config, 'ringfence'));
    writeFileSync(file(), config);
    daemon = await startDaemon({ home });
    client = await connectTestClient();
    installEntry(app, ['Exec=sleep 1000']);
  });
  afterEach(async () => {
    await endAll(bus, client);
    writeFileSync(file(), config);
  });
  afterAll(async () => {
    await client.close();
    await daemon.stop();
    await bus.close();
    removeEntries();
    home.remove();
  });

  it('changes and freezes all instances of an app, or one', async () => {
    const units = await start(3);
    const [first = '', ...others] = units;
    const limits = async () => Promise.all(units.map((unit) => unitProperty(unit, 'TasksMax')));
    const frozen = async () =>
      Promise.all(units.map(async (unit) => /^frozen 1$/m.test((await readCgroup(unit, 'cgroup.events')) ?? '')));
    expect(await ringfence('set', first, 'tasks-max=infinity')).toMatchObject({ code: 0 });
    expect(await limits()).toEqual(['infinity', '4096', '4096']);
    expect(await ringfence('freeze', ...others)).toMatchObject({ code: 0, stdout: '' });
    expect(await frozen()).toEqual([false, true, true]);
    expect((await ringfence('list')).stdout.match(/frozen/g)).toHaveLength(2);
    expect((await ringfence('show', others[0] ?? '')).stdout).toMatch(/^State +frozen/m);
    expect(await ringfence('set', app, 'tasks-max=infinity', 'memory-max=infinity')).toMatchObject({ code: 0 });
    expect(await limits()).toEqual(['infinity', 'infinity', 'infinity']);
    expect(await ringfence('thaw', app)).toMatchObject({ code: 0 });
    expect(await frozen()).toEqual([false, false, false]);
  });

  it('keeps a limit in the configuration, one line of it', async () => {
    await start(2);
    const { code, stdout, stderr } = await ringfence('set', '--json', '--save', app, 'tasks-max=infinity');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject([
      { app: `${app}.desktop`, saved: file() },
      { app: `${app}.desktop`, saved: file() },
    ]);
    expect(readFileSync(file(), 'utf8')).toBe(`${config}tasks-max = "infinity"\n`);
  });

  it('changes nothing where the configuration cannot be changed', async () => {
    const [unit = ''] = await start(1);
    writeFileSync(file(), `${config}memory-max = \n`);
    const { code, stderr } = await ringfence('set', '--save', app, 'tasks-max=infinity');
    expect(code).toBe(2);
    expect(stderr).toMatch(/^ringfence: cannot change .*config\.toml: line 7/);
    expect(await unitProperty(unit, 'TasksMax')).toBe('4096');
    await ringfence('run', 'sleep', '1000');
    expect((await ringfence('set', '--save', 'sleep', 'tasks-max=infinity')).stderr).toMatch(/sleep is a command/);
  });

  it.each([
    [['set', app, 'tasks-max=x'], 2, /expected a number of tasks/],
    [['set', app, 'tasks-maxx=5'], 2, /did you mean tasks-max\?/],
    [['set', app, 'tasks-max', '5'], 2, /write tasks-max=5/],
    [['set', app], 2, /no limit given/],
    [['set', 'tasks-max=5'], 2, /no app, unit or process given/],
    [['freeze'], 2, /no app, unit or process given/],
    [['freeze', 'org.test.Nothing'], 3, /no running instance of "org\.test\.Nothing"/],
    [['set', 'org.test.Stered', 'tasks-max=5'], 3, /did you mean org\.test\.Steered( \(.*\))?\?$/m],
    [['set', 'org.test.Nothing', 'tasks-max=5'], 3, /"ringfence config set org\.test\.Nothing tasks-max=5"/],
    // No controller reaches the session.
    [['set', app, 'tasks-max=5'], 5, /pids controller/],
  ])('%j is refused with %i', async (words, status, says) => {
    await start(1);
    const { code, stdout, stderr } = await ringfence(...words);
    expect({ code, stdout }).toEqual({ code: status, stdout: '' });
    expect(stderr).toMatch(says);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    const inJson = await ringfence(...words, '--json');
    expect(JSON.parse(inJson.stderr)).toMatchObject({ error: { exitCode: status } });
  });
});
