import { closeSync, constants, fstatSync, openSync, readlinkSync } from 'node:fs';
import { callWithFile } from '../../platform/dbus/call-with-file.ts';
import type { BusConnection } from '../../platform/dbus/connection.ts';
import type { Documents } from '../ports.ts';

const portal = {
  destination: 'org.freedesktop.portal.Documents',
  path: '/org/freedesktop/portal/documents',
  interface: 'org.freedesktop.portal.Documents',
};
const timeoutMs = 5000;

/** The document portal, asked as the user's own program, which may give any app any file of the user's. */
export function openDocuments(bus: BusConnection, address: string): Documents {
  return {
    async add(portalId, { path, writable }) {
      const file = openFile(path, writable);
      // For this sandbox alone and not kept (no flags): forgotten at its end, whatever else the portal lets the app see stays.
      const body = [[0], 0, portalId, writable ? ['read', 'write'] : ['read']];
      const [ids] = await callWithFile(address, { ...portal, member: 'AddFull' }, 'ahusas', body, file, timeoutMs);
      const id = Array.isArray(ids) ? String(ids[0]) : '';
      if (!/^[0-9a-z]{1,32}$/.test(id)) throw new Error('the document portal gave no number');
      return id;
    },

    async forget(ids) {
      const call = { ...portal, member: 'Delete' };
      await Promise.allSettled(ids.map((id) => bus.call(call, 's', [id], '', { timeoutMs })));
    },
  };
}

/** The very file that was judged: somebody may have put another, or a symlink, into its place. */
function openFile(path: string, writable: boolean): number {
  const { O_RDONLY, O_RDWR, O_NOFOLLOW, O_NONBLOCK } = constants;
  const fd = openSync(path, (writable ? O_RDWR : O_RDONLY) | O_NOFOLLOW | O_NONBLOCK);
  try {
    if (!fstatSync(fd).isFile() || readlinkSync(`/proc/self/fd/${fd}`) !== path)
      throw new Error('it is another file now');
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}
