import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../../../src/clients/cli/client.ts';
import type { BusConnection } from '../../../src/platform/dbus/connection.ts';
import {
  built,
  connectTestBus,
  connectTestClient,
  endAll,
  processesWith,
  processFacts,
} from '../../fixtures/live-daemon.ts';
import { startXServer } from '../../fixtures/x-screen.ts';
import { cgroupOf } from '../../harness/cgroup.ts';
import { command, output } from '../../harness/command.ts';
import { type Daemon, startDaemon } from '../../harness/daemon.ts';
import { journal } from '../../harness/journal.ts';
import { unitProperty, userUnits } from '../../harness/user-units.ts';
import { waitFor } from '../../harness/wait-for.ts';

const server = 'gnome-terminal-server.service';

// GNOME Terminal moves every child into a scope of its own just after it was started: ours has to be the last word.
describe('GNOME Terminal', () => {
  let bus: BusConnection;
  let client: Client;
  let daemon: Daemon;
  let screen: ChildProcess;
  let profile: string;
  const manifest = `${process.env['HOME']}/.local/share/ringfence/terminals.json`;

  beforeAll(async () => {
    bus = await connectTestBus();
    daemon = await startDaemon();
    client = await connectTestClient();
    const { server, display } = await startXServer('1000x700x24');
    screen = server;
    process.env['DISPLAY'] = display;
    await output(['dbus-update-activation-environment', '--systemd', 'DISPLAY']);
    const id = await output(['gsettings', 'get', 'org.gnome.Terminal.ProfilesList', 'default']);
    profile = `org.gnome.Terminal.Legacy.Profile:/org/gnome/terminal/legacy/profiles:/:${id.replaceAll("'", '')}/`;
  });
  afterAll(async () => {
    await command(['systemctl', '--user', 'stop', server]);
    await output(['systemctl', '--user', 'unset-environment', 'DISPLAY']);
    await endAll(bus);
    screen.kill();
    await client.close();
    await daemon.stop();
    await bus.close();
  });

  const setting = (key: string) => output(['gsettings', 'get', profile, key]);

  it('gives every tab a scope of its own once it is enabled', async () => {
    expect((await command([built.ringfence, 'terminal', 'enable'])).stdout).toMatch(/^GNOME Terminal: enabled$/m);
    expect((await command([built.ringfence, 'terminal', 'enable'])).stdout).toMatch(/^GNOME Terminal: unchanged$/m);
    const tabs = 8;
    for (let tab = 0; tab < tabs; tab += 1) await output(['gnome-terminal', '--tab']);
    const instances = await waitFor(
      async () => {
        const found = await client.instances();
        // Before it, what makes the fence is alone in there too, once it is made.
        const isShell = (pid: number) => processFacts(pid)?.argv[0]?.endsWith('bash') ?? false;
        return found.length === tabs && found.every(({ pids }) => pids.length === 1 && pids.every(isShell)) && found;
      },
      { what: 'an instance for each tab, with the shell alone in it' },
    );
    const mainPid = Number(await unitProperty(server, 'MainPID'));
    for (const {
      unit,
      pids: [pid = 0],
    } of instances) {
      expect(cgroupOf(pid)).toContain(`/app.slice/${unit}`);
      expect(
        Number(
          readFileSync(`/proc/${pid}/stat`, 'utf8')
            .replace(/^.*\) /, '')
            .split(' ')[1],
        ),
      ).toBe(mainPid);
      expect(processFacts(pid)?.argv[0]).toMatch(/bash$/);
    }
    // The terminal's own scopes were there first, and are gone.
    const moves = () => journal({ fields: { MESSAGE_ID: '39f53479d3a045ac8e11786248231fbf' } });
    const spawned = async () => (await moves()).filter((entry) => String(entry['USER_UNIT']).startsWith('vte-spawn-'));
    await expect.poll(spawned).toHaveLength(tabs);
    await waitFor(async () => (await userUnits('vte-spawn-*')).length === 0, {
      what: 'the scopes of the terminal to be gone',
    });
  });

  it('is waited for when it is slow to move its child', async () => {
    const program = `${process.cwd()}/test/fixtures/slow-terminal.py`;
    const terminal = spawn('/usr/bin/python3', [program, `${process.cwd()}/dist/ringfence-shell`]);
    let text = '';
    terminal.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    await waitFor(() => text.includes('moved'), { what: 'the terminal’s own scope' });
    const pid = Number(text.split('\n')[0]);
    await waitFor(() => processFacts(pid)?.argv[0] === 'sleep', { what: 'the command' });
    expect(cgroupOf(pid)).toMatch(/\/app-ringfence-sleep-\d+\.scope$/);
    process.kill(pid, 'SIGKILL');
  });

  it('runs the command of an app with Terminal=true in the fence of the app, with its limits', async () => {
    await endAll(bus);
    // Without a window it ends 100 ms later, and drops what is asked of it at that moment.
    await waitFor(async () => (await unitProperty(server, 'ActiveState')) === 'inactive', {
      what: 'GNOME Terminal to have ended with its last tab',
    });
    const folder = `${process.env['HOME']}/.local/share/applications`;
    mkdirSync(folder, { recursive: true });
    const entry = '[Desktop Entry]\nType=Application\nName=Sleeper\nTerminal=true\nExec=sleep 4321\n';
    writeFileSync(`${folder}/org.test.Sleeper.desktop`, entry);
    await client.launch('org.test.Sleeper', [], new Map([['cpu-weight', '33']]));
    const pid = await waitFor(() => processesWith('4321').find((one) => processFacts(one)?.argv[0] === 'sleep'), {
      what: 'the command',
    });
    const instance = await waitFor(async () => (await client.instances()).find(({ pids }) => pids.includes(pid)), {
      what: 'its instance',
    });
    expect(instance).toMatchObject({ appId: 'org.test.Sleeper.desktop', pids: [pid] });
    expect(instance.report.find((row) => row.get('name') === 'cpu-weight')?.get('asked')).toBe('33');
    rmSync(`${folder}/org.test.Sleeper.desktop`);
  });

  it('runs the command of a strict app with Terminal=true in a sandbox of its own tab', async () => {
    const folder = `${process.env['HOME']}/.local/share/applications`;
    const entry = '[Desktop Entry]\nType=Application\nName=Sleeper\nTerminal=true\nExec=sleep 4322\n';
    writeFileSync(`${folder}/org.test.StrictSleeper.desktop`, entry);
    // Where cgroup v1 holds the controllers the session can enforce no limit, and strict would refuse.
    const limits = ['memory-max', 'memory-swap-max', 'tasks-max'].map((name) => [name, 'infinity'] as const);
    await client.launch('org.test.StrictSleeper', [], new Map([['profile', 'strict'], ...limits]));
    const pid = await waitFor(() => processesWith('4322').find((one) => processFacts(one)?.argv[0] === 'sleep'), {
      what: 'the command',
    });
    const instance = await waitFor(async () => (await client.instances()).find(({ pids }) => pids.includes(pid)), {
      what: 'its instance',
    });
    expect(instance).toMatchObject({ appId: 'org.test.StrictSleeper.desktop', profile: 'strict' });
    expect(readFileSync(`/proc/${pid}/status`, 'utf8')).toMatch(/^NoNewPrivs:\s1$/m);
    expect(readFileSync(`/proc/${pid}/status`, 'utf8')).toMatch(/^Seccomp:\s2$/m);
    expect(readdirSync(`/proc/${pid}/root/tmp`)).toEqual(['.X11-unix']);
    await client.stop(instance.path, 0);
    rmSync(`${folder}/org.test.StrictSleeper.desktop`);
  });

  it('is as it was before when it is disabled', async () => {
    expect(await setting('use-custom-command')).toBe('true');
    expect(await setting('custom-command')).toMatch(/^'\/bin\/sh -c .* \S*\/dist\/ringfence-shell'$/);
    expect((await command([built.ringfence, 'terminal', 'disable'])).stdout).toMatch(/^GNOME Terminal: disabled$/m);
    expect([await setting('use-custom-command'), await setting('custom-command')]).toEqual(['false', "''"]);
    expect(existsSync(manifest)).toBe(false);
  });

  it('keeps what the user has set, before and since', async () => {
    await output(['gsettings', 'set', profile, 'custom-command', 'fish']);
    await command([built.ringfence, 'terminal', 'enable']);
    await command([built.ringfence, 'terminal', 'disable']);
    expect([await setting('use-custom-command'), await setting('custom-command')]).toEqual(['false', "'fish'"]);
    await command([built.ringfence, 'terminal', 'enable']);
    await output(['gsettings', 'set', profile, 'custom-command', 'zsh']);
    expect((await command([built.ringfence, 'terminal', 'disable'])).stdout).toMatch(/^GNOME Terminal: edited$/m);
    expect([await setting('use-custom-command'), await setting('custom-command')]).toEqual(['false', "'zsh'"]);
    await output(['gsettings', 'reset', profile, 'custom-command']);
  });
});
