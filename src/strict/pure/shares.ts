import type { Mount } from '../../domain/mounts.ts';
import { isAtOrBelow } from '../../domain/path-relations.ts';
import type { Share } from './model.ts';
import { liesIn, spotOf, spotsOf } from './mounts.ts';

/** What a folder that is to be let in is held against; paths without symlinks. */
export interface ShareGrounds {
  readonly home: string;
  readonly runtimeDir: string;
  /** Folders of Ringfence's own: settings, homes, records, program. */
  readonly ringfence: readonly string[];
  /** Where something lies that programs outside run, load or read as settings at their start. */
  readonly startPlaces: readonly string[];
  /** The mounts that the daemon sees and can reach. */
  readonly mounts: readonly Mount[];
}

/** Why a folder cannot be let in, undefined when it can. `path` is without symlinks. */
export function judgeShare(path: string, writable: boolean, grounds: ShareGrounds): string | undefined {
  const { home } = grounds;
  const closed = closedTrees.find((folder) => isAtOrBelow(path, folder) && !isAtOrBelow(path, '/run/media'));
  if (closed !== undefined || path === '/') return `it is part of the system, or made anew inside (${closed ?? '/'})`;
  if (path === home) return 'it is the home itself';
  if (holds(path, home, grounds.mounts)) return 'the home lies in it';
  const own = grounds.ringfence.find((folder) => touches(path, folder, grounds.mounts));
  if (own !== undefined) return `it holds, or belongs to, what is Ringfence's own (${own})`;
  if (!writable) return undefined;
  const below = isAtOrBelow(path, home) ? path.slice(home.length) : path;
  if (below.includes('/.')) return 'it is hidden, and a hidden folder is let in only read-only (add ":ro")';
  const start = grounds.startPlaces.find((place) => touches(path, place, grounds.mounts));
  return start && `programs outside take what they run or read at their start from ${start}`;
}

/**
 * How a file that a user opens is let in: read-only where writing to it would reach what runs outside later; undefined for not
 * at all.
 */
export function judgeDocument(path: string, grounds: ShareGrounds): 'read-write' | 'read-only' | undefined {
  const { home, mounts } = grounds;
  if (
    isAtOrBelow(path, grounds.runtimeDir) ||
    ['/proc', '/sys', '/dev', '/run'].some((tree) => isAtOrBelow(path, tree))
  ) {
    return isAtOrBelow(path, '/run/media') ? 'read-write' : undefined;
  }
  if (grounds.ringfence.some((folder) => touches(path, folder, mounts))) return undefined;
  const below = isAtOrBelow(path, home) ? path.slice(home.length) : path;
  const guarded = below.includes('/.') || grounds.startPlaces.some((place) => touches(path, place, mounts));
  return guarded ? 'read-only' : 'read-write';
}

/** Whether a path is the other, lies in it or around it, by whatever names. */
function touches(path: string, other: string, mounts: readonly Mount[]): boolean {
  if (isAtOrBelow(path, other) || isAtOrBelow(other, path)) return true;
  const outer = spotOf(other, mounts);
  return outer !== undefined && spotsOf(path, mounts).some((spot) => liesIn(spot, outer) || liesIn(outer, spot));
}

/** Whether `inner` lies in `folder`, or in something that is mounted in it. */
function holds(folder: string, inner: string, mounts: readonly Mount[]): boolean {
  if (isAtOrBelow(inner, folder)) return true;
  const spot = spotOf(inner, mounts);
  return spot !== undefined && spotsOf(folder, mounts).some((outer) => liesIn(spot, outer));
}

/** What is the system's, or made anew inside. */
export const closedTrees = [
  ...['/usr', '/etc', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32', '/boot', '/proc', '/sys', '/dev'],
  ...['/run', '/tmp', '/var/tmp', '/var/run', '/var/lib/dpkg', '/nix', '/gnu'],
];

/** A config word: `~/Music`, `/data:ro`. */
export function readShare(word: string, home: string): { path: string; writable: boolean } {
  const writable = !word.endsWith(':ro');
  const text = writable ? word : word.slice(0, -3);
  const absolute = text === '~' || text.startsWith('~/') ? `${home}/${text.slice(2)}` : text;
  return { path: absolute.replace(/\/{2,}/g, '/').replace(/(.)\/$/, '$1'), writable };
}

/** Folders as the configuration writes them, in an order of their own. */
export function showConfigured(shares: readonly Share[]): string {
  const words = shares.map(({ path, writable }) => (writable ? path : `${path}:ro`));
  return words.sort().join(', ');
}

/** One that is let in, in words. */
export function showShare({ path, writable }: Share): string {
  return writable ? path : `${path} (read-only)`;
}

/**
 * Where, by the environment of the session, programs outside take things from: the folders of search paths, and files and
 * folders that shells and languages are pointed to.
 */
export function startPlacesOf(session: ReadonlyMap<string, string>, home: string): string[] {
  const named = [...session].filter(([name]) =>
    /PATH$|_DIRS$|^XDG_.*_HOME$|^(?:BASH_ENV|ENV|ZDOTDIR|GOBIN|CARGO_HOME|PYTHONSTARTUP)$/.test(name),
  );
  const words = named.flatMap(([, value]) => value.split(':')).filter((word) => word.startsWith('/') && word !== '/');
  const plain = words.map((word) => word.replace(/\/{2,}/g, '/').replace(/(.)\/$/, '$1'));
  return [
    ...new Set([
      ...plain.filter((place) => place !== home),
      ...['bin', 'node_modules'].map((name) => `${home}/${name}`),
    ]),
  ];
}
