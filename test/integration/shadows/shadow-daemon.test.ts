import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { BusConnection } from '../../../src/platform/dbus/connection.ts';
import { installEntry, removeEntries } from '../../fixtures/desktop-entries.ts';
import { built, connectTestBus, endAll, fenceUnits, namePid } from '../../fixtures/live-daemon.ts';
import { cgroupOf } from '../../harness/cgroup.ts';
import { command, output } from '../../harness/command.ts';
import { type Daemon, startDaemon } from '../../harness/daemon.ts';
import { tempHome } from '../../harness/temp-home.ts';
import { waitFor } from '../../harness/wait-for.ts';

// The daemon and its client, on the testbed's own bus and in its user's home.

const data = join(homedir(), '.local/share');
const entry = (id: string) => join(data, 'applications', `${id}.desktop`);
const ringfence = (...args: string[]) => command([built.ringfence, ...args]);
const isShadow = (id: string) =>
  existsSync(entry(id)) && readFileSync(entry(id), 'utf8').includes('X-Ringfence-Source');

let bus: BusConnection;
let daemon: Daemon;

beforeAll(async () => {
  bus = await connectTestBus();
  daemon = await startDaemon();
});
afterEach(async () => {
  await ringfence('disable', '--all');
  await endAll(bus);
  removeEntries();
});
afterAll(async () => {
  await daemon.stop();
  await bus.close();
});

describe('ringfence enable', () => {
  it('makes the usual icon start the app in a scope of its own', async () => {
    installEntry('org.test.App', ['Exec=sleep 1000', 'StartupNotify=false']);
    expect(await ringfence('enable', 'org.test.App')).toMatchObject({ code: 0, stdout: 'org.test.App  enabled\n' });
    await output(['gio', 'launch', entry('org.test.App')]);
    const units = await waitFor(async () => (await fenceUnits(bus)).length > 0 && fenceUnits(bus), { what: 'a scope' });
    expect(units).toEqual([expect.stringMatching(/^app-ringfence-org\.test\.App-\d+\.scope$/)]);
  });

  it('remembers a profile that the configuration does not name', async () => {
    installEntry('org.test.App', ['Exec=sleep 1000']);
    expect((await ringfence('enable', '--profile', 'nope', 'org.test.App')).code).toBe(2);
    expect(isShadow('org.test.App')).toBe(false);
    expect((await ringfence('enable', '--profile', 'strict', 'org.test.App')).code).toBe(0);
    expect(readFileSync(entry('org.test.App'), 'utf8')).toMatch(/^Exec=.* --strict /m);
    const apps = JSON.parse((await ringfence('apps', '--enabled', '--json')).stdout) as object[];
    expect(apps).toMatchObject([{ id: 'org.test.App.desktop', state: 'enabled', profile: 'strict', wish: 'app' }]);
  });

  it('makes icons strict while a configuration that was never good may ask for it', async () => {
    const home = tempHome();
    mkdirSync(join(home.config, 'ringfence'));
    writeFileSync(join(home.config, 'ringfence/config.toml'), 'default-profile = "strict"\nwrong\n');
    await daemon.stop();
    daemon = await startDaemon({ home });
    installEntry('org.test.App', ['Exec=sleep 1000']);
    expect((await ringfence('enable', 'org.test.App')).code).toBe(0);
    const execLine = () => /^Exec=.*$/m.exec(readFileSync(entry('org.test.App'), 'utf8'))?.[0];
    expect(execLine()).toContain(' --strict ');
    writeFileSync(join(home.config, 'ringfence/config.toml'), '');
    await waitFor(async () => (await ringfence('sync')).code === 0 && !execLine()?.includes('--strict'), {
      what: 'the icon of a configuration that asks for nothing',
    });
    await ringfence('disable', '--all');
    await daemon.stop();
    home.remove();
    daemon = await startDaemon();
  });

  it('ends with the code of what went wrong', async () => {
    expect((await ringfence('enable', 'no.such.App')).code).toBe(3);
    expect((await ringfence('enable', 'a/b')).code).toBe(2);
    expect((await ringfence('enable')).code).toBe(2);
    expect((await ringfence('enable', '--all', 'x')).code).toBe(2);
  });

  it('prints a diff and changes nothing in a dry run', async () => {
    installEntry('org.test.App', ['Exec=sleep 1000']);
    const { stdout, code } = await ringfence('enable', '--dry-run', 'org.test.App');
    expect(code).toBe(0);
    expect(stdout).toContain(`--- ${entry('org.test.App')}\n+++ ${entry('org.test.App')}\n@@ `);
    expect(stdout).toMatch(/^-Exec=sleep 1000$/m);
    expect(isShadow('org.test.App')).toBe(false);
  });
});

describe('the daemon', () => {
  it('follows what is installed and removed', async () => {
    installEntry('org.test.First', ['Exec=sleep 1000']);
    await ringfence('enable', '--all');
    installEntry('org.test.Second', ['Exec=sleep 1000']);
    await waitFor(() => isShadow('org.test.Second'), { what: 'the shadow of a new app' });
    const kept = join(data, 'ringfence/originals/org.test.Second.desktop');
    expect(existsSync(kept)).toBe(true);
    rmSync(entry('org.test.Second'));
    await waitFor(() => isShadow('org.test.Second'), { what: 'the shadow to be written anew' });
    expect(existsSync(kept)).toBe(true);
  });

  it('takes the removal of an own entry for good once its app is disabled', async () => {
    installEntry('org.test.Web', ['Exec=sleep 1000']);
    installEntry('org.test.Other', ['Exec=sleep 1000']);
    const original = readFileSync(entry('org.test.Web'));
    await ringfence('enable', '--all');
    rmSync(entry('org.test.Web'));
    await waitFor(() => isShadow('org.test.Web'), { what: 'the shadow to be written anew' });
    expect((await ringfence('disable', 'org.test.Web')).code).toBe(0);
    expect(readFileSync(entry('org.test.Web'))).toEqual(original);
    rmSync(entry('org.test.Web'));
    // Whatever follows: a look at everything, and a new daemon.
    expect((await ringfence('sync')).code).toBe(0);
    await daemon.kill9();
    daemon = await startDaemon({ home: daemon.home });
    expect((await ringfence('sync')).code).toBe(0);
    expect(isShadow('org.test.Other')).toBe(true);
    expect(existsSync(entry('org.test.Web'))).toBe(false);
    expect(existsSync(join(data, 'ringfence/originals/org.test.Web.desktop'))).toBe(false);
  });

  it('brings everything up to date when it starts', async () => {
    installEntry('org.test.App', ['Exec=sleep 1000']);
    await ringfence('enable', '--all');
    await daemon.kill9();
    installEntry('org.test.Later', ['Exec=sleep 1000']);
    daemon = await startDaemon({ home: daemon.home });
    await waitFor(() => isShadow('org.test.Later'), { what: 'the shadow' });
  });
});

describe('D-Bus activation', () => {
  const services = join(data, 'dbus-1/services');
  const program = join(data, 'org.test.Service.cjs');
  afterEach(() => rmSync(services, { recursive: true, force: true }));

  it('of the app’s name starts it in a scope of its own', async () => {
    installEntry('org.test.Service', ['Exec=true', 'DBusActivatable=true']);
    mkdirSync(services, { recursive: true });
    writeFileSync(
      program,
      `if (process.env.DBUS_STARTER_BUS_TYPE !== 'session') process.exit(1);
require('${process.cwd()}/node_modules/dbus-next').sessionBus().requestName('org.test.Service');
`,
    );
    const original = `[D-BUS Service]\nName=org.test.Service\nExec=${process.execPath} ${program}\nSystemdService=x.service\n`;
    writeFileSync(join(services, 'org.test.Service.service'), original);
    await ringfence('enable', 'org.test.Service');
    const ping = ['org.test.Service', '/', 'org.freedesktop.DBus.Peer', 'Ping'];
    await output(['busctl', '--user', 'call', ...ping]);
    const pid = await namePid(bus, 'org.test.Service');
    expect(cgroupOf(pid ?? 0)).toMatch(/\/app\.slice\/app-ringfence-org\.test\.Service-\d+\.scope$/);
    await ringfence('disable', 'org.test.Service');
    expect(readFileSync(join(services, 'org.test.Service.service'), 'utf8')).toBe(original);
  });
});
