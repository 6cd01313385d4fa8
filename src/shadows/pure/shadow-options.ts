import { RingfenceError } from '../../domain/errors.ts';
import { nearestName } from '../../domain/nearest-name.ts';
import type { Wish } from './manifest.ts';

/** What a caller of EnableApp, DisableApp or SyncApps asks for, beside the apps. */
export interface ShadowOptions {
  readonly all: boolean;
  readonly dryRun: boolean;
  readonly wish: Wish;
}

const known = {
  enable: ['all', 'autostart', 'dry-run', 'profile'],
  disable: ['all', 'dry-run'],
  sync: ['dry-run'],
} as const;

/**
 * Reads the `a{ss}` options of EnableApp, DisableApp and SyncApps.
 * @throws RingfenceError UnknownOption, or InvalidArgument for a value that is neither "yes" nor "no"
 */
export function parseShadowOptions(
  verb: keyof typeof known,
  options: ReadonlyMap<string, string>,
  count: number,
): ShadowOptions {
  const names: readonly string[] = known[verb];
  for (const key of options.keys()) {
    if (names.includes(key)) continue;
    const near = nearestName(key, names);
    const hint = near === undefined ? '' : `did you mean ${near}? `;
    throw new RingfenceError(
      'UnknownOption',
      `cannot ${verb}: unknown option ${JSON.stringify(key.slice(0, 60))} (${hint}known: ${names.join(', ')})`,
    );
  }
  const flag = (key: string) => {
    const value = options.get(key) ?? 'no';
    if (value !== 'yes' && value !== 'no') {
      throw new RingfenceError('InvalidArgument', `cannot ${verb}: option ${key} must be "yes" or "no"`);
    }
    return value === 'yes';
  };
  const all = flag('all');
  if (verb !== 'sync' && all === count > 0) {
    const reason = all ? 'give apps or "all", not both' : 'no app given (see "ringfence apps")';
    throw new RingfenceError('InvalidArgument', `cannot ${verb}: ${reason}`);
  }
  const profile = options.get('profile');
  const autostart = flag('autostart');
  return {
    all,
    dryRun: flag('dry-run'),
    wish: { ...(profile === undefined ? {} : { profile }), ...(autostart ? { autostart } : {}) },
  };
}
