import { isAtOrBelow } from '../domain/path-relations.ts';
import { type GatePlan, gateScript, releaseLine } from '../platform/process/gate-script.ts';
import { appEnvironment, commandEnvironment, type EnvironmentChange } from './pure/environment.ts';
import { initScript } from './pure/init-script.ts';
import type { Share } from './pure/model.ts';
import { setupFile } from './pure/plan.ts';

/** What is there for a start inside. */
export interface InsideFacts {
  /** The home. */
  readonly home: string;
  readonly shares: readonly Share[];
  readonly environment: EnvironmentChange;
  /** Variables of the session that the config lets in. */
  readonly passEnvironment: readonly string[];
  /** What the caller of a command has put on top; undefined for an app. */
  readonly variables: ReadonlyMap<string, string> | undefined;
}

/**
 * What a shell inside runs to become one start, in the own home unless it was told a folder that is there. An app gets the
 * variables on the list, a command also what its caller has put on top.
 */
export function startScript(plan: GatePlan, facts: InsideFacts): string {
  const { home, shares, environment, passEnvironment, variables } = facts;
  const inside = new Map([
    ...appEnvironment(plan.environment, environment, passEnvironment),
    ...(variables === undefined ? [] : commandEnvironment(variables, environment)),
  ]);
  const visible = ['/usr', '/etc', '/opt', ...shares.map(({ path }) => path)];
  const isThere = visible.some((folder) => isAtOrBelow(plan.workingDirectory, folder));
  const workingDirectory = isThere ? plan.workingDirectory : home;
  inside.set('PWD', workingDirectory);
  return `${gateScript({ ...plan, environment: inside, workingDirectory })}${releaseLine}`;
}

/** What the gate inside runs: it sets the home up, and then becomes a command, or the init of an app's starts. */
export function scriptInside(then: { readonly start: string } | { readonly starts: readonly string[] }): string {
  return `. ${setupFile}\nunset own_home\n${'start' in then ? then.start : initScript(then.starts)}`;
}
