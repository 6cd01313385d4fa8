import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { limitNames } from '../../../src/domain/limits.ts';
import type { BusConnection } from '../../../src/platform/dbus/connection.ts';
import { installEntry, removeEntries } from '../../fixtures/desktop-entries.ts';
import { busName, connectTestBus, endAll, rootPath } from '../../fixtures/live-daemon.ts';
import { dbusSend, gdbusCall } from '../../harness/bus-call.ts';
import { command, output } from '../../harness/command.ts';
import { type Daemon, startDaemon } from '../../harness/daemon.ts';

type Interfaces = Record<string, unknown>;
const parse = async (xml: string) =>
  JSON.parse(await output(['/usr/bin/python3', 'test/fixtures/introspect.py'], { input: xml })) as Interfaces;
const ours = (all: Interfaces) =>
  Object.fromEntries(Object.entries(all).filter(([name]) => name.startsWith('org.ring')));

describe('the contract', () => {
  let bus: BusConnection;
  let daemon: Daemon;
  const contract = readFileSync('dbus/org.ringfence.Ringfence1.xml', 'utf8');

  beforeAll(async () => {
    bus = await connectTestBus();
    daemon = await startDaemon();
    installEntry('org.test.Contract', ['Exec=sleep 1000']);
  });
  afterEach(() => endAll(bus));
  afterAll(async () => {
    removeEntries();
    await daemon.stop();
    await bus.close();
  });

  const introspect = async (path: string) => {
    const target = { destination: busName, path, interface: 'org.freedesktop.DBus.Introspectable' };
    const [xml] = await bus.call({ ...target, member: 'Introspect' }, '', [], 's');
    return parse(xml);
  };
  const run = async () => {
    const target = { destination: busName, path: rootPath, interface: busName, member: 'Run' };
    return (await bus.call(target, 'asa{ss}a{ss}', [['sleep', '1000'], new Map(), new Map()], 'o'))[0];
  };

  it('is what the daemon has: every name, signature and access, and nothing else', async () => {
    const root = await introspect(rootPath);
    const instance = await introspect(await run());
    expect({ ...ours(root), ...ours(instance) }).toEqual(await parse(contract));
    const standard = ['Introspectable', 'Peer', 'Properties'].map((name) => `org.freedesktop.DBus.${name}`);
    expect(Object.keys(root).sort()).toEqual([...standard, 'org.freedesktop.DBus.ObjectManager', busName].sort());
    expect(Object.keys(instance).sort()).toEqual([...standard, 'org.ringfence.Instance1'].sort());
  });

  it('names every option of a launch, and every option it names is taken', async () => {
    const launch = contract.slice(contract.indexOf('Launch: starts'), contract.indexOf('@instance: the object'));
    const named = [...launch.matchAll(/"([a-z-]+)"/g)].map(([, key]) => key).filter((key) => key !== 'new-window');
    const own = ['action', 'profile', 'activation-token', 'working-directory', 'request-id', 'once', 'network'];
    const known = [...own, ...limitNames];
    const values = ['firefox', 'infinity', 'yes'];
    expect(named.filter((key = '') => !values.includes(key)).sort()).toEqual([...known].sort());
  });

  const filled = {
    launch: 'memory-max,1G,cpu-quota,300%,working-directory,/tmp',
    gvariant: "{'memory-max': '1G', 'cpu-quota': '300%', 'working-directory': '/tmp'}",
    busctl: ['3', 'memory-max', '1G', 'cpu-quota', '300%', 'working-directory', '/tmp'],
  };
  const launched = new RegExp(`${rootPath}/instance/org_2etest_2eContract_2d\\d+`);
  const ran = new RegExp(`${rootPath}/instance/sleep_2d\\d+`);

  it('holds for dbus-send', async () => {
    for (const options of ['', filled.launch]) {
      const dict = `dict:string:string:${options}`;
      const first = await dbusSend('Launch', ['string:org.test.Contract', 'array:string:', dict]);
      expect(first.stdout, first.stderr).toMatch(launched);
      const second = await dbusSend('Run', ['array:string:sleep,1000', 'dict:string:string:A,b', dict]);
      expect(second.stdout, second.stderr).toMatch(ran);
    }
  });

  it('holds for gdbus', async () => {
    for (const options of ['@a{ss} {}', filled.gvariant]) {
      const first = await gdbusCall('Launch', ['org.test.Contract', '@as []', options]);
      expect(first.stdout, first.stderr).toMatch(launched);
      const second = await gdbusCall('Run', ["['sleep', '1000']", '@a{ss} {}', options]);
      expect(second.stdout, second.stderr).toMatch(ran);
    }
  });

  it('holds for busctl', async () => {
    const call = (...args: string[]) => command(['busctl', '--user', 'call', busName, rootPath, busName, ...args]);
    for (const options of [['0'], filled.busctl]) {
      const first = await call('Launch', 'sasa{ss}', 'org.test.Contract', '0', ...options);
      expect(first.stdout, first.stderr).toMatch(launched);
      const second = await call('Run', 'asa{ss}a{ss}', '2', 'sleep', '1000', '1', 'A', 'b', ...options);
      expect(second.stdout, second.stderr).toMatch(ran);
    }
    const tree = await output(['busctl', '--user', 'tree', '--list', busName]);
    expect(tree.split('\n')).toContain(rootPath);
    const values = await output(['busctl', '--user', 'introspect', busName, rootPath]);
    expect(values).toContain('.ConfigError');
  });

  it('holds for python-dbus, which asks for the introspection first', async () => {
    const script = `
import dbus
o = dbus.SessionBus().get_object('${busName}', '${rootPath}')
i = dbus.Interface(o, '${busName}')
for options in (dbus.Dictionary({}, signature='ss'), {'memory-max': '1G', 'cpu-quota': '300%'}):
    print(i.Launch('org.test.Contract', dbus.Array([], signature='s'), options))
    print(i.Run(['sleep', '1000'], dbus.Dictionary({}, signature='ss'), options))
print(len(dbus.Interface(o, 'org.freedesktop.DBus.ObjectManager').GetManagedObjects()))
print(dbus.Interface(o, 'org.freedesktop.DBus.Properties').Get('${busName}', 'Version'))
`;
    const { stdout, stderr } = await command(['/usr/bin/python3', '-c', script]);
    expect(stderr).toBe('');
    const lines = stdout.trim().split('\n');
    expect(lines[0]).toMatch(launched);
    expect(lines[1]).toMatch(ran);
    expect(lines[4]).toBe('4');
    expect(lines[5]).toBe(JSON.parse(readFileSync('package.json', 'utf8')).version);
  });
});
