import { spawn } from 'node:child_process';
import { existsSync, lstatSync, readFileSync, readlinkSync } from 'node:fs';
import { type Mount, parseMountinfo, reachable } from '../../domain/mounts.ts';
import { isAtOrBelow } from '../../domain/path-relations.ts';
import { doubtful, type Question, questionTo } from './on-the-way.ts';

/** A place that was asked. */
interface Asked {
  readonly mount: Mount;
  /** Undefined until it has answered, or has not in time. */
  isSilent: boolean | undefined;
  /** When it has answered, by performance.now(). */
  at: number;
  /** While a process asks: until that has ended, or was given up. */
  waiting: Promise<void> | undefined;
  /** Since when it asks, by performance.now(). */
  since: number;
}

/** By the keys of their questions. */
const asked = new Map<string, Asked>();

/** What is mounted, as it was read last. */
const seen = {
  text: '',
  doubtful: [] as readonly Mount[],
  covered: new Set<string>() as ReadonlySet<string>,
  at: Number.NEGATIVE_INFINITY,
};

/** How mounts are asked. */
export interface Asking {
  /** For how long an answer counts, in ms; 0 unless told. */
  readonly trusted?: number;
  /** Whether links may lead into what the desktop mounts in the runtime folder (gvfs, documents). By its own name it is asked anyway. */
  readonly desktops?: boolean;
  /** What was asked before, and whether it has answered: counts, and is added to. */
  readonly answered?: Map<string, boolean>;
}

/**
 * Asks the mounts that these paths (absolute) lead into and that may hang, which are those of FUSE, of the network and of automounters:
 * `isSilent` knows them afterwards. By a process for each, as neither a look of our own nor a thread of node's could be given up. Where there is
 * no such mount it costs a look at the list of mounts.
 */
export async function askMounts(
  paths: readonly string[],
  { trusted = 0, desktops = false, answered = new Map() }: Asking = {},
): Promise<void> {
  readMounts(recent);
  while (seen.doubtful.length > 0) {
    const questions = new Map<string, Question>();
    const links = new Map<string, string | undefined>();
    const linkOnce = (path: string) => {
      if (!links.has(path)) links.set(path, linkAt(path));
      return links.get(path);
    };
    for (const path of paths) {
      const mounts = seen.doubtful.filter((one) => desktops || !isDesktops(one) || isAtOrBelow(path, one.path));
      const isKnown = ({ key }: Question) => answered.get(key) === true;
      const question = questionTo(path, mounts, seen.covered, isKnown, linkOnce);
      // Behind one that is silent nothing is looked at.
      if (question !== undefined && !answered.has(question.key)) questions.set(question.key, question);
    }
    if (questions.size === 0) return;
    await Promise.all([...questions.values()].map((question) => ask(question, trusted)));
    for (const key of questions.keys()) answered.set(key, asked.get(key)?.isSilent === false);
    // An automounter has mounted something else.
    readMounts();
  }
}

/** Where those that may hang are mounted, but for those of the desktop. */
export function doubtfulPlaces(): string[] {
  readMounts(recent);
  return seen.doubtful.filter((mount) => !isDesktops(mount)).map(({ path }) => path);
}

/**
 * The mount that a path leads into and that does not answer; undefined where whoever looks there does not hang. Once any was asked, one that
 * was not counts as silent, but for those of the desktop: what is looked at is to be asked before.
 */
export function silentMount(path: string, patience = Number.POSITIVE_INFINITY): Mount | undefined {
  const silent = [...asked.values()].filter(({ isSilent }) => isSilent).map(({ mount }) => mount);
  const mounts = [...seen.doubtful.filter((mount) => !isDesktops(mount)), ...silent];
  const isKnown = ({ key }: Question) => {
    const one = asked.get(key);
    return one?.isSilent === false && (one.waiting === undefined || performance.now() - one.since < patience);
  };
  return questionTo(path, mounts, seen.covered, isKnown, linkAt)?.mount;
}

/** Whether a path leads into a mount that does not answer. */
export function isSilent(path: string): boolean {
  return silentMount(path) !== undefined;
}

/** The same, and whether one that is asked again has not answered for a moment: for whoever looks without asking. */
export function isDoubtful(path: string): boolean {
  return silentMount(path, 200) !== undefined;
}

/** Every GNOME desktop has some in the runtime folder, and few links lead there. */
function isDesktops({ path }: Mount): boolean {
  return isAtOrBelow(path, '/run/user');
}

/** `age`: how old the list may be, in ms. */
function readMounts(age = 0): void {
  if (performance.now() - seen.at < age) return;
  seen.at = performance.now();
  const text = mountinfo();
  if (text === seen.text) return;
  const mounts = reachable(parseMountinfo(text));
  Object.assign(seen, { text, doubtful: doubtful(mounts), covered: new Set(mounts.map((mount) => mount.path)) });
  const there = new Set(seen.doubtful.map(({ id, path }) => `${id} ${path}`));
  for (const [key, { mount }] of asked) if (!there.has(`${mount.id} ${mount.path}`)) asked.delete(key);
}

/** As it was where no more files may be opened. */
function mountinfo(): string {
  try {
    return readFileSync('/proc/self/mountinfo', 'utf8');
  } catch {
    return seen.text;
  }
}

/** Undefined for what is no symlink. */
function linkAt(path: string): string | undefined {
  try {
    // An exception of node's costs as much as four calls.
    return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ? readlinkSync(path) : undefined;
  } catch {
    return undefined;
  }
}

async function ask({ key, place, mount }: Question, trusted: number): Promise<void> {
  const known = asked.get(key) ?? {
    mount,
    isSilent: undefined,
    at: Number.NEGATIVE_INFINITY,
    waiting: undefined,
    since: 0,
  };
  if (known.waiting === undefined && performance.now() - known.at < trusted) return;
  asked.set(key, known);
  if (known.waiting === undefined) {
    known.since = performance.now();
    known.waiting = wait(known, place);
  }
  await known.waiting;
}

/** One process for each: it ends when the file system answers after all, and nobody waits for it a second time. */
async function wait(one: Asked, place: string): Promise<void> {
  const stat = ['/usr/bin/stat', '/bin/stat', '/run/current-system/sw/bin/stat'].find((program) => existsSync(program));
  let timer: NodeJS.Timeout | undefined;
  await new Promise<void>((resolve) => {
    const answered = () => {
      Object.assign(one, { isSilent: false, at: performance.now(), waiting: undefined });
      resolve();
    };
    if (stat === undefined) return answered();
    // statfs(2) is answered by whoever serves the files; what they look like may be remembered.
    const child = spawn(stat, ['-f', '--', place], { cwd: '/', env: {}, stdio: 'ignore' });
    child.unref();
    child.once('error', answered);
    child.once('exit', answered);
    timer = setTimeout(() => {
      one.isSilent = true;
      resolve();
    }, longestAnswer);
  });
  clearTimeout(timer);
}

/** In ms: of one launch. */
const recent = 50;

/** In ms: a disk on the network may have to wake up, and an icon waits for ten seconds. */
const longestAnswer = 2500;
