import type { InstallDisk } from '../adapters/fs/install-disk.ts';
import type { OwnUnit } from '../adapters/systemd/own-unit.ts';
import type { InstallPlaces } from '../core/install/places.ts';
import type { ShadowResult } from '../shadow-results.ts';

/** What an installation works with. */
export interface InstallPorts {
  readonly places: InstallPlaces;
  readonly disk: InstallDisk;
  /** Undefined where there is no session to start the daemon in. */
  readonly unit: OwnUnit | undefined;
  lock(): Promise<() => void>;
}

/** What an uninstallation works with, beside what an installation does. */
export interface UninstallPorts extends InstallPorts {
  /** Puts all desktop entries back, without the daemon. */
  disableAll(dryRun: boolean): Promise<readonly ShadowResult[]>;
  /** What the programs leave in the state and cache folders. */
  traces(): readonly string[];
  /** Calls back when this process ends, after everybody else. */
  atExit(work: () => void): void;
}
