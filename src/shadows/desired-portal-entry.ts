import { join } from 'node:path';
import type { DesktopId } from '../domain/desktop-id.ts';
import { homeFolder } from '../domain/home-folder.ts';
import { portalId } from '../domain/portal-id.ts';
import { portalEntry } from './pure/portal-entry.ts';
import { type DesiredShadow, desire, entryInput, type Original } from './shadow-original.ts';
import type { Workshop } from './shadow-workshop.ts';

/** The entry by which portals know an app that is enabled strictly; nobody else has reason to write one of that name. */
export function desirePortalEntry(shop: Workshop, { id, name }: DesktopId, original: Original): DesiredShadow {
  const file = `${portalId(homeFolder(name))}.desktop`;
  const place = { ...original, target: join(shop.settings.places.dataHome, 'applications', file) };
  const { aside: _, ...entry } = desire(shop, id, 'portal-entry', place, true, () =>
    portalEntry(entryInput(shop, id, original, true)),
  );
  return { ...entry, unmistakable: true };
}
