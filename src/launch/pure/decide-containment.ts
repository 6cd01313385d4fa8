import { appKey, type Config } from '../../domain/config/model.ts';
import { describeOrigin, type Origin, type Setting } from '../../domain/config/setting.ts';
import type { DecidedLimit, Decision } from '../../domain/decision.ts';
import { RingfenceError } from '../../domain/errors.ts';
import { type HostFacts, limitShortcoming, type Shortcoming } from '../../domain/host-facts.ts';
import { type LimitName, limitNames, type ParsedLimit, resolveLimit } from '../../domain/limits.ts';
import { type ResolvedProfile, resolveProfile } from '../../domain/profile.ts';
import { resolveChoices, type SandboxChoices, throwAway } from '../../domain/sandbox-choices.ts';

/** The part of a request that has a say. */
export interface ContainmentRequest {
  readonly profile?: string | undefined;
  readonly limits: ReadonlyMap<LimitName, ParsedLimit>;
  readonly once?: boolean | undefined;
  readonly network?: boolean | undefined;
}

/**
 * Decides profile, mode and limits of a launch. The profile is the request's, else the app's in the config, else the one the app
 * was `enabled` with, else the default; a single limit is the request's, else the app's, else the profile's, so an app's own limits stay when another profile is asked for.
 * Throws `NoSuchProfile`, `InvalidLimit` for a share that is too small here, and `NotEnforceable` for strict where any
 * part of it cannot be had, or when a config that cannot be read may have asked for strict.
 */
export function decideContainment(input: Asked & { readonly host: HostFacts }): Decision {
  const { config, request, host } = input;
  const { app, settings, chosen, profile } = chooseProfile(input);
  const what = app ?? 'the command';
  if (config.heldBack !== undefined && request.profile === undefined && profile.mode !== 'strict') {
    throw new RingfenceError(
      'NotEnforceable',
      `cannot launch ${what}: the config may ask for strict here but cannot be read (${config.heldBack.message}); ` +
        'correct the file, or name a profile for this launch',
    );
  }

  const limits: DecidedLimit[] = [];
  for (const name of limitNames) {
    const asked = request.limits.get(name);
    const setting =
      asked === undefined
        ? (settings?.limits.get(name) ?? profile.limits.get(name))
        : { value: asked, origin: { kind: 'request' } as const };
    if (setting === undefined) continue;
    const memoryMax = limits.find((limit) => limit.name === 'memory-max')?.value;
    const value = resolveLimit(setting.value, host, memoryMax);
    const shortcoming = value === 'infinity' ? undefined : limitShortcoming(name, host);
    limits.push({
      name,
      asked: setting.value.text,
      origin: setting.origin,
      value,
      ...(shortcoming === undefined ? {} : { shortcoming }),
    });
  }

  const shortcomings = limits.flatMap((limit) => (limit.shortcoming === undefined ? [] : [limit.shortcoming]));
  if (profile.mode === 'strict' && shortcomings.length > 0) throw refuseStrict(what, shortcomings);
  const reasons = [explain(profile, chosen.origin), ...shortcomings.map((each) => `${each.part}: ${each.reason}`)];
  const decision = { app, profile: profile.name, mode: profile.mode, limits, shortcomings, reasons };
  if (profile.mode !== 'strict') {
    if (request.once || request.network) {
      throw new RingfenceError(
        'InvalidArgument',
        `cannot open ${what} once: the profile ${profile.name} has no sandbox`,
      );
    }
    return decision;
  }
  const choices = sandboxChoices(input);
  return { ...decision, sandbox: request.once ? throwAway(choices, request.network ?? false) : choices };
}

/** Whether a sandbox is asked for, whatever can be had. Throws `NoSuchProfile`. */
export function containmentMode(input: Asked): Decision['mode'] {
  return chooseProfile(input).profile.mode;
}

/** What the config lets a strict start have, whatever can be had. Throws `NoSuchProfile`. */
export function sandboxChoices(input: Asked): SandboxChoices {
  const { settings, profile } = chooseProfile(input);
  return resolveChoices([settings?.sandbox, ...profile.sandbox]);
}

/** Whom a decision is about, and who has a say. */
interface Asked {
  readonly app: string | undefined;
  readonly config: Config;
  readonly enabled?: Setting<string> | undefined;
  readonly request: ContainmentRequest;
}

function chooseProfile({ app: id, config, enabled, request }: Asked) {
  const app = id === undefined ? undefined : appKey(id);
  const settings = app === undefined ? undefined : config.apps.get(app);
  const requested = request.profile ?? (request.once ? 'strict' : undefined);
  const { value, origin } =
    requested === undefined
      ? (settings?.profile ?? enabled ?? config.defaultProfile)
      : { value: requested, origin: { kind: 'request' } as const };
  const chosen: { name: string; origin: Origin } = { name: value, origin };
  return { app, settings, chosen, profile: resolveProfile(config.profiles, chosen.name) };
}

function explain(profile: ResolvedProfile, origin: Origin): string {
  const built = profile.chain.length > 1 ? `, built on ${profile.chain.slice(1).join(', ')}` : '';
  return `profile ${profile.name} (${describeOrigin(origin)}${built})`;
}

function refuseStrict(what: string, shortcomings: readonly Shortcoming[]): RingfenceError {
  const fixes = [...new Set(shortcomings.map(({ fix }) => fix))];
  const texts = fixes.map((fix) => {
    const alike = shortcomings.filter((each) => each.fix === fix);
    const reasons = [...new Set(alike.map(({ reason }) => reason))].map((reason) => {
      const parts = alike.filter((each) => each.reason === reason).map(({ part }) => part);
      return `${parts.join(', ')}: ${reason}`;
    });
    return `${reasons.join('; ')} (${fix})`;
  });
  return new RingfenceError('NotEnforceable', `cannot launch ${what} strictly: ${texts.join('; ')}`);
}
