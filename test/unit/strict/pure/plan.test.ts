import { describe, expect, it } from 'vitest';
import { renderBwrapArgs } from '../../../../src/strict/pure/bwrap-args.ts';
import { isVisible, planSandbox, waylandSocket, withCgroup, xSocket } from '../../../../src/strict/pure/plan.ts';
import { home, hostWith, ownHome, plainSettings } from './example-host.ts';

const full = hostWith({
  display: ':1',
  cookies: '/run/user/1000/gdm/Xauthority',
  waylandDisplay: 'wayland-0',
  hasA11y: true,
  shares: [
    { path: `${home}/Music`, writable: false },
    { path: `${home}/Downloads/Reader`, writable: true },
  ],
  links: [{ path: `${home}/work`, target: '/data/work' }],
  gpuDevices: ['/dev/dri/renderD128', '/dev/nvidiactl'],
  look: [{ path: `${home}/.local/share/fonts`, name: 'data+fonts' }],
});

it('plans the same for a cgroup that is told later', () => {
  const later = withCgroup(planSandbox(plainSettings, { ...full, cgroup: '/' }), '/user.slice/a.scope');
  expect(later).toEqual(planSandbox(plainSettings, { ...full, cgroup: '/user.slice/a.scope' }));
});

it('lets the pressure file of its cgroup be written, where it may be watched', () => {
  const plan = (hasPressure: boolean) => planSandbox(plainSettings, { ...full, hasPressure, cgroup: '/' });
  const binds = (ops: ReturnType<typeof plan>) => ops.filter((op) => op.op === 'bind' && op.target.startsWith('/sys/'));
  expect(binds(plan(false))).toEqual([]);
  expect(binds(withCgroup(plan(true), '/user.slice/a.scope'))).toEqual([
    {
      op: 'bind',
      source: '/sys/fs/cgroup/user.slice/a.scope/memory.pressure',
      target: '/sys/fs/cgroup/memory.pressure',
    },
  ]);
});

describe('planSandbox, as bubblewrap gets it', () => {
  it.each([
    ['everything', { ...plainSettings, sound: true }, full],
    [
      'passing-offline',
      { network: false, x11: false, wayland: true, sound: false, gpu: false, printing: false },
      hostWith({ own: { path: ownHome, kept: false }, gpuDevices: ['/dev/dri/renderD128'] }),
    ],
  ] as const)('is golden: %s', async (name, settings, host) => {
    const lines = renderBwrapArgs(planSandbox(settings, host))
      .join('\n')
      .replaceAll(/\n(?!--)/g, ' ');
    await expect(`${lines}\n`).toMatchFileSnapshot(`golden/${name}.txt`);
  });
});

describe('planSandbox', () => {
  const ops = planSandbox(plainSettings, full);

  it('mounts what the portal lets the app see read-only, and what Ringfence lets it write beside it', () => {
    const [read, write] = ['/run/user/1000/doc/by-app/x', '/run/user/1000/doc/by-app/y'];
    const documents = (host: { read: string; write?: string }) =>
      planSandbox(plainSettings, hostWith({ documents: host })).filter(
        (op) => op.op === 'documents' || ('source' in op && op.source.includes('/doc/')),
      );
    expect(documents({ read })).toEqual([{ op: 'ro-bind', source: read, target: '/run/user/1000/doc' }]);
    expect(documents({ read, write })).toEqual([
      { op: 'ro-bind', source: read, target: '/run/user/1000/doc' },
      { op: 'ro-bind', source: read, target: '/run/ringfence/documents' },
      { op: 'bind', source: write, target: '/run/ringfence/documents-to-write' },
      { op: 'documents', target: '/run/user/1000/doc' },
    ]);
  });

  it('mounts the display that a compositor has made for it in the place of the session’s, or none', () => {
    const displays = (changes: Partial<typeof full>) =>
      planSandbox(plainSettings, { ...full, ...changes }).filter(
        (op) => 'target' in op && op.target.endsWith('/wayland-0'),
      );
    const target = '/run/user/1000/wayland-0';
    expect(displays({})).toEqual([{ op: 'ro-bind', source: target, target, isWayland: true }]);
    expect(displays({ waylandSource: '/run/x/wayland' })).toEqual([
      { op: 'ro-bind', source: '/run/x/wayland', target, isWayland: true },
    ]);
    expect(displays({ waylandIsKeptOut: true })).toEqual([]);
  });

  it('shows nothing of the home but what is named', () => {
    const shown = ops.flatMap((op) => ('source' in op && op.source.startsWith(home) ? [op.source] : []));
    expect(shown.sort()).toEqual(
      [ownHome, `${home}/Downloads/Reader`, `${home}/Music`, `${home}/.local/share/fonts`].sort(),
    );
  });

  it('writes nowhere but to the own home and what is shared for writing', () => {
    const written = ops.flatMap((op) => (op.op === 'bind' ? [op.target] : []));
    expect(written.sort()).toEqual([ownHome, `${home}/Downloads/Reader`].sort());
  });

  it('makes the root read-only after everything that is mounted', () => {
    const last = ops.findLastIndex((op) => 'target' in op);
    expect(ops[last]).toEqual({ op: 'remount-ro', target: '/' });
  });

  it('gives an IPC namespace of its own wherever no X display is shared', () => {
    const namespaces = (settings: typeof plainSettings, display?: string): unknown =>
      planSandbox(settings, hostWith(display === undefined ? {} : { display }))[0];
    const names = ['user', 'pid', 'cgroup'];
    expect(namespaces(plainSettings, ':0.0')).toEqual({ op: 'unshare', namespaces: names });
    for (const [settings, display] of [
      [{ ...plainSettings, x11: false }, ':0'],
      [plainSettings, 'there:0'],
    ] as const) {
      expect(namespaces(settings, display)).toEqual({ op: 'unshare', namespaces: [...names, 'ipc'] });
    }
    expect(namespaces({ ...plainSettings, network: false })).toEqual({
      op: 'unshare',
      namespaces: [...names, 'ipc', 'net'],
    });
  });

  it('mounts an outer folder before those in it, which it would hide, and always in the same order', () => {
    const paths = ['/data/b/c', '/data/b', '/srv', '/data/a', '/mnt/longer'];
    const order = (given: readonly string[]) => {
      const plan = planSandbox(plainSettings, hostWith({ shares: given.map((path) => ({ path, writable: true })) }));
      return plan.flatMap((op) => (op.op === 'bind' && paths.includes(op.target) ? [op.target] : []));
    };
    expect(order(paths)).toEqual(['/srv', '/data/a', '/data/b', '/data/b/c', '/mnt/longer']);
    expect(order([...paths].reverse())).toEqual(order(paths));
  });

  it('shows a display without cookies where there are none', () => {
    const targets = planSandbox(plainSettings, hostWith({ display: ':12' })).flatMap((op) =>
      'target' in op ? [op.target] : [],
    );
    expect(targets).toContain('/tmp/.X11-unix/X12');
    expect(targets).not.toContain('/run/ringfence/Xauthority');
  });
});

it.each([
  [':1', '/tmp/.X11-unix/X1'],
  [':10.12', '/tmp/.X11-unix/X10'],
  ['unix:0', '/tmp/.X11-unix/X0'],
  [':0.0 ', undefined],
  ['there:0', undefined],
  ['tcp/there:0', undefined],
  [':', undefined],
  ['', undefined],
])('finds the socket of the X display %j: %s (X(7), "DISPLAY NAMES")', (display, socket) => {
  expect(xSocket({ x11: true }, { display })).toBe(socket);
  expect(xSocket({ x11: false }, { display })).toBeUndefined();
  expect(xSocket({ x11: true }, {})).toBeUndefined();
});

it.each([
  ['wayland-0', '/run/user/1000/wayland-0'],
  ['/tmp/wl', '/tmp/wl'],
  ['wl/', '/run/user/1000/wl/'],
  ['', undefined],
  [undefined, undefined],
])('finds the socket of the Wayland display %j: %s (wl_display_connect(3))', (waylandDisplay, socket) => {
  const host = { runtimeDir: '/run/user/1000', ...(waylandDisplay === undefined ? {} : { waylandDisplay }) };
  expect(waylandSocket(host)).toBe(socket);
});

it('knows what need not be let in', () => {
  expect(['/usr/share/x', '/etc/x', '/opt/x', '/data/x'].map((path) => isVisible(path, ['/data']))).toEqual([
    ...[true, true, true, true],
  ]);
  expect(['/usrx', '/home/x', '/data/x'].map((path) => isVisible(path, []))).toEqual([false, false, false]);
});
