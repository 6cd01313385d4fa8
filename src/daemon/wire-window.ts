import type { BusConnection } from '../platform/dbus/connection.ts';
import { type Variant, variant } from '../platform/dbus/signature.ts';

/** The window, a GApplication (org.freedesktop.Application, Desktop Entry Specification, "D-Bus Activation"). */
const windowName = 'org.ringfence.Ringfence';
const application = {
  destination: windowName,
  path: '/org/ringfence/Ringfence',
  interface: 'org.freedesktop.Application',
};
const driver = {
  destination: 'org.freedesktop.DBus',
  path: '/org/freedesktop/DBus',
  interface: 'org.freedesktop.DBus',
} as const;

/** The window, where it is installed. */
export interface AppWindow {
  /** Whether it runs or the bus can start it. */
  isThere(): Promise<boolean>;
  /** Has it show the page of an app, named by its desktop id; `token`: the activation token of the press. */
  showApp(app: string, token: string | undefined): Promise<void>;
}

/** The window over the bus, which starts it where it does not run. */
export function wireWindow(bus: BusConnection): AppWindow {
  return {
    async isThere() {
      const [[activatable], [owned]] = await Promise.all([
        bus.call({ ...driver, member: 'ListActivatableNames' }, '', [], 'as'),
        bus.call({ ...driver, member: 'NameHasOwner' }, 's', [windowName], 'b'),
      ]);
      return owned || activatable.includes(windowName);
    },

    async showApp(app, token) {
      const platform = new Map<string, Variant>();
      if (token !== undefined) {
        // Both names: GTK 4 takes the first, GTK 3 the other.
        platform.set('activation-token', variant('s', token));
        platform.set('desktop-startup-id', variant('s', token));
      }
      const call = { ...application, member: 'ActivateAction' };
      await bus.call(call, 'sava{sv}', ['show-app', [variant('s', app)], platform], '');
    },
  };
}
