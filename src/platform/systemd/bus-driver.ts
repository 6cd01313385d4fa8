import type { BusConnection } from '../dbus/connection.ts';
import { managerName, managerObject } from './manager-calls.ts';

const driver = {
  destination: 'org.freedesktop.DBus',
  path: '/org/freedesktop/DBus',
  interface: 'org.freedesktop.DBus',
} as const;

/**
 * Has the bus read its activation files again: dbus-broker reads them on demand only, dbus-daemon watches the folders that
 * were there when it started. Throws what a call throws.
 */
export async function reloadBus(bus: BusConnection): Promise<void> {
  await bus.call({ ...driver, member: 'ReloadConfig' }, '', [], '');
}

/** Has the user manager read its units again; a new drop-in folder counts for nothing before that. */
export async function reloadManager(bus: BusConnection): Promise<void> {
  await bus.call({ destination: managerName, ...managerObject, member: 'Reload' }, '', [], '', { timeoutMs: 60_000 });
}
