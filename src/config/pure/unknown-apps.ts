import type { Config } from '../../domain/config/model.ts';
import { describeOrigin } from '../../domain/config/setting.ts';
import { nearestName } from '../../domain/nearest-name.ts';

/** What is no error in a config but most likely a mistake, as a sentence with its place. */
export interface ConfigWarning {
  readonly message: string;
  /** Without ".desktop". */
  readonly app: string;
}

/** The apps that the config has settings for although they are not installed; ids are without ".desktop". */
export function warnOfUnknownApps(config: Config, installed: readonly string[]): readonly ConfigWarning[] {
  const known = new Set(installed);
  return [...config.apps].flatMap(([id, { origin }]) => {
    if (known.has(id) || origin === undefined) return [];
    const meant = [...byLastPart(installed, id), nearestName(id, installed)].find((near) => near !== undefined);
    const hint = meant === undefined ? '' : `; did you mean ${meant}?`;
    return [{ message: `${describeOrigin(origin)}: no app ${id} is installed${hint}`, app: id }];
  });
}

/** "gedit" is "org.gnome.gedit" to most, and "firefox" may be "firefox-esr". */
function byLastPart(installed: readonly string[], id: string): readonly string[] {
  const wanted = id.toLowerCase();
  const short = (name: string) => name.toLowerCase().split('.').at(-1);
  return [
    ...installed.filter((name) => short(name) === wanted),
    ...installed.filter((name) => name.toLowerCase().startsWith(`${wanted}-`)),
  ];
}
