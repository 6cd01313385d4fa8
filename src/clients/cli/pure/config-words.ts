import {
  type ConfigKey,
  type ConfigSection,
  literalOf,
  requireKey,
  sectionKeys,
} from '../../../config/pure/config-key.ts';
import type { ConfigEdit } from '../../../config/pure/edit-config-text.ts';
import { RingfenceError } from '../../../domain/errors.ts';
import { listKeys } from '../../../domain/sandbox-choices.ts';

/** Whose settings a command line is about, and the words behind that. */
export interface ConfigWords {
  readonly section: ConfigSection;
  /** An app that was named in any of the ways that people name apps; otherwise the name is the section's own, as it is. */
  readonly isLoose: boolean;
  readonly rest: readonly string[];
}

/**
 * Reads "firefox KEY …", "app.firefox KEY …", "profile.browser KEY …", "profile.browser.KEY …" or "default-profile …".
 * @throws RingfenceError InvalidArgument
 */
export function readConfigWords(verb: string, words: readonly string[]): ConfigWords {
  const [first = '', ...behind] = words;
  const [top = ''] = first.split('=');
  if (top === 'default-profile') return { section: { kind: 'top' }, isLoose: false, rest: words };
  const [whose, key] = top.split('.');
  if (whose === 'desktop' || whose === 'notifications')
    return {
      section: { kind: whose },
      isLoose: false,
      rest: key === undefined ? behind : [key + first.slice(top.length), ...behind],
    };
  const bare = sectionKeys('app').find((key) => key === top);
  if (bare !== undefined || first === '') {
    const key = bare ?? 'memory-max';
    const value = verb === 'set' ? ` ${key === 'memory-max' ? '4G' : 'VALUE'}` : '';
    const example = `ringfence config ${verb} firefox ${key}${value}`;
    throw new RingfenceError(
      'InvalidArgument',
      `cannot ${verb}: no app or profile given; try "${example}", or for all apps "${example.replace('firefox', 'profile.relaxed')}"`,
    );
  }
  const kind = first.startsWith('profile.') ? 'profile' : 'app';
  const isLoose = !/^(?:profile|app)\./.test(first);
  const path = isLoose ? first : first.slice(kind.length + 1);
  const joined = behind[0] === undefined || !isKeyWord(kind, behind[0]) ? splitKey(kind, path) : undefined;
  const name = unquoted(joined?.name ?? path);
  if (name === '') throw new RingfenceError('InvalidArgument', `cannot ${verb}: ${first} names no ${kind}`);
  return { section: { kind, name }, isLoose, rest: joined === undefined ? behind : [joined.key, ...behind] };
}

/**
 * The changes that "KEY VALUE…" or "KEY=VALUE…" ask for.
 * @throws RingfenceError InvalidArgument, InvalidLimit
 */
export function readAssignments(section: ConfigSection, words: readonly string[]): readonly ConfigEdit[] {
  const [first = '', ...values] = words;
  if (first === '') throw new RingfenceError('InvalidArgument', `cannot set: no key given (${known(section)})`);
  const pairs = words.map((word) => /^([a-z0-9-]+)=(.*)$/s.exec(word));
  if (pairs[0] === null) return [edit(section, first, values)];
  const found = new Map<string, string[]>();
  for (const [index, pair] of pairs.entries()) {
    const [, key = '', value = ''] = pair ?? [];
    if (pair === null) {
      throw new RingfenceError(
        'InvalidArgument',
        `cannot set: expected KEY=VALUE, not ${JSON.stringify(words[index])}`,
      );
    }
    const isList = (listKeys as readonly string[]).includes(key);
    found.set(key, isList ? [...(found.get(key) ?? []), value] : [value]);
  }
  return [...found].map(([key, items]) => edit(section, key, items));
}

/**
 * The keys that are named.
 * @throws RingfenceError InvalidArgument
 */
export function readKeys(section: ConfigSection, words: readonly string[]): readonly ConfigKey[] {
  const keys = words.map((key) => ({ section, key }));
  for (const key of keys) requireKey(key);
  return keys;
}

function edit(section: ConfigSection, key: string, values: readonly string[]): ConfigEdit {
  const target = { section, key };
  requireKey(target);
  return { ...target, value: literalOf(target, values) };
}

function isKeyWord(kind: ConfigSection['kind'], word: string): boolean {
  return sectionKeys(kind).includes(word.split('=')[0] ?? '');
}

/** "browser.memory-max" is the key of a profile; a profile may have dots in its name too. */
function splitKey(kind: ConfigSection['kind'], path: string): { name: string; key: string } | undefined {
  const dot = path.lastIndexOf('.');
  const key = path.slice(dot + 1);
  return dot > 0 && isKeyWord(kind, key) ? { name: path.slice(0, dot), key } : undefined;
}

function unquoted(name: string): string {
  return /^"[^"]*"$|^'[^']*'$/.test(name) ? name.slice(1, -1) : name;
}

function known(section: ConfigSection): string {
  return `known: ${sectionKeys(section.kind).join(', ')}`;
}
