import { configPlaces, readSources } from '../../config/io/config-store.ts';
import type { ConfigSection } from '../../config/pure/config-key.ts';
import { appKey } from '../../domain/config/model.ts';
import { readConfig } from '../../domain/config/read-config.ts';
import { parseDesktopId } from '../../domain/desktop-id.ts';
import { isRingfenceError, RingfenceError } from '../../domain/errors.ts';
import type { Context } from './command.ts';
import { appIdOf } from './name-app.ts';
import type { ConfigWords } from './pure/config-words.ts';

/**
 * The section that a command line names. An app that has one already is taken by its name there; otherwise it has to be installed, so
 * that a mistyped name is no setting that never holds.
 * @throws RingfenceError NoSuchApp
 */
export async function resolveSection(
  { section, isLoose }: ConfigWords,
  { environment }: Pick<Context, 'environment'>,
): Promise<ConfigSection> {
  if (section.kind !== 'app') return section;
  if (!isLoose) return { kind: 'app', name: appKey(section.name) };
  const { config } = readConfig(readSources(configPlaces(environment)));
  if (config.apps.has(appKey(section.name))) return { kind: 'app', name: appKey(section.name) };
  try {
    return { kind: 'app', name: parseDesktopId(await appIdOf(section.name, { environment })).name };
  } catch (error) {
    if (!isRingfenceError(error, 'NoSuchApp')) throw error;
    // A name with a blank is none that an id would have.
    if (/\s/.test(section.name)) throw error;
    const anyway = `for an app that is not installed yet, use app.${appKey(section.name)}`;
    const { message } = error;
    const text = message.endsWith('?') ? `${message} F${anyway.slice(1)}` : `${message}; ${anyway}`;
    throw new RingfenceError('NoSuchApp', text, { cause: error });
  }
}
