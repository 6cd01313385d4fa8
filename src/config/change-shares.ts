import { readConfig } from '../domain/config/read-config.ts';
import { type EditPorts, previewEdit } from './edit-config.ts';
import { writtenValue } from './pure/edit-config-text.ts';

/**
 * Changes the folders that the user's own file shares with an app; what other files and profiles share stays. `alter` gets the words as
 * they are written and returns those that are to be; what it throws changes nothing.
 * @throws RingfenceError as editConfig
 */
export async function changeShares(
  app: string,
  alter: (shared: readonly string[]) => readonly string[],
  ports: EditPorts,
): Promise<boolean> {
  const key = { section: { kind: 'app', name: app }, key: 'shared-folders' } as const;
  return ports.change((text) => {
    const { config } = readConfig([{ path: ports.file, text }]);
    const shared =
      config.apps
        .get(app)
        ?.sandbox?.lists.get('shared-folders')
        ?.map(({ value }) => value) ?? [];
    const next = alter(shared);
    if (next.length === 0 && writtenValue(text, key) === undefined) return text;
    return previewEdit(text, [{ ...key, value: next.length === 0 ? undefined : next }], ports).text;
  });
}
