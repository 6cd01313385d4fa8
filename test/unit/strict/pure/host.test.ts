import { describe, expect, it } from 'vitest';
import {
  judgeSandboxHost,
  keepsLimitsInNamespaces,
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

  it.each(['bubblewrap 0.5.0', 'bubblewrap 0.11.0', 'bubblewrap 1.0', '0.8'])('takes %s', (bwrapVersion) => {
    expect(refusal({ bwrapVersion }).text).toBe('ok');
  });

  it('does not mind an abstract socket without the network', () => {
    expect(refusal({ sessionAddress: 'unix:abstract=/tmp/dbus-x', network: false }).text).toBe('ok');
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
