import { ownNamesOf } from '../../domain/bus-names.ts';
import { RingfenceError } from '../../domain/errors.ts';

/** What one instance's proxy needs to know. Addresses are D-Bus server addresses, sockets are paths it will make. */
export interface BusProxyRequest {
  /** Desktop id without `.desktop`. */
  readonly appId: string;
  readonly sessionAddress: string;
  readonly socket: string;
  /** The accessibility bus; without it the app has no accessibility. */
  readonly a11y?: { readonly address: string; readonly socket: string };
  /** Inherited descriptor: a byte arrives at its other end when the sockets listen; the proxy ends when that end closes. */
  readonly syncFd: number;
  readonly ownNames: readonly string[];
  readonly talkNames: readonly string[];
}

/**
 * The argv of xdg-dbus-proxy (≥ 0.1.0) for one instance: one process, two buses. What no rule names does not exist for
 * the app, cannot be called and is not activated. The method rules need no `--talk`, which would let everything of a
 * name through.
 */
export function planBusProxy(request: BusProxyRequest): string[] {
  for (const word of [request.sessionAddress, request.socket]) {
    // A word that begins with a dash would be read as an option.
    if (word === '' || word.startsWith('-')) {
      throw new RingfenceError(
        'NotEnforceable',
        `cannot filter the session bus: "${word}" is not a bus address or path`,
      );
    }
  }
  return [
    `--fd=${request.syncFd}`,
    request.sessionAddress,
    request.socket,
    '--filter',
    ...[...ownNamesOf(request.appId), ...request.ownNames].map((name) => `--own=${name}`),
    ...request.talkNames.map((name) => `--talk=${name}`),
    ...portals.map((name) => `--call=org.freedesktop.portal.Desktop=${name}.*@/org/freedesktop/portal/desktop`),
    ...sessionRules,
    ...(request.a11y ? [request.a11y.address, request.a11y.socket, '--filter', '--sloppy-names', ...a11yRules] : []),
  ];
}

/**
 * The portals that ask the user, or only tell. Not among them: Background (writes an autostart entry with any command),
 * DynamicLauncher (installs desktop entries), RemoteDesktop, InputCapture, GlobalShortcuts and Clipboard (reach other
 * windows), Screenshot (asks an app without a sandbox it knows of only once), Usb.
 * OpenURI stays: links open in the browser outside, as the user wants; docs/security.md says what that means.
 */
const portals = [
  ...[
    'Account',
    'Camera',
    'Email',
    'FileChooser',
    'GameMode',
    'Inhibit',
    'Location',
    'MemoryMonitor',
    'NetworkMonitor',
  ],
  ...['Notification', 'OpenURI', 'PowerProfileMonitor', 'Print', 'ProxyResolver', 'Realtime', 'ScreenCast', 'Secret'],
  ...['Settings', 'Trash', 'Wallpaper'],
].map((name) => `org.freedesktop.portal.${name}`);

const sessionRules = [
  '--call=org.freedesktop.portal.Desktop=org.freedesktop.DBus.Properties.*@/org/freedesktop/portal/desktop',
  '--call=org.freedesktop.portal.Desktop=org.freedesktop.portal.Request.*@/org/freedesktop/portal/desktop/*',
  '--call=org.freedesktop.portal.Desktop=org.freedesktop.portal.Session.*@/org/freedesktop/portal/desktop/*',
  '--broadcast=org.freedesktop.portal.Desktop=*@/org/freedesktop/portal/desktop/*',
  '--broadcast=org.freedesktop.portal.Desktop=*@/org/freedesktop/portal/desktop',
  '--call=org.freedesktop.portal.Documents=org.freedesktop.portal.FileTransfer.*@/org/freedesktop/portal/documents',
  '--talk=org.freedesktop.portal.IBus',
  '--talk=org.freedesktop.portal.Fcitx',
  // The input method only: the controller of the same name restarts fcitx and sets its add-ons.
  '--call=org.fcitx.Fcitx5=org.fcitx.Fcitx.InputMethod1.*@/org/freedesktop/portal/inputmethod',
  '--call=org.fcitx.Fcitx5=org.fcitx.Fcitx.InputContext1.*@/org/freedesktop/portal/inputcontext/*',
  '--broadcast=org.fcitx.Fcitx5=*@/org/freedesktop/portal/inputcontext/*',
  '--talk=org.freedesktop.Notifications',
  '--call=org.freedesktop.ScreenSaver=org.freedesktop.ScreenSaver.Inhibit',
  '--call=org.freedesktop.ScreenSaver=org.freedesktop.ScreenSaver.UnInhibit',
  '--call=org.kde.StatusNotifierWatcher=org.kde.StatusNotifierWatcher.RegisterStatusNotifierItem@/StatusNotifierWatcher',
  '--call=org.kde.StatusNotifierWatcher=org.freedesktop.DBus.Properties.*@/StatusNotifierWatcher',
  '--broadcast=org.kde.StatusNotifierWatcher=*@/StatusNotifierWatcher',
  // Whether a screen reader runs; the address of its bus stays unsaid, the environment names the filtered one.
  '--call=org.a11y.Bus=org.freedesktop.DBus.Properties.Get@/org/a11y/bus',
  '--call=org.a11y.Bus=org.freedesktop.DBus.Properties.GetAll@/org/a11y/bus',
  '--broadcast=org.a11y.Bus=org.freedesktop.DBus.Properties.PropertiesChanged@/org/a11y/bus',
];

/**
 * What flatpak lets through: an app shows itself to screen readers and hears which events they want. It cannot look at
 * other apps' windows, press their buttons or make keystrokes, all of which the bare accessibility bus offers.
 */
const a11yRules = [
  'org.a11y.atspi.Socket.Embed@/org/a11y/atspi/accessible/root',
  'org.a11y.atspi.Socket.Unembed@/org/a11y/atspi/accessible/root',
  'org.a11y.atspi.Registry.GetRegisteredEvents@/org/a11y/atspi/registry',
  ...['GetKeystrokeListeners', 'GetDeviceEventListeners', 'NotifyListenersSync', 'NotifyListenersAsync'].map(
    (method) => `org.a11y.atspi.DeviceEventController.${method}@/org/a11y/atspi/registry/deviceeventcontroller`,
  ),
]
  .map((rule) => `--call=org.a11y.atspi.Registry=${rule}`)
  .concat(
    ['EventListenerRegistered', 'EventListenerDeregistered'].map(
      (signal) => `--broadcast=org.a11y.atspi.Registry=org.a11y.atspi.Registry.${signal}@/org/a11y/atspi/registry`,
    ),
  );
