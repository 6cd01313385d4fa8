import { readConfig } from '../domain/config/read-config.ts';
import { openAppCatalog } from '../platform/desktop/app-catalog.ts';
import { configPlaces, readSources } from './io/config-store.ts';
import { type ConfigWarning, warnOfUnknownApps } from './pure/unknown-apps.ts';

/** What is to be said of the config files, as they are now. */
export interface ConfigReport {
  readonly files: readonly { readonly path: string; readonly state: 'read' | 'missing' | 'faulty' }[];
  /** Why the daemon does not take the files. */
  readonly problems: readonly string[];
  /** What it takes, but what hardly anybody means. */
  readonly warnings: readonly ConfigWarning[];
}

/** Reads the config and the apps of the user whom this environment describes. */
export function configReport(environment: Readonly<Record<string, string | undefined>>): ConfigReport {
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
  return {
    files: places.files.map((path) => ({ path, state: stateOf(path) })),
    problems,
    warnings: warnOfUnknownApps(config, installed),
  };
}
