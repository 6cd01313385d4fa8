import { joinPath } from '../../domain/path-relations.ts';
import { pressureNames, withPressure } from '../../domain/pressure-variables.ts';
import type { SandboxHost, SandboxSettings } from './model.ts';
import { cookieFile, pressureFile } from './plan.ts';

/** What changes in an environment: names that are taken away, and variables that are set. */
export interface EnvironmentChange {
  readonly unset: readonly string[];
  readonly set: ReadonlyMap<string, string>;
}

/**
 * What changes in the environment of a command on a terminal, which gets all of it but what leads to something that strict
 * cuts off: a program is to see "not there" instead of a dead address; the buses are the filtered ones, the home its own.
 */
export function planEnvironment(
  settings: SandboxSettings,
  host: Pick<SandboxHost, 'own' | 'runtimeDir' | 'hasA11y' | 'hasPressure' | 'cookies' | 'waylandIsKeptOut'>,
): EnvironmentChange {
  const bus = (name: string): string => `unix:path=${escapeAddress(joinPath(host.runtimeDir, name))}`;
  const set: [string, string][] = [
    ['HOME', host.own.path],
    ['DBUS_SESSION_BUS_ADDRESS', bus('bus')],
    ['XDG_RUNTIME_DIR', host.runtimeDir],
    ...(host.hasA11y
      ? ([['AT_SPI_BUS_ADDRESS', bus('at-spi-bus')]] as [string, string][])
      : // GTK 3 and 4: else they would ask for a bus that they are not told of.
        ([
          ['NO_AT_BRIDGE', '1'],
          ['GTK_A11Y', 'none'],
        ] as [string, string][])),
    ...(settings.x11 && host.cookies !== undefined ? ([['XAUTHORITY', cookieFile]] as [string, string][]) : []),
    ...withPressure(new Map(), host.hasPressure ? pressureFile : undefined),
    // The private bus of ibus is not there; its portal is the door for the confined (ibus ≥ 1.5.18).
    ['IBUS_USE_PORTAL', '1'],
    // Who writes dconf's file is outside: settings are kept in a file of the own home.
    ['GSETTINGS_BACKEND', 'keyfile'],
    // GTK 3, GTK 4 and Qt: files, links and prints by the portals, which know no /.flatpak-info inside.
    ['GTK_USE_PORTAL', '1'],
    ['GDK_DEBUG', 'portals'],
    ['QT_QPA_PLATFORMTHEME', 'xdgdesktopportal'],
    // Gvfs is cut off: behind a second proxy, as WebKitGTK has one, looking for it took 25 s (xdg-dbus-proxy 0.1.4).
    ['GIO_USE_VFS', 'local'],
    ['GVFS_REMOTE_VOLUME_MONITOR_IGNORE', '1'],
    // An AppImage mounts itself by FUSE, which is not to be had inside; its runtime (type 2) can unpack itself into /tmp instead.
    ['APPIMAGE_EXTRACT_AND_RUN', '1'],
  ];
  const given = new Set(set.map(([name]) => name));
  const unset = [
    ...leadOutside,
    ...(settings.x11 ? ['XAUTHORITY'] : ['DISPLAY', 'XAUTHORITY']),
    ...(host.waylandIsKeptOut === true ? waylandNames : []),
    ...(settings.sound ? [] : soundNames),
    ...(host.hasA11y ? [] : ['AT_SPI_BUS_ADDRESS']),
  ].filter((name) => !given.has(name));
  return { unset, set: new Map(set) };
}

/** A command's environment: all of `given`, changed. */
export function commandEnvironment(
  given: ReadonlyMap<string, string>,
  { unset, set }: EnvironmentChange,
): Map<string, string> {
  return new Map([...[...given].filter(([name]) => !unset.includes(name)), ...set]);
}

/** An app's environment, started from its icon: what is on the list or in `pass`, and then as a command's. */
export function appEnvironment(
  given: ReadonlyMap<string, string>,
  change: EnvironmentChange,
  pass: readonly string[],
): Map<string, string> {
  const isListed = (name: string) => listed.test(name) || soundNames.includes(name) || pass.includes(name);
  return commandEnvironment(new Map([...given].filter(([name]) => isListed(name))), change);
}

/** Locale, display, desktop, toolkits, input methods, proxies, and what a start itself says. */
const listed = new RegExp(
  `^(?:${[
    ...['LANG', 'LANGUAGE', 'LC_[A-Z]+', 'TZ', 'PATH', 'USER', 'LOGNAME', 'SHELL', 'TERM', 'COLORTERM', 'PWD'],
    ...['DISPLAY', 'WAYLAND_DISPLAY', 'XAUTHORITY', 'XDG_SESSION_(?:TYPE|CLASS|DESKTOP)', 'XDG_CURRENT_DESKTOP'],
    ...['DESKTOP_SESSION', 'XDG_DATA_DIRS', 'XDG_CONFIG_DIRS', 'XDG_ACTIVATION_TOKEN', 'DESKTOP_STARTUP_ID'],
    ...['GIO_LAUNCHED_DESKTOP_FILE', 'JOURNAL_STREAM', 'AT_SPI_BUS_ADDRESS', 'NO_AT_BRIDGE', 'GTK_A11Y'],
    ...['GDK_(?:BACKEND|SCALE|DPI_SCALE)', 'GSK_RENDERER', 'GTK_(?:THEME|IM_MODULE)', 'CLUTTER_(?:BACKEND|IM_MODULE)'],
    ...['QT_(?:IM_MODULES?|QPA_PLATFORM|QPA_PLATFORMTHEME|STYLE_OVERRIDE|SCALE_FACTOR\\w*)', 'XMODIFIERS'],
    ...['QT_(?:AUTO_SCREEN_SCALE_FACTOR|ENABLE_HIGHDPI_SCALING|SCREEN_SCALE_FACTORS)', 'SDL_(?:VIDEODRIVER|IM_MODULE)'],
    ...['MOZ_ENABLE_WAYLAND', 'ELECTRON_OZONE_PLATFORM_HINT', 'NIXOS_OZONE_WL', '_JAVA_AWT_WM_NONREPARENTING'],
    ...['XCURSOR_(?:THEME|SIZE)', '(?:https?|ftp|no|all|socks|rsync)_proxy', '(?:HTTPS?|FTP|NO|ALL|SOCKS|RSYNC)_PROXY'],
  ].join('|')})$`,
);

const soundNames = ['PULSE_SERVER', 'PULSE_RUNTIME_PATH', 'PULSE_COOKIE'];

/** By these a program would look for a Wayland display, and for no other. */
const waylandNames = [
  ...['WAYLAND_DISPLAY', 'XDG_SESSION_TYPE', 'GDK_BACKEND', 'QT_QPA_PLATFORM', 'SDL_VIDEODRIVER', 'CLUTTER_BACKEND'],
  ...['MOZ_ENABLE_WAYLAND', 'ELECTRON_OZONE_PLATFORM_HINT', 'NIXOS_OZONE_WL'],
];

const leadOutside = [
  ...['SSH_AUTH_SOCK', 'SSH_AGENT_PID', 'GPG_AGENT_INFO', 'GNOME_KEYRING_CONTROL', 'GNOME_KEYRING_PID'],
  ...['DBUS_SYSTEM_BUS_ADDRESS', 'DBUS_STARTER_ADDRESS', 'DBUS_STARTER_BUS_TYPE', 'IBUS_ADDRESS', 'SESSION_MANAGER'],
  ...['ICEAUTHORITY', 'NOTIFY_SOCKET', 'WATCHDOG_PID', 'WATCHDOG_USEC', 'LISTEN_FDS', 'LISTEN_PID', 'LISTEN_FDNAMES'],
  ...['MANAGERPID', 'SYSTEMD_EXEC_PID', 'PIPEWIRE_REMOTE', 'PIPEWIRE_RUNTIME_DIR', 'WAYLAND_SOCKET', 'DOCKER_HOST'],
  ...['CONTAINER_HOST', 'TMUX', 'STY', 'KITTY_LISTEN_ON', 'NVIM', 'SWAYSOCK', 'I3SOCK', 'NIRI_SOCKET'],
  // Folders of the real home; without them a program takes those of its own.
  ...['XDG_CONFIG_HOME', 'XDG_DATA_HOME', 'XDG_STATE_HOME', 'XDG_CACHE_HOME'],
  // Of the cgroup that the caller is in.
  ...pressureNames,
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
