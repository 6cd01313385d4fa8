import { join } from 'node:path';
import type { DecidedLimit } from '../domain/decision.ts';
import type { DisplayFacts } from '../domain/desktop-entry/should-show.ts';
import type { DesktopId } from '../domain/desktop-id.ts';
import type { OwnedFiles } from '../platform/owned-files/owned-files.ts';
import type { Manifest, ShadowKind, Wish } from './pure/manifest.ts';

/** The user's folders, absolute, without a slash at the end. */
export interface ShadowPlaces {
  readonly home: string;
  readonly dataHome: string;
  readonly configHome: string;
  /** Behind dataHome, in order of precedence. */
  readonly dataDirs: readonly string[];
  readonly configDirs: readonly string[];
}

/** What shadows are made with, beside what is on the disk. */
export interface ShadowSettings {
  readonly places: ShadowPlaces;
  /** Of the notes on what is wanted and what was written. */
  readonly manifestPath: string;
  /** Of the session. */
  readonly runtimeFolder: string;
  /** Of `ringfence-open`, absolute. */
  readonly clientPath: string;
  readonly version: string;
  /** Whether the window is installed. */
  readonly window: boolean;
  installed(): InstalledApp[];
  /** What decides whether a menu shows an app. */
  readonly display: DisplayFacts;
  /** Whether the app may start inside a strict fence only. */
  isStrict(id: string, wish: Wish): boolean;
  /** The limits for scopes that the app moves itself to. */
  limits(id: string, wish: Wish): readonly DecidedLimit[];
}

/** An installed app and its entries, the one that counts first. */
export interface InstalledApp {
  readonly id: DesktopId;
  readonly paths: readonly string[];
}

/** What collecting works with. */
export interface Workshop {
  readonly manifest: Manifest;
  readonly settings: ShadowSettings;
  readonly files: OwnedFiles;
}

/**
 * Where the scripts are that icons run: beside the entries, so that whoever keeps or copies these has both, and removing
 * Ringfence's own folder breaks no icon. Menus look for nothing but .desktop files there.
 */
export function iconScripts({ dataHome }: ShadowPlaces): string {
  return join(dataHome, 'applications/ringfence');
}

/** That of an app; `id` with ".desktop". */
export function iconScriptPath(places: ShadowPlaces, id: string): string {
  return join(iconScripts(places), id.replace(/\.desktop$/, '.sh'));
}

/** Where the user's own file in the place of a shadow goes. */
export function asidePath(shop: Workshop, name: string): string {
  return join(shop.settings.places.dataHome, 'ringfence/originals', name);
}

/** The user's own files that are kept aside for places below a folder, by place, with the app whose shadow is there. */
export function keptBelow({ manifest, files }: Workshop, folder: string, kind: ShadowKind): Map<string, string> {
  const kept = new Map<string, string>();
  for (const [path, owned] of Object.entries(manifest.files)) {
    if (owned.kind !== kind || !path.startsWith(`${folder}/`)) continue;
    if (files.keptFor(path, owned) !== undefined) kept.set(path, owned.group);
  }
  return kept;
}
