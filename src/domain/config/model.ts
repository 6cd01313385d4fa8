import { type Budget, builtInBudget } from '../desktop-budget.ts';
import type { RingfenceError } from '../errors.ts';
import type { LimitName, ParsedLimit } from '../limits.ts';
import { builtInNotices, type Notices } from '../notices.ts';
import { builtInProfiles, type ProfileDefinition } from '../profile.ts';
import type { SandboxSection } from '../sandbox-choices.ts';
import type { Origin, Setting } from './setting.ts';

/** What a config says about one app. */
export interface AppSettings {
  readonly profile?: Setting<string>;
  readonly limits: ReadonlyMap<LimitName, Setting<ParsedLimit>>;
  readonly sandbox?: SandboxSection;
  /** Where its section begins, in the file that has the last word. */
  readonly origin?: Origin;
}

/** What one file says. Apps are keyed by their id without `.desktop`. */
export interface ConfigLayer {
  readonly path: string;
  readonly defaultProfile?: Setting<string>;
  readonly profiles: ReadonlyMap<string, ProfileDefinition>;
  readonly apps: ReadonlyMap<string, AppSettings>;
  readonly desktop: Budget;
  readonly notices: Notices;
}

/** All layers together: what is in force. */
export interface Config {
  readonly defaultProfile: Setting<string>;
  readonly profiles: ReadonlyMap<string, ProfileDefinition>;
  readonly apps: ReadonlyMap<string, AppSettings>;
  readonly desktop: Budget;
  readonly notices: Notices;
  /**
   * Set when a file could not be read, nothing remembered stands in for it, and it may have asked for strict: then
   * only launches that ask for a profile themselves, or are strict anyway, may go on.
   */
  readonly heldBack?: RingfenceError;
}

/** What is in force without any file. */
export const builtInConfig: Config = {
  defaultProfile: { value: 'relaxed', origin: { kind: 'built-in' } },
  profiles: builtInProfiles,
  apps: new Map(),
  desktop: builtInBudget,
  notices: builtInNotices,
};

/** Every word of `shared-folders`, whoever it is for. */
export function sharedWordsOf({ profiles, apps }: Config): string[] {
  const sections = [...profiles.values(), ...apps.values()].map(({ sandbox }) => sandbox);
  return sections.flatMap((section) => section?.lists.get('shared-folders') ?? []).map(({ value }) => value);
}

/** The key under which a config keeps an app: `firefox` and `firefox.desktop` name the same. */
export function appKey(id: string): string {
  return id.endsWith('.desktop') ? id.slice(0, -'.desktop'.length) : id;
}
