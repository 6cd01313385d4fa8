import { RingfenceError } from '../../domain/errors.ts';
import { isLimitName, type LimitName, limitNames, type ParsedLimit, parseLimit } from '../../domain/limits.ts';
import { nearestName } from '../../domain/nearest-name.ts';

/** What a caller may ask for beside the app or command itself, checked. */
export interface LaunchOptions {
  readonly action?: string;
  /** The desktop id whose settings apply to a command. */
  readonly appId?: string;
  /** What a contained process is to be called. */
  readonly name?: string;
  /** What is below a process stays where it is. */
  readonly alone?: boolean;
  /** The caller knows how to make a sandbox by Enclose. */
  readonly enclosable?: boolean;
  /** What a limit does to it is told on its terminal. */
  readonly terminal?: boolean;
  readonly profile?: string;
  /** XDG_ACTIVATION_TOKEN / DESKTOP_STARTUP_ID for the app. */
  readonly activationToken?: string;
  /** Absolute. */
  readonly workingDirectory?: string;
  /** The home of a strict command, by a name of the user's; kept. */
  readonly home?: string;
  /** By which the caller finds in the records what it has asked for, should the answer get lost. */
  readonly requestId?: string;
  /** A home that ends with the start, and no network unless it is asked for. */
  readonly once?: boolean;
  readonly network?: boolean;
  readonly limits: ReadonlyMap<LimitName, ParsedLimit>;
}

/**
 * Reads the `a{ss}` options of Launch, Run and Contain. `task` opens the messages: "launch firefox", "run make". Only
 * `launch` knows `action`; `run` and `contain` know `app-id`; `contain`, whose process has begun already, knows `name`, `alone`,
 * `enclosable`, `terminal`, and neither a folder nor an activation token. Throws `UnknownOption`, which names the key and the known ones, `InvalidArgument` or `InvalidLimit`.
 */
export function parseLaunchOptions(
  kind: 'launch' | 'run' | 'contain',
  task: string,
  options: ReadonlyMap<string, string>,
): LaunchOptions {
  const known = [...namesOf[kind], ...limitNames];
  const limits = new Map<LimitName, ParsedLimit>();
  const read: { -readonly [K in Exclude<keyof LaunchOptions, 'limits' | YesName>]?: string } = {};
  const yes: { -readonly [K in YesName]?: boolean } = {};
  for (const [key, value] of options) {
    if (!known.includes(key)) throw unknownOption(task, key, known);
    const problem = (reason: string) =>
      new RingfenceError('InvalidArgument', `cannot ${task}: option ${key} ${reason}`);
    if (value.includes('\0')) throw problem('contains a NUL character');
    if (isLimitName(key)) {
      limits.set(key, parseLimit(key, value));
      continue;
    }
    if (key === 'activation-token') {
      // A caller that passes an unset variable on sends an empty one.
      if (value === '') continue;
      if (Buffer.byteLength(value) > longestToken || hasControl(value)) throw problem('is not a usable token');
      read.activationToken = value;
      continue;
    }
    if (value === '') throw problem('is empty');
    if (Buffer.byteLength(value) >= longestText) throw problem('is too long');
    if (isYesName(key)) {
      if (value !== 'yes') throw problem(`must be "yes", not ${JSON.stringify(value)}`);
      yes[key] = true;
    } else if (key === 'working-directory') {
      if (!value.startsWith('/')) throw problem(`must be an absolute path, not ${JSON.stringify(value)}`);
      read.workingDirectory = value;
    } else if (key === 'request-id') {
      if (Buffer.byteLength(value) > longestName || hasControl(value)) throw problem('is not a usable id');
      read.requestId = value;
    } else if (key === 'name') {
      if (Buffer.byteLength(value) > longestName || hasControl(value)) throw problem('is not a usable name');
      read.name = value;
    } else if (key === 'home') {
      if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(value))
        throw problem('must be a name of letters, digits, . _ and -');
      read.home = value;
    } else if (key === 'action') read.action = value;
    else if (key === 'app-id') read.appId = value;
    else read.profile = value;
  }
  return { ...read, ...yes, limits };
}

/**
 * Refuses a list of arguments or URIs that execve could not take, before anything is started: a NUL, one text of 128 KiB
 * or more (MAX_ARG_STRLEN, its closing NUL included), or more than 1 MiB together, which leaves half of the usual ARG_MAX of
 * 2 MiB to the environment. `noun` says what it is a list of, in the user's words: "files", "arguments".
 */
export function checkListSize(task: string, noun: string, list: readonly string[]): void {
  const problem = (reason: string) => new RingfenceError('InvalidArgument', `cannot ${task}: ${reason}`);
  let total = 0;
  for (const text of list) {
    if (text.includes('\0')) throw problem(`the list of ${noun} contains a NUL character`);
    const bytes = Buffer.byteLength(text) + 1;
    if (bytes > longestText) {
      throw problem(`one of the ${noun} is too long (${size(bytes)}; at most ${size(longestText)})`);
    }
    total += bytes;
  }
  if (total > longestList) {
    throw problem(`the list of ${noun} is too long (${size(total)}; at most ${size(longestList)})`);
  }
}

const startNames = ['profile', 'activation-token', 'working-directory', 'request-id', 'once', 'network'];
const namesOf = {
  launch: ['action', ...startNames],
  run: ['app-id', 'home', ...startNames],
  contain: ['app-id', 'profile', 'name', 'alone', 'enclosable', 'terminal', 'home'],
};
const yesNames = ['alone', 'enclosable', 'terminal', 'once', 'network'] as const;
type YesName = (typeof yesNames)[number];

function isYesName(key: string): key is YesName {
  return (yesNames as readonly string[]).includes(key);
}

const longestName = 255;
const longestToken = 1024;
const longestText = 131_072;
const longestList = 1_048_576;

function unknownOption(task: string, key: string, known: readonly string[]): RingfenceError {
  const shown = JSON.stringify(key.length > 60 ? `${key.slice(0, 60)}…` : key);
  const near = nearestName(key, known);
  const hint = near === undefined ? '' : `did you mean ${near}? `;
  return new RingfenceError(
    'UnknownOption',
    `cannot ${task}: unknown option ${shown} (${hint}known: ${known.join(', ')})`,
  );
}

function hasControl(text: string): boolean {
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x20 || code === 0x7f) return true;
  }
  return false;
}

function size(bytes: number): string {
  return bytes < 1_048_576
    ? `${Math.ceil(bytes / 1024)} KiB`
    : `${(bytes / 1_048_576).toFixed(bytes % 1_048_576 === 0 ? 0 : 1)} MiB`;
}
