import { readFileSync } from 'node:fs';
import { mainGroup, parseDesktopEntry } from '../../domain/desktop-entry/parse.ts';
import { displayName } from '../../domain/display-name.ts';
import type { Client, Rows } from './client.ts';
import type { NamedApp } from './pure/match-app.ts';

/** An app of which the daemon tells, with every name that its entry has. */
export interface InstalledApp extends NamedApp {
  /** As ListApps has it. */
  readonly row: Rows[number];
}

/** The apps that a menu shows, and those that are enabled. */
export async function installedApps(client: Pick<Client, 'listApps'>): Promise<InstalledApp[]> {
  return (await client.listApps()).map((row) => ({
    id: (row.get('id') ?? '').replace(/\.desktop$/, ''),
    names: [...new Set([row.get('name') ?? '', ...namesIn(row.get('source') ?? '')])],
    row,
  }));
}

/** In all languages. */
function namesIn(path: string): string[] {
  try {
    const entry = parseDesktopEntry(readFileSync(path), path);
    const locales = entry.locales(mainGroup, 'Name').map((locale) => entry.getLocalized(mainGroup, 'Name', [locale]));
    return [entry.get(mainGroup, 'Name'), ...locales].flatMap((name) => (name === undefined ? [] : displayName(name)));
  } catch {
    // One that this process may not read is known by the name that the daemon has for it.
    return [];
  }
}
