import type { SandboxHost, SandboxOp, SandboxSettings } from './model.ts';
import { joinPath } from './path-relations.ts';

/**
 * What changes in the app's environment: variables that lead to something that strict cuts off are taken away, so that
 * a program sees "not there" instead of a dead address; the buses are the filtered ones.
 */
export function planEnvironment(settings: SandboxSettings, host: SandboxHost): SandboxOp[] {
  const bus = (name: string): string => `unix:path=${escapeAddress(joinPath(host.runtimeDir, name))}`;
  const unset = [
    ...leadOutside,
    ...(settings.x11 ? [] : ['DISPLAY', 'XAUTHORITY']),
    ...(settings.sound ? [] : ['PULSE_SERVER', 'PULSE_RUNTIME_PATH', 'PULSE_COOKIE']),
    ...(host.a11ySocket === undefined ? ['AT_SPI_BUS_ADDRESS'] : []),
  ];
  const set: [string, string][] = [
    ['DBUS_SESSION_BUS_ADDRESS', bus('bus')],
    ['XDG_RUNTIME_DIR', host.runtimeDir],
    ...(host.a11ySocket === undefined
      ? // GTK 3 and 4: else they would ask for a bus that they are not told of.
        ([
          ['NO_AT_BRIDGE', '1'],
          ['GTK_A11Y', 'none'],
        ] as [string, string][])
      : ([['AT_SPI_BUS_ADDRESS', bus('at-spi-bus')]] as [string, string][])),
    // The private bus of ibus is hidden with its folder; its portal is the door for the confined (ibus ≥ 1.5.18).
    ['IBUS_USE_PORTAL', '1'],
    // Gvfs is cut off: behind a second proxy, as WebKitGTK has one, looking for it took 25 s (xdg-dbus-proxy 0.1.4).
    ['GIO_USE_VFS', 'local'],
    ['GVFS_REMOTE_VOLUME_MONITOR_IGNORE', '1'],
  ];
  return [
    ...unset.map((name) => ({ op: 'unsetenv', name }) as const),
    ...set.map(([name, value]) => ({ op: 'setenv', name, value }) as const),
  ];
}

const leadOutside = [
  ...['SSH_AUTH_SOCK', 'SSH_AGENT_PID', 'GPG_AGENT_INFO', 'GNOME_KEYRING_CONTROL', 'GNOME_KEYRING_PID'],
  ...['DBUS_SYSTEM_BUS_ADDRESS', 'DBUS_STARTER_ADDRESS', 'DBUS_STARTER_BUS_TYPE', 'IBUS_ADDRESS', 'SESSION_MANAGER'],
  ...['ICEAUTHORITY', 'NOTIFY_SOCKET', 'WATCHDOG_PID', 'WATCHDOG_USEC', 'LISTEN_FDS', 'LISTEN_PID', 'LISTEN_FDNAMES'],
  ...['MANAGERPID', 'SYSTEMD_EXEC_PID', 'PIPEWIRE_REMOTE', 'PIPEWIRE_RUNTIME_DIR', 'WAYLAND_SOCKET', 'DOCKER_HOST'],
  ...['CONTAINER_HOST', 'TMUX', 'STY', 'KITTY_LISTEN_ON', 'NVIM', 'SWAYSOCK', 'I3SOCK', 'NIRI_SOCKET'],
];

/** D-Bus specification, "Server Addresses": the bytes that may stand unescaped in a value. */
function escapeAddress(path: string): string {
  return [...new TextEncoder().encode(path)]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      return /[-0-9A-Za-z_/.\\*]/.test(character) ? character : `%${byte.toString(16).padStart(2, '0')}`;
    })
    .join('');
}
