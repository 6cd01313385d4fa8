import { budgetNames, isBudgetName, readBudget } from '../../domain/desktop-budget.ts';
import { RingfenceError } from '../../domain/errors.ts';
import { isLimitName, limitNames, parseLimit } from '../../domain/limits.ts';
import { nearestName } from '../../domain/nearest-name.ts';
import { isNoticeName, noticeNames } from '../../domain/notices.ts';
import { listKeys, switchKeys, switchWords } from '../../domain/sandbox-choices.ts';
import type { TomlLiteral } from './toml-spelling.ts';

/** Whose settings: an app's, a profile's, the desktop's, of notifications, or those at the top of the file. */
export type ConfigSection =
  | { readonly kind: 'top' }
  | { readonly kind: 'desktop' }
  | { readonly kind: 'notifications' }
  | { readonly kind: 'profile' | 'app'; readonly name: string };

/** One key of the config. */
export interface ConfigKey {
  readonly section: ConfigSection;
  readonly key: string;
}

/** The keys that a section may have. */
export function sectionKeys(kind: ConfigSection['kind']): readonly string[] {
  if (kind === 'top') return ['default-profile'];
  if (kind === 'desktop') return budgetNames;
  if (kind === 'notifications') return noticeNames;
  return [kind === 'profile' ? 'base' : 'profile', ...limitNames, ...switchKeys, ...listKeys];
}

/** A key as people write it: "firefox memory-max", "profile.browser base", "default-profile". */
export function describeKey({ section, key }: ConfigKey): string {
  if (section.kind === 'top') return key;
  if (!('name' in section)) return `${section.kind} ${key}`;
  return section.kind === 'app' ? `${section.name} ${key}` : `profile.${section.name} ${key}`;
}

/**
 * Checks that there is such a key.
 * @throws RingfenceError InvalidArgument, with the key that was perhaps meant
 */
export function requireKey({ section, key }: ConfigKey): void {
  const known = sectionKeys(section.kind);
  if (known.includes(key)) return;
  const near = nearestName(key, known);
  const hint = near === undefined ? `known: ${known.join(', ')}` : `did you mean ${near}?`;
  throw new RingfenceError('InvalidArgument', `cannot use the key ${JSON.stringify(key.slice(0, 60))}: ${hint}`);
}

/**
 * The value of a key from the words that a person typed: a limit, a name, "true" or "false", or the items of a list.
 * @throws RingfenceError InvalidArgument, or InvalidLimit for a limit
 */
export function literalOf(target: ConfigKey, words: readonly string[]): TomlLiteral {
  const { key } = target;
  const refuse = (reason: string) =>
    new RingfenceError('InvalidArgument', `cannot set ${describeKey(target)}: ${reason}`);
  const [word] = words;
  if (word === undefined) throw refuse('no value is given');
  if ((listKeys as readonly string[]).includes(key)) return words;
  if (words.length > 1) throw refuse(`it has one value, not ${words.length}`);
  if (isNoticeName(key) || ((switchKeys as readonly string[]).includes(key) && switchWords(key) === undefined)) {
    if (word !== 'true' && word !== 'false') throw refuse(`expected true or false, not ${JSON.stringify(word)}`);
    return word === 'true';
  }
  if (isBudgetName(key)) {
    const read = readBudget(key, word);
    if ('problem' in read) throw new RingfenceError('InvalidLimit', `cannot set ${key} to "${word}": ${read.problem}`);
  } else if (!isLimitName(key)) return word;
  else parseLimit(key, word);
  // As one would write it by hand; a number that TOML cannot have, such as 007, stays a text.
  return /^(?:0|[1-9]\d{0,14})$/.test(word) ? BigInt(word) : word;
}
