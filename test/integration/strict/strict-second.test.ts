import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { LaunchStep } from '../../../src/launch/ports.ts';
import { busName, fenceUnits, instanceAt } from '../../fixtures/live-daemon.ts';
import { openRunner } from '../../fixtures/open-client.ts';
import {
  config,
  end,
  id,
  own,
  program,
  secondStarts,
  startOf,
  starts,
  strict,
  write,
} from '../../fixtures/second-starts.ts';
import { pidsIn } from '../../harness/cgroup.ts';
import { command } from '../../harness/command.ts';
import { waitFor } from '../../harness/wait-for.ts';

const home = process.env['HOME'] ?? '';
const runtime = process.env['XDG_RUNTIME_DIR'] ?? '';

describe('a second start of a strict app', () => {
  const world = secondStarts();

  it('goes into the sandbox that runs, with its own words and token', async () => {
    await world.start();
    const first = await world.launch('one');
    await startOf('x:one');
    const second = await world.launch('two', { 'activation-token': 'a-token' });
    expect(second).toBe(first);
    expect(await startOf('x:two')).toBe('x:two|yes|a-token|');
    const open = [...readFileSync(join(own, 'descriptors'), 'utf8').matchAll(/(\d+) -> (\S+)$/gm)];
    expect(open.length).toBeGreaterThanOrEqual(3);
    // Its input, the journal (twice while a shell writes elsewhere), this list, and the script itself.
    for (const [, , target = ''] of open)
      expect(target).toMatch(/^socket:|\/dev\/null$|\/descriptors$|\/work\/second$/);
    expect(await fenceUnits(world.bus)).toHaveLength(1);
    const { unit } = await instanceAt(world.client, first);
    const namespaces = (await pidsIn(unit)).flatMap((pid) => {
      try {
        const isInside = /^NSpid:\t\d+\t\d/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
        return isInside ? [readlinkSync(`/proc/${pid}/ns/mnt`)] : [];
      } catch {
        return []; // It has ended meanwhile.
      }
    });
    expect(new Set(namespaces).size).toBe(1);
  });

  it('goes into the sandbox of one that was started as its D-Bus service', async () => {
    await world.start();
    // As the override of an activation file has it: a command that is part of the app.
    const first = await world.client.run(
      [program, 'x:one'],
      new Map(),
      new Map(Object.entries({ ...strict, 'app-id': id })),
    );
    await startOf('x:one');
    expect(await world.launch('two')).toBe(first);
    expect(await startOf('x:two')).toBe('x:two|yes||');
    expect(await fenceUnits(world.bus)).toHaveLength(1);
  });

  it('outlives the first, whose exit status is that of the instance', async () => {
    await world.start();
    const path = await world.launch('one');
    await startOf('x:one');
    await world.launch('two');
    await startOf('x:two');
    end('x:one');
    await world.launch('three');
    await startOf('x:three');
    const ends: Map<string, string>[] = [];
    const match = { sender: busName, path, interface: 'org.ringfence.Instance1', member: 'Ended' };
    await world.bus.subscribe(match, ({ body }) => ends.push(body[0] as Map<string, string>));
    for (const word of ['x:two', 'x:three']) end(word);
    await waitFor(() => ends.length === 1, { what: 'the end to be told' });
    expect(ends[0]?.get('exit-code')).toBe('7');
    await waitFor(async () => (await fenceUnits(world.bus)).length === 0, { what: 'the sandbox to be gone' });
  });

  it('at the same moment: one home, one sandbox', async () => {
    await world.start();
    const paths = await Promise.all(['one', 'two', 'three'].map((word) => world.launch(word)));
    expect(new Set(paths).size).toBe(1);
    for (const word of ['x:one', 'x:two', 'x:three']) await startOf(word);
    expect(starts()).toHaveLength(3);
  });

  it('asks all of the app to end, and gives each the time', async () => {
    await world.start();
    const path = await world.launch('one');
    await startOf('x:one');
    await world.launch('two');
    await startOf('x:two');
    await world.client.stop(path, 20_000);
    expect(readFileSync(join(own, 'ended'), 'utf8')).toBe('bye\nbye\n');
  });

  it('is refused where it would need another sandbox, until the old one ends', async () => {
    await world.start();
    const path = await world.launch('one');
    await startOf('x:one');
    write(config, `[app."${id}"]\nnetwork = false\n`);
    await waitFor(
      () =>
        world.launch('two').then(
          () => false,
          ({ code, message }) => code === 'NotEnforceable' && /close it first: .*network/.test(message),
        ),
      { what: 'the changed config to be noticed' },
    );
    mkdirSync(join(home, 'Pictures'), { recursive: true });
    write(config, `[app."${id}"]\nshared-folders = ["~/Pictures"]\n`);
    await waitFor(
      () =>
        world.launch('three').then(
          () => false,
          ({ message }) => /close it first: .*shared folders: .*Pictures is wanted/.test(message),
        ),
      { what: 'the changed config to be noticed' },
    );
    await world.client.stop(path, 0);
    await world.launch('four');
    await startOf('x:four');
  });

  it('is refused once the home was removed, and has a new one when the first has ended', async () => {
    await world.start();
    const path = await world.launch('one');
    await startOf('x:one');
    rmSync(own, { recursive: true });
    await expect(world.launch('two')).rejects.toMatchObject({
      code: 'NotEnforceable',
      message: expect.stringMatching(/close it first: .*its home .* was removed$/),
    });
    expect(existsSync(own)).toBe(false);
    await world.client.stop(path, 0);
    await world.launch('three');
    await startOf('x:three');
    expect(starts()).toHaveLength(1);
  });

  it('that is a command of the app’s never goes in there', async () => {
    await world.start();
    await world.launch('one');
    await startOf('x:one');
    const options = new Map(Object.entries({ ...strict, 'app-id': id, 'working-directory': join(home, 'work') }));
    await expect(
      world.client.run(['sh', '-c', 'echo run >>$HOME/starts'], new Map([['CALLER', 'x']]), options),
    ).rejects.toMatchObject({
      code: 'NotEnforceable',
      message: expect.stringMatching(/a command does not go into a sandbox that runs/),
    });
    const shell = join(process.cwd(), 'dist/ringfence-shell');
    const limits = Object.entries(strict).map(([name, value]) => `--${name}=${value}`);
    const { code, stderr } = await command([
      shell,
      `--app=${id}`,
      ...limits,
      '--',
      'sh',
      '-c',
      'echo shell >>$HOME/starts',
    ]);
    expect(stderr).toMatch(/a command does not go into a sandbox that runs/);
    expect(code).toBe(5);
    expect(starts()).toHaveLength(1);
  });

  it('is refused when the sandbox does not answer, and does not begin later', async () => {
    await world.start();
    const { unit } = await instanceAt(world.client, await world.launch('one'));
    await startOf('x:one');
    const init = await world.initOf(unit);
    process.kill(init, 'SIGSTOP');
    await expect(world.launch('two')).rejects.toMatchObject({ message: expect.stringMatching(/does not answer/) });
    process.kill(init, 'SIGCONT');
    await world.launch('three');
    await startOf('x:three');
    expect(starts().map((line) => line.split('|')[0])).toEqual(['x:one', 'x:three']);
  });

  it('by a click is told not to have started then, and does not begin later', async () => {
    const limits = ['memory-max', 'memory-swap-max', 'tasks-max'].map((name) => `${name} = "infinity"\n`).join('');
    write(config, `[app."${id}.desktop"]\nprofile = "strict"\n${limits}`);
    await world.start();
    const runner = openRunner();
    const click = (word: string) => runner.open([`--app=${id}`, '--strict', '--', `x:${word}`]);
    expect(await click('one')).toMatchObject({ code: 0 });
    await startOf('x:one');
    const [{ unit } = { unit: '' }] = await world.client.instances();
    const init = await world.initOf(unit);
    process.kill(init, 'SIGSTOP');
    expect(await click('two')).toMatchObject({ code: 1 });
    const [told = []] = await waitFor(() => runner.notifications().length > 0 && runner.notifications(), {
      what: 'the notification',
    });
    expect(told.join(' ')).toContain('does not answer');
    process.kill(init, 'SIGCONT');
    await click('three');
    await startOf('x:three');
    expect(starts().map((line) => line.split('|')[0])).toEqual(['x:one', 'x:three']);
  });

  it('begins once, however often its sandbox is told', async () => {
    await world.start();
    await world.launch('one');
    await startOf('x:one');
    const sandboxes = join(runtime, 'ringfence/sandboxes');
    const [folder = ''] = readdirSync(sandboxes);
    for (let times = 0; times < 3; times += 1) appendFileSync(join(sandboxes, folder, 'door/go'), 'start 0\n');
    await world.launch('two');
    await startOf('x:two');
    expect(starts().map((line) => line.split('|')[0])).toEqual(['x:one', 'x:two']);
  });

  it.each<LaunchStep>(['decided', 'noted', 'entered'])(
    'is neither lost nor doubled when the daemon is killed after it was %s',
    async (step) => {
      await world.start();
      const path = await world.launch('one');
      await startOf('x:one');
      await world.daemon?.stop();
      await world.start({ RINGFENCE_TEST_FAULT: `${step} die` });
      await expect(world.launch('two', { 'request-id': 'second-request' })).rejects.toMatchObject({
        code: 'Unreachable',
      });
      await world.daemon?.ended;
      const { unit } = { unit: (await fenceUnits(world.bus))[0] ?? '' };
      const record = join(runtime, 'ringfence/instances', unit.replace(/scope$/, 'json'));
      // As a click does that has lost its answer.
      const wasNoted = readFileSync(record, 'utf8').includes('"requestId":"second-request"');
      await world.start();
      if (!wasNoted) expect(await world.launch('two')).toBe(path);
      await startOf('x:two');
      // Whatever was told before has been begun by then.
      await world.launch('three');
      await startOf('x:three');
      expect(starts().map((line) => line.split('|')[0])).toEqual(['x:one', 'x:two', 'x:three']);
      expect(await fenceUnits(world.bus)).toHaveLength(1);
    },
  );

  it.each<LaunchStep>(['gated', 'scoped', 'entering', 'enclosed', 'recorded'])(
    'has the home when the daemon was killed after the first was %s',
    async (step) => {
      await world.start({ RINGFENCE_TEST_FAULT: `${step} die` });
      await expect(world.launch('one')).rejects.toMatchObject({ code: 'Unreachable' });
      await world.daemon?.ended;
      await world.start();
      await world.launch('two');
      await startOf('x:two');
      expect(starts().map((line) => line.split('|')[0])).toEqual(['x:two']);
      await waitFor(async () => (await fenceUnits(world.bus)).length === 1, { what: 'one scope to be left' });
    },
  );
});
