import type { Config } from '../../domain/config/model.ts';
import { describeOrigin } from '../../domain/config/setting.ts';
import { type HostAmounts, isBeyond, type LimitName, parseLimit, resolveLimit } from '../../domain/limits.ts';
import { nearestName } from '../../domain/nearest-name.ts';
import { type EffectiveSetting, effectiveSettings } from './effective-settings.ts';

/** What is no error in a config but most likely a mistake, as a sentence with its place. */
export interface ConfigWarning {
  readonly message: string;
  /** Whose section it is about; an app's is without ".desktop". */
  readonly app?: string;
  readonly profile?: string;
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

/**
 * The shared folders that no start could let in. `judge` tells of all that is shared with one app or by one profile why it cannot, undefined for
 * what can.
 */
export function warnOfShares(
  config: Config,
  judge: (words: readonly string[]) => readonly (string | undefined)[],
): readonly ConfigWarning[] {
  return warnOfEach(config, (rows) => {
    const shared = rows.filter(({ key }) => key === 'shared-folders');
    const reasons = shared.length === 0 ? [] : judge(shared.map(({ value }) => value));
    return shared.flatMap(({ value, origin }, at) => {
      const reason = reasons[at];
      if (reason === undefined) return [];
      return [
        `${describeOrigin(origin)}: shared-folders: ${JSON.stringify(value)}: ${reason}; strict starts are refused`,
      ];
    });
  });
}

/** A memory-high that cannot act before memory-max is reached. */
export function warnOfMootLimits(config: Config, host: HostAmounts): readonly ConfigWarning[] {
  return warnOfEach(config, (rows) => {
    const [most, high] = (['memory-max', 'memory-high'] as const).map((name) => rows.find(({ key }) => key === name));
    if (most === undefined || high === undefined) return [];
    const bytes = amountOf('memory-max', most.value, host);
    if (!isBeyond(amountOf('memory-high', high.value, host, bytes), bytes)) return [];
    const { origin } = high.origin.kind === 'file' ? high : most;
    const way = 'set memory-high lower, or to "98% of memory-max"';
    return [
      `${describeOrigin(origin)}: memory-high (${high.value}) never acts below memory-max (${most.value}); ${way}`,
    ];
  });
}

/** A share that leaves nothing is told at the start. */
function amountOf(name: LimitName, text: string, host: HostAmounts, most?: bigint | 'infinity'): bigint | 'infinity' {
  try {
    return resolveLimit(parseLimit(name, text), host, most);
  } catch {
    return 'infinity';
  }
}

/** What is to be said of all that holds for a profile or app; what an app has of its profile is said of that one. */
function warnOfEach(
  config: Config,
  judge: (rows: readonly EffectiveSetting[]) => readonly string[],
): readonly ConfigWarning[] {
  const found = new Map<string, ConfigWarning>();
  const add = (messages: readonly string[], whose: Omit<ConfigWarning, 'message'>) => {
    for (const message of messages) if (!found.has(message)) found.set(message, { message, ...whose });
  };
  for (const name of config.profiles.keys()) {
    add(judge(effectiveSettings(config, { kind: 'profile', name })), { profile: name });
  }
  for (const name of config.apps.keys()) add(judge(effectiveSettings(config, { kind: 'app', name })), { app: name });
  return [...found.values()];
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
