import type { BusConnection } from '../../platform/dbus/connection.ts';
import { RemoteError } from '../../platform/dbus/messages.ts';
import { reloadBus } from '../../platform/systemd/bus-driver.ts';
import type { SessionBus } from '../ports.ts';

const driver = {
  destination: 'org.freedesktop.DBus',
  path: '/org/freedesktop/DBus',
  interface: 'org.freedesktop.DBus',
};
const a11y = { destination: 'org.a11y.Bus', path: '/org/a11y/bus', interface: 'org.a11y.Bus' };
const documents = {
  destination: 'org.freedesktop.portal.Documents',
  path: '/org/freedesktop/portal/documents',
  interface: 'org.freedesktop.portal.Documents',
};

/** What a strict start asks the session bus. */
export function openSessionBus(bus: BusConnection): SessionBus {
  return {
    async activatableNames() {
      const [names] = await bus.call({ ...driver, member: 'ListActivatableNames' }, '', [], 'as');
      return names;
    },

    async ownedNames() {
      const [names] = await bus.call({ ...driver, member: 'ListNames' }, '', [], 'as');
      return names.filter((name) => !name.startsWith(':'));
    },

    onOwned(listener) {
      const match = { sender: driver.destination, path: driver.path, interface: driver.interface };
      bus
        .subscribe({ ...match, member: 'NameOwnerChanged' }, ({ body }) => {
          const [name, , owner] = body as [string, string, string];
          if (!name.startsWith(':') && owner !== '') listener(name);
        })
        .catch(() => {});
    },

    async ownerPid(name) {
      try {
        const [pid] = await bus.call({ ...driver, member: 'GetConnectionUnixProcessID' }, 's', [name], 'u');
        return pid;
      } catch (error) {
        // Nobody owns it, or the bus will not have it for a name.
        if (error instanceof RemoteError) return undefined;
        throw error;
      }
    },

    async a11yAddress() {
      const [runs] = await bus.call({ ...driver, member: 'NameHasOwner' }, 's', [a11y.destination], 'b');
      if (!runs) return undefined;
      try {
        const [address] = await bus.call({ ...a11y, member: 'GetAddress' }, '', [], 's', { timeoutMs: 2000 });
        return address === '' ? undefined : address;
      } catch {
        return undefined;
      }
    },

    async documentsFolder() {
      try {
        const [bytes] = await bus.call({ ...documents, member: 'GetMountPoint' }, '', [], 'ay', { timeoutMs: 5000 });
        return Buffer.from(bytes).toString('utf8').replace(/\0$/, '');
      } catch {
        return undefined;
      }
    },

    reload: () => reloadBus(bus),
  };
}
