import { describe, expect, it } from 'vitest';
import { judgeSandbox, type SandboxEvidence } from '../../../../src/strict/pure/evidence.ts';
import type { SandboxOp } from '../../../../src/strict/pure/model.ts';

const cgroup = '/user.slice/app.slice/app-ringfence-reader-7.scope';
const own = '/home/anna/.local/share/ringfence/homes/reader';
const ops: SandboxOp[] = [
  { op: 'unshare', namespaces: ['user', 'pid', 'cgroup'] },
  { op: 'ro-bind', source: '/usr', target: '/usr' },
  { op: 'symlink', text: 'usr/bin', target: '/bin' },
  { op: 'ro-bind', source: '/run/r/7/passwd', target: '/etc/passwd' },
  { op: 'dev', target: '/dev' },
  { op: 'proc', target: '/proc' },
  { op: 'ro-bind', source: `/sys/fs/cgroup${cgroup}`, target: '/sys/fs/cgroup' },
  { op: 'tmpfs', target: '/tmp', mode: 0o1777 },
  { op: 'folder', target: '/home/anna' },
  { op: 'bind', source: own, target: own },
  { op: 'ro-bind', source: '/home/anna/my app', target: '/home/anna/my app' },
  { op: 'remount-ro', target: '/' },
];
const mounts = [
  '600 500 0:70 /newroot / ro,nosuid,nodev - tmpfs tmpfs rw',
  '601 600 8:1 /usr /usr ro,nosuid,nodev - ext4 /dev/sda1 rw',
  '602 601 8:5 / /usr/local ro,nosuid,nodev - ext4 /dev/sda5 rw',
  '603 600 0:26 /r/7/passwd /etc/passwd ro - tmpfs tmpfs rw',
  '605 600 0:50 / /dev rw,nosuid,nodev - tmpfs tmpfs rw',
  '606 605 0:5 /null /dev/null rw,nosuid - devtmpfs udev rw',
  '607 605 0:55 / /dev/pts rw,nosuid - devpts devpts rw',
  '608 600 0:51 / /proc rw,nosuid,nodev,noexec - proc proc rw',
  `609 600 0:24 ${cgroup} /sys/fs/cgroup ro,nosuid - cgroup2 cgroup2 rw,nsdelegate`,
  '610 600 0:52 / /tmp rw,nosuid,nodev - tmpfs tmpfs rw,mode=1777',
  `611 600 8:2 ${own.slice('/home'.length)} ${own} rw,nosuid,nodev - ext4 /dev/sda2 rw`,
  '612 600 8:2 /anna/my\\040app /home/anna/my\\040app ro,nosuid,nodev - ext4 /dev/sda2 rw',
];
const outerMounts = [
  '20 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw',
  '19 20 8:5 / /usr/local rw,relatime - ext4 /dev/sda5 rw',
  '21 20 0:22 / /proc rw - proc proc rw',
  '22 20 0:24 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw,nsdelegate',
  '23 20 0:5 / /dev rw - devtmpfs udev rw',
  '24 20 0:25 / /tmp rw - tmpfs tmpfs rw',
  '25 20 8:2 / /home rw - ext4 /dev/sda2 rw',
  '26 20 0:26 / /run rw - tmpfs tmpfs rw',
];
const outer = new Map(['mnt', 'pid', 'user', 'cgroup', 'net', 'ipc'].map((name) => [name, `${name}:[1]`]));
const status =
  'Name:\tdash\nCapInh:\t0000000000000000\nCapAmb:\t0000000000000000\nCapPrm:\t0000000000000000\nCapEff:\t0000000000000000\nCapBnd:\t0000000000000000\nNoNewPrivs:\t1\nSeccomp:\t2\nSeccomp_filters:\t1\n';
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
    ['capabilities', 'CapPrm:\t0000000000000000', 'CapPrm:\t0000000000000001'],
    ['capabilities', 'CapInh:\t0000000000000000', 'CapInh:\t0000000000000001'],
    ['capabilities', 'CapAmb:\t0000000000000000', 'CapAmb:\t0000000000000001'],
    ['capabilities', 'CapAmb:\t0000000000000000\n', ''],
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
    ['a writable root', '/newroot / ro', '/newroot / rw'],
    ['the root of the machine', '0:70 /newroot / ro,nosuid,nodev - tmpfs', '8:1 / / ro,nosuid,nodev - ext4'],
    ['a tmpfs of the session as the root', '0:70 /newroot / ', '0:25 /newroot / '],
    ['a writable system', '/usr /usr ro', '/usr /usr rw'],
    ['a writable piece of it', '/usr/local ro', '/usr/local rw'],
    ['a writable cgroup tree', '/sys/fs/cgroup ro', '/sys/fs/cgroup rw'],
    ['a file that can be written', 'my\\040app ro,', 'my\\040app rw,'],
    ['a missing file', '/home/anna/my\\040app ro', '/home/anna/your\\040app ro'],
    ['the machine’s own /proc', '0:51 / /proc', '0:22 / /proc'],
    ['the session’s own /tmp', '0:52 / /tmp rw,nosuid,nodev - tmpfs', '8:1 /tmp /tmp rw,nosuid,nodev - ext4'],
    ['a /tmp that is one of the session’s', '0:52 / /tmp', '0:25 / /tmp'],
    ['a /dev that is', '0:50 / /dev', '0:25 / /dev'],
    ['another cgroup than its own', `0:24 ${cgroup} /sys/fs/cgroup`, '0:24 /user.slice /sys/fs/cgroup'],
    ['another folder in the place of one', '8:2 /anna/my\\040app /home', '8:2 /eve/my\\040app /home'],
    ['the real home in the place of the own', `8:2 ${own.slice('/home'.length)} `, '8:2 /anna '],
    ['another disk in its place', `8:2 ${own.slice('/home'.length)} `, `8:3 ${own.slice('/home'.length)} `],
    ['a disk as a device', '0:5 /null /dev/null', '0:5 /sda /dev/null'],
    ['another device', '0:5 /null /dev/null', '0:5 /kvm /dev/kvm'],
    ['another piece of the system in the place of one', '8:5 / /usr/local', '8:2 / /usr/local'],
  ])('sees %s', (_, from, to) => {
    expect(held.mountinfo).toContain(from);
    expect(judge({ mountinfo: mountsWith(from, to) })).toBe('file system');
  });

  it.each([
    ['a disk', '620 600 8:9 / /mnt/disk rw - ext4 /dev/sdb1 rw'],
    ['one that can only be read', '620 600 8:9 / /mnt/disk ro - ext4 /dev/sdb1 rw'],
    ['one under a private tmpfs', '620 610 8:2 /anna /tmp/home rw - ext4 /dev/sda2 rw'],
    ['one in the own home', `620 611 8:2 /anna/.ssh ${own}/x rw - ext4 /dev/sda2 rw`],
    ['one in /proc', '620 608 0:22 / /proc/x rw - proc proc rw'],
    ['one in a folder that can be written', '620 612 8:9 / /home/anna/my\\040app/x rw - ext4 /dev/sdb1 rw'],
  ])('sees a mount that nobody planned: %s', (_, line) => {
    expect(judge({ mountinfo: `${held.mountinfo}${line}\n` })).toBe('file system');
  });

  it('sees one under another, which could come to light', () => {
    const under = `${mountsWith('610 600 0:52', '610 630 0:52')}630 600 8:1 /tmp /tmp rw - ext4 /dev/sda1 rw\n`;
    expect(judge({ mountinfo: under })).toBe('file system');
  });

  it('knows where a source lies, in whatever order it was mounted and moved', () => {
    const lines = held.outerMountinfo.trim().split('\n').reverse();
    expect(judge({ outerMountinfo: `${lines.join('\n')}\n` })).toBeUndefined();
  });
});
