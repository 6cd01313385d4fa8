import type { Manifest } from './pure/manifest.ts';

/** The manifest on the disk. */
export interface ManifestStore {
  read(): Manifest;
  /** Atomic and durable; an empty one is no file. */
  write(manifest: Manifest): void;
}
