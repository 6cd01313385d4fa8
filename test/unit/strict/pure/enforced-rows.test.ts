import { expect, it } from 'vitest';
import { enforcedRows, rowsWithShares } from '../../../../src/strict/pure/enforced-rows.ts';
import type { SandboxHost } from '../../../../src/strict/pure/model.ts';
import { planSandbox } from '../../../../src/strict/pure/plan.ts';
import { home, hostWith, ownHome, plainSettings } from './example-host.ts';

// Of a process in a PID namespace, as proc_pid_status(5) has it.
const status =
  'Name:\tsh\nNSpid:\t4711\t2\nCapBnd:\t0000000000000000\nNoNewPrivs:\t1\nSeccomp:\t2\nSeccomp_filters:\t1\n';

function rowsOf(
  changes: Partial<SandboxHost> = {},
  settings = plainSettings,
  told = status,
  letIn: { ownNames: readonly string[]; calls: readonly string[] } = { ownNames: [], calls: [] },
) {
  const host = hostWith(changes);
  const lets = { ...host, settings, ...letIn };
  const rows = enforcedRows(planSandbox(settings, host), lets, told);
  return new Map(rows.map((row) => [row.name, row]));
}

it('says of each part what was seen', () => {
  const values = [...rowsOf().values()].map(({ name, value }) => [name, value]);
  expect(values).toEqual([
    ['no-new-privileges', 'NoNewPrivs 1, CapBnd 0000000000000000'],
    ['system-call-filter', 'Seccomp 2'],
    ['private-tmp', '/tmp and /var/tmp are tmpfs of its own'],
    // /usr, /etc, /sys/devices, passwd, /dev, /proc, the cgroup, /tmp, /var/tmp, the setup, the door, home, the runtime folder, the bus.
    ['read-only-system', '/ is its own and read-only, with 14 mounts and no other'],
    ['own-home', ownHome],
    ['own-processes', 'PIDs 4711 outside, 2 inside'],
    ['own-cgroup', '/sys/fs/cgroup is its own, read-only'],
    ['filtered-bus', 'DBUS_SESSION_BUS_ADDRESS leads to a proxy in the scope'],
    ['network', 'open, with what listens on this machine'],
    ['display', 'none'],
    ['sound', 'none'],
    ['gpu', 'none'],
    ['printing', 'none'],
  ]);
});

it('calls each enforced, asked for by strict', () => {
  for (const row of rowsOf().values()) {
    const asked = { network: 'true', sound: 'false', gpu: 'true', printing: 'false' }[row.name] ?? 'strict';
    expect(row).toMatchObject({ asked, origin: 'built-in', state: 'enforced', reason: '', fix: '' });
  }
});

it('says when the network was taken away', () => {
  expect(rowsOf().get('network')?.asked).toBe('true');
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

it('names the bus names, the calls, the sound, the print dialog and the displays that are let in', () => {
  const lets = { ownNames: ['org.test.App'], calls: ['org.test.Other=org.test.I.*@/p'] };
  const rows = rowsOf(
    { display: ':7', waylandDisplay: 'wayland-3' },
    { ...plainSettings, sound: true, printing: true },
    status,
    lets,
  );
  expect(rows.get('bus-names')?.value).toBe('org.test.App');
  expect(rows.get('bus-calls')?.value).toBe('org.test.Other=org.test.I.*@/p');
  expect([rows.get('sound')?.asked, rows.get('sound')?.value]).toEqual(['true', 'the PulseAudio socket']);
  expect([rows.get('printing')?.asked, rows.get('printing')?.value]).toEqual([
    'true',
    "the portal's dialog, which the app fills in",
  ]);
  expect(rows.get('display')?.value).toMatch(/X11 :7.*read every window/);
  expect(rows.get('display')?.value).toContain('Wayland wayland-3');
});

it('says by whose leave it has a Wayland display', () => {
  const shown = (changes: Partial<SandboxHost>, settings = plainSettings) =>
    rowsOf({ waylandDisplay: 'wayland-0', ...changes }, settings).get('display')?.value;
  expect(shown({})).toBe('Wayland wayland-0');
  expect(shown({ waylandSource: '/x/wayland' })).toBe('Wayland wayland-0, by a security context of its own');
  expect(shown({}, { ...plainSettings, wayland: false })).toMatch(/^Wayland wayland-0, whatever/);
  expect(shown({ waylandIsKeptOut: true })).toBe('none');
  // Compositors choose the name of their socket (gamescope-0), and whoever starts one.
  expect(shown({ waylandDisplay: 'gamescope-0' })).toBe('Wayland gamescope-0');
  expect(shown({ waylandDisplay: '/run/display' })).toBe('Wayland display');
});

it('shows nothing for what the kernel did not tell', () => {
  expect(rowsOf({}, plainSettings, '').get('system-call-filter')?.value).toBe('Seccomp ');
  expect(rowsOf({}, plainSettings, 'XSeccomp:\t2\n').get('system-call-filter')?.value).toBe('Seccomp ');
});

it('says what a sandbox has that was given more while it runs, or less', () => {
  const before = [...rowsOf({ shares: [{ path: '/data', writable: true }] }).values()];
  const names = (rows: typeof before) => rows.map(({ name }) => name);
  const value = (rows: typeof before, name: string) => rows.find((row) => row.name === name)?.value;
  const more = rowsWithShares(
    before,
    [
      { path: '/data', writable: true },
      { path: '/music', writable: false },
    ],
    1,
  );
  expect(names(more)).toEqual(names(before));
  expect(value(more, 'shared')).toBe('/data, /music (read-only)');
  expect(value(more, 'read-only-system')).toContain(' 16 mounts ');
  const none = rowsWithShares(more, [], 2);
  expect(names(none)).toEqual(names(before).filter((name) => name !== 'shared'));
  expect(value(none, 'read-only-system')).toContain(' 14 mounts ');
  expect(names(rowsWithShares(none, [{ path: '/data', writable: true }], 0))).toEqual(names(before));
});

it('says whether documents can be saved', () => {
  const read = '/run/user/1000/doc/by-app/org.ringfence.app.x';
  const value = (documents: { read: string; write?: string }) => rowsOf({ documents }).get('documents')?.value;
  expect(value({ read, write: `${read}.write` })).toContain('to be saved');
  expect(value({ read })).toContain('to be read only');
  expect(rowsOf().has('documents')).toBe(false);
});
