import { parse, TomlError } from 'smol-toml';
import * as v from 'valibot';
import { type BudgetName, budgetNames } from '../desktop-budget.ts';
import { RingfenceError } from '../errors.ts';
import { type LimitName, limitNames, type ParsedLimit } from '../limits.ts';
import { type NoticeName, noticeNames } from '../notices.ts';
import type { ProfileDefinition } from '../profile.ts';
import { type ListKey, listKeys, type SandboxSection, type SwitchKey, switchKeys } from '../sandbox-choices.ts';
import { keyLines } from './key-lines.ts';
import { type AppSettings, appKey, type ConfigLayer } from './model.ts';
import { fileSchema } from './schema.ts';
import type { Setting } from './setting.ts';

/**
 * Reads the text of one config file, on its own: whether the profiles it names exist is for {@link addLayer} to say.
 * Throws `InvalidArgument`: "cannot read /etc/xdg/ringfence/config.toml: line 7: app.firefox.memroy-max: …".
 */
export function readLayer(path: string, text: string): ConfigLayer {
  const raw = parseToml(path, text);
  const lineOf = keyLines(text);
  const checked = v.safeParse(fileSchema, raw);
  if (!checked.success) {
    const problems = checked.issues.map((issue) => {
      const keys = issue.path?.map((item) => item.key as string | number) ?? [];
      return { keys, line: lineOf(keys), message: issue.message };
    });
    const first = problems.reduce((earliest, problem) => (problem.line < earliest.line ? problem : earliest));
    throw fileError(path, first.line, first.message, showKey(first.keys));
  }
  const content = checked.output;
  const setting = <T>(value: T, ...keys: string[]): Setting<T> => ({
    value,
    origin: { kind: 'file', path, line: lineOf(keys), key: showKey(keys) },
  });
  const limitsOf = (section: Partial<Record<LimitName, ParsedLimit | undefined>>, ...keys: string[]) => {
    const limits = new Map<LimitName, Setting<ParsedLimit>>();
    for (const name of limitNames) {
      const limit = section[name];
      if (limit !== undefined) limits.set(name, setting(limit, ...keys, name));
    }
    return limits;
  };

  const sandboxOf = (section: SandboxContent, ...keys: string[]): { sandbox?: SandboxSection } => {
    const switches = new Map<SwitchKey, Setting<boolean>>();
    for (const key of switchKeys) {
      const value = section[key];
      if (value !== undefined) switches.set(key, setting(value, ...keys, key));
    }
    const lists = new Map<ListKey, readonly Setting<string>[]>();
    for (const key of listKeys) {
      const list = section[key];
      if (list !== undefined) {
        lists.set(
          key,
          list.map((value) => setting(value, ...keys, key)),
        );
      }
    }
    return switches.size + lists.size === 0 ? {} : { sandbox: { switches, lists } };
  };

  const profiles = new Map<string, ProfileDefinition>();
  for (const [name, section] of Object.entries(content.profile ?? {})) {
    const base = section.base === undefined ? {} : { base: setting(section.base, 'profile', name, 'base') };
    profiles.set(name, {
      ...base,
      limits: limitsOf(section, 'profile', name),
      ...sandboxOf(section, 'profile', name),
      origin: setting(name, 'profile', name).origin,
    });
  }
  const apps = new Map<string, AppSettings>();
  for (const [name, section] of Object.entries(content.app ?? {})) {
    const key = appKey(name);
    if (apps.has(key)) {
      throw fileError(path, lineOf(['app', name]), `${key} has a section already`, showKey(['app', name]));
    }
    const profile = section.profile === undefined ? {} : { profile: setting(section.profile, 'app', name, 'profile') };
    apps.set(key, {
      ...profile,
      limits: limitsOf(section, 'app', name),
      ...sandboxOf(section, 'app', name),
      origin: setting(name, 'app', name).origin,
    });
  }
  const desktop = new Map<BudgetName, Setting<ParsedLimit>>();
  for (const name of budgetNames) {
    const value = content.desktop?.[name];
    if (value !== undefined) desktop.set(name, setting(value, 'desktop', name));
  }
  const notices = new Map<NoticeName, Setting<boolean>>();
  for (const name of noticeNames) {
    const value = content.notifications?.[name];
    if (value !== undefined) notices.set(name, setting(value, 'notifications', name));
  }
  const named = content['default-profile'];
  return {
    path,
    profiles,
    apps,
    desktop,
    notices,
    ...(named === undefined ? {} : { defaultProfile: setting(named, 'default-profile') }),
  };
}

type SandboxContent = { readonly [K in SwitchKey]?: boolean | undefined } & {
  readonly [K in ListKey]?: readonly string[] | undefined;
};

/** An error of a config file, as a user reads it. */
export function fileError(file: string, line: number, reason: string, key?: string): RingfenceError {
  const place = { file, line, ...(key === undefined ? {} : { key }) };
  const words = key === undefined ? reason : `${key}: ${reason}`;
  return new RingfenceError('InvalidArgument', `cannot read ${file}: line ${line}: ${words}`, { place });
}

function parseToml(path: string, text: string): unknown {
  try {
    return parse(text, { integersAsBigInt: 'asNeeded' });
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const reason = error.message.split('\n')[0]?.replace(/^Invalid TOML document: /, '') ?? '';
    throw fileError(path, error.line, `column ${error.column}: ${reason}`);
  }
}

/** As one would write it: `app."firefox.desktop".memory-max`. */
function showKey(keys: readonly (string | number)[]): string {
  return keys.map((key) => (/^[A-Za-z0-9_-]+$/.test(String(key)) ? String(key) : JSON.stringify(key))).join('.');
}
