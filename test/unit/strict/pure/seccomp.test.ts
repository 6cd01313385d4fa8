import { beforeEach, describe, expect, it } from 'vitest';
import { compileSeccomp } from '../../../../src/strict/pure/seccomp.ts';
import { deniedCalls, filteredCalls, newestCall, type SeccompArch } from '../../../../src/strict/pure/syscalls.ts';
import { headerNumbers, mustFail } from '../../../fixtures/denied-calls.ts';
import { runBpf } from './run-bpf.ts';

const ALLOW = 0x7fff0000;
const KILL = 0x80000000;
const [EPERM, ENOSYS, EAFNOSUPPORT] = [0x50001, 0x50026, 0x50061];
const arches = { x86_64: 0xc000003e, aarch64: 0xc00000b7 } as const;
const i386 = 0x40000003;
const arm = 0x40000028;

describe.each(['x86_64', 'aarch64'] as const)('compileSeccomp for %s', (arch: SeccompArch) => {
  // Made by the tests, once each: what is computed before them is out of a mutation run's sight.
  let program: Uint8Array;
  beforeEach(() => {
    program = compileSeccomp(arch, { cgroupNamespaces: true });
  });
  const verdict = (nr: number, ...args: bigint[]): number => runBpf(program, { arch: arches[arch], nr, args });
  const calls = filteredCalls[arch];

  it('is a whole number of instructions, within the kernel’s 4096', () => {
    expect(program.length % 8).toBe(0);
    expect(program.length / 8).toBeLessThanOrEqual(4096);
  });

  it('fails every denied call with its own error', () => {
    const wanted = { EPERM, ENOSYS };
    for (const { number, error } of deniedCalls(arch))
      expect([number, verdict(number)]).toEqual([number, wanted[error]]);
  });

  it('lets every other call through, and knows none that later kernels bring', () => {
    const named = new Set<number>([...deniedCalls(arch).map(({ number }) => number), ...Object.values(calls)]);
    for (let nr = 0; nr < 1024; nr += 1) {
      if (!named.has(nr)) expect([nr, verdict(nr)]).toEqual([nr, nr > newestCall.number ? ENOSYS : ALLOW]);
    }
  });

  it('denies what must be denied, by the numbers of the kernel’s own headers', () => {
    const numbers = headerNumbers(arch);
    const wanted = { EPERM, ENOSYS };
    for (const [error, there] of Object.entries(mustFail(arch))) {
      for (const name of there) {
        const number = numbers.get(name);
        expect([name, number === undefined ? 'not in the header' : verdict(number)]).toEqual([
          name,
          wanted[error as keyof typeof wanted],
        ]);
      }
      const denied = deniedCalls(arch).filter((call) => call.error === error);
      expect(denied.map(({ name }) => name).sort()).toEqual([...there].sort());
    }
    for (const { name, number } of deniedCalls(arch)) expect([name, number]).toEqual([name, numbers.get(name)]);
    for (const [name, number] of Object.entries(calls)) expect([name, number]).toEqual([name, numbers.get(name)]);
    expect(numbers.get(newestCall.name)).toBe(newestCall.number);
  });

  it('stops typing into the terminal, whatever stands in the upper half of the number', () => {
    for (const request of [0x5412n, 0x541cn, 0x1_0000_5412n, 0xffffffff_00005412n, 0xdead_0000_541cn]) {
      expect(verdict(calls.ioctl, 1n, request)).toBe(EPERM);
    }
    for (const request of [0x5401n, 0x5413n, 0x5411n, 0n]) expect(verdict(calls.ioctl, 1n, request)).toBe(ALLOW);
  });

  it('knows five socket families', () => {
    const families = Array.from({ length: 64 }, (_, family) => family);
    // A pair is refused once both are made.
    for (const call of [calls.socket, calls.socketpair]) {
      const passed = families.filter((family) => verdict(call, BigInt(family)) === ALLOW);
      expect(passed).toEqual([0, 1, 2, 10, 16]);
      expect(verdict(call, 17n)).toBe(EAFNOSUPPORT);
      expect(verdict(call, 0x1_0000_0011n)).toBe(EAFNOSUPPORT);
    }
  });

  it('takes no lease on a file, and leaves the other calls of fcntl', () => {
    expect(verdict(calls.fcntl, 3n, 1024n)).toBe(EPERM);
    // The kernel has an unsigned int.
    expect(verdict(calls.fcntl, 3n, 0x100000400n)).toBe(EPERM);
    for (const ordinary of [0n, 1n, 2n, 3n, 4n, 6n, 1025n, 1030n, 1031n, 1033n]) {
      expect(verdict(calls.fcntl, 3n, ordinary)).toBe(ALLOW);
    }
  });

  it('keeps the personality', () => {
    expect(verdict(calls.personality, 0n)).toBe(ALLOW);
    expect(verdict(calls.personality, 0xffffffffn)).toBe(ALLOW);
    for (const persona of [0x0040000n, 8n, 0x20000n]) expect(verdict(calls.personality, persona)).toBe(EPERM);
  });

  it('leaves browsers their user namespaces', () => {
    expect(verdict(calls.unshare, 0x10000000n)).toBe(ALLOW);
    expect(verdict(calls.clone, 0x10000000n | 0x20000000n | 17n)).toBe(ALLOW);
  });

  it('stops cgroup namespaces where they could lift a limit', () => {
    const closed = compileSeccomp(arch, { cgroupNamespaces: false });
    for (const nr of [calls.unshare, calls.clone]) {
      expect(runBpf(closed, { arch: arches[arch], nr, args: [0x02000000n] })).toBe(EPERM);
      expect(runBpf(closed, { arch: arches[arch], nr, args: [0x12020000n] })).toBe(EPERM);
      expect(runBpf(closed, { arch: arches[arch], nr, args: [0x10020000n] })).toBe(ALLOW);
      expect(runBpf(program, { arch: arches[arch], nr, args: [0x02000000n] })).toBe(ALLOW);
    }
  });

  it('kills whoever calls as another architecture', () => {
    for (const other of [i386, arm, 0, 0xffffffff, arches[arch === 'x86_64' ? 'aarch64' : 'x86_64']]) {
      for (const nr of [0, 1, 4, calls.ioctl]) expect(runBpf(program, { arch: other, nr })).toBe(KILL);
    }
  });
});

it('has no x32 on x86_64', () => {
  const program = compileSeccomp('x86_64', { cgroupNamespaces: true });
  for (const nr of [0x40000000, 0x40000000 + 514, 0x40000000 + 1]) {
    expect(runBpf(program, { arch: arches.x86_64, nr })).toBe(ENOSYS);
  }
});
