import { mainGroup, parseDesktopEntry } from '../domain/desktop-entry/parse.ts';
import { parseDesktopId } from '../domain/desktop-id.ts';
import { openAppCatalog } from '../platform/desktop/app-catalog.ts';

/**
 * What the entry of an app has under Icon, as the user of this environment finds it: a name in the theme or an absolute path.
 * @throws RingfenceError NoSuchApp, BadEntry
 */
export function iconOf(app: string, environment: Readonly<Record<string, string | undefined>>): string | undefined {
  return entryKey('Icon', app, environment) || undefined;
}

/** What it has under Categories: words that end with a semicolon. @throws as `iconOf` */
export function categoriesOf(app: string, environment: Readonly<Record<string, string | undefined>>): string {
  return entryKey('Categories', app, environment) ?? '';
}

function entryKey(
  key: string,
  app: string,
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const entry = openAppCatalog(environment).find(parseDesktopId(app));
  return parseDesktopEntry(entry.bytes, entry.path).get(mainGroup, key);
}
