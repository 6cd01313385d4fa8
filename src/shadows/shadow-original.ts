import { join } from 'node:path';
import { RingfenceError } from '../domain/errors.ts';
import type { OwnedDisk } from '../platform/owned-files/disk.ts';
import type { Contents, DesiredFile } from '../platform/owned-files/model.ts';
import type { ShadowKind } from './pure/manifest.ts';
import { isMarked, sampleShadow } from './pure/shadow-entry.ts';
import { asidePath, iconScriptPath, type Workshop } from './shadow-workshop.ts';

/** A file that is to be, of which all is known. */
export interface DesiredShadow extends DesiredFile {
  readonly fingerprint: string;
  readonly contents: Extract<Contents, { type: 'file' }>;
}

const noBytes = new Uint8Array();

/** The original of a place: where it is now, and where it will be read once its shadow stands. */
export interface Original {
  readonly target: string;
  readonly asidePath: string;
  readonly readFrom: string;
  readonly source: string;
  readonly stat: string;
  /** The user's own file in the very place of the shadow. */
  readonly own: boolean;
}

/**
 * Where the original of a place is: set aside, in the place itself, or in a later folder.
 * @returns undefined when there is none (any more)
 * @throws RingfenceError BadEntry for one that is not to be used
 */
export function findOriginal(
  shop: Workshop,
  target: string,
  name: string,
  later: string | undefined,
): Original | undefined {
  const { files, manifest } = shop;
  const { disk } = files;
  const refuse = (path: string, reason: string) =>
    new RingfenceError('BadEntry', `cannot enable ${name}: ${path}: ${reason}`);
  const aside = asidePath(shop, name);
  const recorded = manifest.files[target];
  const found = files.look(target);
  if (found.state === 'unusable') throw refuse(target, found.reason);
  const ours = recorded !== undefined && files.isOurs(recorded, found);
  let [readFrom, own] = [later, false];
  // Throws for one that may not be read, which is neither marked nor an original.
  if (found.state === 'file' && !ours) disk.read(target);
  const kept = files.keptFor(target, recorded);
  if (kept !== undefined) [readFrom, own] = [recorded?.source ?? kept, true];
  else if (found.state === 'file' && !ours && !isMarked(found.bytes() ?? noBytes)) {
    [readFrom, own] = [linkTarget(disk, target) ?? target, true];
    const folder = join(shop.settings.places.dataHome, 'applications');
    if (readFrom !== target && readFrom.startsWith(`${folder}/`)) {
      throw refuse(target, `it is a link to ${readFrom}; enable that one, and this is enabled with it`);
    }
  }
  if (readFrom === undefined) return undefined;
  const look = disk.look(readFrom);
  if (look.state === 'missing') return undefined;
  if (look.state === 'unusable') throw refuse(readFrom, look.reason);
  if ((look.mode & 0o002) !== 0) {
    throw refuse(readFrom, 'everybody may write to it; make that stop with "chmod o-w"');
  }
  return { target, asidePath: aside, readFrom, source: readFrom === target ? aside : readFrom, stat: look.stat, own };
}

function linkTarget(disk: OwnedDisk, path: string): string | undefined {
  const look = disk.look(path);
  return look.state === 'file' && look.link !== undefined ? disk.realPath(path) : undefined;
}

/** The file that takes an original's place, or one that goes with it. `content` is called once at most. */
export function desire(
  shop: Workshop,
  app: string,
  kind: ShadowKind,
  original: Original,
  strict: boolean,
  bytes: () => Uint8Array,
): DesiredShadow {
  const { version, clientPath, window } = shop.settings;
  const kinds = [strict ? 'strict' : '', ...(window ? ['window'] : [])];
  return {
    path: original.target,
    group: app,
    kind,
    fingerprint: [version, formOf(shop), clientPath, original.source, original.stat, ...kinds].join(' '),
    source: original.source,
    aside: original.asidePath,
    contents: { type: 'file', mode: 0o644, modeCounts: false, bytes: once(bytes) },
  };
}

let form: string | undefined;

function formOf(shop: Workshop): string {
  form ??= shop.files.hash(sampleShadow()).slice(0, 16);
  return form;
}

/** What every kind of shadow is made from. */
export function entryInput(shop: Workshop, id: string, { readFrom, source }: Original, strict: boolean) {
  const original = shop.files.disk.read(readFrom);
  const { clientPath, version, window } = shop.settings;
  const sourceHash = shop.files.hash(original);
  const scriptPath = iconScriptPath(shop.settings.places, id);
  return { id, original, sourcePath: source, sourceHash, clientPath, scriptPath, version, strict, window };
}

/** Makes a value when it is first asked for. */
export function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
