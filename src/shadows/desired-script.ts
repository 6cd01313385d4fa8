import { RingfenceError } from '../domain/errors.ts';
import { shadowScript } from './pure/shadow-entry.ts';
import { type DesiredShadow, desire, entryInput, type Original } from './shadow-original.ts';
import { iconScriptPath, type Workshop } from './shadow-workshop.ts';

/** A script that a shadow runs; it is to be written before that. */
export function desireScript(
  shop: Workshop,
  app: string,
  path: string,
  original: Original,
  strict: boolean,
  text: () => string,
): DesiredShadow {
  const place = { ...original, target: path, asidePath: `${path}.original` };
  const file = desire(shop, app, 'script', place, strict, () => Buffer.from(text()));
  return { ...file, contents: { ...file.contents, mode: 0o755 } };
}

/**
 * That of an app's icon.
 * @throws RingfenceError BadEntry where its place cannot be had: an icon without its script would start nothing
 */
export function desireIconScript(shop: Workshop, app: string, original: Original, strict: boolean): DesiredShadow {
  const path = iconScriptPath(shop.settings.places, app);
  const found = shop.files.look(path);
  if (found.state === 'unusable') {
    throw new RingfenceError('BadEntry', `cannot enable ${app}: ${path}: ${found.reason}`);
  }
  return desireScript(shop, app, path, original, strict, () => shadowScript(entryInput(shop, app, original, strict)));
}
