import { createHash } from 'node:crypto';
import {
  accessSync,
  constants,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { openShadowDisk } from '../../platform/owned-files/shadow-disk.ts';
import type { DesiredPlace, InstallStep, PlaceState } from '../pure/plan.ts';

/** The disk as an installation writes to it. Calls throw what node throws (ENOSPC, EROFS, EACCES …). */
export interface InstallDisk {
  look(path: string): PlaceState;
  identify(place: DesiredPlace): string;
  /** Why nothing can be put into (or removed from) this place; undefined when nothing is known to stand in the way. */
  obstacle(path: string): string | undefined;
  /** The folders above these places that are not there yet, outer ones first. */
  missingFolders(paths: readonly string[]): string[];
  /** The text of a file, undefined when it is not there. */
  read(path: string): string | undefined;
  /** Writes a file durably and at once. */
  write(path: string, text: string): void;
  /** Makes the folders, then takes all steps, or none: what was done is taken back when one fails. */
  carryOut(steps: readonly InstallStep[], folders: readonly string[]): void;
  /** Removes a file that may not be there. */
  remove(path: string): void;
  /** Removes folders that are empty, in reverse order, and leaves the others. */
  removeFolders(folders: readonly string[]): void;
  /** Removes what a crash has left in the staging folder. */
  clean(): void;
}

/** The disk, with `staging` as the folder in which files are put together before they are renamed into their places. */
export function openInstallDisk(staging: string): InstallDisk {
  const shadowDisk = openShadowDisk(staging);
  let count = 0;
  const stage = (place: DesiredPlace): string => {
    if (place.kind === 'file') return shadowDisk.stage(place.content, place.mode, true);
    mkdirSync(staging, { recursive: true, mode: 0o700 });
    const path = join(staging, `${process.pid}-link-${count++}`);
    symlinkSync(place.target, path);
    return path;
  };
  const commit = (staged: string, path: string) => {
    const { isLink, target } = linkAt(staged);
    if (!isLink) return shadowDisk.commit(staged, path);
    try {
      renameSync(staged, path);
    } catch (error) {
      if (codeOf(error) !== 'EXDEV') throw error;
      const beside = join(dirname(path), `.${basename(path)}.ringfence-new`);
      symlinkSync(target, beside);
      renameSync(beside, path);
    }
  };
  const disk: InstallDisk = {
    look,
    identify: (place) =>
      place.kind === 'link' ? `link:${place.target}` : `file:${place.mode.toString(8)}:${sha256(place.content)}`,
    obstacle,
    missingFolders(paths) {
      const missing = new Set<string>();
      for (const path of paths) {
        for (let folder = dirname(path); !exists(folder) && folder !== dirname(folder); folder = dirname(folder))
          missing.add(folder);
      }
      return [...missing].sort();
    },

    read(path) {
      try {
        return readFileSync(path, 'utf8');
      } catch (error) {
        if (['ENOENT', 'ENOTDIR'].includes(codeOf(error))) return undefined;
        throw error;
      }
    },
    write: (path, text) => {
      mkdirSync(dirname(path), { recursive: true });
      try {
        shadowDisk.commit(shadowDisk.stage(Buffer.from(text), 0o600, true), path);
      } finally {
        disk.clean();
      }
    },

    carryOut(steps, folders) {
      const undo: (() => void)[] = [];
      try {
        // All contents are on the disk before the first place changes: a full disk shows here.
        const staged = new Map<InstallStep, string>();
        for (const step of steps) if (step.action === 'write') staged.set(step, stage(step.place));
        for (const folder of folders) {
          mkdirSync(folder, { recursive: true });
          undo.push(() => disk.removeFolders([folder]));
        }
        for (const step of steps) {
          const path = step.action === 'write' ? step.place.path : step.path;
          const old = exists(path) ? keep(path) : undefined;
          undo.push(() => (old === undefined ? rmSync(path, { force: true }) : commit(old, path)));
          if (step.action === 'write') commit(staged.get(step) ?? '', path);
          else rmSync(path);
        }
      } catch (error) {
        for (const back of undo.reverse()) back();
        throw error;
      } finally {
        disk.clean();
      }
    },
    remove: (path) => rmSync(path, { force: true }),
    removeFolders(folders) {
      for (const folder of folders.toReversed()) {
        try {
          rmdirSync(folder);
        } catch {
          // Not empty, or gone already: either way not ours to remove.
        }
      }
    },
    clean: () => shadowDisk.clean([]),
  };

  // A second name keeps everything of the old file, should it have to come back.
  function keep(path: string): string {
    const old = join(staging, `${process.pid}-old-${count++}`);
    mkdirSync(staging, { recursive: true, mode: 0o700 });
    const { isLink, target } = linkAt(path);
    if (isLink) symlinkSync(target, old);
    else {
      try {
        linkSync(path, old);
      } catch (error) {
        if (!['EXDEV', 'EPERM', 'ENOTSUP', 'EMLINK', 'EOPNOTSUPP'].includes(codeOf(error))) throw error;
        shadowDisk.setAside(path, old);
      }
    }
    return old;
  }
  return disk;
}

function look(path: string): PlaceState {
  try {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat === undefined) return { state: 'missing' };
    if (stat.isSymbolicLink()) return { state: 'present', is: `link:${readlinkSync(path)}` };
    if (!stat.isFile()) return { state: 'other', reason: 'it is no file' };
    const mode = (stat.mode & 0o7777).toString(8);
    return { state: 'present', is: `file:${mode}:${sha256(readFileSync(path))}` };
  } catch (error) {
    return codeOf(error) === 'ENOTDIR'
      ? { state: 'other', reason: 'a folder above it is no folder' }
      : { state: 'other', reason: `it cannot be read (${codeOf(error)})` };
  }
}

function obstacle(path: string): string | undefined {
  let folder = dirname(path);
  while (!exists(folder) && folder !== dirname(folder)) folder = dirname(folder);
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    return `${folder} cannot be written (${codeOf(error)})`;
  }
}

function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

function linkAt(path: string): { isLink: boolean; target: string } {
  const isLink = lstatSync(path).isSymbolicLink();
  return { isLink, target: isLink ? readlinkSync(path) : '' };
}

function sha256(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'unknown';
}
