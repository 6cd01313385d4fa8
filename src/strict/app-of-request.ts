import type { Decision } from '../domain/decision.ts';
import { xdgFolders } from '../domain/xdg-folders.ts';
import type { GatePlan } from '../platform/process/gate-script.ts';
import type { KnownApps } from './ports.ts';

/** The app that is started: as its entry, or as a command that is the program of one. */
export function appOf(
  { gates, session }: { readonly gates: readonly GatePlan[]; readonly session: ReadonlyMap<string, string> },
  { app }: Decision,
  { apps }: { readonly apps: KnownApps },
): { id: string; counts: boolean } | undefined {
  const program = gates[0]?.argv[0];
  const id = app ?? (program === undefined ? undefined : apps.ofProgram(program, session));
  if (id === undefined) return undefined;
  const { data = '' } = xdgFolders(Object.fromEntries(session));
  return { id, counts: apps.counts(id, session, `${data}/ringfence/originals`) };
}
