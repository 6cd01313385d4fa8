import { isAtOrBelow, joinPath } from '../../domain/path-relations.ts';
import { documentFolders } from './document-names.ts';
import type { SandboxHost, SandboxOp, SandboxPlan, SandboxSettings } from './model.ts';

/**
 * The strict sandbox of one start, as data. `renderBwrapArgs` makes the argv of it, `judgeSandbox` tells from the
 * started process whether it holds.
 *
 * It begins with an empty root, and what is not named here is not there: the programs of the system and their settings,
 * what is the instance's own, and what the user lets in. The root is made read-only last.
 */
export function planSandbox(settings: SandboxSettings, host: SandboxHost): SandboxPlan {
  return [
    ...planNamespaces(settings, host),
    ...systemOps(settings, host),
    ...homeOps(host),
    ...runtimeOps(settings, host),
    ...displayOps(settings, host),
    { op: 'remount-ro', target: '/' },
    { op: 'seccomp' },
    { op: 'sync' },
  ];
}

/** Where what makes an app look at home is, inside. */
export const lookFolder = '/run/ringfence/look';
/** The file that the gate inside reads before the app starts. */
export const setupFile = '/run/ringfence/setup';
/** The folder through which an app's sandbox is told to start something more; see `initScript`. */
export const doorFolder = '/run/ringfence/door';
/** The X display's cookies, inside. */
export const cookieFile = '/run/ringfence/Xauthority';

/**
 * What of the system is visible, where it exists: programs and their settings, name resolution, the device database, fonts
 * that were looked at, and what Mesa and readers of udev want to know of the hardware. No folder with sockets in it.
 */
export const systemPaths = [
  ...['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32', '/nix/store', '/gnu/store', '/etc', '/opt'],
  ...['/sys/block', '/sys/bus', '/sys/class', '/sys/dev', '/sys/devices'],
  ...['/var/cache/fontconfig', '/var/lib/ca-certificates'],
  ...['/run/systemd/resolve/stub-resolv.conf', '/run/systemd/resolve/resolv.conf'],
  ...['/run/NetworkManager/resolv.conf', '/run/NetworkManager/no-stub-resolv.conf', '/run/resolvconf/resolv.conf'],
  ...['/run/udev/data', '/run/opengl-driver', '/run/current-system'],
];

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
  const moved = (op: SandboxOp): SandboxOp => {
    if (op.op === 'ro-bind' && op.target === cgroupFolder) return { ...op, source: `${cgroupFolder}${cgroup}` };
    return op.op === 'bind' && op.target === pressureFile ? { ...op, source: pressureSource(cgroup) } : op;
  };
  return plan.map(moved);
}

const cgroupFolder = '/sys/fs/cgroup';
/** Inside, the file by which programs watch for memory pressure: where they look for it without being told, too. */
export const pressureFile = `${cgroupFolder}/memory.pressure`;

function pressureSource(cgroup: string): string {
  return `${cgroupFolder}${cgroup === '/' ? '' : cgroup}/memory.pressure`;
}

function systemOps(settings: SandboxSettings, host: SandboxHost): SandboxOp[] {
  return [
    ...host.system.map(({ path, link }): SandboxOp => {
      if (link !== undefined) return { op: 'symlink', text: link, target: path };
      return { op: 'ro-bind', source: path, target: path };
    }),
    // For programs that ask the user database and not $HOME.
    { op: 'ro-bind', source: joinPath(host.folder, 'passwd'), target: '/etc/passwd' },
    { op: 'dev', target: '/dev' },
    ...gpuOps(settings, host),
    { op: 'proc', target: '/proc' },
    // Its own limits stay readable (Java and node size themselves by them), nobody else's cgroup has a name inside.
    { op: 'ro-bind', source: `${cgroupFolder}${host.cgroup}`, target: cgroupFolder },
    // The one file of it that may be written: a trigger, by which the app is told when it should give memory back.
    ...(host.hasPressure ? [{ op: 'bind', source: pressureSource(host.cgroup), target: pressureFile } as const] : []),
    { op: 'tmpfs', target: '/tmp', mode: 0o1777 },
    { op: 'tmpfs', target: '/var/tmp', mode: 0o1777 },
    { op: 'symlink', text: '../run', target: '/var/run' },
    { op: 'ro-bind', source: joinPath(host.folder, 'setup'), target: setupFile },
    ...(host.hasDoor ? [{ op: 'ro-bind', source: joinPath(host.folder, 'door'), target: doorFolder } as const] : []),
  ];
}

function gpuOps({ gpu }: SandboxSettings, { gpuDevices }: SandboxHost): SandboxOp[] {
  return gpu ? gpuDevices.map((path): SandboxOp => ({ op: 'dev-bind', source: path, target: path })) : [];
}

/** The real home is an empty folder but for the way to its own and to what the user lets in: outer folders first. */
function homeOps(host: SandboxHost): SandboxOp[] {
  const { home, own, shares, look, links } = host;
  const ordered = [...shares].sort((a, b) => a.path.length - b.path.length || (a.path < b.path ? -1 : 1));
  return [
    { op: 'folder', target: home },
    own.kept ? { op: 'bind', source: own.path, target: own.path } : { op: 'tmpfs', target: own.path, mode: 0o700 },
    ...ordered.map(({ path, writable }): SandboxOp => {
      return { op: writable ? 'bind' : 'ro-bind', source: path, target: path };
    }),
    ...links.map(({ path, target }): SandboxOp => ({ op: 'symlink', text: target, target: path })),
    ...look.map(({ path, name }): SandboxOp => {
      return { op: 'ro-bind', source: path, target: joinPath(lookFolder, name) };
    }),
  ];
}

/**
 * The runtime folder starts empty: what is not listed (systemd's private socket, gpg-agent, the keyring, ssh-agent,
 * pipewire and its manager socket, gvfs, Ringfence's records) has no name inside. Sockets are read-only: one can connect all the same, and
 * not take them away from others by their mode.
 */
function runtimeOps(settings: SandboxSettings, host: SandboxHost): SandboxOp[] {
  const inRuntime = (name: string): string => joinPath(host.runtimeDir, name);
  const inFolder = (name: string): string => joinPath(host.folder, name);
  const wayland = host.waylandIsKeptOut === true ? undefined : waylandSocket(host);
  return [
    { op: 'tmpfs', target: host.runtimeDir, mode: 0o700 },
    { op: 'ro-bind', source: inFolder('bus'), target: inRuntime('bus') },
    ...(host.hasA11y ? ([{ op: 'ro-bind', source: inFolder('a11y'), target: inRuntime('at-spi-bus') }] as const) : []),
    ...documentOps(host, inRuntime('doc')),
    ...(wayland === undefined
      ? []
      : ([{ op: 'ro-bind', source: host.waylandSource ?? wayland, target: wayland, isWayland: true }] as const)),
    ...(settings.sound ? ([{ op: 'ro-bind', source: soundSocket(host), target: soundSocket(host) }] as const) : []),
  ];
}

/** What the portal lets the app write, it may write nowhere but where Ringfence does too: see `judgeUse`. */
function documentOps({ documents }: SandboxHost, target: string): SandboxOp[] {
  if (documents === undefined) return [];
  const { read, write } = documents;
  if (write === undefined) return [{ op: 'ro-bind', source: read, target }];
  return [
    { op: 'ro-bind', source: read, target },
    { op: 'ro-bind', source: read, target: documentFolders.read },
    { op: 'bind', source: write, target: documentFolders.write },
    { op: 'documents', target },
  ];
}

function displayOps(settings: SandboxSettings, host: SandboxHost): SandboxOp[] {
  const socket = xSocket(settings, host);
  if (socket === undefined) return [];
  return [
    { op: 'ro-bind', source: socket, target: socket },
    ...(host.cookies === undefined ? [] : ([{ op: 'ro-bind', source: host.cookies, target: cookieFile }] as const)),
  ];
}

/** `:1` and `:1.0` name the socket X1; a display of another host (`there:0`) has none. */
export function xSocket(settings: Pick<SandboxSettings, 'x11'>, { display }: { display?: string }): string | undefined {
  const number = /^(?:unix)?:(\d+)(?:\.\d+)?$/.exec(display ?? '')?.[1];
  return settings.x11 && number !== undefined ? `/tmp/.X11-unix/X${number}` : undefined;
}

/** The PulseAudio socket. */
export function soundSocket({ runtimeDir }: { runtimeDir: string }): string {
  return joinPath(runtimeDir, 'pulse/native');
}

/** WAYLAND_DISPLAY is a name in the runtime folder or an absolute path (wl_display_connect(3)). */
export function waylandSocket(host: { waylandDisplay?: string; runtimeDir: string }): string | undefined {
  const { waylandDisplay, runtimeDir } = host;
  if (waylandDisplay === undefined || waylandDisplay === '') return undefined;
  return waylandDisplay.startsWith('/') ? waylandDisplay : joinPath(runtimeDir, waylandDisplay);
}

/** Whether a path is visible by a plan's own means, so that it need not be let in. */
export function isVisible(path: string, shares: readonly string[]): boolean {
  return ['/usr', '/etc', '/opt', ...shares].some((folder) => isAtOrBelow(path, folder));
}
