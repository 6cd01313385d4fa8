import * as v from 'valibot';
import { RingfenceError } from '../../domain/errors.ts';
import type { OwnedFile } from '../../domain/owned-file.ts';

const text = v.string();
const wish = v.object({ profile: v.optional(text), autostart: v.optional(v.boolean()) });

const kinds = ['entry', 'service', 'script', 'drop-in', 'autostart', 'mime-cache', 'portal-entry'] as const;

/** What a file is for. */
export type ShadowKind = (typeof kinds)[number];

const storedFile = v.object({
  /** The app it was written for; empty for what serves all of them. */
  app: text,
  kind: v.picklist(kinds),
  /** SHA-256 of what Ringfence wrote, in hex. */
  hash: text,
  /** Of what it wrote before, as long as it is not sure which of the two is on the disk. */
  was: v.optional(text),
  /** All that the contents were made from, in short: the same again gives the same file. */
  fingerprint: text,
  /** Of the file after it was written, to tell without reading that nobody touched it. */
  stat: v.optional(text),
  /** Where the original is read: beside it where it was set aside, else where it always was. */
  source: text,
  /** The user's own file that was in this place, set aside. Absolute. */
  aside: v.optional(text),
});
const file = v.pipe(
  storedFile,
  v.transform(({ app, hash, ...rest }) => ({ group: app, is: hash, ...rest })),
);

const schema = v.object({
  format: v.literal(1),
  /** Every app, those installed later too. */
  all: v.optional(wish),
  apps: v.record(text, wish),
  /** Apps that "all" leaves out. */
  except: v.array(text),
  /** Folders that Ringfence made, to be removed once they are empty. */
  folders: v.array(text),
  /** By absolute path. */
  files: v.record(text, file),
});

/** What the user wants for an app. */
export type Wish = v.InferOutput<typeof wish>;
/** What is wanted and what was written for it. Before a file is touched the manifest says so. */
export type Manifest = Omit<v.InferOutput<typeof schema>, 'files'> & {
  readonly files: Readonly<Record<string, OwnedFile>>;
};

/** Where the manifest of a data folder is: beside the originals it tells of, so that a backup has both or neither. */
export function manifestPath(dataHome: string): string {
  return `${dataHome}/ringfence/manifest.json`;
}

export const emptyManifest: Manifest = { format: 1, apps: {}, except: [], folders: [], files: {} };

/**
 * Reads a manifest.
 * @throws RingfenceError Failed when it is not one; nothing may be touched then
 */
export function parseManifest(path: string, source: string): Manifest {
  try {
    return v.parse(schema, JSON.parse(source));
  } catch (error) {
    throw new RingfenceError(
      'Failed',
      `cannot read ${path}: it is damaged or of a newer version; restore it from a backup, or move it away to start anew`,
      { cause: error },
    );
  }
}

/** The manifest as the file has it. */
export function storedManifest({ files, ...rest }: Manifest) {
  const stored = Object.entries(files).map(([path, { group: app, is: hash, ...file }]) => [
    path,
    { app, hash, ...file },
  ]);
  return { ...rest, files: Object.fromEntries(stored) };
}

/** Whether there is nothing to remember. */
export function isEmptyManifest({ all, apps, files }: Manifest): boolean {
  return all === undefined && Object.keys(apps).length === 0 && Object.keys(files).length === 0;
}

/** What is wanted for an app; undefined when it is to be left alone. */
export function wishFor(manifest: Manifest, id: string): Wish | undefined {
  const own = Object.hasOwn(manifest.apps, id) ? manifest.apps[id] : undefined;
  if (own !== undefined) return { ...manifest.all, ...own };
  return manifest.except.includes(id) ? undefined : manifest.all;
}

/**
 * The manifest without these apps among the wishes, but for those that were there before: an app that is not there, or whose
 * shadow could not be written, must not become a standing wish.
 */
export function withoutApps(manifest: Manifest, before: Manifest, ids: ReadonlySet<string>): Manifest {
  const apps = Object.entries(manifest.apps).filter(([id]) => !ids.has(id) || Object.hasOwn(before.apps, id));
  return { ...manifest, apps: Object.fromEntries(apps) };
}
