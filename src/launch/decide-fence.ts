import type { Decision } from '../domain/decision.ts';
import type { FencePorts } from './ports.ts';
import {
  type ContainmentRequest,
  containmentMode,
  decideContainment,
  sandboxChoices,
} from './pure/decide-containment.ts';

/**
 * The decision for an app (undefined: a command) as things are now: the config, the profile the app was enabled with, this
 * machine. @throws as `decideContainment`
 */
export function decideFence(
  app: string | undefined,
  request: ContainmentRequest,
  { config, enabledProfile, host }: Pick<FencePorts, 'config' | 'enabledProfile' | 'host'>,
): Decision {
  const enabled = app === undefined ? undefined : enabledProfile(app);
  return decideContainment({ app, config: config(), enabled, request, host: host() });
}

/** The mode alone, for what refuses strict whatever this machine can enforce. @throws RingfenceError NoSuchProfile */
export function fenceMode(
  app: string | undefined,
  request: ContainmentRequest,
  { config, enabledProfile }: Pick<FencePorts, 'config' | 'enabledProfile'>,
): Decision['mode'] {
  const enabled = app === undefined ? undefined : enabledProfile(app);
  return containmentMode({ app, config: config(), enabled, request });
}

/** The words of `shared-folders` for an app that runs by this profile. @throws RingfenceError NoSuchProfile */
export function sharedWords(
  app: string,
  profile: string,
  { config, enabledProfile }: Pick<FencePorts, 'config' | 'enabledProfile'>,
): string[] {
  const request = { profile, limits: new Map() };
  const { lists } = sandboxChoices({ app, config: config(), enabled: enabledProfile(app), request });
  return lists['shared-folders'].map(({ value }) => value);
}
