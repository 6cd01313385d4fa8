import { type DeniedCall, deniedCalls, filteredCalls, newestCall, type SeccompArch } from './syscalls.ts';

/** What a filter may be asked to leave open or to close. */
export interface SeccompOptions {
  /**
   * Let the app make cgroup namespaces (a nested bwrap asks for one). Safe only where cgroup2 is mounted with
   * `nsdelegate`, as systemd ≥ 234 does: without it, a cgroup2 mounted in a nested namespace could lift the app's limits.
   */
  readonly cgroupNamespaces: boolean;
}

/**
 * Compiles the filter for `bwrap --seccomp FD`: an array of `struct sock_filter` (8 bytes each, little-endian), the
 * classic BPF of seccomp(2) mode 2. A deny-list in the manner of flatpak's: what is not named and not newer than
 * the list passes.
 *
 * Calls of another architecture kill the process (32-bit code on x86_64 too: its own call numbers, and a socketcall
 * whose arguments no filter can see, would walk around every rule), x32 numbers get ENOSYS.
 */
export function compileSeccomp(arch: SeccompArch, options: SeccompOptions): Uint8Array {
  return encode(assemble(arch, options));
}

interface Instruction {
  readonly code: number;
  readonly jumpTrue: number;
  readonly jumpFalse: number;
  readonly k: number;
}

/** linux/audit.h: EM_X86_64 and EM_AARCH64 with the 64-bit and little-endian bits. */
const auditArch: Record<SeccompArch, number> = { x86_64: 0xc000003e, aarch64: 0xc00000b7 };
const x32Bit = 0x40000000;

const errnoNumbers = { EPERM: 1, ENOSYS: 38, EAFNOSUPPORT: 97 } as const;
const allowed = 0x7fff0000;
const killProcess = 0x80000000;
const errno = (name: keyof typeof errnoNumbers): number => 0x00050000 | errnoNumbers[name];

/** Offsets in struct seccomp_data; an argument's low half comes first on both (little-endian) architectures. */
const numberOffset = 0;
const archOffset = 4;
const argumentOffset = (index: number): number => 16 + 8 * index;

const forbiddenIoctls = [0x5412, 0x541c]; // TIOCSTI types into the terminal that started the app, TIOCLINUX pastes into a console
const forbiddenFcntls = [1024]; // F_SETLEASE has whoever opens a file of the user's wait 45 s, where the app may only read it (fcntl(2), "Leases")
const socketFamilies = [0, 1, 2, 10, 16]; // unspecified, unix, inet, inet6, netlink
const personalities = [0, 0xffffffff]; // PER_LINUX, and the question which one it is
const newCgroupNamespace = 0x02000000;

function assemble(arch: SeccompArch, { cgroupNamespaces }: SeccompOptions): Instruction[] {
  const calls = filteredCalls[arch];
  return [
    load(archOffset),
    ifEqual(auditArch[arch], 1, 0),
    result(killProcess),
    load(numberOffset),
    ...(arch === 'x86_64' ? [ifAtLeast(x32Bit, 0, 1), result(errno('ENOSYS'))] : []),
    ifAtLeast(newestCall.number + 1, 0, 1),
    result(errno('ENOSYS')),
    ...deniedCalls(arch).flatMap(({ number, error }: DeniedCall) => [ifEqual(number, 0, 1), result(errno(error))]),
    // Only the low 32 bits count: the kernel ignores the rest of an ioctl number, and so must the filter (CVE-2019-10063).
    ...onCall(calls.ioctl, 1, forbidValues(forbiddenIoctls)),
    ...onCall(calls.fcntl, 1, forbidValues(forbiddenFcntls)),
    ...[calls.socket, calls.socketpair].flatMap((number) =>
      onCall(number, 0, allowOnly(socketFamilies, 'EAFNOSUPPORT')),
    ),
    ...onCall(calls.personality, 0, allowOnly(personalities, 'EPERM')),
    ...(cgroupNamespaces
      ? []
      : [calls.unshare, calls.clone].flatMap((number) => onCall(number, 0, forbidBit(newCgroupNamespace)))),
    result(allowed),
  ];
}

/** `rules` see the low half of one argument in the accumulator and must end in a result on every path. */
function onCall(number: number, argument: number, rules: readonly Instruction[]): Instruction[] {
  return [ifEqual(number, 0, rules.length + 1), load(argumentOffset(argument)), ...rules];
}

function forbidValues(values: readonly number[]): Instruction[] {
  return [...values.flatMap((value) => [ifEqual(value, 0, 1), result(errno('EPERM'))]), result(allowed)];
}

function allowOnly(values: readonly number[], error: keyof typeof errnoNumbers): Instruction[] {
  return [...values.flatMap((value) => [ifEqual(value, 0, 1), result(allowed)]), result(errno(error))];
}

function forbidBit(bit: number): Instruction[] {
  return [{ code: 0x45, jumpTrue: 0, jumpFalse: 1, k: bit }, result(errno('EPERM')), result(allowed)];
}

const load = (offset: number): Instruction => ({ code: 0x20, jumpTrue: 0, jumpFalse: 0, k: offset });
const ifEqual = (k: number, jumpTrue: number, jumpFalse: number): Instruction => ({
  code: 0x15,
  jumpTrue,
  jumpFalse,
  k,
});
const ifAtLeast = (k: number, jumpTrue: number, jumpFalse: number): Instruction => ({
  code: 0x35,
  jumpTrue,
  jumpFalse,
  k,
});
const result = (k: number): Instruction => ({ code: 0x06, jumpTrue: 0, jumpFalse: 0, k });

function encode(program: readonly Instruction[]): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(program.length * 8));
  program.forEach(({ code, jumpTrue, jumpFalse, k }, index) => {
    bytes.setUint16(index * 8, code, true);
    bytes.setUint8(index * 8 + 2, jumpTrue);
    bytes.setUint8(index * 8 + 3, jumpFalse);
    bytes.setUint32(index * 8 + 4, k, true);
  });
  return new Uint8Array(bytes.buffer);
}
