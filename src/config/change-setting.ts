import { readConfig } from '../domain/config/read-config.ts';
import { editConfig } from './edit-config.ts';
import { forgetKept, type KeepPorts } from './keep-limits.ts';
import { type ConfigKey, literalOf, requireKey } from './pure/config-key.ts';
import { writtenSettings } from './pure/effective-settings.ts';

/**
 * Sets one key in the user's own file, or takes it out when there are no words. Returns the words that the file had: none if it had no
 * such key. Set again, they undo the change.
 * @throws RingfenceError as literalOf and editConfig
 */
export async function changeSetting(
  target: ConfigKey,
  words: readonly string[],
  ports: KeepPorts,
): Promise<readonly string[]> {
  requireKey(target);
  const edit = { ...target, value: words.length === 0 ? undefined : literalOf(target, words) };
  const own = ports.sources().find(({ path }) => path === ports.file);
  const before =
    own === undefined ? [] : writtenSettings(readConfig([own]).config).filter((one) => isSame(one, target));
  await editConfig([edit], ports);
  forgetKept([edit], ports);
  return before.map(({ value }) => value);
}

function isSame(one: ConfigKey, other: ConfigKey): boolean {
  const nameOf = ({ section }: ConfigKey) => ('name' in section ? section.name.replace(/\.desktop$/, '') : '');
  return one.key === other.key && one.section.kind === other.section.kind && nameOf(one) === nameOf(other);
}
