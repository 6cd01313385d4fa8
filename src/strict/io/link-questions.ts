import type { BusConnection } from '../../platform/dbus/connection.ts';
import { isRemoteError } from '../../platform/dbus/messages.ts';
import type { LinkQuestions } from '../ports.ts';

const store = {
  destination: 'org.freedesktop.impl.portal.PermissionStore',
  path: '/org/freedesktop/impl/portal/PermissionStore',
  interface: 'org.freedesktop.impl.portal.PermissionStore',
};
/** The portal's notes of who opens what for an app (xdg-desktop-portal, open-uri.c): the choice, how often, and from when without a question. */
const table = 'desktop-used-apps';
/** G_MAXINT: "paranoid mode overrides everything else". */
const never = '2147483647';
const timeoutMs = 5000;

/** Has the link portal ask, by the permission store that it reads. */
export function openLinkQuestions(bus: BusConnection): LinkQuestions {
  const known = async (type: string, id: string): Promise<readonly string[]> => {
    try {
      const [apps] = await bus.call({ ...store, member: 'Lookup' }, 'ss', [table, type], 'a{sas}v', { timeoutMs });
      return apps.get(id) ?? [];
    } catch (error) {
      // Nothing is noted of this kind of link.
      if (isRemoteError(error, 'org.freedesktop.portal.Error.NotFound')) return [];
      throw error;
    }
  };
  const demand = async (type: string, id: string): Promise<void> => {
    const [choice = '', count = '0', threshold] = await known(type, id);
    if (threshold?.trim() === never) return;
    const permissions = [choice, count, never];
    await bus.call({ ...store, member: 'SetPermission' }, 'sbssas', [table, true, type, id, permissions], '', {
      timeoutMs,
    });
  };
  const remove = (type: string, id: string) =>
    bus.call({ ...store, member: 'DeletePermission' }, 'sss', [table, type, id], '', { timeoutMs });
  const waive = async (type: string, id: string): Promise<void> => {
    const [, , threshold] = await known(type, id);
    if (threshold?.trim() === never) await remove(type, id);
  };
  return {
    async demand(id, schemes) {
      const all = await Promise.allSettled(schemes.map((scheme) => demand(typeOf(scheme), id)));
      return all.every(({ status }) => status === 'fulfilled');
    },

    async forget(id, schemes) {
      await Promise.allSettled(schemes.map((scheme) => remove(typeOf(scheme), id)));
    },

    async waive(id, schemes) {
      await Promise.allSettled(schemes.map((scheme) => waive(typeOf(scheme), id)));
    },
  };
}

function typeOf(scheme: string): string {
  return `x-scheme-handler/${scheme}`;
}
