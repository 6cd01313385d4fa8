import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../../../../src/clients/cli/client.ts';
import type { BusConnection } from '../../../../src/platform/dbus/connection.ts';
import { connectTestBus, connectTestClient, endAll, manager, temporaryFolder } from '../../../fixtures/live-daemon.ts';
import { examplesIn } from '../../../fixtures/scripting-examples.ts';
import { command } from '../../../harness/command.ts';
import { type Daemon, startDaemon } from '../../../harness/daemon.ts';
import { type TempHome, tempHome } from '../../../harness/temp-home.ts';
import { waitFor } from '../../../harness/wait-for.ts';

const project = process.cwd();
const examples = examplesIn(`${project}/docs/scripting.md`);
const shells = examples.filter(({ language }) => language === 'sh');
const only = (language: string) => {
  const found = examples.filter((example) => example.language === language);
  expect(found).toHaveLength(1);
  return found[0]?.text ?? '';
};

// Each example is run as it is printed: with the programs in PATH and an application "example" that sleeps.
describe('docs/scripting.md', () => {
  let bus: BusConnection;
  let client: Client;
  let daemon: Daemon;
  let home: TempHome;
  let env: Record<string, string>;

  beforeAll(async () => {
    home = tempHome();
    mkdirSync(`${home.data}/applications`, { recursive: true });
    const entry = '[Desktop Entry]\nType=Application\nName=Example\nExec=sleep 1000\n';
    writeFileSync(`${home.data}/applications/example.desktop`, entry);
    env = { ...home.env, PATH: `${project}/dist:${process.env['PATH']}` };
    bus = await connectTestBus();
    // The folders of the app are looked up in the environment of the user manager.
    const block = [`XDG_DATA_HOME=${home.data}`, `PATH=${env['PATH']}`];
    await manager(bus, 'SetEnvironment', 'as', [block], '');
    daemon = await startDaemon({ home, env });
    client = await connectTestClient();
  });
  afterEach(() => endAll(bus, client));
  afterAll(async () => {
    await manager(bus, 'UnsetEnvironment', 'as', [['XDG_DATA_HOME']], '');
    await client.close();
    await daemon.stop();
    await bus.close();
    home.remove();
    rmSync(`${homedir()}/.local/bin/ringfence-shell`, { force: true });
  });

  /** As "ringfence install" leaves them. */
  const linkPrograms = (folder: string) => {
    const program = `${folder}/.local/bin/ringfence-shell`;
    mkdirSync(`${folder}/.local/bin`, { recursive: true });
    rmSync(program, { force: true });
    symlinkSync(`${project}/dist/ringfence-shell`, program);
  };

  const sh = (text: string) => command(['sh', '-e', '-c', text], { env, cwd: temporaryFolder() });

  it('has the examples that are run here', () => {
    expect(shells.map(({ heading }) => heading)).toEqual([
      ...Array(4).fill('The command line'),
      'dbus-send',
      'busctl',
      'gdbus',
    ]);
  });

  it('launches, lists and stops with the command line', async () => {
    const { code, stdout } = await sh(shells[0]?.text ?? '');
    expect(code).toBe(0);
    expect(stdout).toContain('"app":"example.desktop"');
    expect(await client.instances()).toEqual([]);
  });

  it('tells the exit status with run --wait', async () => {
    expect(await sh(shells[1]?.text ?? '')).toMatchObject({ code: 0, stdout: 'it ended with 3\n' });
  });

  it('becomes the command with ringfence-shell', async () => {
    expect((await sh(shells[2]?.text ?? '')).code).toBe(3);
  });

  it('contains what runs', async () => {
    const { code, stdout } = await sh(shells[3]?.text ?? '');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^app-ringfence-sleep-\d+\.scope$/m);
  });

  it.each([
    [4, 'dbus-send', 'string "example.desktop"'],
    [5, 'busctl', 'a{ss}'],
    [6, 'gdbus', "org.ringfence.Instance1.Ended ({'"],
  ])('launches, looks and stops with example %i: %s', async (index, _tool, shown) => {
    const { code, stdout, stderr } = await sh(shells[index]?.text ?? '');
    expect({ code, stderr: stderr.replace(/^Terminated\n/m, '') }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(shown);
    await waitFor(async () => (await client.instances()).length === 0, { what: 'its end' });
  });

  it('launches, waits and stops with Python', async () => {
    // The system's Python has the bindings; another may come first in PATH.
    const { code, stdout, stderr } = await command(['/usr/bin/python3', '-'], { env, input: only('python') });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^limits: \{.*\}\nended: \w+/);
  });

  it('runs from a systemd user unit, whose manager has no ~/.local/bin in its PATH', async () => {
    const runtime = process.env['XDG_RUNTIME_DIR'] ?? '';
    mkdirSync(`${runtime}/systemd/user`, { recursive: true });
    const unit = `${runtime}/systemd/user/nightly-job.service`;
    writeFileSync(unit, only('ini'));
    await manager(bus, 'SetEnvironment', 'as', [['PATH=/usr/bin:/bin']], '');
    linkPrograms(homedir());
    await command(['systemctl', '--user', 'daemon-reload']);
    const { code, stderr } = await command(['systemctl', '--user', 'start', 'nightly-job.service']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(readFileSync(`${runtime}/nightly-job`, 'utf8')).toBe('it ran\n');
    rmSync(unit);
    await manager(bus, 'SetEnvironment', 'as', [[`PATH=${env['PATH']}`]], '');
    await command(['systemctl', '--user', 'daemon-reload']);
  });

  it('runs from cron', async () => {
    const line = only('cron');
    const [, job = ''] = /^(?:\S+ ){5}(.*)\n$/.exec(line) ?? [];
    // crontab(5): cron runs the line with sh, without a bus, in the home folder.
    const bare = ['env', '-i', 'SHELL=/bin/sh', `HOME=${home.path}`, 'LOGNAME=tester', 'PATH=/usr/bin:/bin'];
    linkPrograms(home.path);
    const { code, stderr } = await command([...bare, '/bin/sh', '-c', job], { cwd: home.path });
    // Where the kernel cannot hold the limit that the line asks for, it says so.
    const lost = 'ringfence-shell: not enforced here: memory-max (see "ringfence doctor")\n';
    expect(['', lost]).toContain(stderr);
    expect(code).toBe(0);
    expect(existsSync(`/run/user/${process.getuid?.()}/cron-job`)).toBe(true);
  });
});
