import { describe, expect, it } from 'vitest';
import {
  judgeSandboxHost,
  keepsLimitsInNamespaces,
  reachOf,
  readNestedTrial,
  type SandboxHostFacts,
  seccompArchOf,
} from '../../../../src/strict/pure/host.ts';

const good: SandboxHostFacts = {
  machine: 'x86_64',
  bwrapVersion: 'bubblewrap 0.8.0\n',
  proxyVersion: 'xdg-dbus-proxy 0.1.4\n',
  trial: { exitCode: 0, stderr: '' },
  sessionAddress: 'unix:path=/run/user/1000/bus',
  network: true,
};
const refusal = (changes: Partial<SandboxHostFacts>): { part?: string; text: string } => {
  const judged = judgeSandboxHost({ ...good, ...changes });
  return 'ok' in judged ? { text: 'ok' } : { part: judged.part, text: `${judged.reason}; ${judged.fix}` };
};

describe('judgeSandboxHost', () => {
  it('has nothing against a host that has it all', () => {
    expect(judgeSandboxHost(good)).toEqual({ ok: true });
  });

  it('believes the trial more than a setting', () => {
    expect(judgeSandboxHost({ ...good, apparmorRestrictsUserns: '1\n', unprivilegedUsernsClone: '0' })).toEqual({
      ok: true,
    });
  });

  const failed = { exitCode: 1, stderr: 'bwrap: setting up uid map: Permission denied\n' };
  it.each([
    ['sandbox', 'install the package bubblewrap', { bwrapVersion: undefined }],
    ['sandbox', 'too old', { bwrapVersion: 'bubblewrap 0.4.1' }],
    ['sandbox', 'user.max_user_namespaces', { trial: failed, maxUserNamespaces: '0\n' }],
    ['sandbox', 'kernel.unprivileged_userns_clone=1', { trial: failed, unprivilegedUsernsClone: '0\n' }],
    ['sandbox', 'AppArmor', { trial: failed, apparmorRestrictsUserns: '1\n' }],
    ['sandbox', 'setting up uid map: Permission denied', { trial: failed }],
    ['sandbox', 'cannot make a sandbox', { trial: undefined }],
    ['sandbox', 'cannot make a sandbox', { trial: { exitCode: null, stderr: '' } }],
    ['bus filter', 'install the package xdg-dbus-proxy', { proxyVersion: undefined }],
    ['bus filter', 'no session bus', { sessionAddress: '' }],
    ['bus filter', 'abstract socket', { sessionAddress: 'unix:abstract=/tmp/dbus-Wn2,guid=1' }],
    ['bus filter', 'abstract socket', { sessionAddress: 'unix:path=/a;unix:guid=1,abstract=/tmp/b' }],
    ['bus filter', 'abstract socket', { a11yAddress: 'unix:abstract=/tmp/dbus-a11y' }],
    ['system call filter', 'riscv64', { machine: 'riscv64' }],
    ['system call filter', 'i686', { machine: 'i686' }],
  ] as [string, string, Partial<SandboxHostFacts>][])('misses the %s: %s', (part, words, changes) => {
    const found = refusal(changes);
    expect(found.part).toBe(part);
    expect(found.text).toContain(words);
  });

  it.each<[string, string, Partial<SandboxHostFacts>]>([
    ['bubblewrap is not installed', 'install the package bubblewrap', { bwrapVersion: undefined }],
    ['bubblewrap 0.4.9 is too old', 'install bubblewrap 0.5.0 or newer', { bwrapVersion: ' bubblewrap 0.4.9\n' }],
    ['bubblewrap of mine is too old', 'install bubblewrap 0.5.0 or newer', { bwrapVersion: 'bubblewrap of mine' }],
    ['there is no filter for i686 machines', 'use the relaxed profile here', { machine: 'i686' }],
    [
      'user namespaces are off (user.max_user_namespaces is 0)',
      'run "sysctl user.max_user_namespaces=10000" as root, and put it into /etc/sysctl.d to keep it',
      { trial: failed, maxUserNamespaces: '0\n' },
    ],
    [
      'user namespaces are for root only (kernel.unprivileged_userns_clone is 0)',
      'run "sysctl kernel.unprivileged_userns_clone=1" as root, and put it into /etc/sysctl.d to keep it',
      { trial: failed, unprivilegedUsernsClone: '0\n' },
    ],
    [
      'AppArmor keeps user namespaces from bubblewrap (kernel.apparmor_restrict_unprivileged_userns is 1)',
      'install the package ringfence, which has an AppArmor profile for a helper of its own',
      { trial: failed, apparmorRestrictsUserns: '1\n', appArmorIsOn: true },
    ],
    [
      'AppArmor keeps user namespaces from bubblewrap (kernel.apparmor_restrict_unprivileged_userns is 1)',
      'load Ringfence\'s AppArmor profile, for AppArmor 4.0 and later: run "apparmor_parser --replace /usr/lib/ringfence/apparmor-profile" and "cp /usr/lib/ringfence/apparmor-profile /etc/apparmor.d/ringfence-bwrap" as root',
      { trial: failed, apparmorRestrictsUserns: '1\n', helper: '/usr/lib/ringfence/ringfence-bwrap' },
    ],
    [
      'bubblewrap cannot make a sandbox here: bwrap: setting up uid map: Permission denied',
      'if "journalctl --dmesg" says that AppArmor denied it, install the package ringfence, which has an AppArmor profile for a helper of its own',
      { trial: failed, appArmorIsOn: true },
    ],
    [
      'bubblewrap cannot make a sandbox here: bwrap: No space left on device',
      'try "bwrap --unshare-user --ro-bind / / true" and see what it says',
      { trial: { exitCode: 1, stderr: 'bwrap: No space left on device' }, appArmorIsOn: true },
    ],
    [
      'bubblewrap cannot make a sandbox here: bwrap: one',
      'try "bwrap --unshare-user --ro-bind / / true" and see what it says',
      { trial: { exitCode: 1, stderr: '\nbwrap: one\nbwrap: two\n' } },
    ],
    [
      'bubblewrap cannot make a sandbox here',
      'try "bwrap --unshare-user --ro-bind / / true" and see what it says',
      { trial: undefined },
    ],
    ['xdg-dbus-proxy is not installed', 'install the package xdg-dbus-proxy', { proxyVersion: undefined }],
    ['there is no session bus', 'log in to a session with a user bus', { sessionAddress: undefined }],
    [
      'a bus of the session listens on an abstract socket (unix:abstract=/b), which reaches into every sandbox with network',
      'install the package dbus-user-session and log in again, or set network = false',
      { a11yAddress: 'unix:abstract=/b' },
    ],
  ] as [string, string, Partial<SandboxHostFacts>][])('says that %s; %s', (reason, fix, changes) => {
    expect(judgeSandboxHost({ ...good, ...changes })).toMatchObject({ reason, fix });
  });

  it.each(['bubblewrap 10.4.0', 'bubblewrap 0.5.12', 'bubblewrap 0.5.0', 'bubblewrap 0.11.0', 'bubblewrap 1.0', '0.8'])(
    'takes %s',
    (bwrapVersion) => {
      expect(refusal({ bwrapVersion }).text).toBe('ok');
    },
  );

  it('does not mind an abstract socket without the network', () => {
    expect(refusal({ sessionAddress: 'unix:abstract=/tmp/dbus-x', network: false }).text).toBe('ok');
  });
});

it('reads how far the second trial got', () => {
  const reach = (exitCode: number | null, stdout: string) => reachOf(readNestedTrial({ exitCode, stdout, stderr: '' }));
  expect(reach(0, '\nunconfined\0')).toBe(2);
  expect(reach(1, '\nunpriv_bwrap (enforce)\n')).toBe(1);
  expect(reach(1, '')).toBe(0);
  expect(reach(null, '')).toBe(0);
  expect(readNestedTrial({ exitCode: 1, stdout: '\nname (enforce)\n', stderr: 'no' })).toEqual({
    exitCode: 1,
    stderr: 'no',
    hadSandbox: true,
    label: 'name (enforce)',
  });
});

it('knows two architectures', () => {
  expect(['x86_64', 'aarch64', 'i686', ''].map(seccompArchOf)).toEqual(['x86_64', 'aarch64', undefined, undefined]);
});

it('trusts cgroup namespaces only where every cgroup2 is mounted with nsdelegate', () => {
  const line = (options: string): string => `29 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 ${options}\n`;
  expect(keepsLimitsInNamespaces(line('rw,nsdelegate,memory_recursiveprot'))).toBe(true);
  expect(keepsLimitsInNamespaces(line('rw'))).toBe(false);
  expect(keepsLimitsInNamespaces(line('rw,nsdelegate') + line('rw'))).toBe(false);
  expect(keepsLimitsInNamespaces('')).toBe(false);
});
