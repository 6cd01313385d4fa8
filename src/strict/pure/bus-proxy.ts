import { RingfenceError } from '../../domain/errors.ts';
import { portalRules } from './portal-rules.ts';

/** What one instance's proxy needs to know. Addresses are D-Bus server addresses, sockets are paths it will make. */
export interface BusProxyRequest {
  readonly sessionAddress: string;
  readonly socket: string;
  /** The accessibility bus; without it the app has no accessibility. */
  readonly a11y?: { readonly address: string; readonly socket: string };
  /** Inherited descriptor: a byte arrives at its other end when the sockets listen; the proxy ends when that end closes. */
  readonly syncFd: number;
  /** Names it owns, a last `.*` for all below. */
  readonly ownNames: readonly string[];
  /** What it may call beyond, as xdg-dbus-proxy's `--call` has it. */
  readonly calls: readonly string[];
  /** Whether it may have links opened outside. */
  readonly openLinks: boolean;
  /** Whether it may have the portal's print dialog. */
  readonly printing: boolean;
}

/**
 * The argv of xdg-dbus-proxy (≥ 0.1.0) for one instance: one process, two buses. What no rule names does not exist for
 * the app, cannot be called and is not activated. No rule is as wide as a name: whoever owns it may export something on the
 * same connection that runs programs.
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
    ...['--filter', '--log'],
    ...request.ownNames.map((name) => `--own=${name}`),
    ...request.calls.flatMap((rule) => [`--call=${rule}`, `--broadcast=${rule}`]),
    ...portalRules(request),
    ...sessionRules,
    ...(request.a11y ? [request.a11y.address, request.a11y.socket, '--filter', '--sloppy-names', ...a11yRules] : []),
  ];
}

function notifications(rule: 'call' | 'broadcast', member: string): string {
  const name = 'org.freedesktop.Notifications';
  return `--${rule}=${name}=${name}.${member}@/org/freedesktop/Notifications`;
}

const sessionRules = [
  ...['Portal', 'InputContext', 'Service'].map(
    (name) => `--call=org.freedesktop.portal.IBus=org.freedesktop.IBus.${name}.*@/org/freedesktop/IBus/*`,
  ),
  '--call=org.freedesktop.portal.IBus=org.freedesktop.DBus.Properties.*@/org/freedesktop/IBus/*',
  '--broadcast=org.freedesktop.portal.IBus=*@/org/freedesktop/IBus/*',
  '--call=org.freedesktop.portal.Fcitx=org.fcitx.Fcitx.InputMethod1.*@/org/freedesktop/portal/inputmethod',
  '--call=org.freedesktop.portal.Fcitx=org.fcitx.Fcitx.InputContext1.*@/org/freedesktop/portal/inputcontext/*',
  '--broadcast=org.freedesktop.portal.Fcitx=*@/org/freedesktop/portal/inputcontext/*',
  // The input method only: the controller of the same name restarts fcitx and sets its add-ons.
  '--call=org.fcitx.Fcitx5=org.fcitx.Fcitx.InputMethod1.*@/org/freedesktop/portal/inputmethod',
  '--call=org.fcitx.Fcitx5=org.fcitx.Fcitx.InputContext1.*@/org/freedesktop/portal/inputcontext/*',
  '--broadcast=org.fcitx.Fcitx5=*@/org/freedesktop/portal/inputcontext/*',
  // What servers have beyond that silences all notifications, and tells everyone what was typed into one (KDE: Inhibit, NotificationReplied).
  ...['Notify', 'CloseNotification', 'GetCapabilities', 'GetServerInformation'].map((method) =>
    notifications('call', method),
  ),
  ...['ActionInvoked', 'ActivationToken', 'NotificationClosed'].map((signal) => notifications('broadcast', signal)),
  ...['/org/freedesktop/ScreenSaver', '/ScreenSaver'].flatMap((path) =>
    ['Inhibit', 'UnInhibit'].map(
      (method) => `--call=org.freedesktop.ScreenSaver=org.freedesktop.ScreenSaver.${method}@${path}`,
    ),
  ),
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
