import { planEnvironment } from './environment.ts';
import { planHomeMounts } from './marks.ts';
import type { SandboxHost, SandboxOp, SandboxPlan, SandboxSettings } from './model.ts';
import { joinPath } from './path-relations.ts';

/**
 * The strict sandbox of one start, as data. `renderBwrapArgs` makes the argv of it, `judgeSandbox` tells from the
 * started process whether it holds.
 *
 * The whole system is bound read-only and then carved, instead of an allow-list of folders: desktop apps live in /usr,
 * /opt, /nix, /srv or a mounted disk, and what may not be *read* by an ordinary user is guarded by its permissions
 * already. What a bind leaves open are sockets, which no read-only mount stops, and these sit in the places that are
 * emptied here: /run (system bus, docker, libvirt, other users), /tmp, /var/tmp, /dev, the runtime folder.
 */
export function planSandbox(settings: SandboxSettings, host: SandboxHost): SandboxPlan {
  const { ops: homeOps, placeholders, unguarded } = planHomeMounts(settings, host);
  return {
    ops: [
      ...planNamespaces(settings, host),
      ...systemOps(host),
      ...homeOps,
      ...runtimeOps(settings, host),
      ...displayOps(settings, host),
      ...planEnvironment(settings, host),
      { op: 'seccomp' },
      { op: 'sync' },
    ],
    placeholders,
    unguarded,
  };
}

/** X11 programs share pictures with their display through System V memory: with a display, no IPC namespace. */
function planNamespaces(settings: SandboxSettings, host: SandboxHost): SandboxOp[] {
  return [
    {
      op: 'unshare',
      namespaces: [
        'user',
        'pid',
        'cgroup',
        ...(xSocket(settings, host) ? [] : (['ipc'] as const)),
        ...(settings.network ? [] : (['net'] as const)),
      ],
    },
  ];
}

/** The same plan for another cgroup: the scope is made after the rest is planned. */
export function withCgroup(plan: SandboxPlan, cgroup: string): SandboxPlan {
  const moved = (op: SandboxOp): SandboxOp =>
    op.op === 'ro-bind' && op.target === cgroupFolder ? { ...op, source: `${cgroupFolder}${cgroup}` } : op;
  return { ...plan, ops: plan.ops.map(moved) };
}

const cgroupFolder = '/sys/fs/cgroup';

function systemOps(host: SandboxHost): SandboxOp[] {
  return [
    { op: 'ro-bind', source: '/', target: '/' },
    { op: 'dev', target: '/dev' },
    { op: 'proc', target: '/proc' },
    // Its own limits stay readable (Java and node size themselves by them), nobody else's cgroup has a name inside.
    { op: 'ro-bind', source: `${cgroupFolder}${host.cgroup}`, target: cgroupFolder },
    { op: 'tmpfs', target: '/tmp', mode: 0o1777 },
    { op: 'tmpfs', target: '/var/tmp', mode: 0o1777 },
    { op: 'tmpfs', target: '/run', mode: 0o755 },
    ...keptInRun.map((path) => ({ op: 'ro-bind', source: path, target: path, optional: true }) as const),
  ];
}

/** Name resolution, the device database, NixOS's system and drivers, removable disks. */
const keptInRun = [
  '/run/systemd/resolve/stub-resolv.conf',
  '/run/systemd/resolve/resolv.conf',
  '/run/NetworkManager/resolv.conf',
  '/run/NetworkManager/no-stub-resolv.conf',
  '/run/resolvconf/resolv.conf',
  '/run/udev/data',
  '/run/opengl-driver',
  '/run/current-system',
  '/run/media',
];

/**
 * The runtime folder starts empty: what is not listed (systemd's private socket, gpg-agent, the keyring, ssh-agent,
 * pipewire and its manager socket, gvfs, Ringfence's records) has no name inside.
 */
function runtimeOps(settings: SandboxSettings, host: SandboxHost): SandboxOp[] {
  const inRuntime = (name: string): string => joinPath(host.runtimeDir, name);
  const wayland = waylandSocket(host);
  return [
    { op: 'tmpfs', target: host.runtimeDir, mode: 0o700 },
    { op: 'remount-ro', target: '/run' },
    { op: 'bind', source: host.busSocket, target: inRuntime('bus') },
    ...(host.a11ySocket === undefined
      ? []
      : ([{ op: 'bind', source: host.a11ySocket, target: inRuntime('at-spi-bus') }] as const)),
    ...(wayland === undefined ? [] : ([{ op: 'bind', source: wayland, target: wayland, optional: true }] as const)),
    ...(settings.sound
      ? ([
          { op: 'bind', source: inRuntime('pulse/native'), target: inRuntime('pulse/native'), optional: true },
        ] as const)
      : []),
  ];
}

function displayOps(settings: SandboxSettings, host: SandboxHost): SandboxOp[] {
  const socket = xSocket(settings, host);
  if (socket === undefined) return [];
  const cookies = host.xauthority ?? joinPath(host.home, '.Xauthority');
  return [
    { op: 'bind', source: socket, target: socket, optional: true },
    { op: 'ro-bind', source: cookies, target: cookies, optional: true },
  ];
}

/** `:1` and `:1.0` name the socket X1; a display of another host (`there:0`) has none. */
function xSocket(settings: SandboxSettings, host: SandboxHost): string | undefined {
  const number = /^(?:unix)?:(\d+)(?:\.\d+)?$/.exec(host.display ?? '')?.[1];
  return settings.x11 && number !== undefined ? `/tmp/.X11-unix/X${number}` : undefined;
}

/** WAYLAND_DISPLAY is a name in the runtime folder or an absolute path (wl_display_connect(3)). */
function waylandSocket({ waylandDisplay, runtimeDir }: SandboxHost): string | undefined {
  if (waylandDisplay === undefined || waylandDisplay === '') return undefined;
  return waylandDisplay.startsWith('/') ? waylandDisplay : joinPath(runtimeDir, waylandDisplay);
}
