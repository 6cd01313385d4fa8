import { describe, expect, it } from 'vitest';
import { judgeSandbox, type SandboxEvidence } from '../../../../src/strict/pure/evidence.ts';
import type { SandboxOp } from '../../../../src/strict/pure/model.ts';

const cgroup = '/user.slice/app.slice/app-ringfence-reader-7.scope';
const ops: SandboxOp[] = [
  { op: 'unshare', namespaces: ['user', 'pid', 'cgroup'] },
  { op: 'ro-bind', source: '/', target: '/' },
  { op: 'dev', target: '/dev' },
  { op: 'proc', target: '/proc' },
  { op: 'ro-bind', source: `/sys/fs/cgroup${cgroup}`, target: '/sys/fs/cgroup' },
  { op: 'tmpfs', target: '/tmp', mode: 0o1777 },
  { op: 'bind', source: '/home/anna', target: '/home/anna' },
  { op: 'tmpfs', target: '/home/anna/.ssh', mode: 0 },
  { op: 'ro-bind', source: '/home/anna/my app', target: '/home/anna/my app' },
  { op: 'ro-bind', source: '/run/media', target: '/run/media', optional: true },
  { op: 'remount-ro', target: '/home/anna/.ssh' },
];
const mounts = [
  '600 500 8:1 / / ro,nosuid,nodev,relatime master:1 - ext4 /dev/sda1 rw',
  '601 600 0:22 / /proc ro,relatime - proc proc rw',
  '602 600 0:23 / /sys ro,nosuid - sysfs sysfs rw',
  '603 602 0:24 / /sys/fs/cgroup ro,nosuid - cgroup2 cgroup2 rw,nsdelegate',
  '604 600 0:5 / /dev ro,nosuid - devtmpfs udev rw',
  '605 600 0:50 / /dev rw,nosuid,nodev - tmpfs tmpfs rw',
  '606 605 0:5 /null /dev/null rw,nosuid - devtmpfs udev rw',
  '607 600 0:51 / /proc rw,nosuid,nodev,noexec - proc proc rw',
  `608 603 0:24 ${cgroup} /sys/fs/cgroup ro,nosuid - cgroup2 cgroup2 rw,nsdelegate`,
  '609 600 0:52 / /tmp rw,nosuid,nodev - tmpfs tmpfs rw,mode=1777',
  '610 600 8:2 /anna /home/anna rw,nosuid,nodev - ext4 /dev/sda2 rw',
  '611 610 0:60 / /home/anna/disk rw,nosuid,nodev - fuse.sshfs there: rw',
  '612 610 0:53 / /home/anna/.ssh ro,nosuid,nodev - tmpfs tmpfs rw,mode=0',
  '613 610 8:2 /anna/my\\040app /home/anna/my\\040app ro,nosuid,nodev - ext4 /dev/sda2 rw',
];
const outerMounts = [
  '20 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw',
  '21 20 0:22 / /proc rw - proc proc rw',
  '22 20 0:24 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw,nsdelegate',
  '23 20 0:5 / /dev rw - devtmpfs udev rw',
  '24 20 0:25 / /tmp rw - tmpfs tmpfs rw',
  '25 20 8:2 / /home rw - ext4 /dev/sda2 rw',
];
const outer = new Map(['mnt', 'pid', 'user', 'cgroup', 'net', 'ipc'].map((name) => [name, `${name}:[1]`]));
const status =
  'Name:\tdash\nCapPrm:\t0000000000000000\nCapEff:\t0000000000000000\nCapBnd:\t0000000000000000\nNoNewPrivs:\t1\nSeccomp:\t2\nSeccomp_filters:\t1\n';
const held: SandboxEvidence = {
  status,
  initStatus: status,
  mountinfo: `${mounts.join('\n')}\n`,
  outerMountinfo: `${outerMounts.join('\n')}\n`,
  cgroup: `9:name=systemd:/\n0::${cgroup}\n`,
  namespaces: new Map(
    [...outer].map(([name, link]) => [name, name === 'net' || name === 'ipc' ? link : `${name}:[2]`]),
  ),
  outerNamespaces: outer,
  descriptors: new Map(),
};
const judge = (changes: Partial<SandboxEvidence>): string | undefined =>
  judgeSandbox({ ops, cgroup }, { ...held, ...changes })?.part;
const mountsWith = (from: string, to: string): string => held.mountinfo.replace(from, to);

describe('judgeSandbox', () => {
  it('finds nothing missing where all is there', () => {
    expect(judgeSandbox({ ops, cgroup }, held)).toBeUndefined();
  });

  it.each([
    ['no new privileges', 'NoNewPrivs:\t1', 'NoNewPrivs:\t0'],
    ['no new privileges', 'NoNewPrivs:\t1\n', ''],
    ['system call filter', 'Seccomp:\t2', 'Seccomp:\t0'],
    ['system call filter', 'Seccomp:\t2\n', ''],
    ['capabilities', 'CapEff:\t0000000000000000', 'CapEff:\t0000000000200000'],
    ['capabilities', 'CapBnd:\t0000000000000000', 'CapBnd:\t000001ffffffffff'],
  ])('misses %s: %s → %s', (part, from, to) => {
    expect(judge({ status: status.replace(from, to) })).toBe(part);
    expect(judge({ initStatus: status.replace(from, to) })).toBe(part);
  });

  it('misses the scope', () => {
    expect(judge({ cgroup: '0::/user.slice/app.slice/other.scope\n' })).toBe('scope');
    expect(judge({ cgroup: `0::${cgroup}/below\n` })).toBe('scope');
    expect(judge({ cgroup: '' })).toBe('scope');
  });

  it.each(['mnt', 'pid', 'user', 'cgroup'])('misses the %s namespace', (name) => {
    expect(judge({ namespaces: new Map([...held.namespaces, [name, `${name}:[1]`]]) })).toBe(`${name} namespace`);
    expect(judge({ namespaces: new Map([...held.namespaces].filter(([other]) => other !== name)) })).toBe(
      `${name} namespace`,
    );
  });

  it('asks for the network namespace only where it is planned', () => {
    const offline: SandboxOp[] = [{ op: 'unshare', namespaces: ['net'] }, ...ops.slice(1)];
    expect(judgeSandbox({ ops: offline, cgroup }, held)?.part).toBe('net namespace');
  });

  it.each([
    ['a writable system', '/ / ro,nosuid', '/ / rw,nosuid'],
    [
      'a writable cgroup tree',
      '/sys/fs/cgroup ro,nosuid - cgroup2 cgroup2 rw,nsdelegate\n609',
      '/sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw\n609',
    ],
    ['a writable /sys', '/ /sys ro,nosuid', '/ /sys rw,nosuid'],
    ['a secret that is not hidden', '612 610 0:53 / /home/anna/.ssh ro', '612 610 0:53 / /home/anna/.sshx ro'],
    ['a mask that can be written', '/home/anna/.ssh ro,', '/home/anna/.ssh rw,'],
    ['a mask that is no mask', '/home/anna/.ssh ro,nosuid,nodev - tmpfs', '/home/anna/.ssh ro,nosuid,nodev - ext4'],
    ['a guard that can be written', 'my\\040app ro,', 'my\\040app rw,'],
    ['a missing guard', '/home/anna/my\\040app ro', '/home/anna/your\\040app ro'],
    ['the machine’s own /proc', '607 600 0:51 / /proc', '607 600 0:51 / /proc/x'],
    [
      'the session’s own /tmp',
      '609 600 0:52 / /tmp rw,nosuid,nodev - tmpfs',
      '609 600 8:1 /tmp /tmp rw,nosuid,nodev - ext4',
    ],
    ['a /tmp that came along with the system', '609 600 0:52 / /tmp', '609 600 0:25 / /tmp'],
    ['the /proc that came along with it', '607 600 0:51 / /proc', '607 600 0:22 / /proc'],
    ['a /dev that came along with it', '605 600 0:50 / /dev', '605 600 0:25 / /dev'],
    ['another cgroup than its own', `0:24 ${cgroup} /sys/fs/cgroup`, '0:24 /user.slice /sys/fs/cgroup'],
    ['another folder in the place of one', '8:2 /anna/my\\040app /home', '8:2 /eve/my\\040app /home'],
    ['another disk in the place of the home', '610 600 8:2 /anna', '610 600 8:3 /anna'],
    ['a home that is not mounted', '8:2 /anna /home/anna rw', '8:2 /anna /home/ann rw'],
  ])('sees %s', (_, from, to) => {
    expect(held.mountinfo).toContain(from);
    expect(judge({ mountinfo: mountsWith(from, to) })).toBe('file system');
  });

  it('sees a writable mount that nobody planned', () => {
    expect(judge({ mountinfo: `${held.mountinfo}620 600 8:9 / /mnt/disk rw - ext4 /dev/sdb1 rw\n` })).toBe(
      'file system',
    );
  });

  it('does not mind one that can no longer be reached', () => {
    const covered = mountsWith('604 600 0:5 / /dev ro,nosuid', '604 600 0:5 / /dev rw,nosuid');
    expect(judge({ mountinfo: covered })).toBeUndefined();
  });
});
