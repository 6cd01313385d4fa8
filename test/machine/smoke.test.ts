import { describe, expect, it } from 'vitest';
import { readCgroup } from '../harness/cgroup.ts';
import { command, output } from '../harness/command.ts';
import { journal } from '../harness/journal.ts';
import { unitProperty, userUnits } from '../harness/user-units.ts';
import { waitFor } from '../harness/wait-for.ts';

const scope = (unit: string, ...rest: string[]) => [
  'systemd-run',
  '--user',
  '--scope',
  '--quiet',
  `--unit=${unit}`,
  ...rest,
];

describe('the machine', () => {
  it('has a user manager that is running and may hand on memory, cpu and pids', async () => {
    expect(process.getuid?.()).toBe(1000);
    expect(await output(['systemctl', '--user', 'is-system-running', '--wait'])).toBe('running');
    expect(
      (
        await readCgroup('app.slice', 'cgroup.controllers').catch(() => readCgroup('-.slice', 'cgroup.controllers'))
      )?.split(' '),
    ).toEqual(expect.arrayContaining(['cpu', 'memory', 'pids']));
  });

  it('enforces MemoryMax', async () => {
    const unit = 'app-smoke-memory-1.scope';
    const eater = ['python3', '-c', 'held = bytearray(200_000_000)'];
    const { code } = await command(scope(unit, '-p', 'MemoryMax=50M', '-p', 'MemorySwapMax=0', ...eater));
    expect(code).toBe(137);
    await waitFor(async () => (await unitProperty(unit, 'Result')) === 'oom-kill', { what: 'the scope’s result' });
  });

  it('attributes output to the unit it came from', async () => {
    const unit = 'app-smoke-1.service';
    await output([
      'systemd-run',
      '--user',
      '--wait',
      '--quiet',
      `--unit=${unit}`,
      'sh',
      '-c',
      'echo said in the unit; sleep 0.5',
    ]);
    const entry = await waitFor(async () => (await journal({ unit, fields: { MESSAGE: 'said in the unit' } }))[0], {
      what: 'the line in the journal',
    });
    expect(entry['_SYSTEMD_USER_UNIT']).toBe(unit);
    expect(await userUnits('testbed-command.*')).toEqual(['testbed-command.service']);
  });

  it('runs bubblewrap without privileges', async () => {
    expect(
      await output(['bwrap', '--ro-bind', '/', '/', '--unshare-pid', '--proc', '/proc', 'sh', '-c', 'echo $$']),
    ).toMatch(/^\d$/);
  });
});
