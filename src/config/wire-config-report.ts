import { readConfig } from '../domain/config/read-config.ts';
import { isRingfenceError } from '../domain/errors.ts';
import { openAppCatalog } from '../platform/desktop/app-catalog.ts';
import { memoryAndTasks } from '../platform/kernel/host.ts';
import type { JudgeShares } from './edit-config.ts';
import { configPlaces, readSources } from './io/config-store.ts';
import { type ConfigWarning, warnOfMootLimits, warnOfShares, warnOfUnknownApps } from './pure/config-warnings.ts';

/** What is to be said of the config files, as they are now. */
export interface ConfigReport {
  readonly files: readonly { readonly path: string; readonly state: 'read' | 'missing' | 'faulty' }[];
  /** Why the daemon does not take the files. */
  readonly problems: readonly string[];
  /** What it takes, but what hardly anybody means. */
  readonly warnings: readonly ConfigWarning[];
}

/** Reads the config and the apps of the user whom this environment describes. */
export function configReport(
  environment: Readonly<Record<string, string | undefined>>,
  judgeShares: JudgeShares,
): ConfigReport {
  const places = configPlaces(environment);
  const sources = readSources(places);
  const { config, errors } = readConfig(sources);
  const problems = errors.map(({ message }) => message);
  const stateOf = (path: string) => {
    if (!sources.some((source) => source.path === path)) return 'missing';
    return problems.some((message) => message.startsWith(`cannot read ${path}:`)) ? 'faulty' : 'read';
  };
  const installed = openAppCatalog(environment)
    .list()
    .map(({ id }) => id.name);
  // What a session would share is not to be told without one.
  const judged: JudgeShares = (words) => {
    try {
      return judgeShares(words);
    } catch (error) {
      if (!isRingfenceError(error)) throw error;
      return words.map(() => undefined);
    }
  };
  return {
    files: places.files.map((path) => ({ path, state: stateOf(path) })),
    problems,
    warnings: [
      ...warnOfUnknownApps(config, installed),
      ...warnOfShares(config, judged),
      ...warnOfMootLimits(config, memoryAndTasks()),
    ],
  };
}
