import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { LaunchStep } from '../../../src/launch/ports.ts';
import { bundleDyingDaemon } from '../../fixtures/bundle-daemon.ts';
import { instanceAt, startBundledDaemon } from '../../fixtures/live-daemon.ts';
import {
  marker,
  namesIn,
  proxies,
  sandboxes,
  strict,
  strictLaunches,
  witness,
  work,
} from '../../fixtures/strict-launches.ts';
import { startDaemon } from '../../harness/daemon.ts';
import { waitFor } from '../../harness/wait-for.ts';

const home = process.env['HOME'] ?? '';
const runtime = process.env['XDG_RUNTIME_DIR'] ?? '';

describe('a strict launch', () => {
  const launches = strictLaunches();
  let program: string;
  beforeAll(async () => {
    program = await bundleDyingDaemon();
  });

  it('reports every part with what was read back, and undoes everything at the end', async () => {
    const before = namesIn(home);
    const daemon = await startDaemon();
    const instance = await instanceAt(launches.client, await launches.run());
    const rows = new Map(instance.report.map((row) => [row.get('name'), row]));
    for (const part of [
      'no-new-privileges',
      'system-call-filter',
      'private-tmp',
      'read-only-system',
      'own-home',
      'shared',
      'own-processes',
      'own-cgroup',
      'filtered-bus',
    ]) {
      expect(rows.get(part)?.get('state'), part).toBe('enforced');
      expect(rows.get(part)?.get('value'), part).not.toBe('');
    }
    await waitFor(() => existsSync(witness), { what: 'the app to run' });
    await launches.client.stop(instance.path, 0);
    await launches.nothingIsLeft();
    await waitFor(() => sandboxes().length === 0, { what: 'the sandbox’s folder to be gone' });
    rmSync(witness);
    expect(namesIn(home)).toEqual(before);
    await daemon.stop();
  });

  it('lets the app watch for memory pressure, and write nothing else of its cgroup', async () => {
    const daemon = await startDaemon();
    const script = [
      'watch=$MEMORY_PRESSURE_WATCH',
      'echo "watch=$watch"',
      'if [ -n "$watch" ]; then printf %s "$MEMORY_PRESSURE_WRITE" | base64 -d 1<>"$watch" && echo told; fi',
      '(cd /sys/fs/cgroup && for file in *; do if [ -w "$file" ]; then echo "writable=$file"; fi; done)',
      'mv it-ran.part it-ran',
    ].join('\n');
    const path = await launches.run(['sh', '-c', `{ ${script}; } >it-ran.part 2>&1`]);
    const { report } = await instanceAt(launches.client, path).catch(() => ({ report: [] }));
    await waitFor(() => existsSync(witness), { what: 'the script' });
    const said = readFileSync(witness, 'utf8').trim().split('\n');
    const hasPressure = existsSync('/proc/pressure/memory');
    const file = '/sys/fs/cgroup/memory.pressure';
    expect(said).toEqual(hasPressure ? [`watch=${file}`, 'told', 'writable=memory.pressure'] : ['watch=']);
    const told = report.find((row) => row.get('name') === 'own-cgroup')?.get('value') ?? 'memory.pressure';
    expect(told.includes('memory.pressure')).toBe(hasPressure);
    await daemon.stop();
  });

  it('gives the app its words, its environment and its output as they are', async () => {
    const daemon = await startDaemon();
    const out = witness;
    const words = ['a b', "it's", 'new\nline', '-x', 'é'];
    await launches.client.run(
      [
        'sh',
        '-c',
        'printf "%s\\0" "$@" "$ODD" "$(env | grep -c "^odd name=")" >it-ran.part; mv it-ran.part it-ran',
        'sh',
        ...words,
      ],
      new Map([
        ['ODD', 'x=y\nz'],
        ['odd name', '1'],
      ]),
      new Map(Object.entries(strict)),
    );
    await waitFor(() => existsSync(out), { what: 'the app to run' });
    expect(readFileSync(out, 'utf8').split('\0').slice(0, -1)).toEqual([...words, 'x=y\nz', '0']);
    await daemon.stop();
  });

  describe('believes the kernel only:', () => {
    const none: string[] = [];
    const tmp = ['--perms', '1777', '--tmpfs', '/tmp'];
    it.each<[string, string[], string[]]>([
      ['a writable root', ['--remount-ro', '/'], none],
      ['the machine’s root', ['--ro-bind', '/usr', '/usr'], ['--ro-bind', '/', '/']],
      ['a writable system', ['--ro-bind', '/usr', '/usr'], ['--bind', '/usr', '/usr']],
      ['no filter', ['--seccomp', '4'], none],
      ['no PID namespace', ['--unshare-pid'], none],
      ['no cgroup namespace', ['--unshare-cgroup'], none],
      ['no IPC namespace', ['--unshare-ipc'], none],
      ['a capability', ['--unshare-user'], ['--unshare-user', '--cap-add', 'CAP_NET_RAW']],
      ['no /proc', ['--proc', '/proc'], none],
      ['the session’s /proc', ['--proc', '/proc'], ['--ro-bind', '/proc', '/proc']],
      ['the session’s /dev', ['--dev', '/dev'], ['--dev-bind', '/dev', '/dev']],
      ['the session’s /tmp', tmp, ['--bind', '/tmp', '/tmp']],
      ['the session’s /run', ['--dir', home], ['--ro-bind', '/run', '/run']],
      ['the session’s runtime folder', ['--perms', '0700', '--tmpfs', runtime], ['--bind', runtime, runtime]],
      ['the real home', ['--dir', home], ['--bind', home, home]],
      ['the real home to be read', ['--dir', home], ['--ro-bind', home, home]],
      ['it under a private tmpfs', tmp, [...tmp, '--bind', home, '/tmp/home']],
      ['a mount that nobody planned', ['--dir', home], ['--dir', home, '--tmpfs', '/mnt']],
      [
        'a device that nobody planned',
        ['--proc', '/proc'],
        ['--proc', '/proc', '--dev-bind', '/dev/kmsg', '/dev/kmsg'],
      ],
      ['a screen in the place of a GPU', ['--dev-bind', '/dev/dri/renderD128'], ['--dev-bind', '/dev/dri/card0']],
      ['a shared folder that is another', ['--bind', work], ['--bind', '/tmp']],
      ['nothing at all', ['--unshare-user'], ['--nonsense']],
    ])('%s', async (_, from, to) => {
      const daemon = await startBundledDaemon(launches.bus, program, {
        RINGFENCE_TEST_SANDBOX: JSON.stringify([from, to]),
      });
      await expect(launches.run()).rejects.toMatchObject({ code: 'NotEnforceable' });
      await launches.nothingIsLeft();
      expect(existsSync(witness)).toBe(false);
      expect(sandboxes()).toEqual([]);
      await daemon.stop();
    });

    it('the bus itself in the place of the filter', async () => {
      const filter = { RINGFENCE_TEST_SANDBOX: JSON.stringify([['BUS'], [join(runtime, 'bus')]]) };
      const daemon = await startBundledDaemon(launches.bus, program, filter);
      await expect(launches.run()).rejects.toMatchObject({ code: 'NotEnforceable' });
      await launches.nothingIsLeft();
      expect(existsSync(witness)).toBe(false);
      await daemon.stop();
    });
  });

  describe('survives a kill -9 of the daemon', () => {
    it.each<LaunchStep>(['decided', 'gated', 'scoped', 'verified', 'entering', 'enclosed', 'recorded'])(
      'after it was %s: nothing runs, nothing waits, nothing is left',
      async (step) => {
        const before = namesIn(home);
        const daemon = await startBundledDaemon(launches.bus, program, { RINGFENCE_TEST_FAULT: `${step} die` });
        await expect(launches.run()).rejects.toMatchObject({ code: 'Unreachable' });
        await daemon.ended;
        await launches.nothingIsLeft();
        expect(existsSync(witness)).toBe(false);
        const next = await startBundledDaemon(launches.bus, program);
        expect(sandboxes()).toEqual([]);
        expect(namesIn(home)).toEqual(before);
        await next.stop();
      },
    );

    it('after the release: app and bus live on, the next daemon finds them and clears up at the end', async () => {
      const before = namesIn(home);
      const daemon = await startBundledDaemon(launches.bus, program, { RINGFENCE_TEST_FAULT: 'released die' });
      const talk =
        'while sleep 0.05; do gdbus call --session --dest org.freedesktop.DBus --object-path / --method org.freedesktop.DBus.GetId && touch it-ran; done';
      await expect(launches.run(['sh', '-c', talk, marker])).rejects.toMatchObject({ code: 'Unreachable' });
      await daemon.ended;
      const next = await startBundledDaemon(launches.bus, program);
      const [instance] = await launches.client.instances();
      expect(instance?.profile).toBe('strict');
      rmSync(witness, { force: true });
      await waitFor(() => existsSync(witness), { what: 'the app to reach its bus' });
      expect(sandboxes()).toHaveLength(1);
      await launches.client.stop(instance?.path ?? '', 0);
      await waitFor(() => sandboxes().length === 0 && proxies().length === 0, { what: 'all to be cleared up' });
      rmSync(witness, { force: true });
      expect(namesIn(home)).toEqual(before);
      await next.stop();
    });
  });
});
