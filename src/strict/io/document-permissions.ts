import type { BusConnection } from '../../platform/dbus/connection.ts';
import { isRemoteError } from '../../platform/dbus/messages.ts';
import { Variant } from '../../platform/dbus/signature.ts';
import type { DocumentPermissions } from '../ports.ts';

const portal = {
  destination: 'org.freedesktop.portal.Documents',
  path: '/org/freedesktop/portal/documents',
  interface: 'org.freedesktop.portal.Documents',
};
const store = {
  destination: 'org.freedesktop.impl.portal.PermissionStore',
  path: '/org/freedesktop/impl/portal/PermissionStore',
  interface: 'org.freedesktop.impl.portal.PermissionStore',
};
/** DOCUMENT_ENTRY_FLAG_DIRECTORY of xdg-desktop-portal's document-store.h. */
const folderFlag = 1 << 2;
const timeoutMs = 2000;

/** Who may do what with a document, by the document portal. */
export function openDocumentPermissions(bus: BusConnection): DocumentPermissions {
  return {
    async look(document) {
      try {
        const [path, apps] = await bus.call({ ...portal, member: 'Info' }, 's', [document], 'aya{sas}', { timeoutMs });
        return { path: textOf(path), apps };
      } catch (error) {
        if (isRemoteError(error, 'org.freedesktop.portal.Error.NotFound')) return undefined;
        throw error;
      }
    },

    async isFile(document) {
      try {
        const [, data] = await bus.call({ ...store, member: 'Lookup' }, 'ss', ['documents', document], 'a{sas}v', {
          timeoutMs,
        });
        const [, , , flags] = bare(data) as [Uint8Array, bigint, bigint, number];
        return typeof flags === 'number' && (flags & folderFlag) === 0;
      } catch {
        return false;
      }
    },

    async list(portalId) {
      const [all] = await bus.call({ ...portal, member: 'List' }, 's', [portalId], 'a{say}', { timeoutMs });
      return [...all.keys()];
    },

    async allow(document, portalId) {
      const call = { ...portal, member: 'GrantPermissions' };
      await bus.call(call, 'ssas', [document, portalId, ['read', 'write']], '', { timeoutMs });
    },

    async forbid(document, portalId) {
      const all = ['read', 'write', 'grant-permissions', 'delete'];
      try {
        await bus.call({ ...portal, member: 'RevokePermissions' }, 'ssas', [document, portalId, all], '', {
          timeoutMs,
        });
      } catch (error) {
        if (!isRemoteError(error, 'org.freedesktop.portal.Error.NotFound')) throw error;
      }
    },
  };
}

function bare(value: unknown): unknown {
  return value instanceof Variant ? bare(value.value) : value;
}

/** A path ends with a NUL; one that is no text in UTF-8, or not in one line, is none. */
function textOf(bytes: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes).replace(/\0$/, '');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is looked for
    return text.startsWith('/') && !/[\x00-\x1f]/.test(text) ? text : undefined;
  } catch {
    return undefined;
  }
}
