import { isAbsolute, join } from 'node:path';
import { xdgFolders } from '../../domain/xdg-folders.ts';

/** The folders that an environment leads to; absolute. */
export interface EnvironmentFolders {
  /** The user's own: the home, and where settings and data are. */
  readonly own: readonly string[];
  /** Those of the lists in which programs look for something, as they are written there. */
  readonly listed: readonly string[];
  /** All of them, and what of Ringfence's own is behind them. */
  readonly all: readonly string[];
}

/** The variables that list folders. */
export const folderLists = ['PATH', 'XDG_DATA_DIRS', 'XDG_CONFIG_DIRS'] as const;

/** Reads them from an environment. */
export function environmentFolders(environment: ReadonlyMap<string, string>): EnvironmentFolders {
  const { home, data, config, state, cache, dataDirs, configDirs } = xdgFolders(Object.fromEntries(environment));
  const own = [home, data, config, state, cache].filter((folder) => folder !== undefined);
  const listed = folderLists.flatMap((name) => (environment.get(name) ?? '').split(':').filter(isAbsolute));
  const behind = [
    ...[...configDirs, ...(config === undefined ? [] : [config])].flatMap((folder) => [
      join(folder, 'ringfence/config.toml'),
      join(folder, 'autostart'),
    ]),
    ...[...dataDirs, ...(data === undefined ? [] : [data])].flatMap((folder) => [
      join(folder, 'applications'),
      join(folder, 'dbus-1/services'),
    ]),
  ];
  return { own, listed, all: [...new Set([...own, ...listed, ...behind])] };
}
