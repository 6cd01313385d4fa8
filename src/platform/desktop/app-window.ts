import { windowId } from '../../domain/window-id.ts';
import type { BusConnection } from '../dbus/connection.ts';
import { type Variant, variant } from '../dbus/signature.ts';

/** The window, a GApplication (org.freedesktop.Application, Desktop Entry Specification, "D-Bus Activation"). */
const application = {
  destination: windowId,
  path: `/${windowId.replaceAll('.', '/')}`,
  interface: 'org.freedesktop.Application',
};
const driver = {
  destination: 'org.freedesktop.DBus',
  path: '/org/freedesktop/DBus',
  interface: 'org.freedesktop.DBus',
} as const;

/** The window, where it is installed. `token`: the activation token of what the user pressed. */
export interface AppWindow {
  /** Whether it runs or the bus can start it. */
  isThere(): Promise<boolean>;
  /** Has it come to the front. */
  show(token: string | undefined): Promise<void>;
  /** Has it show the page of an app, named by its desktop id. */
  showApp(app: string, token: string | undefined): Promise<void>;
}

/** The window over the bus, which starts it where it does not run. */
export function openAppWindow(bus: BusConnection): AppWindow {
  return {
    async isThere() {
      const [[activatable], [owned]] = await Promise.all([
        bus.call({ ...driver, member: 'ListActivatableNames' }, '', [], 'as'),
        bus.call({ ...driver, member: 'NameHasOwner' }, 's', [windowId], 'b'),
      ]);
      return owned || activatable.includes(windowId);
    },

    async show(token) {
      await bus.call({ ...application, member: 'Activate' }, 'a{sv}', [platformData(token)], '');
    },

    async showApp(app, token) {
      const call = { ...application, member: 'ActivateAction' };
      await bus.call(call, 'sava{sv}', ['show-app', [variant('s', app)], platformData(token)], '');
    },
  };
}

/** Both names: GTK 4 takes the first, GTK 3 the other. */
function platformData(token: string | undefined): Map<string, Variant> {
  if (token === undefined) return new Map();
  return new Map(['activation-token', 'desktop-startup-id'].map((name) => [name, variant('s', token)]));
}
