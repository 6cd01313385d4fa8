// Runs on Node 18 too: the oldest node that is promised starts apps as the newest does.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../../../src/clients/cli/client.ts';
import type { BusConnection } from '../../../src/platform/dbus/connection.ts';
import { descendantsOf } from '../../fixtures/app-processes.ts';
import { installEntry, installProgram, removeEntries } from '../../fixtures/desktop-entries.ts';
import {
  connectTestBus,
  connectTestClient,
  endAll,
  fenceUnits,
  instanceAt,
  manager,
  processFacts,
  temporaryFolder,
} from '../../fixtures/live-daemon.ts';
import { type Daemon, startDaemon } from '../../harness/daemon.ts';
import { waitFor } from '../../harness/wait-for.ts';

// The app of these tests: a shell that stays, so that /proc tells what it was started with.
const stay = 'sleep 1000; :';

describe('Launch', () => {
  let bus: BusConnection;
  let client: Client;
  let daemon: Daemon;
  let app: string;

  beforeAll(async () => {
    bus = await connectTestBus();
    daemon = await startDaemon();
    client = await connectTestClient();
    app = installProgram(temporaryFolder(), 'app', `#!/bin/sh\n${stay}\n`);
  });
  afterEach(() => endAll(bus));
  afterAll(async () => {
    removeEntries();
    await client.close();
    await daemon.stop();
    await bus.close();
  });

  const launchFacts = async (id: string, uris: string[] = [], options: Record<string, string> = {}) => {
    const path = await client.launch(id, uris, new Map(Object.entries(options)));
    const instance = await instanceAt(client, path);
    // The reply comes with the release; the exec follows a moment later.
    const pid = await waitFor(() => instance.pids.find((one) => processFacts(one)?.argv[1] === app), {
      what: 'the app itself',
    });
    return { instance, pid, facts: processFacts(pid) };
  };

  it('names the unit after the entry, in app.slice, where the processes are', async () => {
    installEntry('org.test.My-App', [`Exec=${app}`]);
    const { instance, facts } = await launchFacts('org.test.My-App');
    expect(instance.unit).toMatch(/^app-ringfence-org\.test\.My\\x2dApp-\d+\.scope$/);
    expect(facts?.cgroup).toBe(`/user.slice/user-1000.slice/user@1000.service/app.slice/${instance.unit}`);
    expect(instance).toMatchObject({ appId: 'org.test.My-App.desktop', name: 'org.test.My-App', profile: 'relaxed' });
  });

  it('takes the id with and without its suffix', async () => {
    installEntry('plain', [`Exec=${app}`]);
    const first = await launchFacts('plain');
    const second = await launchFacts('plain.desktop');
    expect(first.instance.appId).toBe(second.instance.appId);
    expect(first.instance.unit).not.toBe(second.instance.unit);
  });

  it('gives systemd the description, the entry and nothing that outlives the app', async () => {
    const file = installEntry('described', [`Exec=${app}`]);
    const { instance } = await launchFacts('described');
    const shown = execFileSync('systemctl', ['--user', 'show', instance.unit], { encoding: 'utf8' });
    const values = new Map(shown.split('\n').map((line) => line.split(/=(.*)/s) as [string, string]));
    expect(values.get('Description')).toBe('described (Ringfence: relaxed)');
    expect(values.get('SourcePath')).toBe(file);
    expect(values.get('Slice')).toBe('app.slice');
    expect(values.get('CollectMode')).toBe('inactive-or-failed');
    expect(values.get('OOMPolicy')).toBe('continue');
    expect(values.get('MemoryMax')).toMatch(/^\d+$/);
  });

  it('starts one process per file for %f, all of them in one scope', async () => {
    installEntry('viewer', [`Exec=${app} --file %f`]);
    const { instance } = await launchFacts('viewer', ['file:///tmp/a%20b', 'file:///tmp/%C3%BC', 'file:///tmp/c']);
    const argvs = await waitFor(
      async () => {
        const { pids } = await instanceAt(client, instance.path);
        const found = pids.map((pid) => processFacts(pid)?.argv ?? []).filter((argv) => argv.includes('--file'));
        return found.length === 3 && found;
      },
      { what: 'three apps' },
    );
    expect(argvs.map((argv) => argv.at(-1)).sort()).toEqual(['/tmp/a b', '/tmp/c', '/tmp/ü'].sort());
  });

  it('runs an action with its own command', async () => {
    installEntry('acting', [
      `Exec=${app} main`,
      'Actions=new-window;',
      '',
      '[Desktop Action new-window]',
      'Name=New',
      `Exec=${app} --new-window`,
    ]);
    const { facts } = await launchFacts('acting', [], { action: 'new-window' });
    expect(facts?.argv.slice(1)).toEqual([app, '--new-window']);
  });

  it('starts in Path, else where it is asked to, and says so in PWD', async () => {
    const folder = join(temporaryFolder(), 'ein Ordner');
    mkdirSync(folder);
    installEntry('with-path', [`Exec=${app}`, `Path=${folder}`]);
    const inPath = await launchFacts('with-path');
    expect(readlinkSync(`/proc/${inPath.pid}/cwd`)).toBe(folder);
    expect(inPath.facts?.environment.get('PWD')).toBe(folder);
    const asked = await launchFacts('with-path', [], { 'working-directory': '/var' });
    expect(readlinkSync(`/proc/${asked.pid}/cwd`)).toBe('/var');
    installEntry('without-path', [`Exec=${app}`]);
    const home = await launchFacts('without-path');
    expect(readlinkSync(`/proc/${home.pid}/cwd`)).toBe(process.env['HOME']);
  });

  it("has the user manager's environment as it is at the launch", async () => {
    installEntry('environed', [`Exec=${app}`]);
    const set = (assignments: string[]) => manager(bus, 'SetEnvironment', 'as', [assignments], '');
    await set(['DISPLAY=:7', 'ODD=a=b\nüber "q" $x', 'go=kept']);
    const first = await launchFacts('environed');
    expect(Object.fromEntries(first.facts?.environment ?? [])).toMatchObject({
      DISPLAY: ':7',
      ODD: 'a=b\nüber "q" $x',
      go: 'kept',
    });
    await set(['DISPLAY=:8']);
    await manager(bus, 'UnsetEnvironment', 'as', [['ODD', 'go']], '');
    const second = await launchFacts('environed');
    expect(second.facts?.environment.get('DISPLAY')).toBe(':8');
    expect(second.facts?.environment.has('ODD')).toBe(false);
    await manager(bus, 'UnsetEnvironment', 'as', [['DISPLAY']], '');
  });

  it('starts what the present environment names, when another was seen last', async () => {
    installEntry('moved', ['Exec=/bin/false the old one']);
    await expect(client.launch('moved', [], new Map())).resolves.toContain('moved');
    await endAll(bus);
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'applications'));
    const entry = (name: string) =>
      writeFileSync(
        join(folder, 'applications', `${name}.desktop`),
        `[Desktop Entry]\nType=Application\nName=New\nExec=${app} 1\n`,
      );
    for (const name of ['moved', 'only-there']) entry(name);
    await manager(bus, 'SetEnvironment', 'as', [[`XDG_DATA_HOME=${folder}`]], '');
    // Of the same id, but another scope: name and source differ.
    const moved = await launchFacts('moved');
    expect(moved.instance).toMatchObject({ name: 'New' });
    expect(moved.facts?.argv.slice(-1)).toEqual(['1']);
    const source = execFileSync('systemctl', ['--user', 'show', '-P', 'SourcePath', moved.instance.unit], {
      encoding: 'utf8',
    });
    expect(source.trim()).toBe(join(folder, 'applications/moved.desktop'));
    expect(await fenceUnits(bus)).toEqual([moved.instance.unit]);
    await manager(bus, 'UnsetEnvironment', 'as', [['XDG_DATA_HOME']], '');
    await expect(client.launch('only-there', [], new Map())).rejects.toMatchObject({ code: 'NoSuchApp' });
    await manager(bus, 'SetEnvironment', 'as', [[`XDG_DATA_HOME=${folder}`]], '');
    expect((await launchFacts('only-there')).instance.name).toBe('New');
    await manager(bus, 'UnsetEnvironment', 'as', [['XDG_DATA_HOME']], '');
  });

  it('starts strictly what only the present environment has', async () => {
    installEntry('seen-before', ['Exec=/bin/true']);
    await client.launch('seen-before', [], new Map());
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'applications'));
    const entry = '[Desktop Entry]\nType=Application\nName=New\nExec=/bin/sleep 1000\n';
    writeFileSync(join(folder, 'applications/strict-there.desktop'), entry);
    const limitless = { 'memory-max': 'infinity', 'memory-swap-max': 'infinity', 'tasks-max': 'infinity' };
    const options = new Map(Object.entries({ profile: 'strict', ...limitless }));
    await manager(bus, 'SetEnvironment', 'as', [[`XDG_DATA_DIRS=${folder}:/usr/share`]], '');
    const path = await client.launch('strict-there', [], options);
    expect(await instanceAt(client, path)).toMatchObject({ name: 'New', profile: 'strict' });
    await manager(bus, 'UnsetEnvironment', 'as', [['XDG_DATA_DIRS']], '');
  });

  it('passes the activation token on, and only the one of this click', async () => {
    installEntry('token', [`Exec=${app}`]);
    await manager(bus, 'SetEnvironment', 'as', [['XDG_ACTIVATION_TOKEN=old', 'DESKTOP_STARTUP_ID=old']], '');
    const with_ = await launchFacts('token', [], { 'activation-token': 'gnome-shell/x/1-2_TIME3' });
    expect(with_.facts?.environment.get('XDG_ACTIVATION_TOKEN')).toBe('gnome-shell/x/1-2_TIME3');
    expect(with_.facts?.environment.get('DESKTOP_STARTUP_ID')).toBe('gnome-shell/x/1-2_TIME3');
    const without = await launchFacts('token');
    expect(without.facts?.environment.has('XDG_ACTIVATION_TOKEN')).toBe(false);
    expect(without.facts?.environment.has('DESKTOP_STARTUP_ID')).toBe(false);
    await manager(bus, 'UnsetEnvironment', 'as', [['XDG_ACTIVATION_TOKEN', 'DESKTOP_STARTUP_ID']], '');
  });

  it('tells the app which entry it was launched by, with its own pid', async () => {
    const file = installEntry('knowing', [`Exec=${app}`]);
    const { facts, pid } = await launchFacts('knowing');
    expect(facts?.environment.get('GIO_LAUNCHED_DESKTOP_FILE')).toBe(file);
    expect(facts?.environment.get('GIO_LAUNCHED_DESKTOP_FILE_PID')).toBe(String(pid));
  });

  it('leaves nothing of the daemon in the app: signals, descriptors, session', async () => {
    installEntry('clean', [`Exec=${app}`]);
    const { pid } = await launchFacts('clean');
    // While it is loaded and reads its script, it has files open that it closes.
    await waitFor(() => descendantsOf([pid]).length > 0, { what: 'the app to have got to its first command' });
    const status = execFileSync('cat', [`/proc/${pid}/status`], { encoding: 'utf8' });
    expect(/^SigIgn:\s+(\w+)$/m.exec(status)?.[1]).toMatch(/^0+$/);
    expect(/^SigBlk:\s+(\w+)$/m.exec(status)?.[1]).toMatch(/^0+$/);
    const descriptors = (of: number | string) => readdirSync(`/proc/${of}/fd`);
    // Those that the test itself was started with come from outside; 10 is the shell's own, the script it reads.
    const outside = new Set([...descriptors('self'), '10']);
    expect(descriptors(pid).filter((fd) => Number(fd) > 2 && !outside.has(fd))).toEqual([]);
    expect(readlinkSync(`/proc/${pid}/fd/0`)).toBe('/dev/null');
    const session = execFileSync('ps', ['-o', 'sid=', '-p', String(pid)], { encoding: 'utf8' }).trim();
    expect(session).toBe(String(pid));
  });
});
