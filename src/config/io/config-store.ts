import { closeSync, constants, fstatSync, openSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../../domain/config/model.ts';
import { type ConfigSource, readConfig } from '../../domain/config/read-config.ts';
import { RingfenceError } from '../../domain/errors.ts';
import { xdgFolders } from '../../domain/xdg-folders.ts';
import { askMounts, isDoubtful, isSilent } from '../../platform/files/silent-mounts.ts';
import { watchPaths } from '../../platform/files/watch-paths.ts';
import { recallConfig, rememberConfig } from './config-memory.ts';

/** The config in force, kept up to date. */
export interface ConfigStore {
  /** What is in force now. Never waits. */
  readonly current: () => Config;
  /** What is wrong with the files as they are now; empty if they are what is in force. */
  readonly errors: () => readonly RingfenceError[];
  /** The first of `errors()`. */
  readonly lastError: () => RingfenceError | undefined;
  /** Calls back when `current()` or `errors()` has changed. Returns how to stop that. */
  readonly onChange: (listener: () => void) => () => void;
  /** Asks the mounts that the files lie on: `current()` leaves alone what does not answer. */
  readonly ask: () => Promise<void>;
  /** Resolves when `current()` goes by what the files are now, one that is gone or empty among them. */
  readonly settled: () => Promise<void>;
  readonly close: () => void;
}

/** Where the config is read and the last good one remembered. */
export interface ConfigPlaces {
  /** Absolute paths, the least important first. */
  readonly files: readonly string[];
  /** The one of them that is the user's own; undefined without a home. */
  readonly own: string | undefined;
  /** Holds the last good config over a restart; undefined: it is not kept. */
  readonly memory: string | undefined;
}

/** The config's places in the folders of a user. */
export function configPlaces(env: Readonly<Record<string, string | undefined>>): ConfigPlaces {
  const { config: own, state, configDirs } = xdgFolders(env);
  const folders = [...[...configDirs].reverse(), ...(own === undefined ? [] : [own])];
  const fileIn = (folder: string) => join(folder, 'ringfence/config.toml');
  return {
    files: [...new Set(folders)].map(fileIn),
    own: own && fileIn(own),
    memory: state && join(state, 'ringfence/last-good-config.json'),
  };
}

/**
 * Opens the config and follows its files. Faulty files never stop it: the last good config stays in force as a whole, also
 * over a restart; where there is none yet, the faulty file is left out (see `readConfig`). Sleeps until a file changes. The mounts of the files
 * are asked before (`askMounts`).
 */
export function openConfigStore(places: Pick<ConfigPlaces, 'files' | 'memory'>): ConfigStore {
  const listeners = new Set<() => void>();
  let seen = '';
  let isGood = false;
  let errors: readonly RingfenceError[] = [];
  let config = readConfig([]).config;

  const scan = () => {
    stamps = places.files.map(stampOf);
    const sources = readSources(places);
    const state = JSON.stringify(
      sources.map((source) => ('text' in source ? source : [source.path, source.error.message])),
    );
    if (state === seen) return;
    seen = state;
    const read = readConfig(sources);
    errors = read.errors;
    if (errors.length === 0) {
      config = read.config;
      isGood = true;
      rememberConfig(places.memory, sources);
    } else if (!isGood) {
      const recalled = recall(places);
      isGood = recalled !== undefined;
      config = recalled ?? read.config;
    }
    for (const listener of [...listeners]) listener();
  };

  let stamps: readonly Stamp[] = [];
  const watcher = watchPaths(places.files, scan);
  scan();
  /**
   * The watcher waits until an editor is done; a launch that follows a change at once goes by what has changed. What cannot be
   * watched is read at every question.
   */
  const look = () => {
    // Asked right now, and perhaps no answer comes.
    if (places.files.some(isDoubtful)) return;
    const wasBlind = isBlind;
    isBlind = watcher.isBlind();
    if (wasBlind || isBlind || places.files.some((path, at) => isWritten(stamps[at], stampOf(path)))) scan();
  };
  let isBlind = watcher.isBlind();
  return {
    current() {
      look();
      return config;
    },
    errors() {
      look();
      return errors;
    },
    lastError() {
      look();
      return errors[0];
    },
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    ask: () => askMounts(places.files),
    async settled() {
      await askMounts(places.files);
      const isBehind = () => places.files.some((path, at) => stamps[at]?.of !== stampOf(path)?.of);
      for (let waited = 0; isBehind() && waited < longestWait; waited += pause) await sleep(pause);
      scan();
    },
    close: () => {
      listeners.clear();
      watcher.close();
    },
  };
}

/** In ms: an editor that empties a file writes it by then, and the watcher tells of it. */
const longestWait = 1000;
const pause = 10;

/** Changes with every write; undefined for a file that is not there, or of which nobody can tell. */
type Stamp = { readonly size: bigint; readonly of: string } | undefined;

function stampOf(path: string): Stamp {
  if (isSilent(path)) return undefined;
  try {
    const { dev, ino, size, mtimeNs } = statSync(path, { bigint: true });
    return { size, of: [dev, ino, size, mtimeNs].join(':') };
  } catch {
    return undefined;
  }
}

/** A file that is gone or empty may be one that an editor is just about to write: the watcher waits for it. */
function isWritten(before: Stamp, now: Stamp): boolean {
  return now !== undefined && now.size > 0n && now.of !== before?.of;
}

/** What was remembered counts only if it is of these very files and still correct for this version. */
function recall(places: Pick<ConfigPlaces, 'files' | 'memory'>): Config | undefined {
  const sources = recallConfig(places.memory);
  if (sources === undefined || sources.some((source) => !places.files.includes(source.path))) return undefined;
  const read = readConfig(sources);
  return read.errors.length === 0 ? read.config : undefined;
}

const largestFile = 1_048_576;

/** The config files that are there, as they are now. */
export function readSources({ files }: Pick<ConfigPlaces, 'files'>): readonly ConfigSource[] {
  return files.flatMap((path) => readSource(path) ?? []);
}

/** Undefined for a file that is not there. Never blocks on a fifo and never reads more than a config can be. */
function readSource(path: string): ConfigSource | undefined {
  const faulty = (reason: string): ConfigSource => ({
    path,
    error: new RingfenceError('InvalidArgument', `cannot read ${path}: ${reason}`, { place: { file: path } }),
  });
  if (isSilent(path)) return faulty('its file system does not answer');
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const { size, isFile } = describe(descriptor);
    if (!isFile) return faulty('it is not a file');
    if (size > largestFile) return faulty('it is larger than 1 MiB');
    return { path, text: new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(descriptor)) };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return faulty('it is not UTF-8 text');
    if (code === 'EACCES') return faulty('permission denied');
    return faulty(code ?? String(error));
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function describe(descriptor: number): { size: number; isFile: boolean } {
  const stats = fstatSync(descriptor);
  return { size: stats.size, isFile: stats.isFile() };
}
