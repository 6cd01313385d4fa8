/** The architectures strict knows, by the name of `uname -m`; on any other, strict refuses. */
export type SeccompArch = 'x86_64' | 'aarch64';

/** A system call that fails whatever its arguments. */
export interface DeniedCall {
  readonly name: string;
  readonly number: number;
  readonly error: 'EPERM' | 'ENOSYS';
}

/** The calls of `arch` that fail whatever their arguments. */
export function deniedCalls(arch: SeccompArch): DeniedCall[] {
  const column = arch === 'x86_64' ? 1 : 2;
  return (['EPERM', 'ENOSYS'] as const).flatMap((error) =>
    denied[error].flatMap((row) => {
      const number = row[column];
      return number === undefined ? [] : [{ name: row[0], number, error }];
    }),
  );
}

/** The calls that fail for some arguments only. */
export const filteredCalls: Record<
  SeccompArch,
  Record<'ioctl' | 'fcntl' | 'socket' | 'socketpair' | 'personality' | 'unshare' | 'clone', number>
> = {
  x86_64: { ioctl: 16, fcntl: 72, socket: 41, socketpair: 53, personality: 135, unshare: 272, clone: 56 },
  aarch64: { ioctl: 29, fcntl: 25, socket: 198, socketpair: 199, personality: 92, unshare: 97, clone: 220 },
};

/**
 * The newest call that was looked at (Linux 6.1, the same number on both architectures): what is newer is not there for an app,
 * as nobody knows yet what it opens. Programs fall back to what they did before.
 */
export const newestCall = { name: 'set_mempolicy_home_node', number: 450 };

type Row = readonly [name: string, x86_64: number, aarch64?: number];

/**
 * Name, number on x86_64, number on aarch64 (asm/unistd_64.h and asm-generic/unistd.h of Linux 6.1). After the list
 * in flatpak's common/flatpak-run.c, with what changed since: bpf, userfaultfd, io_uring, clocks, modules, kexec.
 *
 * Not here, unlike flatpak: unshare, clone(CLONE_NEWUSER), mount, umount2, pivot_root, chroot and setns. The
 * sandboxes of Chromium, Firefox, WebKitGTK and glycin are made of them; docs/security.md says what that costs.
 */
const denied: Record<'EPERM' | 'ENOSYS', readonly Row[]> = {
  EPERM: [
    // the kernel's log, keys and counters, which know no namespace
    ['syslog', 103, 116],
    ['add_key', 248, 217],
    ['request_key', 249, 218],
    ['keyctl', 250, 219],
    ['perf_event_open', 298, 241],
    ['bpf', 321, 280],
    ['userfaultfd', 323, 282],
    ['lookup_dcookie', 212, 18],
    ['open_by_handle_at', 304, 265],
    // other processes
    ['ptrace', 101, 117],
    ['move_pages', 279, 239],
    ['migrate_pages', 256, 238],
    ['mbind', 237, 235],
    ['get_mempolicy', 239, 236],
    ['set_mempolicy', 238, 237],
    ['set_mempolicy_home_node', 450, 450],
    // the machine: denied to an ordinary user anyway, kept from whoever finds a way to a capability
    ['acct', 163, 89],
    ['quotactl', 179, 60],
    ['quotactl_fd', 443, 443],
    ['init_module', 175, 105],
    ['finit_module', 313, 273],
    ['delete_module', 176, 106],
    ['kexec_load', 246, 104],
    ['kexec_file_load', 320, 294],
    ['reboot', 169, 142],
    ['swapon', 167, 224],
    ['swapoff', 168, 225],
    ['settimeofday', 164, 170],
    ['clock_settime', 227, 112],
    ['clock_adjtime', 305, 266],
    ['vhangup', 153, 58],
    // old and x86 only
    ['uselib', 134],
    ['modify_ldt', 154],
    ['iopl', 172],
    ['ioperm', 173],
    ['create_module', 174],
    ['nfsservctl', 180, 42],
  ],
  ENOSYS: [
    // A cgroup is entered through a mere directory handle with CLONE_INTO_CGROUP, and the kernel does not ask whether
    // the mount is read-only. The flags lie in memory, out of a filter's sight; libc falls back to clone.
    ['clone3', 435, 435],
    // What runs in a ring passes no filter: libraries fall back to plain calls.
    ['io_uring_setup', 425, 425],
    ['io_uring_enter', 426, 426],
    ['io_uring_register', 427, 427],
    // The newer mount calls (CVE-2021-41133); programs fall back to mount.
    ['open_tree', 428, 428],
    ['move_mount', 429, 429],
    ['fsopen', 430, 430],
    ['fsconfig', 431, 431],
    ['fsmount', 432, 432],
    ['fspick', 433, 433],
    ['mount_setattr', 442, 442],
  ],
};
