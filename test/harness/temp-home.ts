import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A home of a test's own with the XDG folders in it; `env` points a program there, `remove` deletes it all. */
export interface TempHome {
  readonly path: string;
  readonly config: string;
  readonly data: string;
  readonly env: Readonly<Record<string, string>>;
  remove(): void;
}

/** Makes an empty home below the temporary folder. */
export function tempHome(): TempHome {
  const path = mkdtempSync(join(tmpdir(), 'ringfence-home-'));
  const config = join(path, '.config');
  const data = join(path, '.local/share');
  const cache = join(path, '.cache');
  const state = join(path, '.local/state');
  for (const folder of [config, data, cache, state]) mkdirSync(folder, { recursive: true });
  return {
    path,
    config,
    data,
    env: { HOME: path, XDG_CONFIG_HOME: config, XDG_DATA_HOME: data, XDG_CACHE_HOME: cache, XDG_STATE_HOME: state },
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}
