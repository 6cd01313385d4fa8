import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeFolders } from '../../platform/files/make-folders.ts';
import { replaceFile } from '../../platform/files/replace-file.ts';
import type { PortalInstances, SandboxFolders, SandboxRecord } from '../ports.ts';
import { bwrapInfo, initPidOf } from '../pure/portal-identity.ts';

/** One folder per sandbox below `<runtime folder>/ringfence/sandboxes`: the sockets of its bus filter and its record. */
export function openSandboxFolders(runtimeDirectory: string): SandboxFolders {
  const root = join(runtimeDirectory, 'ringfence', 'sandboxes');
  const place = () => {
    makeFolders(root, 0o700);
    return root;
  };
  return {
    place,

    make(id) {
      place();
      const folder = join(root, id);
      mkdirSync(folder, { mode: 0o700 });
      return folder;
    },

    path: (id) => join(root, id),

    record(id, record) {
      // It is written anew while the app runs, and half of it would say that the app can write nothing.
      replaceFile(join(root, id, 'record.json'), JSON.stringify(record));
    },

    list() {
      let ids: string[];
      try {
        ids = readdirSync(root);
      } catch {
        return [];
      }
      return ids.map((id) => ({ id, ...readRecord(join(root, id, 'record.json')) }));
    },

    remove: (id) => rmSync(join(root, id), { recursive: true, force: true }),

    write: (id, name, content) => writeFileSync(join(root, id, name), content, { mode: 0o600 }),

    link: (id, name, target) => symlinkSync(target, join(root, id, name)),

    discard: (id, name) => rmSync(join(root, id, name), { force: true }),

    holdBytes(bytes) {
      place();
      const path = join(dirname(root), `bytes.${process.pid}`);
      let fd: number;
      try {
        writeFileSync(path, bytes, { mode: 0o600 });
        fd = openSync(path, 'r');
      } finally {
        rmSync(path, { force: true });
      }
      let isOpen = true;
      const close = () => {
        if (isOpen) closeSync(fd);
        isOpen = false;
      };
      return { fd, close };
    },
  };
}

/** What portals read of the instances of strict apps, among those of flatpak. */
export function openPortalInstances(runtimeDirectory: string): PortalInstances {
  const folder = (instance: string) => join(runtimeDirectory, '.flatpak', instance);
  const file = (instance: string) => join(folder(instance), 'bwrapinfo.json');
  return {
    put(instance, initPid) {
      makeFolders(folder(instance), 0o700);
      writeFileSync(file(instance), bwrapInfo(initPid), { mode: 0o600 });
    },
    initPid(instance) {
      try {
        return initPidOf(readFileSync(file(instance), 'utf8'));
      } catch {
        return undefined;
      }
    },
    remove(instance) {
      if (instance !== '') rmSync(folder(instance), { recursive: true, force: true });
    },
  };
}

function readRecord(path: string): SandboxRecord {
  const none = { unit: '', instance: '', services: [], names: [], writes: [], writeIds: [] };
  try {
    return { ...none, ...(JSON.parse(readFileSync(path, 'utf8')) as Partial<SandboxRecord>) };
  } catch {
    return none;
  }
}
