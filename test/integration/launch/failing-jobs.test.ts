import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { errorTable } from '../../../src/domain/errors.ts';
import type { BusConnection } from '../../../src/platform/dbus/connection.ts';
import { bundleDyingDaemon } from '../../fixtures/bundle-daemon.ts';
import {
  busName,
  connectTestBus,
  fenceUnits,
  gates,
  manager,
  processesWith,
  rootPath,
  startBundledDaemon,
} from '../../fixtures/live-daemon.ts';
import { output } from '../../harness/command.ts';
import { waitFor } from '../../harness/wait-for.ts';

const marker = 'ringfence-test-failing-job';
const unit = 'app-ringfence-sleep-7.scope';
const folder = join(process.env['XDG_RUNTIME_DIR'] ?? '', 'systemd/user');

// systemd takes the request for the scope, and then its job does not end as it should.
describe('a scope that systemd does not start', () => {
  let bus: BusConnection;
  let program: string;

  beforeAll(async () => {
    bus = await connectTestBus();
    program = await bundleDyingDaemon();
  });
  afterEach(async () => {
    // Nothing has run, nothing waits, and nothing of the scope is left, not even its job.
    await waitFor(() => gates().length === 0, { what: 'the gates to be gone' });
    await waitFor(async () => (await fenceUnits(bus)).length === 0, { what: 'no scope to be left' });
    expect(await jobs()).toEqual([]);
    expect(processesWith(marker)).toEqual([]);
    await output(['systemctl', '--user', 'stop', 'ringfence-test-need.service']);
    rmSync(join(folder, 'app-ringfence-.scope.d'), { recursive: true });
    rmSync(join(folder, 'ringfence-test-need.service'));
    await output(['systemctl', '--user', 'daemon-reload']);
    await output(['systemctl', '--user', 'reset-failed']);
  });
  afterAll(() => bus.close());

  const jobs = async () => {
    const [all] = await manager(bus, 'ListJobs', '', [], 'a(usssoo)');
    return all.map(([, name]) => name).filter((name) => name.startsWith('app-ringfence-'));
  };

  /** All scopes of Ringfence get these lines; they may name ringfence-test-need.service, which runs this. */
  const alterScopes = async (lines: string, need = '/bin/true') => {
    mkdirSync(join(folder, 'app-ringfence-.scope.d'), { recursive: true });
    writeFileSync(join(folder, 'app-ringfence-.scope.d/test.conf'), `[Unit]\n${lines}\n`);
    const service = `[Service]\nType=oneshot\nExecStart=${need}\n`;
    writeFileSync(join(folder, 'ringfence-test-need.service'), service);
    await output(['systemctl', '--user', 'daemon-reload']);
  };
  const needs = 'Requires=ringfence-test-need.service\nAfter=ringfence-test-need.service';

  /** Asks for a command; resolves with the error, or the path. `meanwhile` is called when it has been asked for. */
  const run = async (environment: Record<string, string> = {}, meanwhile = async () => {}) => {
    const daemon = await startBundledDaemon(bus, program, { RINGFENCE_TEST_NUMBERS: '7', ...environment });
    try {
      const call = { destination: busName, path: rootPath, interface: busName, member: 'Run' };
      const answer = bus.call(call, 'asa{ss}a{ss}', [['sleep', '1000', marker], new Map(), new Map()], 'o').then(
        ([path]) => path,
        (error: { dbusName: string; message: string }) => error,
      );
      await meanwhile();
      return await answer;
    } finally {
      await daemon.stop();
    }
  };
  const failed = (reason: string) => ({
    dbusName: errorTable.ScopeFailed.dbusName,
    message: expect.stringContaining(reason),
  });

  it('since something that it needs fails', async () => {
    await alterScopes(needs, '/bin/false');
    expect(await run()).toMatchObject(failed(`cannot start ${unit}: its job ended as "dependency"`));
  });

  it('since an assertion does not hold', async () => {
    await alterScopes('AssertPathExists=/no/such/file');
    expect(await run()).toMatchObject(failed(`cannot start ${unit}: its job ended as "assert"`));
  });

  it('since a condition does not hold, which systemd calls done', async () => {
    await alterScopes('ConditionPathExists=/no/such/file');
    expect(await run()).toMatchObject(failed('cannot launch sleep: its process is in /'));
  });

  it('since its job is cancelled', async () => {
    await alterScopes(needs, '/bin/sleep infinity');
    const cancel = async () => {
      await waitFor(async () => (await jobs()).includes(unit), { what: 'the job' });
      await output(['systemctl', '--user', 'stop', unit]);
    };
    expect(await run({}, cancel)).toMatchObject(failed(`cannot start ${unit}: its job ended as "canceled"`));
  });

  it('and says nothing of it for as long as it may take', async () => {
    await alterScopes(needs, '/bin/sleep infinity');
    expect(await run({ RINGFENCE_TEST_JOB_TIMEOUT: '300' })).toMatchObject({
      dbusName: errorTable.TimedOut.dbusName,
      message: `cannot start ${unit}: systemd did not finish it in 0.3 s`,
    });
  });
});
