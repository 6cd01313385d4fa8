import type { PathKey } from '../../domain/sandbox-choices.ts';
import { homeRules } from './home-rules.ts';
import type { PathFact, SandboxHost } from './model.ts';
import { isAtOrBelow } from './path-relations.ts';

/** Something wrong with a path, to be said after file, line and key. */
export interface PathFault {
  readonly key: PathKey;
  readonly path: string;
  readonly reason: string;
}

/** `~/x` in the home, without double or trailing slashes. Only for a text that `judgePathText` lets pass. */
export function expandPath(text: string, home: string): string {
  const absolute = text.startsWith('~/') ? `${home}/${text.slice(2)}` : text;
  const plain = absolute.replace(/\/{2,}/g, '/').replace(/(.)\/$/, '$1');
  return plain;
}

/**
 * What is wrong with the three lists together, given what is on disk (`facts` for each expanded path): missing, a
 * symlink that leads out of the home, too wide, Ringfence's own, or said twice in different ways.
 */
export function judgePaths(
  lists: Readonly<Record<PathKey, readonly string[]>>,
  host: Pick<SandboxHost, 'home' | 'configHome' | 'dataHome' | 'stateHome' | 'cacheHome' | 'runtimeDir'>,
  facts: ReadonlyMap<string, PathFact>,
): PathFault[] {
  const all = (Object.keys(lists) as PathKey[]).flatMap((key) => lists[key].map((path) => ({ key, path })));
  return all.flatMap(({ key, path }) => {
    const fact = facts.get(path);
    const reason =
      judgeFact(path, host.home, fact) ??
      judgeReach(key, path, host) ??
      (fact?.kind === 'symlink' ? judgeReach(key, fact.target, host) : undefined) ??
      judgeAgainst(key, path, all);
    return reason === undefined ? [] : [{ key, path, reason }];
  });
}

function judgeFact(path: string, home: string, fact: PathFact | undefined): string | undefined {
  if (fact === undefined || fact.kind === 'missing') return 'it does not exist';
  if (fact.kind !== 'symlink') return undefined;
  if (fact.targetKind === 'missing') return 'it is a symlink that leads nowhere';
  if (isAtOrBelow(path, home) && !isAtOrBelow(fact.target, home)) {
    return `it is a symlink out of the home, to ${fact.target}: name that path instead`;
  }
  return undefined;
}

function judgeReach(
  key: PathKey,
  path: string,
  host: Pick<SandboxHost, 'home' | 'configHome' | 'dataHome' | 'stateHome' | 'cacheHome' | 'runtimeDir'>,
): string | undefined {
  const within = closedTrees.find((folder) => isAtOrBelow(path, folder));
  if (within !== undefined) return `strict makes ${within} itself`;
  if (isAtOrBelow(path, host.runtimeDir)) return 'the runtime folder holds the sockets of the session';
  if (isAtOrBelow(host.home, path)) {
    return path === host.home && key === 'read-write-paths' ? 'the home is writable already' : 'the home lies in it';
  }
  if (isAtOrBelow(host.runtimeDir, path)) return 'the runtime folder lies in it';
  if (key === 'inaccessible-paths') {
    const needed = neededTrees.find((folder) => isAtOrBelow(folder, path));
    if (needed !== undefined) return `no program runs without ${needed}`;
    return undefined;
  }
  if (
    key === 'read-write-paths' &&
    systemTrees.some((folder) => isAtOrBelow(path, folder) || isAtOrBelow(folder, path))
  ) {
    return 'it is part of the system';
  }
  const locked = homeRules({ appId: '' }, host).find((rule) => rule.locked && isAtOrBelow(path, rule.path));
  if (locked !== undefined && (key === 'read-write-paths' || locked.access === 'hidden')) {
    return `${locked.path} is what Ringfence itself relies on`;
  }
  return undefined;
}

/** The same path in two lists, or one opened inside one that the same config hides. */
function judgeAgainst(
  key: PathKey,
  path: string,
  all: readonly { readonly key: PathKey; readonly path: string }[],
): string | undefined {
  const twin = all.find((other) => other.key !== key && other.path === path);
  if (twin !== undefined) return `${twin.key} names it too`;
  if (key === 'inaccessible-paths') return undefined;
  const hidden = all.find((other) => other.key === 'inaccessible-paths' && isAtOrBelow(path, other.path));
  return hidden && `inaccessible-paths hides ${hidden.path}`;
}

/** Made anew for every instance; nothing of the host's may be put there. */
const closedTrees = ['/proc', '/sys', '/dev', '/tmp', '/var/tmp'];
const systemTrees = [
  '/usr',
  '/etc',
  '/bin',
  '/sbin',
  '/lib',
  '/lib64',
  '/boot',
  '/var/lib/dpkg',
  '/run/user',
  '/run/systemd',
];
const neededTrees = ['/usr/bin', '/usr/lib', '/bin', '/lib', '/lib64', '/etc/ld.so.cache'];
