import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isOwned } from '../harness/bus-call.ts';
import { cgroupOf, readCgroup } from '../harness/cgroup.ts';
import { command, output } from '../harness/command.ts';
import { journal } from '../harness/journal.ts';
import { userUnits } from '../harness/user-units.ts';
import { waitFor } from '../harness/wait-for.ts';

describe('the session', () => {
  it('is uid 1000, away from the real home, session and environment', () => {
    expect(process.getuid?.()).toBe(1000);
    expect(process.env['HOME']).toBe('/home/tester');
    expect(process.env['XDG_RUNTIME_DIR']).toBe('/run/user/1000');
    expect(process.env['DBUS_SESSION_BUS_ADDRESS']).toBe('unix:path=/run/user/1000/bus');
    expect(process.env['NODE_EXTRA_CA_CERTS']).toBeUndefined();
    expect(() => writeFileSync('/srv/ringfence/written-by-a-test', '')).toThrow(/EROFS|EACCES/);
  });

  it('has a bus and a user manager that is running', async () => {
    expect(await isOwned('org.freedesktop.systemd1')).toBe(true);
    expect(await output(['systemctl', '--user', 'is-system-running', '--wait'])).toBe('running');
  });

  it('puts a process into a scope, on cgroup v2', async () => {
    const unit = 'app-smoke-1.scope';
    const scope = ['systemd-run', '--user', '--scope', '--quiet', `--unit=${unit}`];
    const seen = join(mkdtempSync('/tmp/smoke-'), 'seen');
    const [ownCgroup] = await Promise.all([
      output([...scope, 'sh', '-c', 'cat /proc/self/cgroup; until [ -e "$0" ]; do sleep 0.02; done', seen]),
      waitFor(async () => /^\d+/.test((await readCgroup(unit, 'cgroup.procs')) ?? ''), {
        what: 'a process in the scope',
      }).then(() => writeFileSync(seen, '')),
    ]);
    expect(ownCgroup).toMatch(/^0::.*\/app\.slice\/app-smoke-1\.scope$/m);
    expect(cgroupOf(process.pid)).toMatch(/session\.slice\/testbed-command/);
    await waitFor(async () => (await userUnits(unit)).length === 0, { what: 'the scope to be gone' });
  });

  it('has a journal that knows the user’s units', async () => {
    const unit = 'app-smoke-2.service';
    // It stays: journald looks whose line it is when it reads it.
    const script = 'echo said in the unit; exec sleep 1000';
    await output(['systemd-run', '--user', '--quiet', `--unit=${unit}`, 'sh', '-c', script]);
    const entry = await waitFor(async () => (await journal({ unit, fields: { MESSAGE: 'said in the unit' } }))[0], {
      what: 'the line in the journal',
    });
    expect(entry['_SYSTEMD_USER_UNIT']).toBe(unit);
    await output(['systemctl', '--user', 'stop', unit]);
  });

  it('lets a test stop and continue journald', async () => {
    const pid = Number(process.env['JOURNALD_PID']);
    process.kill(pid, 'SIGSTOP');
    try {
      const state = await waitFor(async () => /State:\s+T/.test(await output(['cat', `/proc/${pid}/status`])), {
        what: 'journald to stop',
      });
      expect(state).toBe(true);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
  });

  it('hands on an exit code', async () => {
    expect((await command(['sh', '-c', 'exit 7'])).code).toBe(7);
  });
});
