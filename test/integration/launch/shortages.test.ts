import { spawn } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { errorTable } from '../../../src/domain/errors.ts';
import type { BusConnection, RemoteError } from '../../../src/platform/dbus/connection.ts';
import { bundleDyingDaemon } from '../../fixtures/bundle-daemon.ts';
import { installEntry, installProgram, removeEntries } from '../../fixtures/desktop-entries.ts';
import {
  built,
  busName,
  connectTestBus,
  endAll,
  fenceUnits,
  type LiveDaemon,
  namePid,
  processesWith,
  rootPath,
  spawnDaemon,
  temporaryFolder,
} from '../../fixtures/live-daemon.ts';
import { openRunner } from '../../fixtures/open-client.ts';
import { leaveDescriptors, type Shortage, startShortOfRoom } from '../../fixtures/short-daemon.ts';
import { cgroupOf } from '../../harness/cgroup.ts';
import { command } from '../../harness/command.ts';
import { waitFor } from '../../harness/wait-for.ts';

// Its name is on the command line of whatever runs of it.
const marker = 'ringfence-test-shortage';
const runtime = process.env['XDG_RUNTIME_DIR'] ?? '/nowhere';
const limitless = { 'memory-max': 'infinity', 'memory-swap-max': 'infinity', 'tasks-max': 'infinity' };
const words: Record<Shortage, RegExp> = { full: /the disk is full/, 'read-only': /the file system is read-only/ };

let bus: BusConnection;
let daemon: LiveDaemon | undefined;
let app: string;

beforeAll(async () => {
  bus = await connectTestBus();
  const folder = temporaryFolder();
  app = installProgram(folder, 'app', '#!/bin/sh\nsleep 1000\n');
  installEntry('short', [`Exec=${app} ${marker} %U`]);
});
afterEach(async () => {
  await daemon?.stop();
  daemon = undefined;
  await endAll(bus);
  await waitFor(async () => (await namePid(bus, busName)) === undefined, { what: 'the name to be free' });
});
afterAll(async () => {
  removeEntries();
  await bus.close();
});

/** What came of a launch: the instance's path, or the error. */
function launch(options: Record<string, string> = {}): Promise<string | RemoteError> {
  const call = { destination: busName, path: rootPath, interface: busName, member: 'Launch' };
  return bus.call(call, 'sasa{ss}', ['short', [], new Map(Object.entries(options))], 'o').then(
    ([path]) => path,
    (error: RemoteError) => error,
  );
}

async function expectNothingRuns(): Promise<void> {
  expect(processesWith(marker)).toEqual([]);
  await waitFor(async () => (await fenceUnits(bus)).length === 0, { what: 'no scope to be left' });
}

describe.each<Shortage>(['full', 'read-only'])('a %s runtime folder', (shortage) => {
  const folder = join(runtime, 'ringfence');

  it('starts nothing that it could not record, and says why', async () => {
    daemon = await startShortOfRoom(bus, folder, shortage);
    const answer = await launch();
    expect(answer).toMatchObject({ dbusName: errorTable.ScopeFailed.dbusName });
    expect(String(answer)).toMatch(words[shortage]);
    await expectNothingRuns();
  });

  it('leaves a process where it is that it could contain but not record', async () => {
    daemon = await startShortOfRoom(bus, folder, shortage);
    const stranger = spawn('sleep', ['1000'], { stdio: 'ignore' });
    try {
      const before = cgroupOf(stranger.pid ?? 0);
      const call = { destination: busName, path: rootPath, interface: busName, member: 'Contain' };
      const answer = await bus
        .call(call, 'ua{ss}', [stranger.pid ?? 0, new Map()], 'o')
        .catch((error: unknown) => error);
      expect(answer).toMatchObject({ dbusName: errorTable.ScopeFailed.dbusName });
      expect(String(answer)).toMatch(words[shortage]);
      await expectNothingRuns();
      expect(cgroupOf(stranger.pid ?? 0)).toBe(before);
      expect(stranger.exitCode).toBe(null);
    } finally {
      stranger.kill('SIGKILL');
    }
  });

  it('refuses strict, and says why', async () => {
    // In its namespace nothing belongs to root, bubblewrap neither.
    const programs = { RINGFENCE_TEST_PROGRAMS: '/usr/bin' };
    daemon = await startShortOfRoom(bus, folder, shortage, programs, await bundleDyingDaemon());
    const answer = await launch({ profile: 'strict', ...limitless });
    expect(answer).toMatchObject({ dbusName: errorTable.NotEnforceable.dbusName });
    expect(String(answer)).toMatch(words[shortage]);
    await expectNothingRuns();
    // Nothing that is left of the first stands in the way of the next.
    expect(String(await launch({ profile: 'strict', ...limitless }))).toMatch(words[shortage]);
  });

  it('has the icon start a relaxed app without its fence, and no strict one', async () => {
    daemon = await startShortOfRoom(bus, folder, shortage);
    const icon = openRunner();
    expect((await icon.open(['--app=short', '--'])).code).toBe(75);
    await waitFor(() => words[shortage].test(icon.notifications().flat().join('\n')), { what: 'the user to be told' });
    expect((await icon.open(['--app=short', '--strict', '--profile=strict', '--'])).code).toBe(1);
    await expectNothingRuns();
  });
});

describe.each<Shortage>(['full', 'read-only'])('a %s home', (shortage) => {
  const home = () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'home'));
    return join(folder, 'home');
  };

  it('changes nothing for a launch', async () => {
    const folder = home();
    daemon = await startShortOfRoom(bus, folder, shortage, { HOME: folder });
    expect(await launch()).toMatch(/^\/org\/ringfence/);
  });

  it('enables nothing, and says why', async () => {
    daemon = await startShortOfRoom(bus, join(process.env['HOME'] ?? '', '.local/share/ringfence'), shortage);
    const call = { destination: busName, path: rootPath, interface: busName, member: 'EnableApp' };
    const said = await bus.call(call, 'asa{ss}', [['short'], new Map()], 'aa{ss}').then(
      ([rows]) => rows.map((row) => `${row.get('state')}: ${row.get('reason')}`).join('\n'),
      (error: RemoteError) => `${error.dbusName}: ${error.message}`,
    );
    expect(said).toMatch(/^(failed|org\.ringfence\.Error\.Failed): /);
    expect(said).toMatch(shortage === 'full' ? /disk/ : /read-only/);
    expect(said).not.toMatch(/internal error|ENO|EROFS/);
  });
});

describe('few descriptors', () => {
  it('refuse a launch in true words, or let it pass, and nothing is left of what was refused', async () => {
    daemon = spawnDaemon(built.ringfenced);
    const { pid } = daemon;
    await waitFor(async () => (await namePid(bus, busName)) === pid, { what: 'the daemon to own its name' });
    expect(await launch()).toMatch(/^\/org\/ringfence/);
    await endAll(bus);
    const outcomes: string[] = [];
    for (let free = -6; free < 16; free += 1) {
      await leaveDescriptors(pid, free);
      const answer = await launch();
      await leaveDescriptors(pid, undefined);
      if (typeof answer !== 'string') {
        expect(answer).toMatchObject({ dbusName: errorTable.ScopeFailed.dbusName });
        expect(answer.message).toMatch(/^cannot .*: too many files are open/);
        await expectNothingRuns();
      }
      outcomes.push(typeof answer);
      await endAll(bus);
      // As ever, once there are enough.
      expect(await launch()).toMatch(/^\/org\/ringfence/);
      await endAll(bus);
    }
    expect(new Set(outcomes)).toEqual(new Set(['object', 'string']));
  });

  it('leave list, show and stop at work, and what cannot be read is not told as nothing', async () => {
    daemon = spawnDaemon(built.ringfenced);
    const { pid } = daemon;
    await waitFor(async () => (await namePid(bus, busName)) === pid, { what: 'the daemon to own its name' });
    const file = installProgram(temporaryFolder(), 'app', `#!/bin/sh\ntrap '' TERM\ntouch "$0.ready"\nsleep 1000\n`);
    installEntry('short', [`Exec=${file} ${marker} %U`]);
    const path = await launch();
    await waitFor(() => existsSync(`${file}.ready`), { what: 'the app to take no SIGTERM' });
    const whole = await command([built.ringfence, 'list']);
    expect(whole).toMatchObject({ code: 0, stderr: '' });
    await leaveDescriptors(pid, -6);
    const gaps = expect.stringMatching(
      /^ringfence: cannot read all of short: the daemon has run out of file descriptors/,
    );
    const list = await command([built.ringfence, 'list']);
    expect(list).toMatchObject({ code: 0, stdout: expect.stringMatching(/^short +- /m), stderr: gaps });
    const show = await command([built.ringfence, 'show', 'short']);
    expect(show).toMatchObject({ code: 0, stdout: expect.stringContaining(String(path)), stderr: gaps });
    const json = await command([built.ringfence, 'show', '--json', 'short']);
    const [document] = JSON.parse(json.stdout) as Record<string, unknown>[];
    expect(document).toMatchObject({ instance: path, app: 'short.desktop' });
    expect(Object.keys(document ?? {})).not.toContain('pids');
    // It takes no SIGTERM: whether it is frozen cannot be read, and the kill comes all the same.
    const stop = await command([built.ringfence, 'stop', '--timeout', '0.2', 'short']);
    expect(`${stop.code} ${stop.stdout}${stop.stderr}`).toBe('0 ');
    await expectNothingRuns();
    await leaveDescriptors(pid, undefined);
  });
});
