import { dirname, join } from 'node:path';
import { RingfenceError } from '../domain/errors.ts';
import { xdgFolders } from '../domain/xdg-folders.ts';
import type { JudgeShares } from './edit-config.ts';
import { changeFile, missingFolders, removeEmptyFolders } from './io/config-file.ts';
import { configPlaces, readSources } from './io/config-store.ts';
import { openKeptLimits } from './io/kept-limits-file.ts';
import type { KeepPorts } from './keep-limits.ts';

/**
 * What editing the config of the user whom this environment describes works with.
 * @throws RingfenceError Failed when the environment names no home
 */
export function wireConfigEdits(
  environment: Readonly<Record<string, string | undefined>>,
  judgeShares: JudgeShares,
): KeepPorts {
  const places = configPlaces(environment);
  const file = places.own;
  const { data } = xdgFolders(environment);
  if (file === undefined || data === undefined) {
    throw new RingfenceError('Failed', 'cannot change the config: HOME is not set');
  }
  return {
    file,
    sources: () => readSources(places),
    judgeShares,
    change: (alter, options) => changeFile(file, alter, options),
    folders: { missing: () => missingFolders(dirname(file)), removeEmpty: removeEmptyFolders },
    kept: openKeptLimits(join(data, 'ringfence/enabled-limits.json'), file),
  };
}
