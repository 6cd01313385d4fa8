import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../../../src/clients/cli/client.ts';
import type { BusConnection } from '../../../src/platform/dbus/connection.ts';
import {
  connectTestBus,
  connectTestClient,
  endAll,
  instanceAt,
  processesWith,
  temporaryFolder,
} from '../../fixtures/live-daemon.ts';
import { cgroupOf } from '../../harness/cgroup.ts';
import { command, output } from '../../harness/command.ts';
import { type Daemon, startDaemon } from '../../harness/daemon.ts';
import { unitProperty } from '../../harness/user-units.ts';
import { waitFor } from '../../harness/wait-for.ts';

// Forks a thousand processes, each with a session of its own and orphaned at once, every second one as another program.
const runaway = `
import os, sys, time
for number in range(1000):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.setsid()
            if number % 2:
                os.execv("/bin/sh", ["sh", "-c", "kill -STOP $$", sys.argv[1]])
            time.sleep(1000)
        os._exit(0)
    os.wait()
time.sleep(1000)
`;

function statOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').trim();
  } catch {
    return `${pid} has ended`;
  }
}

describe('Contain of a process that runs away from it', () => {
  const marker = `runaway-${process.pid}`;
  let bus: BusConnection;
  let client: Client;
  let daemon: Daemon;

  beforeAll(async () => {
    bus = await connectTestBus();
    daemon = await startDaemon();
    client = await connectTestClient();
  });
  afterEach(async () => {
    await command(['systemctl', '--user', 'kill', '--signal=KILL', 'app-test-runaway.service']);
    await endAll(bus);
  });
  afterAll(async () => {
    await client.close();
    await daemon.stop();
    await bus.close();
  });

  it('has none of a thousand orphans with sessions of their own outside in the end', async () => {
    const program = join(temporaryFolder(), 'runaway.py');
    writeFileSync(program, runaway);
    const unit = 'app-test-runaway.service';
    const run = [
      'systemd-run',
      '--user',
      '--quiet',
      '--collect',
      `--unit=${unit}`,
      '--slice=app.slice',
      '--property=TasksMax=infinity',
    ];
    await output([...run, '/usr/bin/python3', program, marker]);
    await waitFor(() => processesWith(marker).length > 50, { what: 'the first orphans' });
    const pid = Number(await unitProperty(unit, 'MainPID'));
    const path = await client.contain(pid, new Map([['tasks-max', 'infinity']]));
    const scope = `/app.slice/${(await instanceAt(client, path)).unit}`;
    // With where it is and since when, as a failure says no more than this.
    const outside = () =>
      processesWith(marker)
        .filter((one) => cgroupOf(one)?.endsWith(scope) === false)
        .map((one) => `${cgroupOf(one)}: ${statOf(one)}; its root: ${statOf(pid)}`);
    expect(outside()).toEqual([]);
    await waitFor(() => processesWith(marker).length >= 1001, { what: 'all thousand' });
    expect(outside()).toEqual([]);
  });
});
