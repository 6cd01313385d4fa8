import { basename, join } from 'node:path';
import { desireScript } from './desired-script.ts';
import { type BusService, overrideScript, overrideText, parseBusService } from './pure/bus-service.ts';
import { autostartEntry, autostartScript } from './pure/shadow-entry.ts';
import { type DesiredShadow, desire, entryInput, findOriginal, once } from './shadow-original.ts';
import { keptBelow, type Workshop } from './shadow-workshop.ts';

/** The activation file that counts for each bus name: that of the first folder, or what it was before ours took its place. */
export function indexServices(shop: Workshop): Map<string, BusService> {
  const { dataHome, dataDirs } = shop.settings.places;
  const found = new Map<string, BusService>();
  for (const folder of [dataHome, ...dataDirs].map((root) => join(root, 'dbus-1/services'))) {
    const present = shop.files.disk.list(folder).map((name) => join(folder, name));
    for (const path of new Set([...present, ...keptBelow(shop, folder, 'service').keys()])) {
      if (!path.endsWith('.service')) continue;
      const service = readService(shop, path, shop.files.keptFor(path, shop.manifest.files[path]) ?? path);
      if (service !== undefined && !service.override && !found.has(service.name)) found.set(service.name, service);
    }
  }
  return found;
}

function readService(shop: Workshop, path: string, readFrom: string): BusService | undefined {
  try {
    return shop.files.disk.look(readFrom).state === 'file'
      ? parseBusService(path, shop.files.disk.read(readFrom))
      : undefined;
  } catch {
    return undefined;
  }
}

/** What makes the bus start an app's service through Ringfence; nothing where there is no original any more. */
export function desireService(shop: Workshop, appId: string, service: BusService, strict: boolean): DesiredShadow[] {
  const { dataHome } = shop.settings.places;
  const folder = join(dataHome, 'dbus-1/services');
  const isOwn = service.path.startsWith(`${folder}/`);
  const target = isOwn ? service.path : join(folder, `${service.name}.service`);
  const original = findOriginal(shop, target, `services/${basename(target)}`, isOwn ? undefined : service.path);
  if (original === undefined) return [];
  const scriptPath = join(dataHome, 'ringfence/services', service.name);
  const input = once(() => ({ ...entryInput(shop, appId, original, strict), service, appId, scriptPath }));
  return [
    desireScript(shop, appId, scriptPath, original, strict, () => overrideScript(input())),
    desire(shop, appId, 'service', original, strict, () => Buffer.from(overrideText(input()))),
  ];
}

/** The same for the app's autostart entry. */
export function desireAutostart(shop: Workshop, id: string, strict: boolean): DesiredShadow[] {
  const { configHome, configDirs, dataHome } = shop.settings.places;
  const target = join(configHome, 'autostart', id);
  const later = configDirs
    .map((folder) => join(folder, 'autostart', id))
    .find((path) => shop.files.disk.look(path).state === 'file');
  const original = findOriginal(shop, target, `autostart/${id}`, later);
  if (original === undefined) return [];
  const scriptPath = join(dataHome, 'ringfence/autostart', id.replace(/\.desktop$/, ''));
  const input = once(() => ({ ...entryInput(shop, id, original, strict), scriptPath }));
  return [
    desireScript(shop, id, scriptPath, original, strict, () => autostartScript(input())),
    desire(shop, id, 'autostart', original, strict, () => autostartEntry(input())),
  ];
}
