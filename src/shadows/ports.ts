import type { NotesFile } from '../platform/owned-files/notes-file.ts';
import type { OwnedFiles } from '../platform/owned-files/owned-files.ts';
import type { Manifest } from './pure/manifest.ts';
import type { ShadowSettings } from './shadow-workshop.ts';

/** What shadows are kept with. */
export interface ShadowPorts {
  /** Read anew at every call: folders, profiles and limits change while the daemon runs. */
  settings(): Promise<ShadowSettings>;
  /** For one call. */
  files(settings: ShadowSettings): OwnedFiles;
  manifest(settings: ShadowSettings, files: OwnedFiles): NotesFile<Manifest>;
  /** Holds all others off, in this process and in any other, until it is given back. */
  lock(settings: ShadowSettings): Promise<() => void>;
  /** The bus has to read its activation files again. */
  servicesChanged(): Promise<void>;
  /** The user manager has to read its drop-ins again. */
  dropInsChanged(): Promise<void>;
  /** Lets other work of the process go on. */
  breathe(): Promise<void>;
}
