import { readConfig } from '../domain/config/read-config.ts';
import { type EditPorts, previewEdit } from './edit-config.ts';
import { writtenValue } from './pure/edit-config-text.ts';

/**
 * Changes a list of an app's in the user's own file; what other files and profiles add to it stays. `alter` gets the words as they
 * are written and returns those that are to be; what it throws changes nothing.
 * @throws RingfenceError as editConfig
 */
export async function changeList(
  app: string,
  list: 'shared-folders' | 'own-names',
  alter: (words: readonly string[]) => readonly string[],
  ports: EditPorts,
): Promise<boolean> {
  const key = { section: { kind: 'app', name: app }, key: list } as const;
  return ports.change((text) => {
    const { config } = readConfig([{ path: ports.file, text }]);
    const words =
      config.apps
        .get(app)
        ?.sandbox?.lists.get(list)
        ?.map(({ value }) => value) ?? [];
    const next = alter(words);
    if (next.length === 0 && writtenValue(text, key) === undefined) return text;
    return previewEdit(text, [{ ...key, value: next.length === 0 ? undefined : next }], ports).text;
  });
}
