import { setTimeout as sleep } from 'node:timers/promises';
import type { BusConnection } from '../dbus/connection.ts';
import { isRemoteError } from '../dbus/connection.ts';

/** The user manager on the bus (org.freedesktop.systemd1(5)). */
export const managerName = 'org.freedesktop.systemd1';
export const managerObject = { path: '/org/freedesktop/systemd1', interface: `${managerName}.Manager` } as const;

/** Has the manager send its signals to this connection. */
export async function subscribeToManager(bus: Pick<BusConnection, 'call'>): Promise<void> {
  const target = { destination: managerName, ...managerObject, member: 'Subscribe' };
  await bus.call(target, '', [], '').catch((error: unknown) => {
    if (!isRemoteError(error, `${managerName}.AlreadySubscribed`)) throw error;
  });
}

/** Whether a call did not reach the manager: it is being executed anew (systemctl daemon-reexec), or joins a new bus. */
function isAway(error: unknown): boolean {
  return (
    isRemoteError(error) &&
    /^org\.freedesktop\.DBus\.Error\.(ServiceUnknown|NameHasNoOwner|Spawn\.\w+)$/.test(error.dbusName)
  );
}

/** Whether the manager went away with a call: nobody knows whether it was carried out. */
export function isLost(error: unknown): boolean {
  return (
    isRemoteError(error) &&
    ['NoReply', 'Disconnected'].some((name) => error.dbusName === `org.freedesktop.DBus.Error.${name}`)
  );
}

/**
 * Calls again while the manager is away for a moment, for five seconds at most. One that may have been carried out is repeated
 * only where that does no harm.
 */
export async function whenThere<T>(attempt: () => Promise<T>, isHarmless = true): Promise<T> {
  for (let waited = 0; ; waited += pause) {
    try {
      return await attempt();
    } catch (error) {
      if (waited >= longestAbsence || !(isAway(error) || (isHarmless && isLost(error)))) throw error;
    }
    await sleep(pause);
  }
}

/** In ms. */
const pause = 50;
const longestAbsence = 5000;
