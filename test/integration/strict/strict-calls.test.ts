import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { machine } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../../../src/clients/cli/client.ts';
import { headerNumbers, mustFail } from '../../fixtures/denied-calls.ts';
import { connectTestBus, connectTestClient, endAll } from '../../fixtures/live-daemon.ts';
import { type Daemon, startDaemon } from '../../harness/daemon.ts';
import { waitFor } from '../../harness/wait-for.ts';

// Every system call that must fail, by the number of the kernel's own header, made inside.

const arch = machine() === 'aarch64' ? 'aarch64' : 'x86_64';
const work = join(process.env['HOME'] ?? '', 'calls');
/** Newer than Linux 6.1: cachestat, fchmodat2, map_shadow_stack, futex_*, statmount, listmount, lsm_*, mseal, *xattrat. */
const newer = Array.from({ length: 16 }, (_, index) => 451 + index);

/** Makes each call with arguments that do no harm, in a process of its own, and says how it ended. */
const program = `
import ctypes, errno, os, sys
libc = ctypes.CDLL(None, use_errno=True)
for word in sys.argv[1:]:
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        ctypes.set_errno(0)
        result = libc.syscall(ctypes.c_long(int(word)), *[ctypes.c_long(-1)] * 6)
        os.write(writer, (errno.errorcode.get(ctypes.get_errno(), "0") if result == -1 else "done").encode())
        os._exit(0)
    os.close(writer)
    said = os.read(reader, 64).decode()
    os.close(reader)
    os.waitpid(pid, 0)
    print(word, said or "killed")
`;

describe('inside a strict sandbox', () => {
  let daemon: Daemon;
  let client: Client;
  beforeAll(async () => {
    mkdirSync(work, { recursive: true });
    writeFileSync(join(work, 'calls.py'), program);
    daemon = await startDaemon();
    client = await connectTestClient();
  });
  afterAll(async () => {
    const bus = await connectTestBus();
    await endAll(bus);
    await bus.close();
    await client?.close();
    await daemon?.stop();
    rmSync(work, { recursive: true });
  });

  const outcomes = async (numbers: readonly number[], profile: string) => {
    const out = join(work, profile);
    const limits = { 'memory-max': 'infinity', 'memory-swap-max': 'infinity', 'tasks-max': 'infinity' };
    const script = `python3 calls.py ${numbers.join(' ')} >${out}.part; mv ${out}.part ${out}`;
    await client.run(
      ['sh', '-c', script],
      new Map(),
      new Map(Object.entries({ profile, 'working-directory': work, ...limits })),
    );
    await waitFor(() => existsSync(out), { what: 'the calls' });
    const lines = readFileSync(out, 'utf8').trim().split('\n');
    return new Map(lines.map((line) => [Number(line.split(' ')[0]), line.split(' ')[1] ?? '']));
  };

  it('each call that must fail does, and none that is newer is there', async () => {
    const numbers = headerNumbers(arch);
    const wanted = Object.entries(mustFail(arch)).flatMap(([error, names]) =>
      names.map((name): [string, number, string] => [name, numbers.get(name) ?? -1, error]),
    );
    for (const number of newer) wanted.push([`call ${number}`, number, 'ENOSYS']);
    const strict = await outcomes(
      wanted.map(([, number]) => number),
      'strict',
    );
    expect(wanted.map(([name, number]) => [name, strict.get(number)])).toEqual(
      wanted.map(([name, , error]) => [name, error]),
    );
    // Relaxed, the kernel itself has another answer to many of them: it is the filter that was seen.
    const safe = wanted.filter(([name]) => !['reboot', 'vhangup', 'swapoff', 'clone3'].includes(name));
    const relaxed = await outcomes(
      safe.map(([, number]) => number),
      'relaxed',
    );
    const others = safe.filter(([, number, error]) => relaxed.get(number) !== error);
    expect(others.length).toBeGreaterThan(15);
  });
});
