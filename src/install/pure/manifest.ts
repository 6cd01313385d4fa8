import * as v from 'valibot';
import { RingfenceError } from '../../domain/errors.ts';
import type { OwnedFile } from '../../domain/owned-file.ts';

const storedFile = v.object({
  /** What identifies the contents: "file:<permission bits>:<sha256>" or "link:<target>". */
  is: v.string(),
  /** What we had there before, as long as it is not sure which of the two is on the disk. */
  was: v.optional(v.string()),
});
const file = v.pipe(
  storedFile,
  v.transform((one) => ({ group: 'install', kind: one.is.startsWith('link:') ? 'link' : 'file', ...one })),
);

const schema = v.object({
  format: v.literal(1),
  /** Of the Ringfence that was installed. */
  version: v.string(),
  /** Folders that the installation made, outer ones first; removed once they are empty. */
  folders: v.array(v.string()),
  /** By absolute path. */
  files: v.record(v.string(), file),
});

/** What an installation has put where. It is written before the first file is, so that a crash leaves nothing unknown. */
export interface InstallManifest {
  readonly format: 1;
  readonly version: string;
  readonly folders: readonly string[];
  readonly files: Readonly<Record<string, OwnedFile>>;
}

/**
 * Reads the manifest of an installation.
 * @throws RingfenceError Failed when it is not one
 */
export function parseInstallManifest(path: string, text: string): InstallManifest {
  try {
    return v.parse(schema, JSON.parse(text));
  } catch (error) {
    throw new RingfenceError(
      'Failed',
      `cannot read ${path}: it is damaged or of a newer version; move it away, and "ringfence install" tells what stands in its way`,
      { cause: error },
    );
  }
}

/** The manifest as the file has it. */
export function storedInstallManifest({ files, ...rest }: InstallManifest) {
  const stored = Object.entries(files).map(([path, { is, was }]) => [path, was === undefined ? { is } : { is, was }]);
  return { ...rest, files: Object.fromEntries(stored) as Record<string, { is: string; was?: string }> };
}
