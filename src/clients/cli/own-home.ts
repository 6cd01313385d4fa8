import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { configPlaces, readSources } from '../../config/io/config-store.ts';
import { readConfig } from '../../domain/config/read-config.ts';
import { resolveProfile } from '../../domain/profile.ts';
import { shellQuote } from '../../domain/shell-quote.ts';
import { xdgFolders } from '../../domain/xdg-folders.ts';
import { findHome, profileThere } from '../../strict/wire-homes.ts';
import type { Context } from './command.ts';
import { profileIn } from './profile-of-app.ts';

/**
 * One sentence for each app that is started strictly from now on: where its data will be, and how to bring the old along.
 * `apps`: desktop ids.
 * @returns whether there is one
 */
export function sayWhereDataIs(apps: readonly string[], context: Context): boolean {
  const strict = apps.map((app) => app.replace(/\.desktop$/, '')).filter((id) => isStrict(id, context));
  for (const id of strict) {
    const home = findHome(id, context.environment);
    const { path, exists } = home;
    const import_ =
      profileThere(home).length > 0 && !exists ? `; "ringfence home --import ${id}" copies your profile there` : '';
    context.terminal.warn(
      `${id}: its data will be in ${path}; of your own files it sees only what you "ringfence share" with it${import_}`,
    );
  }
  return strict.length > 0;
}

/** Homes are data, and stay: says so of each of these apps that has one. */
export function sayThatHomesStay(apps: readonly string[], context: Context): void {
  for (const app of apps) {
    const id = app.replace(/\.desktop$/, '');
    const { path, exists } = findHome(id, context.environment);
    if (exists) {
      context.terminal.warn(
        `${id}: its strict home stays in ${path}; "ringfence home --reset ${id}" moves it to the trash`,
      );
    }
  }
}

/** Which homes stay when Ringfence goes, and a command that removes them without it; undefined where there is none. */
export function homesThatStay({ environment }: Pick<Context, 'environment'>): string | undefined {
  const folder = join(xdgFolders(environment).data ?? '', 'ringfence/homes');
  const names = namesIn(folder);
  if (names.length === 0) return undefined;
  // Which folder in Downloads is whose.
  const left = [folder, join(folder, '../downloads.json')].filter((path) => existsSync(path));
  const more = names.length > longestList ? ` and ${names.length - longestList} more` : '';
  return `The data of strict apps stays in ${folder} (${names.slice(0, longestList).join(', ')}${more}); remove it with: rm -r -- ${left.map(shellQuote).join(' ')}`;
}

/** That the user's own settings stay when Ringfence goes, and what removes them; undefined where there are none. */
export function settingsThatStay({ environment }: Pick<Context, 'environment'>): string | undefined {
  const file = join(xdgFolders(environment).config ?? '', 'ringfence/config.toml');
  return existsSync(file) ? `Your settings stay in ${file}; remove them with: rm -- ${shellQuote(file)}` : undefined;
}

const longestList = 5;

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

/** Whether an app, by its id without ".desktop", is started strictly; false while the configuration is faulty. */
export function isStrict(id: string, context: Pick<Context, 'environment'>): boolean {
  const { config, errors } = readConfig(readSources(configPlaces(context.environment)));
  if (errors.length > 0) return false;
  const profile = profileIn(config, id, context)?.value ?? config.defaultProfile.value;
  return resolveProfile(config.profiles, profile).mode === 'strict';
}
