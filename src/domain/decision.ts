import type { Origin } from './config/setting.ts';
import type { Shortcoming } from './host-facts.ts';
import type { LimitName } from './limits.ts';
import type { Mode } from './profile.ts';
import type { SandboxChoices } from './sandbox-choices.ts';

/** One limit to set: as written, where it was written, and what it is on this machine (units as `resolveLimit`). */
export interface DecidedLimit {
  readonly name: LimitName;
  readonly asked: string;
  readonly origin: Origin;
  readonly value: bigint | 'infinity';
  /** Known beforehand to have no effect here. The kernel is asked afterwards in any case. */
  readonly shortcoming?: Shortcoming;
}

/** How an app is to be contained, and why. */
export interface Decision {
  /** The desktop id without `.desktop`; undefined for a command. */
  readonly app: string | undefined;
  readonly profile: string;
  readonly mode: Mode;
  /** In the order of `limitNames`; a limit nobody set is not in it. */
  readonly limits: readonly DecidedLimit[];
  /** What the config says about the sandbox; for strict only. */
  readonly sandbox?: SandboxChoices;
  /** What cannot be enforced here, whether a limit or a part of the sandbox. Empty for a decision that holds whole. */
  readonly shortcomings: readonly Shortcoming[];
  /** Sentences for the log and the report. */
  readonly reasons: readonly string[];
}
