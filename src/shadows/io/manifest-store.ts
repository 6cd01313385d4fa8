import { closeSync, fstatSync, openSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ShadowDisk } from '../../platform/owned-files/shadow-disk.ts';
import type { ManifestStore } from '../ports.ts';
import { emptyManifest, isEmptyManifest, type Manifest, parseManifest, serializeManifest } from '../pure/manifest.ts';

/** Where the manifest of a data folder is: beside the originals it tells of, so that a backup has both or neither. */
export function manifestPath(dataHome: string): string {
  return join(dataHome, 'ringfence/manifest.json');
}

/** What was read last and from which file: a manifest of 1,000 files takes 10 ms to understand, and each run reads it. */
export interface ManifestMemory {
  last: { readonly file: string; readonly manifest: Manifest } | undefined;
}

/** Of nothing yet. */
export function manifestMemory(): ManifestMemory {
  return { last: undefined };
}

/** The manifest below this data folder. Calls throw what node throws, and Failed for a manifest that cannot be understood. */
export function openManifestStore(
  dataHome: string,
  disk: ShadowDisk,
  memory: ManifestMemory = manifestMemory(),
): ManifestStore {
  const path = manifestPath(dataHome);
  return {
    read() {
      let fd: number;
      try {
        fd = openSync(path, 'r');
      } catch (error) {
        if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return emptyManifest;
        throw error;
      }
      try {
        const { dev, ino, size, mtimeNs } = fstatSync(fd, { bigint: true });
        // Every write makes another file of it.
        const file = [path, dev, ino, size, mtimeNs].join(':');
        if (memory.last?.file === file) return memory.last.manifest;
        const manifest = parseManifest(path, readFileSync(fd, 'utf8'));
        memory.last = { file, manifest };
        return manifest;
      } finally {
        closeSync(fd);
      }
    },

    write(manifest) {
      if (!isEmptyManifest(manifest)) {
        disk.commit(disk.stage(Buffer.from(serializeManifest(manifest)), 0o600, true), path);
        return;
      }
      rmSync(path, { force: true });
      disk.clean([]);
      for (const folder of [
        'originals/services',
        'originals/autostart',
        'originals/systemd',
        'originals',
        'services',
        'autostart',
        '',
      ]) {
        try {
          rmdirSync(join(dirname(path), folder));
        } catch {
          // Not there, or something of the user's is in it.
        }
      }
    },
  };
}
