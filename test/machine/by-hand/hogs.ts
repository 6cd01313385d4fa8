import { type ChildProcess, spawn } from 'node:child_process';
import { appendFileSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../../../src/clients/cli/client.ts';
import type { BusConnection } from '../../../src/platform/dbus/connection.ts';
import { connectTestBus, connectTestClient, endAll, temporaryFolder } from '../../fixtures/live-daemon.ts';
import { readCgroup } from '../../harness/cgroup.ts';
import { output } from '../../harness/command.ts';
import { startDaemon } from '../../harness/daemon.ts';
import { userUnits } from '../../harness/user-units.ts';
import { waitFor } from '../../harness/wait-for.ts';

// Ten programs that together want three times the memory, each within a limit of its own, and begin again when they are killed: so often as
// RINGFENCE_TEST_HOGS says (3), and then without Ringfence, which may bring the machine to a stand. Figures are in hogs.txt.
const rounds = Number(process.env['RINGFENCE_TEST_HOGS'] ?? 3);
const hogs = 10;
const enough = 5;

describe('ten hogs on two processors', () => {
  let bus: BusConnection;
  let client: Client;

  beforeAll(async () => {
    bus = await connectTestBus();
    client = await connectTestClient();
  });
  afterAll(async () => {
    await endAll(bus);
    await client.close();
    await bus.close();
  });

  const memory = Number(/^MemTotal:\s+(\d+) kB$/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1]) / 1024;
  const megabytes = Math.ceil((3 * memory) / hogs);
  // All of its pages, again and again.
  const script = `import mmap, time; held = mmap.mmap(-1, ${megabytes} << 20, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS); held.madvise(mmap.MADV_HUGEPAGE)
while True: held[::4096] = bytes(len(held) // 4096); time.sleep(0.05)`;
  const hog = ['sh', '-c', `while :; do python3 -c '${script}'; done`];
  const note = (line: string) => {
    console.log(line);
    appendFileSync(join(process.env['RINGFENCE_TEST_OUT'] ?? temporaryFolder(), 'hogs.txt'), `${line}\n`);
  };
  const kills = () => Number(/^oom_kill (\d+)$/m.exec(readFileSync('/proc/vmstat', 'utf8'))?.[1]);

  /** Runs the program that answers while something happens, and notes the longest time between two of its answers. */
  async function pinged(what: string, work: () => Promise<string>): Promise<void> {
    const notes = join(process.env['XDG_RUNTIME_DIR'] ?? '', 'answers');
    const unit = ['--user', '--quiet', '--collect', '--slice=session.slice', '--unit=answering'];
    const program = `${process.cwd()}/test/fixtures/answering-ping.py`;
    await output(['systemd-run', ...unit, '/usr/bin/python3', program, notes]);
    const answers = () => readFileSync(notes, 'utf8').trim().split(/ +/).map(Number) as [number, number];
    try {
      await waitFor(() => answers()[0] > 0, { what: 'the first answer' });
      const begun = performance.now();
      const came = await work();
      const next = answers()[0] + 10;
      await waitFor(() => answers()[0] > next, { what: 'more answers' });
      const [number, longest] = answers();
      const seconds = Math.round((performance.now() - begun) / 1000);
      note(`${what}: ${longest} ms between two answers at most (${number} in ${seconds} s; ${came})`);
    } finally {
      await output(['systemctl', '--user', 'stop', 'answering.service']);
      rmSync(notes, { force: true });
    }
  }

  /** Until the kernel has killed so often; all of the memory is wanted until then. */
  async function runWild(count: number, timeoutMs: number): Promise<string> {
    const before = kills();
    const end = performance.now() + timeoutMs;
    await waitFor(() => kills() - before >= count || performance.now() > end, { what: `${count} kills`, timeoutMs });
    return `${kills() - before} killed`;
  }

  it('leave the session alone, and what is in it answers', async () => {
    const daemon = await startDaemon();
    await waitFor(async () => Number(await readCgroup('app.slice', 'memory.max')) > 0, { what: 'the budget' });
    const died = async () =>
      Number(/^oom_kill (\d+)$/m.exec((await readCgroup('session.slice', 'memory.events')) ?? '')?.[1]);
    const [services, before] = [await userUnits('*.service'), await died()];
    await pinged('nothing else', async () => 'nobody killed');
    for (let round = 1; round <= rounds; round++) {
      await pinged(`with Ringfence, ${round}`, async () => {
        await Promise.all(Array.from({ length: hogs }, () => client.run(hog, new Map(), new Map())));
        return runWild(enough, 150_000);
      });
      const instances = await client.instances();
      expect(instances).toHaveLength(hogs);
      for (const { report } of instances)
        expect(report.find((row) => row.get('name') === 'memory-max')?.get('state')).toBe('enforced');
      expect(await died()).toBe(before);
      expect(await userUnits('*.service')).toEqual(services);
      await endAll(bus);
    }
    await daemon.stop();
  }, 1_200_000);

  it('do as they like without Ringfence', async () => {
    expect(await readCgroup('app.slice', 'memory.max')).toBe('max');
    note('without Ringfence: if this is the last line, the machine stood still until it was ended');
    const children: ChildProcess[] = [];
    await pinged('without Ringfence', async () => {
      for (let left = hogs; left > 0; left--) {
        const scope = ['--user', '--quiet', '--scope', '--slice=app.slice', `--unit=hog-${left}`];
        children.push(spawn('systemd-run', [...scope, ...hog], { stdio: 'ignore' }));
      }
      return runWild(enough, 60_000);
    }).finally(() => output(['systemctl', '--user', 'kill', '--signal=KILL', 'hog-*.scope']));
  }, 300_000);
});
