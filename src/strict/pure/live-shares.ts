import { isAtOrBelow } from '../../domain/path-relations.ts';
import type { EntryTerms } from './entry-terms.ts';
import type { Link, Share } from './model.ts';
import { showConfigured, showShare } from './shares.ts';

/** A word of `shared-folders` as it is found now. */
export interface FoundShare {
  /** Without symlinks; as it is written where it cannot be followed. */
  readonly path: string;
  readonly writable: boolean;
  readonly kind: 'folder' | 'file';
  /** Symlinks that lead to it. */
  readonly links: readonly Link[];
  /** Why it cannot be let in, undefined where it can. */
  readonly fault: string | undefined;
}

/** What is to be done for a folder in a sandbox that runs; `none` tells why only the next start can. */
export type ShareChange = Share &
  ({ readonly do: 'mount' | 'unmount' | 'note' } | { readonly do: 'none'; reason: string });

/**
 * How a sandbox that runs gets from the folders that it was `configured` with to those that are `wanted`. Nothing is mounted in, on or
 * around what it has already: names in there may be the app's, and what it has open stays open to it.
 */
export function planShareChanges(
  { configured, shares }: { readonly configured: readonly Share[]; readonly shares: readonly Share[] },
  wanted: readonly FoundShare[],
): ShareChange[] {
  const removed = configured.flatMap((share): ShareChange[] => {
    if (wanted.some(({ path }) => path === share.path)) return [];
    if (!shares.some(({ path }) => path === share.path)) return [{ ...share, do: 'note' }];
    const inner = shares.find(({ path }) => path !== share.path && isAtOrBelow(path, share.path));
    if (inner === undefined) return [{ ...share, do: 'unmount' }];
    return [{ ...share, do: 'none', reason: `${inner.path}, which lies in it, would go with it` }];
  });
  const left = shares.filter(({ path }) => !removed.some((one) => one.do === 'unmount' && one.path === path));
  // Outer folders first: what lies in one that is let in now is there then.
  const ordered = [...wanted].sort((a, b) => a.path.length - b.path.length);
  const added = ordered.flatMap(({ path, writable, fault }): ShareChange[] => {
    const share = { path, writable };
    const before = configured.find(({ path }) => path === share.path);
    if (before?.writable === share.writable) return [];
    if (fault !== undefined) return [{ ...share, do: 'none', reason: fault }];
    const around = left.find(({ path }) => isAtOrBelow(share.path, path));
    if (before === undefined && around && (around.writable || !share.writable)) return [{ ...share, do: 'note' }];
    const touched = around ?? left.find(({ path }) => isAtOrBelow(path, share.path));
    if (touched === undefined) {
      left.push(share);
      return [{ ...share, do: 'mount' }];
    }
    return [{ ...share, do: 'none', reason: `it has ${showShare(touched)} now` }];
  });
  return [...removed, ...added];
}

/** The terms of a sandbox to which a start has brought something: what the config shares stays as it is. */
export function termsWith(terms: EntryTerms, share: Share, links: readonly Link[]): EntryTerms {
  return { ...terms, shares: [...terms.shares, share], links: [...(terms.links ?? []), ...links] };
}

/** The terms of a sandbox once such a change is done: what a second start is held against. */
export function termsAfter(terms: EntryTerms, change: ShareChange): EntryTerms {
  const { path, writable } = change;
  const others = (all: readonly Share[]) => all.filter((one) => one.path !== path);
  const isGone =
    change.do === 'unmount' || (change.do === 'note' && terms.configured?.some((one) => one.path === path));
  const configured = [...others(terms.configured ?? []), ...(isGone ? [] : [{ path, writable }])];
  const shares = [...others(terms.shares), ...(change.do === 'mount' ? [{ path, writable }] : [])];
  return {
    ...terms,
    configured,
    shares: change.do === 'note' ? terms.shares : shares,
    choices: { ...terms.choices, 'shared folders': showConfigured(configured) },
  };
}
