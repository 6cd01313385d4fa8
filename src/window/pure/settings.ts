import { resolveChoices } from '../../domain/sandbox-choices.ts';

/** A key of the configuration that holds for an app, as GetConfig tells of it. */
export interface Setting {
  readonly key: string;
  readonly value: string;
  /** Where it is written, in words. */
  readonly origin: string;
}

/** Reads the rows of GetConfig. */
export function settingsFrom(rows: readonly Readonly<Record<string, string>>[]): Setting[] {
  return rows.map((row) => ({ key: row['key'] ?? '', value: row['value'] ?? '', origin: row['origin'] ?? '' }));
}

/** The value of a key that has one; undefined where nothing sets it. */
export function settingOf(settings: readonly Setting[], key: string): string | undefined {
  return settings.find((one) => one.key === key)?.value;
}

/** Whether a switch of the sandbox is on; one that nothing sets is as the sandbox has it by itself. */
export function isOn(settings: readonly Setting[], key: 'network' | 'x11' | 'sound' | 'gpu' | 'printing'): boolean {
  const said = settingOf(settings, key);
  return said === undefined ? resolveChoices([])[key] : said === 'true';
}

/** The items of a key that is a list. */
export function itemsOf(settings: readonly Setting[], key: string): string[] {
  return settings.filter((one) => one.key === key).map(({ value }) => value);
}

/** Whether a profile is built on strict: its base, or that of its base, is. */
export function isStrict(
  profiles: Readonly<Record<string, Readonly<Record<string, string>>>>,
  name: string | undefined,
  depth = 16,
): boolean {
  if (name === 'strict') return true;
  if (name === undefined || depth === 0) return false;
  return isStrict(profiles, profiles[name]?.['base'], depth - 1);
}

/** A folder of a dialog as the configuration has it: by "~" where it is in the home. */
export function folderWord(path: string, home: string): string {
  return path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path;
}
