import type { FoundEntry } from '../../domain/desktop-entry/found-entry.ts';
import type { DesktopId } from '../../domain/desktop-id.ts';
import { isRingfenceError, RingfenceError } from '../../domain/errors.ts';
import { nearestName } from '../../domain/nearest-name.ts';
import type { AppCatalog } from './app-catalog.ts';

/**
 * The entry of an app; the error for one that is not installed names those that may be meant.
 * @throws RingfenceError as AppCatalog.find
 */
export function findOrSuggest(catalog: AppCatalog, id: DesktopId): FoundEntry {
  try {
    return catalog.find(id);
  } catch (error) {
    if (!isRingfenceError(error, 'NoSuchApp')) throw error;
    const near = similarIds(
      id.name,
      catalog.list().map((app) => app.id.name),
    );
    if (near.length === 0) throw error;
    const names = near.map((name) => `${name}.desktop`).join(' or ');
    throw new RingfenceError('NoSuchApp', `${error.message}; did you mean ${names}?`, { cause: error });
  }
}

/**
 * The ids that a wrong one may stand for, at most three, without ".desktop": those that have it as a last part or before a dash
 * (gedit for org.gnome.gedit, firefox for firefox-esr); else the one that is spelt nearly so.
 */
export function similarIds(name: string, ids: readonly string[]): string[] {
  const wanted = name.toLowerCase();
  const partsOf = (id: string) => {
    const parts = id.toLowerCase().split('.');
    return parts.map((_part, index) => parts.slice(index).join('.'));
  };
  const meant = ids.filter((id) => partsOf(id).some((part) => part === wanted || part.startsWith(`${wanted}-`)));
  if (meant.length > 0) return meant.slice(0, 3);
  const owners = new Map([...ids].reverse().flatMap((id) => partsOf(id).map((part) => [part, id] as const)));
  const owner = owners.get(nearestName(wanted, [...owners.keys()]) ?? '');
  return owner === undefined ? [] : [owner];
}
