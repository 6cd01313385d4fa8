import type { Origin, Setting } from './config/setting.ts';
import { RingfenceError } from './errors.ts';
import { type LimitName, limitNames, type ParsedLimit, parseLimit } from './limits.ts';
import type { SandboxSection } from './sandbox-choices.ts';

/** The two kinds of containment: what can be enforced is (relaxed), or all of it is, or nothing runs (strict). */
export type Mode = 'relaxed' | 'strict';

/** A profile as defined by built-ins and config layers together, before its base is looked at. */
export interface ProfileDefinition {
  /** Only a built-in has its own mode; every other profile takes it from its base. */
  readonly mode?: Mode;
  readonly base?: Setting<string>;
  readonly limits: ReadonlyMap<LimitName, Setting<ParsedLimit>>;
  readonly sandbox?: SandboxSection;
  /** Where its section begins, as long as it is one file's. */
  readonly origin?: Origin;
}

/** A profile with everything its bases give it. `chain` starts with its own name and ends with a built-in. */
export interface ResolvedProfile {
  readonly name: string;
  readonly mode: Mode;
  readonly chain: readonly string[];
  readonly limits: ReadonlyMap<LimitName, Setting<ParsedLimit>>;
  /** What the profiles of the chain say about the sandbox, its own first. */
  readonly sandbox: readonly SandboxSection[];
}

/** What OOMPolicy= every scope gets: the process that overran dies, the other tabs and windows live on. */
export const oomPolicy = 'continue';

/**
 * The values both built-in profiles have. 30 % of RAM stays with the desktop and everything else. From a little below that the
 * kernel takes memory back and slows the app down, so that programs which watch for pressure can shrink before one is killed. Only
 * 2 % below: the kernel waits with the square of what is too much (mem_cgroup_handle_over_high), and an app that runs wild would
 * crawl for minutes with 10 %, where it takes seconds to the end with 2 %. Swap is bounded as
 * well, since MemoryMax alone makes an app swap instead of stop; a quarter of it, since an app at its limit must not be
 * able to fill all swap, which would freeze the others. 4096 tasks are far above any browser and stop a fork bomb.
 */
const builtInLimits: ReadonlyMap<LimitName, Setting<ParsedLimit>> = new Map(
  (
    [
      ['memory-max', '70%'],
      ['memory-high', '98% of memory-max'],
      ['memory-swap-max', '25%'],
      ['tasks-max', '4096'],
    ] as const
  ).map(([name, text]) => [name, { value: parseLimit(name, text), origin: { kind: 'built-in' } }]),
);

/** The profiles that are always there. A config may change their limits but not their mode. */
export const builtInProfiles: ReadonlyMap<string, ProfileDefinition> = new Map([
  ['relaxed', { mode: 'relaxed', limits: builtInLimits }],
  ['strict', { mode: 'strict', limits: builtInLimits }],
]);

/**
 * A profile with the limits of its bases filled in; its own come first. Throws `NoSuchProfile` for an unknown name,
 * here or as a base, and `InvalidArgument` for a circle or a profile without a base.
 */
export function resolveProfile(profiles: ReadonlyMap<string, ProfileDefinition>, name: string): ResolvedProfile {
  const chain: string[] = [];
  const limits = new Map<LimitName, Setting<ParsedLimit>>();
  const sandbox: SandboxSection[] = [];
  let next = name;
  for (;;) {
    const definition = profiles.get(next);
    if (definition === undefined) throw noSuchProfile(next, profiles);
    if (chain.includes(next)) {
      const circle = [...chain.slice(chain.indexOf(next)), next].join(' → ');
      throw new RingfenceError(
        'InvalidArgument',
        `cannot use profile "${name}": its bases go round in a circle (${circle})`,
      );
    }
    chain.push(next);
    for (const limit of limitNames) {
      const setting = definition.limits.get(limit);
      if (setting !== undefined && !limits.has(limit)) limits.set(limit, setting);
    }
    if (definition.sandbox !== undefined) sandbox.push(definition.sandbox);
    if (definition.mode !== undefined) return { name, mode: definition.mode, chain, limits, sandbox };
    if (definition.base === undefined) {
      throw new RingfenceError(
        'InvalidArgument',
        `cannot use profile "${next}": it needs a base ("relaxed" or "strict")`,
      );
    }
    next = definition.base.value;
  }
}

function noSuchProfile(name: string, profiles: ReadonlyMap<string, ProfileDefinition>): RingfenceError {
  const known = [...profiles.keys()].sort().join(', ');
  return new RingfenceError(
    'NoSuchProfile',
    `cannot use profile ${JSON.stringify(name)}: no such profile (known: ${known})`,
  );
}
