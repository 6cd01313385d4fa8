import type { Config } from '../../domain/config/model.ts';
import { type HostFacts, limitShortcoming, type Shortcoming } from '../../domain/host-facts.ts';
import { limitNames } from '../../domain/limits.ts';
import { resolveProfile } from '../../domain/profile.ts';

/**
 * The Capabilities property: each limit and the sandbox, whether it can be enforced here, and if not why and what helps.
 * `sandbox` is what a trial has shown to stand in its way.
 */
export function describeCapabilities(host: HostFacts, sandbox?: Shortcoming): Map<string, string>[] {
  const limits = limitNames.map((name) => describe(name, limitShortcoming(name, host)));
  return [...limits, describe('sandbox', sandbox)];
}

function describe(name: string, shortcoming: Shortcoming | undefined): Map<string, string> {
  if (shortcoming === undefined)
    return new Map([
      ['name', name],
      ['available', 'yes'],
    ]);
  const { reason, fix } = shortcoming;
  return new Map([
    ['name', name],
    ['available', 'no'],
    ['reason', reason],
    ['fix', fix],
  ]);
}

/** The Profiles property: every profile with its mode, its base and the limits it ends up with. */
export function describeProfiles(config: Config): Map<string, Map<string, string>> {
  const names = [...config.profiles.keys()].sort();
  return new Map(
    names.map((name) => {
      const profile = resolveProfile(config.profiles, name);
      const settings = new Map<string, string>([['mode', profile.mode]]);
      const base = profile.chain[1];
      if (base !== undefined) settings.set('base', base);
      for (const limit of limitNames) {
        const setting = profile.limits.get(limit);
        if (setting !== undefined) settings.set(limit, setting.value.text);
      }
      return [name, settings];
    }),
  );
}
