import { appKey, type Config } from '../../domain/config/model.ts';
import type { Origin, Setting } from '../../domain/config/setting.ts';
import { type LimitName, limitNames, type ParsedLimit } from '../../domain/limits.ts';
import { resolveProfile } from '../../domain/profile.ts';
import { listKeys, type SandboxSection, showSwitch, switchKeys } from '../../domain/sandbox-choices.ts';
import type { ConfigKey, ConfigSection } from './config-key.ts';

/** A key, what holds for it, and where that is written. */
export interface EffectiveSetting extends ConfigKey {
  readonly value: string;
  readonly origin: Origin;
}

/**
 * What holds for an app or a profile when all files, profiles and their bases are laid over each other: what nobody sets is not
 * there. A list that several sections add to comes once for each of its items. `enabled` is the profile that the app was enabled with.
 * @throws RingfenceError NoSuchProfile
 */
export function effectiveSettings(
  config: Config,
  section: ConfigSection,
  enabled?: Setting<string>,
): readonly EffectiveSetting[] {
  if (section.kind === 'top') return [row(section, 'default-profile', config.defaultProfile)];
  if (section.kind === 'desktop') return budgetRows(config, section);
  if (section.kind === 'notifications') return noticeRows(config, section);
  const app = section.kind === 'app' ? config.apps.get(appKey(section.name)) : undefined;
  const chosen = app?.profile ?? enabled ?? config.defaultProfile;
  const profile = resolveProfile(config.profiles, section.kind === 'app' ? chosen.value : section.name);
  const base = config.profiles.get(section.kind === 'profile' ? section.name : '')?.base;
  return [
    ...(section.kind === 'app' ? [row(section, 'profile', chosen)] : []),
    ...(base === undefined ? [] : [row(section, 'base', base)]),
    ...limitRows(section, (name) => app?.limits.get(name) ?? profile.limits.get(name)),
    ...sandboxRows(section, [app?.sandbox, ...profile.sandbox]),
  ];
}

/** Everything that the files set. */
export function writtenSettings(config: Config): readonly EffectiveSetting[] {
  const sections: ConfigSection[] = [
    { kind: 'top' },
    { kind: 'desktop' },
    { kind: 'notifications' },
    ...[...config.profiles.keys()].map((name) => ({ kind: 'profile', name }) as const),
    ...[...config.apps.keys()].map((name) => ({ kind: 'app', name }) as const),
  ];
  return sections.flatMap((section) => ownSettings(config, section)).filter(({ origin }) => origin.kind === 'file');
}

function ownSettings(config: Config, section: ConfigSection): readonly EffectiveSetting[] {
  if (section.kind === 'top') return [row(section, 'default-profile', config.defaultProfile)];
  if (section.kind === 'desktop') return budgetRows(config, section);
  if (section.kind === 'notifications') return noticeRows(config, section);
  const own = section.kind === 'profile' ? config.profiles.get(section.name) : config.apps.get(section.name);
  if (own === undefined) return [];
  const [key, chosen] = 'profile' in own ? ['profile', own.profile] : ['base', 'base' in own ? own.base : undefined];
  return [
    ...(chosen === undefined ? [] : [row(section, key, chosen)]),
    ...limitRows(section, (name) => own.limits.get(name)),
    ...sandboxRows(section, [own.sandbox]),
  ];
}

function budgetRows(config: Config, section: ConfigSection): readonly EffectiveSetting[] {
  return [...config.desktop].map(([key, { value, origin }]) => row(section, key, { value: value.text, origin }));
}

function noticeRows(config: Config, section: ConfigSection): readonly EffectiveSetting[] {
  return [...config.notices].map(([key, { value, origin }]) => row(section, key, { value: String(value), origin }));
}

function limitRows(
  section: ConfigSection,
  limitOf: (name: LimitName) => Setting<ParsedLimit> | undefined,
): readonly EffectiveSetting[] {
  return limitNames.flatMap((name) => {
    const limit = limitOf(name);
    return limit === undefined ? [] : [row(section, name, { value: limit.value.text, origin: limit.origin })];
  });
}

function sandboxRows(
  section: ConfigSection,
  sections: readonly (SandboxSection | undefined)[],
): readonly EffectiveSetting[] {
  const said = sections.filter((one) => one !== undefined);
  const switches = switchKeys.flatMap((key) => {
    const setting = said.map(({ switches: own }) => own.get(key)).find((one) => one !== undefined);
    return setting === undefined ? [] : [row(section, key, { ...setting, value: showSwitch(key, setting.value) })];
  });
  const lists = listKeys.flatMap((key) =>
    said.flatMap(({ lists: own }) => (own.get(key) ?? []).map((item) => row(section, key, item))),
  );
  return [...switches, ...lists];
}

function row(section: ConfigSection, key: string, { value, origin }: Setting<string>): EffectiveSetting {
  return { section, key, value, origin };
}
