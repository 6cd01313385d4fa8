import { describe, expect, it } from 'vitest';
import {
  type Descriptor,
  judgeDescriptors,
  judgeSandbox,
  type SandboxEvidence,
} from '../../../../src/strict/pure/evidence.ts';
import type { SandboxOp } from '../../../../src/strict/pure/model.ts';

const cgroup = '/user.slice/app.slice/app-ringfence-reader-7.scope';
const own = '/home/anna/.local/share/ringfence/homes/reader';
const ops: SandboxOp[] = [
  { op: 'unshare', namespaces: ['user', 'pid', 'cgroup'] },
  { op: 'ro-bind', source: '/usr', target: '/usr' },
  { op: 'symlink', text: 'usr/bin', target: '/bin' },
  { op: 'ro-bind', source: '/run/r/7/passwd', target: '/etc/passwd' },
  { op: 'dev', target: '/dev' },
  { op: 'dev-bind', source: '/dev/dri/renderD128', target: '/dev/dri/renderD128' },
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
  '613 605 0:5 /dri/renderD128 /dev/dri/renderD128 rw,nosuid - devtmpfs udev rw',
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
  initPid: 1,
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
    ['no new privileges', 'NoNewPrivs:\t1', 'NoNewPrivs:\t12'],
    ['no new privileges', 'NoNewPrivs:\t1', 'NoNewPrivs:\t21'],
    ['system call filter', 'Seccomp:\t2', 'Seccomp:\t12'],
    ['system call filter', 'Seccomp:\t2', 'Seccomp:\t21'],
    // A capability at the front of the mask, with nothing but zeros behind.
    ...['CapEff', 'CapBnd', 'CapPrm', 'CapInh', 'CapAmb'].map((field) => [
      'capabilities',
      `${field}:\t0000000000000000`,
      `${field}:\t8000000000000000`,
    ]),
  ])('misses %s: %s → %s', (part, from, to) => {
    expect(judge({ status: status.replace(from, to) })).toBe(part);
    expect(judge({ initStatus: status.replace(from, to) })).toBe(part);
  });

  it('does not take the status of a process that is gone', () => {
    expect(judge({ status: '' })).toBe('no new privileges');
    expect(judge({ initStatus: '' })).toBe('no new privileges');
  });

  const reasonOf = (changes: Partial<SandboxEvidence>) =>
    judgeSandbox({ ops, cgroup }, { ...held, ...changes })?.reason;
  const without = (line: string) => held.mountinfo.replace(`${line}\n`, '');
  it.each<[reason: string, changes: Partial<SandboxEvidence>]>([
    ['NoNewPrivs is 0', { status: status.replace('NoNewPrivs:\t1', 'NoNewPrivs:\t0') }],
    ['Seccomp is not there', { status: status.replace('Seccomp:\t2\n', '') }],
    [`the process is in /a.scope instead of ${cgroup}`, { cgroup: '0::/a.scope\n' }],
    [`the process is in no cgroup instead of ${cgroup}`, { cgroup: '' }],
    ['it is the session’s own', { namespaces: outer }],
    ['it cannot be read', { namespaces: new Map() }],
    ['nothing is mounted on /usr', { mountinfo: without(mounts[1] ?? '') }],
    ['/usr is not /usr', { mountinfo: mountsWith('8:1 /usr', '8:1 /var') }],
    ['/usr is writable', { mountinfo: mountsWith('/usr /usr ro', '/usr /usr rw') }],
    ['/usr/local is writable', { mountinfo: mountsWith('/usr/local ro', '/usr/local rw') }],
    ['/usr cannot be seen from outside', { outerMountinfo: '' }],
    ['nothing is mounted on /dev/dri/renderD128', { mountinfo: without(mounts[6] ?? '') }],
    ['/dev/dri/renderD128 is not /dev/dri/renderD128', { mountinfo: mountsWith('/dri/renderD128 ', '/dri/card0 ') }],
    [
      '/dev/dri/card0 was not planned',
      { mountinfo: `${held.mountinfo}620 605 0:5 /dri/card0 /dev/dri/card0 rw - x x rw\n` },
    ],
    ['/proc is a tmpfs', { mountinfo: mountsWith('- proc proc', '- tmpfs proc') }],
    ['/proc is the session’s own', { mountinfo: mountsWith('0:51 / /proc', '0:22 / /proc') }],
    ['/tmp is a ext4', { mountinfo: mountsWith('- tmpfs tmpfs rw,mode=1777', '- ext4 tmpfs rw') }],
    ['/ is writable', { mountinfo: mountsWith('/newroot / ro', '/newroot / rw') }],
    ['/ is not the sandbox’s own', { mountinfo: mountsWith('0:70 /newroot / ', '0:25 /newroot / ') }],
    ['/ is not the sandbox’s own', { mountinfo: mountsWith('nodev - tmpfs tmpfs rw\n', 'nodev - ext4 x rw\n') }],
    ['/ is not the sandbox’s own', { mountinfo: without(mounts[0] ?? '') }],
    ['/dev/kvm was not planned', { mountinfo: mountsWith('0:5 /null /dev/null', '0:5 /kvm /dev/kvm') }],
    ['/dev/pts was not planned', { mountinfo: mountsWith('- devpts devpts', '- tmpfs devpts') }],
    ['/dev/shm was not planned', { mountinfo: mountsWith('0:55 / /dev/pts', '0:55 / /dev/shm') }],
    ['/mnt was not planned', { mountinfo: `${held.mountinfo}620 600 8:9 / /mnt ro - ext4 x rw\n` }],
  ])('says that %s', (reason, changes) => {
    if (changes.mountinfo !== undefined) expect(changes.mountinfo).not.toBe(held.mountinfo);
    expect(reasonOf(changes)).toBe(reason);
  });

  describe('with the names of documents', () => {
    const target = '/run/user/1000/doc';
    const source = '/run/user/1000/doc/by-app/x';
    const withNames = [...ops, { op: 'ro-bind', source, target }, { op: 'documents', target }] as const;
    const reason = (line: string, outside = '') =>
      judgeSandbox(
        { ops: withNames, cgroup },
        {
          ...held,
          mountinfo: `${held.mountinfo}${line}`,
          outerMountinfo: `${held.outerMountinfo}${portal}${outside}`,
        },
      )?.reason;
    const portal = '40 26 0:79 / /run/user/1000/doc rw - fuse.portal portal rw\n';
    const lower = `629 600 0:79 /by-app/x ${target} ro,nosuid,nodev - fuse.portal portal rw\n`;
    const line = `${lower}630 629 0:80 / ${target} ro,nosuid,nodev - fuse documents ro,user_id=0\n`;
    const again = '41 26 0:80 / /run/user/1000/other rw - fuse.portal portal rw\n';

    it.each([
      [undefined, line, ''],
      [`nothing is mounted on ${target}`, '', ''],
      [`nothing is mounted on ${target}`, lower, ''],
      [`nothing is mounted on ${target}`, line.replace(lower, ''), ''],
      [`${target} is a ext4`, line.replace('- fuse d', '- ext4 d'), ''],
      [`${target} is a fuse.portal`, line.replace('- fuse d', '- fuse.portal d'), ''],
      [`${target} is writable`, line.replace('0:80 / /run/user/1000/doc ro', '0:80 / /run/user/1000/doc rw'), ''],
      [`${target} is writable`, line.replace(`x ${target} ro`, `x ${target} rw`), ''],
      [`${target} is not ${source}`, line.replace('/by-app/x', '/by-app/y'), ''],
      [`${target} is not ${source}`, line.replace('/by-app/x', '/'), ''],
      [
        `${target} was not planned`,
        line.replace('630 629', '630 628').replace(lower, `${lower}628 629 0:77 / ${target} ro - tmpfs t rw\n`),
        '',
      ],
      [`${target} is the session’s own`, line, again],
    ])('says that %s', (said, inside, outside) => {
      expect(reason(inside, outside)).toBe(said);
    });
  });

  it('does not trust a namespace that it cannot compare', () => {
    expect(judge({ outerNamespaces: new Map([...outer].filter(([name]) => name !== 'pid')) })).toBe('pid namespace');
  });

  it('takes the cgroup2 line of /proc/PID/cgroup alone (cgroups(7): hierarchy 0)', () => {
    expect(judge({ cgroup: `10::${cgroup}\n` })).toBe('scope');
    expect(judge({ cgroup: `1:name=systemd:/\n0::${cgroup}\n` })).toBeUndefined();
  });

  it('knows the terminal that bubblewrap binds to /dev/console', () => {
    const console = '621 605 0:55 /3 /dev/console rw,nosuid - devpts devpts rw\n';
    expect(judge({ mountinfo: `${held.mountinfo}${console}` })).toBeUndefined();
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

  describe('with what is mounted below a folder that is let in', () => {
    const shared: SandboxOp[] = [
      { op: 'bind', source: '/data', target: '/data' },
      { op: 'ro-bind', source: '/data/kept', target: '/data/kept' },
    ];
    const outside = `${held.outerMountinfo}27 20 8:6 / /data rw - ext4 d rw\n28 27 8:7 / /data/kept/x rw - ext4 e rw\n`;
    const inside = (kept: string, more = '') =>
      `${held.mountinfo}640 600 8:6 / /data rw - ext4 d rw\n641 640 8:6 /kept /data/kept ro - ext4 d rw\n${kept}${more}`;
    const came = '642 641 8:7 / /data/kept/x ro - ext4 e rw\n';
    const reason = (mountinfo: string, outerMountinfo = outside, planned = shared) =>
      judgeSandbox(
        { ops: [...ops.slice(0, -1), ...planned, ...ops.slice(-1)], cgroup },
        { ...held, mountinfo, outerMountinfo },
      )?.reason;

    it('holds by the innermost step around it, whatever the order of the steps', () => {
      for (const planned of [shared, [...shared].reverse()]) {
        expect(reason(inside(came), outside, planned)).toBeUndefined();
        expect(reason(inside(came.replace(' ro ', ' rw ')), outside, planned)).toBe('/data/kept/x is writable');
      }
    });

    it('takes what came along with a folder for writing as it is', () => {
      const below = `${outside}29 27 8:8 / /data/disk rw - ext4 f rw\n`;
      const disk = (root: string) => `643 640 8:8 ${root} /data/disk rw - ext4 f rw\n`;
      expect(reason(inside(came, disk('/')), below)).toBeUndefined();
      expect(reason(inside(came, disk('/secret')), below)).toBe('/data/disk was not planned');
      expect(reason(inside(came, disk('/')), outside)).toBe('/data/disk was not planned');
    });

    it('takes no second mount at the same place for one that came along', () => {
      const twice = `${inside(came).replace('640 600 8:6', '640 650 8:6')}650 600 8:6 / /data rw - ext4 d rw\n`;
      expect(reason(twice)).toBe('/data was not planned');
    });
  });

  it('knows where a source lies, in whatever order it was mounted and moved', () => {
    const lines = held.outerMountinfo.trim().split('\n').reverse();
    expect(judge({ outerMountinfo: `${lines.join('\n')}\n` })).toBeUndefined();
  });
});

describe('judgeDescriptors', () => {
  const judged = (number: number, kind: Descriptor['kind']) =>
    judgeDescriptors(new Map([[number, { target: '/target', kind }]]));

  it('lets the gate have its own, up to 7, and the file with the environment', () => {
    const held = new Map<number, Descriptor>([[6, { target: '/run/env', kind: 'file' }]]);
    for (const number of [0, 1, 2, 3, 4, 5, 7]) held.set(number, { target: 'pipe:[1]', kind: 'other' });
    expect(judgeDescriptors(held)).toBeUndefined();
    expect(judgeDescriptors(new Map())).toBeUndefined();
  });

  it.each([
    [8, 'other', 'descriptor 8 of the caller is open (/target) and would lead out of the sandbox'],
    [0, 'folder', 'a folder of the caller is open (/target) and would lead out of the sandbox'],
    [6, 'folder', 'a folder of the caller is open (/target) and would lead out of the sandbox'],
    [5, 'file', 'a file of the caller is open (/target) and would lead out of the sandbox'],
    [8, 'file', 'a file of the caller is open (/target) and would lead out of the sandbox'],
  ] as const)('refuses %s, a %s', (number, kind, reason) => {
    expect(judged(number, kind)).toEqual({ part: 'file system', reason });
  });
});
