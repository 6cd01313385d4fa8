import { looksLikeOwn } from '../domain/bus-names.ts';
import { xdgFolders } from '../domain/xdg-folders.ts';
import type { KnownApps, SessionBus } from './ports.ts';

/**
 * Whether a bus name that a strict app was refused may be offered to its user. Whoever owns a name is called by it, and an app may
 * ask for any: so it has to be called like an app whose id counts, and must not be another app's, taken, or one that the bus starts a program for.
 */
export async function offersName(
  app: string,
  name: string,
  session: ReadonlyMap<string, string>,
  { bus, apps }: { readonly bus: Pick<SessionBus, 'activatableNames' | 'ownedNames'>; readonly apps: KnownApps },
): Promise<boolean> {
  const { data = '' } = xdgFolders(Object.fromEntries(session));
  const counts = (id: string) => apps.counts(id, session, `${data}/ringfence/originals`);
  if (!looksLikeOwn(app, name) || !counts(app) || counts(name)) return false;
  const known = await Promise.all([bus.activatableNames(), bus.ownedNames()]);
  return !known.flat().includes(name);
}
