import type { Config } from '../../domain/config/model.ts';
import { type HostFacts, limitShortcoming, type Shortcoming } from '../../domain/host-facts.ts';
import { limitNames } from '../../domain/limits.ts';
import { resolveProfile } from '../../domain/profile.ts';

/**
 * The Capabilities property: each limit and the sandbox, whether it can be enforced here, whether changes of files can be followed,
 * and if not why and what helps. `sandbox` is what a trial has shown to stand in its way.
 */
export function describeCapabilities(
  host: HostFacts,
  { sandbox, watching }: { readonly sandbox?: Shortcoming | undefined; readonly watching?: WatchShortage | undefined },
): Map<string, string>[] {
  const limits = limitNames.map((name) => describe(name, limitShortcoming(name, host)));
  const blind = watching === undefined ? undefined : { part: 'file-watching', ...describeShortage(watching) };
  return [...limits, describe('sandbox', sandbox), describe('file-watching', blind)];
}

/** Of which the kernel gives this user no more. */
type WatchShortage = 'instances' | 'watches';

function describeShortage(of: WatchShortage): { reason: string; fix: string } {
  const setting = `fs.inotify.max_user_${of}`;
  return {
    reason: `your programs have used up the kernel's inotify ${of}, so changed files are noticed late: the configuration at the next launch, applications after a minute`,
    fix: `end what uses them, or as root write "${setting} = ${of === 'instances' ? 1024 : 524288}" to /etc/sysctl.d/inotify.conf and run "sysctl --system"`,
  };
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
