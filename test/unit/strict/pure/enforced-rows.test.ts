import { expect, it } from 'vitest';
import { enforcedRows } from '../../../../src/strict/pure/enforced-rows.ts';
import type { SandboxHost } from '../../../../src/strict/pure/model.ts';
import { planSandbox } from '../../../../src/strict/pure/plan.ts';
import { home, hostWith, ownHome, plainSettings } from './example-host.ts';

// Of a process in a PID namespace, as proc_pid_status(5) has it.
const status =
  'Name:\tsh\nNSpid:\t4711\t2\nCapBnd:\t0000000000000000\nNoNewPrivs:\t1\nSeccomp:\t2\nSeccomp_filters:\t1\n';

function rowsOf(changes: Partial<SandboxHost> = {}, settings = plainSettings, told = status) {
  const host = hostWith(changes);
  const rows = enforcedRows(planSandbox(settings, host), host, told);
  return new Map(rows.map((row) => [row.name, row]));
}

it('says of each part what was seen', () => {
  const values = [...rowsOf().values()].map(({ name, value }) => [name, value]);
  expect(values).toEqual([
    ['no-new-privileges', 'NoNewPrivs 1, CapBnd 0000000000000000'],
    ['system-call-filter', 'Seccomp 2'],
    ['private-tmp', '/tmp and /var/tmp are tmpfs of its own'],
    // /usr, /etc, /sys/devices, passwd, /dev, /proc, the cgroup, /tmp, /var/tmp, the setup, home, the runtime folder, the bus.
    ['read-only-system', '/ is its own and read-only, with 13 mounts and no other'],
    ['own-home', ownHome],
    ['own-processes', 'PIDs 4711 outside, 2 inside'],
    ['own-cgroup', '/sys/fs/cgroup is its own, read-only'],
    ['filtered-bus', 'DBUS_SESSION_BUS_ADDRESS leads to a proxy in the scope'],
  ]);
});

it('calls each enforced, asked for by strict', () => {
  for (const row of rowsOf().values()) {
    expect(row).toMatchObject({ asked: 'strict', origin: 'built-in', state: 'enforced', reason: '', fix: '' });
  }
});

it('has a row for the network where it was taken away', () => {
  expect(rowsOf().has('network')).toBe(false);
  const row = rowsOf({}, { ...plainSettings, network: false }).get('network');
  expect([row?.asked, row?.value]).toEqual(['false', 'a network namespace of its own']);
});

it('names what is shared, and a home that goes at the end', () => {
  const shares = [
    { path: `${home}/Music`, writable: false },
    { path: '/data', writable: true },
  ];
  expect(rowsOf().has('shared')).toBe(false);
  expect(rowsOf({ shares }).get('shared')?.value).toBe(`${home}/Music (read-only), /data`);
  expect(rowsOf({ own: { path: '/own', kept: false } }).get('own-home')?.value).toBe('/own, gone at the end');
});

it('shows nothing for what the kernel did not tell', () => {
  expect(rowsOf({}, plainSettings, '').get('system-call-filter')?.value).toBe('Seccomp ');
  expect(rowsOf({}, plainSettings, 'XSeccomp:\t2\n').get('system-call-filter')?.value).toBe('Seccomp ');
});
