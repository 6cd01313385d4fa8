import type { NotesFile } from '../platform/owned-files/notes-file.ts';
import type { OwnedFiles } from '../platform/owned-files/owned-files.ts';
import type { OwnUnit } from '../platform/systemd/own-unit.ts';
import type { ShadowResult } from '../shadows/shadow-results.ts';
import type { InstallManifest } from './pure/manifest.ts';
import type { InstallPlaces } from './pure/places.ts';

/** The desktop's settings, values as GVariant text; `schema` may have a path: "org.gnome.X:/org/gnome/x/". */
export interface DesktopSettings {
  /** Undefined when there is no such schema or key here. */
  get(schema: string, key: string): Promise<string | undefined>;
  set(schema: string, key: string, value: string): Promise<void>;
  /** Back to the schema's default. */
  reset(schema: string, key: string): Promise<void>;
}

/** What an installation works with. */
export interface InstallPorts {
  readonly places: InstallPlaces;
  readonly files: OwnedFiles;
  readonly manifest: NotesFile<InstallManifest>;
  /** Undefined where there is no session to start the daemon in. */
  readonly unit: OwnUnit | undefined;
  /** Holds all other installations off, until it is given back. */
  lock(doing: 'install' | 'uninstall'): Promise<() => void>;
}

/** What an uninstallation works with, beside what an installation does. */
export interface UninstallPorts extends InstallPorts {
  /** Puts all desktop entries back, without the daemon. */
  disableAll(dryRun: boolean): Promise<readonly ShadowResult[]>;
  /** What the programs leave in the state and cache folders. */
  traces(): readonly string[];
  /** Takes back what was made for strict apps whose homes are gone; no daemon runs. */
  forgetGoneHomes(): void;
  /** Folders that go when nothing is in them, the outer ones first. */
  emptyFolders(): readonly string[];
}
