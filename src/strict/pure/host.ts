import type { SeccompArch } from './syscalls.ts';

/** What the adapter found on this machine; texts as they were read, undefined when there was nothing to read. */
export interface SandboxHostFacts {
  /** `process.arch`-independent name, as `uname -m` gives it. */
  readonly machine: string;
  /** Output of `bwrap --version`, such as "bubblewrap 0.8.0"; undefined when there is no bwrap. */
  readonly bwrapVersion?: string;
  /** Output of `xdg-dbus-proxy --version`. */
  readonly proxyVersion?: string;
  /** The trial run of `trialArgs`: the only honest answer to whether user namespaces work here. */
  readonly trial?: { readonly exitCode: number | null; readonly stderr: string };
  /** /proc/sys/kernel/unprivileged_userns_clone (Debian's patch), user/max_user_namespaces, kernel/apparmor_restrict_unprivileged_userns. */
  readonly unprivilegedUsernsClone?: string;
  readonly maxUserNamespaces?: string;
  readonly apparmorRestrictsUserns?: string;
  /** Whether AppArmor is on (/sys/module/apparmor/parameters/enabled). */
  readonly appArmorIsOn?: boolean;
  /** Where ringfence-bwrap is, for which Ringfence's package has an AppArmor profile; undefined where it is not installed. */
  readonly helper?: string;
  /** Whether it makes the sandboxes, as it can do more here than bubblewrap itself. */
  readonly helperIsUsed?: boolean;
  /** DBUS_SESSION_BUS_ADDRESS of the user manager, and the accessibility bus's address where there is one. */
  readonly sessionAddress?: string;
  readonly a11yAddress?: string;
  /** Whether the start has the network: with it, abstract sockets reach into the sandbox. */
  readonly network: boolean;
}

/** Which part of strict cannot be had here, why, and what the user can do. */
export interface SandboxRefusal {
  readonly part: 'sandbox' | 'system call filter' | 'bus filter';
  readonly reason: string;
  readonly fix: string;
}

/** Arguments of bwrap for the trial: the same namespaces and kinds of mount as a start, and nothing else. */
export const trialArgs: readonly string[] = [
  ...['--unshare-user', '--unshare-pid', '--unshare-cgroup', '--unshare-ipc', '--ro-bind', '/', '/', '--dev', '/dev'],
  ...['--proc', '/proc', '--tmpfs', '/tmp', '--', '/bin/true'],
];

/** What a program that was tried in the sandbox could do for itself. */
export interface NestedTrial {
  readonly exitCode: number | null;
  readonly stderr: string;
  /** Whether there was a sandbox to try it in. */
  readonly hadSandbox: boolean;
  /** Its AppArmor label, as /proc/self/attr/current has it; empty where there is none. */
  readonly label: string;
}

/**
 * What bwrap is given for the second trial: the first one's sandbox, and in it what browsers do for their own, a user namespace and a mount.
 * Ubuntu 25.04 and later let bubblewrap make a namespace and nothing that runs in it.
 */
export const nestedTrialArgs: readonly string[] = [
  ...trialArgs.slice(0, trialArgs.indexOf('--')),
  ...['--', '/bin/sh', '-c'],
  'echo; cat /proc/self/attr/current 2>/dev/null; exec unshare --user --map-root-user --mount mount -t tmpfs tmpfs /tmp',
];

/** What the second trial has told. */
export function readNestedTrial(said: { exitCode: number | null; stdout: string; stderr: string }): NestedTrial {
  const { exitCode, stdout, stderr } = said;
  return { exitCode, stderr, hadSandbox: stdout.startsWith('\n'), label: stdout.replaceAll('\0', '').trim() };
}

/** How far a trial got, to compare: no sandbox, one, and one in it as well. */
export function reachOf({ exitCode, hadSandbox }: NestedTrial): number {
  return exitCode === 0 ? 2 : Number(hadSandbox);
}

/** How to have AppArmor let Ringfence's own helper make user namespaces. */
export function appArmorFix({ helper }: Pick<SandboxHostFacts, 'helper'>): string {
  if (helper === undefined)
    return 'install the package ringfence, which has an AppArmor profile for a helper of its own';
  const profile = helper.replace(/[^/]*$/, 'apparmor-profile');
  // In this order: what an AppArmor before 4.0 cannot read is not left where it would be read at each boot.
  const commands = `"apparmor_parser --replace ${profile}" and "cp ${profile} /etc/apparmor.d/ringfence-bwrap"`;
  return `load Ringfence's AppArmor profile, for AppArmor 4.0 and later: run ${commands} as root`;
}

/** Whether the strict sandbox can be had on this host; the first thing that stands in the way otherwise. */
export function judgeSandboxHost(facts: SandboxHostFacts): { readonly ok: true } | SandboxRefusal {
  return (
    judgeMachine(facts) ??
    judgeBwrap(facts) ??
    judgeTrial(facts) ??
    judgeProxy(facts) ??
    judgeBuses(facts) ?? { ok: true }
  );
}

/** The filter's architecture for a machine name of `uname -m`; undefined for one that strict does not know. */
export function seccompArchOf(machine: string): SeccompArch | undefined {
  return machine === 'x86_64' || machine === 'aarch64' ? machine : undefined;
}

/**
 * Whether the filter may leave cgroup namespaces to the app: cgroup2 is mounted with `nsdelegate`, by which the kernel
 * keeps a namespace from its own root's limits (cgroups(7)). `mountinfo` is the daemon's own /proc/self/mountinfo.
 */
export function keepsLimitsInNamespaces(mountinfo: string): boolean {
  const cgroups = mountinfo.split('\n').flatMap((line) => / - cgroup2 \S+ (\S+)$/.exec(line)?.[1] ?? []);
  return cgroups.length > 0 && cgroups.every((options) => options.split(',').includes('nsdelegate'));
}

function judgeMachine({ machine }: SandboxHostFacts): SandboxRefusal | undefined {
  if (seccompArchOf(machine) !== undefined) return undefined;
  return {
    part: 'system call filter',
    reason: `there is no filter for ${machine} machines`,
    fix: 'use the relaxed profile here',
  };
}

function judgeBwrap({ bwrapVersion }: SandboxHostFacts): SandboxRefusal | undefined {
  if (bwrapVersion === undefined) {
    return { part: 'sandbox', reason: 'bubblewrap is not installed', fix: 'install the package bubblewrap' };
  }
  if (isAtLeast(bwrapVersion, [0, 5, 0])) return undefined;
  const reason = `${bwrapVersion.trim()} is too old`;
  return { part: 'sandbox', reason, fix: 'install bubblewrap 0.5.0 or newer' };
}

function judgeTrial(facts: SandboxHostFacts): SandboxRefusal | undefined {
  if (facts.trial?.exitCode === 0) return undefined;
  return { part: 'sandbox', ...causeOfFailure(facts) };
}

function causeOfFailure(facts: SandboxHostFacts): { reason: string; fix: string } {
  if (facts.maxUserNamespaces?.trim() === '0') {
    return {
      reason: 'user namespaces are off (user.max_user_namespaces is 0)',
      fix: raise('user.max_user_namespaces=10000'),
    };
  }
  if (facts.unprivilegedUsernsClone?.trim() === '0') {
    return {
      reason: 'user namespaces are for root only (kernel.unprivileged_userns_clone is 0)',
      fix: raise('kernel.unprivileged_userns_clone=1'),
    };
  }
  if (facts.apparmorRestrictsUserns?.trim() === '1') {
    return {
      reason: 'AppArmor keeps user namespaces from bubblewrap (kernel.apparmor_restrict_unprivileged_userns is 1)',
      fix: appArmorFix(facts),
    };
  }
  const said = facts.trial?.stderr.trim().split('\n')[0] ?? '';
  const reason =
    said === '' ? 'bubblewrap cannot make a sandbox here' : `bubblewrap cannot make a sandbox here: ${said}`;
  if (facts.appArmorIsOn === true && /permission denied|not permitted/i.test(said)) {
    return { reason, fix: `if "journalctl --dmesg" says that AppArmor denied it, ${appArmorFix(facts)}` };
  }
  return { reason, fix: 'try "bwrap --unshare-user --ro-bind / / true" and see what it says' };
}

function judgeProxy({ proxyVersion }: SandboxHostFacts): SandboxRefusal | undefined {
  if (proxyVersion !== undefined) return undefined;
  return { part: 'bus filter', reason: 'xdg-dbus-proxy is not installed', fix: 'install the package xdg-dbus-proxy' };
}

/** Abstract sockets belong to the network namespace, not to the file system: no mount hides them. */
function judgeBuses({ sessionAddress, a11yAddress, network }: SandboxHostFacts): SandboxRefusal | undefined {
  if (sessionAddress === undefined || sessionAddress === '') {
    return { part: 'bus filter', reason: 'there is no session bus', fix: 'log in to a session with a user bus' };
  }
  const abstract = [sessionAddress, a11yAddress ?? ''].find((address) => /(?:^|[:,;])abstract=/.test(address));
  if (abstract === undefined || !network) return undefined;
  return {
    part: 'bus filter',
    reason: `a bus of the session listens on an abstract socket (${abstract}), which reaches into every sandbox with network`,
    fix: 'install the package dbus-user-session and log in again, or set network = false',
  };
}

function raise(setting: string): string {
  return `run "sysctl ${setting}" as root, and put it into /etc/sysctl.d to keep it`;
}

function isAtLeast(text: string, wanted: readonly [number, number, number]): boolean {
  const found = /(\d+)\.(\d+)(?:\.(\d+))?/
    .exec(text)
    ?.slice(1)
    .map((word) => Number(word ?? 0));
  if (found === undefined) return false;
  const index = wanted.findIndex((number, at) => found[at] !== number);
  return index === -1 || (found[index] ?? 0) > (wanted[index] ?? 0);
}
