import * as v from 'valibot';
import { RingfenceError } from '../../domain/errors.ts';

const file = v.object({
  /** What identifies the contents: see PlaceState. */
  is: v.string(),
  /** What we had there before, as long as it is not sure which of the two is on the disk. */
  was: v.optional(v.string()),
});

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
export type InstallManifest = v.InferOutput<typeof schema>;

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

/** One file a line, so that a person finds theirs. */
export function serializeInstallManifest({ files, ...rest }: InstallManifest): string {
  const lines = Object.entries(files).map(([path, one]) => `    ${JSON.stringify(path)}: ${JSON.stringify(one)}`);
  return `${JSON.stringify(rest, null, 2).replace(/\n}$/, '')},\n  "files": {\n${lines.join(',\n')}\n  }\n}\n`;
}
