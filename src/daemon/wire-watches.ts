import type { BusConnection } from '../platform/dbus/connection.ts';
import { isRemoteError } from '../platform/dbus/messages.ts';
import { variant } from '../platform/dbus/signature.ts';
import { openUsageWatches, type UsageWatches } from '../watch/usage-watches.ts';
import { instanceInterfaceName } from './objects/instance-interface.ts';

const driver = { sender: 'org.freedesktop.DBus', path: '/org/freedesktop/DBus', interface: 'org.freedesktop.DBus' };

/** Watches over the bus: signals to one client alone, who answers a Ping as long as it reads. */
export function wireWatches(bus: BusConnection): UsageWatches {
  return openUsageWatches({
    send(caller, path, usage) {
      const changed = new Map([['Usage', variant('a{ss}', new Map(usage))]]);
      const body: [string, typeof changed, string[]] = [instanceInterfaceName, changed, []];
      bus.emit(path, 'org.freedesktop.DBus.Properties', 'PropertiesChanged', 'sa{sv}as', body, caller);
    },

    async answers(caller) {
      const target = { destination: caller, path: '/', interface: 'org.freedesktop.DBus.Peer', member: 'Ping' };
      try {
        await bus.call(target, '', [], '', { timeoutMs: longestSilence });
        return true;
      } catch (error) {
        // A client that knows no Ping answers too; for one that is gone the bus does.
        return isRemoteError(error) && !/\.(ServiceUnknown|NameHasNoOwner|NoReply|Disconnected)$/.test(error.dbusName);
      }
    },

    async onLeft(caller, listener) {
      const end = await bus.subscribe({ ...driver, member: 'NameOwnerChanged', arg0: caller }, ({ body }) => {
        if (body[2] === '') listener();
      });
      return () => void end();
    },
  });
}

/** In ms. */
const longestSilence = 30_000;
