import { isAtOrBelow } from '../../domain/path-relations.ts';
import { showSwitch } from '../../domain/sandbox-choices.ts';
import type { EnvironmentChange } from './environment.ts';
import type { Link, SandboxHost, SandboxSettings, Share } from './model.ts';
import { showConfigured } from './shares.ts';

/** What a sandbox was made with and no second start can change, as its record has it. */
export interface EntryTerms {
  /** In the order in which a difference is told: what it is, and what it was made with. */
  readonly choices: Readonly<Record<string, string>>;
  readonly shares: readonly Share[];
  /** Those that the config names. Missing, as the next, in the record of a sandbox that 0.2.0 made. */
  readonly configured?: readonly Share[];
  readonly links?: readonly Link[];
  readonly environment: { readonly unset: readonly string[]; readonly set: Readonly<Record<string, string>> };
}

interface Admitted {
  readonly settings: SandboxSettings;
  readonly openLinks: boolean;
  readonly configured: readonly Share[];
  readonly ownNames: readonly string[];
  readonly calls: readonly string[];
  readonly shares: readonly Share[];
  readonly links: readonly Link[];
}

/** The terms of what is let in, for a display. */
export function termsOf(
  { settings, openLinks, configured, ownNames, calls, shares, links }: Admitted,
  host: Pick<SandboxHost, 'display' | 'waylandDisplay'>,
  { unset, set }: EnvironmentChange,
): EntryTerms {
  return {
    choices: {
      network: String(settings.network),
      x11: String(settings.x11),
      wayland: showSwitch('wayland', settings.wayland),
      sound: String(settings.sound),
      gpu: String(settings.gpu),
      printing: String(settings.printing),
      'open-links': String(openLinks),
      'shared folders': showConfigured(configured),
      'own-names': ownNames.join(', '),
      'talk-names': calls.join(', '),
      display: [host.display, host.waylandDisplay].filter(Boolean).join(' and '),
    },
    shares,
    configured,
    links,
    environment: { unset, set: Object.fromEntries(set) },
  };
}

/** Why a start with the terms `wanted` cannot go into a sandbox that was made with `made`; undefined when it can. */
export function judgeEntry(made: EntryTerms, wanted: EntryTerms): string | undefined {
  for (const [name, now] of Object.entries(wanted.choices)) {
    // The record of a sandbox that an older version made has none: it knew no such choice, and was there before.
    const before = made.choices[name] ?? now;
    if (before !== now) return `${name}: ${now || 'none'} is wanted, and it was started with ${before || 'none'}`;
  }
  const [missing] = lackingShares(made, wanted);
  if (missing !== undefined) return `${missing.path} was not let in when it was started`;
  const isThere = ({ path, target }: Link) =>
    made.shares.some((share) => isAtOrBelow(path, share.path)) ||
    made.links?.some((one) => one.path === path && one.target === target);
  const link = wanted.links?.find((one) => !isThere(one));
  return link && `the symlink ${link.path} was not made inside when it was started`;
}

/** What of the user's a start has to have beside what the sandbox has. */
export function lackingShares(made: EntryTerms, wanted: EntryTerms): Share[] {
  return wanted.shares.filter((share) => !isWithin(share, made.shares));
}

function isWithin({ path, writable }: Share, shares: readonly Share[]): boolean {
  return shares.some((share) => isAtOrBelow(path, share.path) && (share.writable || !writable));
}
