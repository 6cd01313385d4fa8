import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../../../src/clients/cli/client.ts';
import type { BusConnection, Signal } from '../../../src/platform/dbus/connection.ts';
import {
  busName,
  connectTestBus,
  connectTestClient,
  endAll,
  fenceUnits,
  processFacts,
} from '../../fixtures/live-daemon.ts';
import { type Daemon, startDaemon } from '../../harness/daemon.ts';
import { waitFor } from '../../harness/wait-for.ts';

describe('200 launches in flight', () => {
  let bus: BusConnection;
  let client: Client;
  let daemon: Daemon;
  const ended: string[] = [];

  beforeAll(async () => {
    bus = await connectTestBus();
    daemon = await startDaemon();
    client = await connectTestClient();
    await bus.subscribe(
      { sender: busName, interface: 'org.ringfence.Instance1', member: 'Ended' },
      ({ path }: Signal) => ended.push(path),
    );
  });
  afterAll(async () => {
    await endAll(bus);
    await client.close();
    await daemon.stop();
    await bus.close();
  });

  const held = () => {
    const pid = daemon.process.pid ?? 0;
    return {
      descriptors: readdirSync(`/proc/${pid}/fd`).length,
      children: readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).length,
    };
  };
  const matches = async () => {
    const target = { destination: 'org.freedesktop.DBus', path: '/org/freedesktop/DBus' };
    const call = { ...target, interface: 'org.freedesktop.DBus.Debug.Stats', member: 'GetConnectionStats' };
    const [stats] = await bus.call(call, 's', [busName], 'a{sv}');
    return stats.get('MatchRules')?.value;
  };

  it('are all in their own scopes, and leave nothing in the daemon', async () => {
    await client.run(['true'], new Map(), new Map());
    await waitFor(() => ended.length === 1, { what: 'the first to end' });
    await waitFor(() => held().children === 1, { what: 'the spare gate' });
    const before = { ...held(), matches: await matches() };

    const answers = await Promise.allSettled(
      Array.from({ length: 200 }, (_, index) => client.run(['sleep', String(1000 + index)], new Map(), new Map())),
    );
    expect(answers.filter(({ status }) => status === 'rejected')).toEqual([]);
    const instances = await client.instances();
    expect(instances).toHaveLength(200);
    expect(new Set(instances.map(({ unit }) => unit)).size).toBe(200);
    await waitFor(() => instances.every(({ pids }) => processFacts(pids[0] ?? 0)?.argv[0] === 'sleep'), {
      what: 'every app to run',
    });
    for (const { unit, pids } of instances) {
      expect(pids).toHaveLength(1);
      expect(processFacts(pids[0] ?? 0)?.cgroup).toMatch(new RegExp(`/app\\.slice/${unit.replaceAll('\\', '\\\\')}$`));
    }
    const seconds = instances.map(({ pids }) => processFacts(pids[0] ?? 0)?.argv[1]);
    expect(new Set(seconds).size).toBe(200);

    await Promise.all(instances.map(({ path }) => client.stop(path, 0)));
    await waitFor(() => ended.length === 201, { what: 'all to have ended' });
    expect(await client.instances()).toEqual([]);
    expect(await fenceUnits(bus)).toEqual([]);
    await waitFor(() => held().children <= before.children && held().descriptors <= before.descriptors, {
      what: `the daemon to hold no more than before (${JSON.stringify(before)}), now ${JSON.stringify(held())}`,
    });
    expect(await matches()).toBe(before.matches);
  });
});
