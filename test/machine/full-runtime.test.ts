import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { errorTable } from '../../src/domain/errors.ts';
import type { BusConnection, RemoteError } from '../../src/platform/dbus/connection.ts';
import {
  busName,
  connectTestBus,
  endAll,
  fenceUnits,
  processesWith,
  rootPath,
  shellsWith,
} from '../fixtures/live-daemon.ts';
import { type Daemon, startDaemon } from '../harness/daemon.ts';
import { waitFor } from '../harness/wait-for.ts';
import '../harness/require-machine.ts';

const marker = 'ringfence-test-full-runtime';
const filler = join(process.env['XDG_RUNTIME_DIR'] ?? '/nowhere', 'all-of-it');
let bus: BusConnection;
let daemon: Daemon;

beforeAll(async () => {
  bus = await connectTestBus();
  daemon = await startDaemon();
});
afterEach(async () => {
  rmSync(filler, { force: true });
  await endAll(bus);
});
afterAll(async () => {
  await daemon.stop();
  await bus.close();
});

function run(): Promise<string | RemoteError> {
  const call = { destination: busName, path: rootPath, interface: busName, member: 'Run' };
  const argv = ['sh', '-c', 'sleep 1000; :', marker];
  return bus.call(call, 'asa{ss}a{ss}', [argv, new Map(), new Map()], 'o').then(
    ([path]) => path,
    (error: RemoteError) => error,
  );
}

it('a runtime folder that is really full gives no scope: nothing runs, the words are true, and then all is well again', async () => {
  const file = openSync(filler, 'w');
  const piece = Buffer.alloc(1024 * 1024);
  try {
    for (;;) writeSync(file, piece);
  } catch (error) {
    expect(error).toMatchObject({ code: 'ENOSPC' });
  } finally {
    closeSync(file);
  }
  const answer = await run();
  expect(answer).toMatchObject({ dbusName: errorTable.ScopeFailed.dbusName });
  expect(String(answer)).toMatch(/full/);
  expect(processesWith(marker)).toEqual([]);
  rmSync(filler);
  expect(await run()).toMatch(/^\/org\/ringfence/);
  await waitFor(() => shellsWith(marker).length === 1, { what: 'the app' });
  expect(await fenceUnits(bus)).toHaveLength(1);
});
