import type { ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { processFacts } from '../fixtures/live-daemon.ts';
import { startXServer } from '../fixtures/x-screen.ts';
import { dbusSend } from '../harness/bus-call.ts';
import { pidsIn, readCgroup } from '../harness/cgroup.ts';
import { command } from '../harness/command.ts';
import { type Daemon, startDaemon } from '../harness/daemon.ts';
import { userUnits } from '../harness/user-units.ts';
import { waitFor } from '../harness/wait-for.ts';

describe('gedit on a display, launched by a script', () => {
  let screen: ChildProcess;
  let display: string;
  let daemon: Daemon;

  beforeAll(async () => {
    ({ server: screen, display } = await startXServer('800x600x24'));
    await command(['systemctl', '--user', 'set-environment', `DISPLAY=${display}`, 'GDK_BACKEND=x11']);
    daemon = await startDaemon();
  });
  afterAll(async () => {
    await command(['systemctl', '--user', 'stop', 'app-ringfence-*.scope']);
    await command(['systemctl', '--user', 'unset-environment', 'DISPLAY', 'GDK_BACKEND']);
    await daemon.stop();
    screen.kill();
  });

  it('runs with all of its processes in its own scope, its memory limited', async () => {
    const sent = await dbusSend('Launch', ['string:org.gnome.gedit.desktop', 'array:string:', 'dict:string:string:']);
    expect(sent.stderr).toBe('');
    const [unit = ''] = await userUnits('app-ringfence-org.gnome.gedit-*.scope');
    expect(unit).toMatch(/^app-ringfence-org\.gnome\.gedit-\d+\.scope$/);
    const memory = Number(await readCgroup(unit, 'memory.max'));
    expect(memory).toBeGreaterThan(0);
    await waitFor(
      async () => {
        const { stdout } = await command(['xdotool', 'search', '--onlyvisible', '--class', 'gedit'], {
          env: { DISPLAY: display },
        });
        return stdout.trim() !== '';
      },
      { what: "gedit's window" },
    );
    const everywhere = readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .filter((pid) => processFacts(pid)?.argv[0]?.endsWith('gedit') === true);
    expect(everywhere.length).toBeGreaterThan(0);
    const inside = await pidsIn(unit);
    expect(everywhere.filter((pid) => !inside.includes(pid))).toEqual([]);
  });

  it('is strict with the limits of safeapp when that starts it', async () => {
    const search = ['xdotool', 'search', '--onlyvisible', '--class', 'gedit'];
    const isShown = async () => (await command(search, { env: { DISPLAY: display } })).stdout.trim() !== '';
    await command(['systemctl', '--user', 'stop', 'app-ringfence-*.scope']);
    await waitFor(async () => !(await isShown()), { what: 'the window of the first to be gone' });
    const started = await command([`${process.cwd()}/dist/safeapp`, '/usr/bin/gedit'], {
      cwd: process.env['HOME'] ?? '/',
      env: { DISPLAY: display, GDK_BACKEND: 'x11' },
    });
    expect(started).toMatchObject({ code: 0, stdout: '', stderr: '' });
    await waitFor(isShown, { what: "gedit's window" });
    const [unit = ''] = await userUnits('app-ringfence-gedit-*.scope');
    const total = Number((await command(['awk', '/MemTotal/ { print $2 * 1024 }', '/proc/meminfo'])).stdout);
    expect(Math.abs(Number(await readCgroup(unit, 'memory.max')) - total * 0.7)).toBeLessThan(total * 0.01);
    expect(await readCgroup(unit, 'cpu.max')).toBe('100000 100000');
    const pid = (await pidsIn(unit)).find((one) => processFacts(one)?.argv[0]?.endsWith('gedit')) ?? 0;
    expect(readFileSync(`/proc/${pid}/status`, 'utf8')).toMatch(/^NoNewPrivs:\s1$/m);
    expect(readdirSync(`/proc/${pid}/root/tmp`)).toEqual(['.X11-unix']);
  });
});
