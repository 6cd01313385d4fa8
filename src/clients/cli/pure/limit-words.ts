import { RingfenceError } from '../../../domain/errors.ts';
import { isLimitName, limitNames, parseLimit } from '../../../domain/limits.ts';
import { nearestName } from '../../../domain/nearest-name.ts';

/**
 * The limits of a command line, "memory-max=6G cpu-quota=50%", and the words before them, which name instances.
 * @throws RingfenceError InvalidArgument, InvalidLimit
 */
export function readLimitWords(words: readonly string[]): {
  readonly names: readonly string[];
  readonly limits: ReadonlyMap<string, string>;
} {
  const isLimit = (word: string) => /^[a-z-]+=/.test(word);
  const first = words.findIndex(isLimit);
  const names = first < 0 ? words : words.slice(0, first);
  const limits = new Map<string, string>();
  for (const word of first < 0 ? [] : words.slice(first)) {
    if (!isLimit(word)) throw refused(`expected LIMIT=VALUE, not ${JSON.stringify(word)}`);
    const at = word.indexOf('=');
    const [name, value] = [word.slice(0, at), word.slice(at + 1)];
    if (!isLimitName(name)) throw refused(unknown(name));
    if (limits.has(name)) throw refused(`${name} is given twice`);
    parseLimit(name, value);
    limits.set(name, value);
  }
  if (limits.size > 0) return { names, limits };
  const bare = names.at(-2);
  const hint = bare !== undefined && isLimitName(bare) ? `write ${bare}=${names.at(-1)}` : 'for example memory-max=6G';
  throw refused(`no limit given; ${hint}`);
}

/** "--memory-max" behind a command that is started: the command's own word, and hardly meant so. Undefined where there is none. */
export function limitBehind([program = '', ...words]: readonly string[]): string | undefined {
  if (/(?:^|\/)(?:ringfence|ssc|safe)[^/]*$/.test(program) || words.includes('--')) return undefined;
  return words
    .map((word) => word.replace(/=.*/s, ''))
    .find((word) => word.startsWith('--') && isLimitName(word.slice(2)));
}

function unknown(name: string): string {
  const near = nearestName(name, limitNames);
  return `unknown limit ${JSON.stringify(name)}${near === undefined ? ` (known: ${limitNames.join(', ')})` : `; did you mean ${near}?`}`;
}

function refused(reason: string): RingfenceError {
  return new RingfenceError('InvalidArgument', `cannot set: ${reason}`);
}
