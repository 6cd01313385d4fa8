import { readFileSync, rmdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { emptyManifest, isEmptyManifest, parseManifest, serializeManifest } from '../../core/shadow/manifest.ts';
import type { ManifestStore, ShadowDisk } from '../../ports.ts';

/** Where the manifest of a data folder is: beside the originals it tells of, so that a backup has both or neither. */
export function manifestPath(dataHome: string): string {
  return join(dataHome, 'ringfence/manifest.json');
}

/** The manifest below this data folder. Calls throw what node throws, and Failed for a manifest that cannot be understood. */
export function openManifestStore(dataHome: string, disk: ShadowDisk): ManifestStore {
  const path = manifestPath(dataHome);
  return {
    read() {
      let text: string;
      try {
        text = readFileSync(path, 'utf8');
      } catch (error) {
        if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return emptyManifest;
        throw error;
      }
      return parseManifest(path, text);
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
