import type { Config } from '../domain/config/model.ts';
import { type ConfigSource, readConfig } from '../domain/config/read-config.ts';
import { isRingfenceError, RingfenceError } from '../domain/errors.ts';
import { type ConfigKey, describeKey } from './pure/config-key.ts';
import { type ConfigEdit, describeEdit, editConfigText, writtenValue } from './pure/edit-config-text.ts';
import { effectiveSettings } from './pure/effective-settings.ts';

/** What editing works with. */
export interface EditPorts {
  /** The user's own file. Absolute. */
  readonly file: string;
  /** All files as they are now, the least important first; the user's own is not among them while it does not exist. */
  sources(): readonly ConfigSource[];
  readonly judgeShares: JudgeShares;
  /**
   * Replaces the text of the file, whole or not at all, while nobody else may; returns whether it was changed. What `alter` throws
   * leaves it as it was. The text of a file that does not exist is empty. A file with nothing left in it is removed, or kept with
   * `keepEmpty`.
   */
  change(
    alter: (text: string, exists: boolean) => string,
    options?: { readonly keepEmpty?: boolean },
  ): Promise<boolean>;
}

/** Why words of one `shared-folders` could not be let in now; undefined for those that could. */
export type JudgeShares = (words: readonly string[]) => readonly (string | undefined)[];

/** What an edit came to. */
export interface EditedKey {
  readonly edit: ConfigEdit;
  /** The value that the file had, as it was written. */
  readonly before: string | undefined;
}

/**
 * Makes changes in the user's config file: all of them or none, and nothing else in it.
 * @throws RingfenceError InvalidArgument when the file is faulty already, or would be then, with file and line
 */
export async function editConfig(
  edits: readonly ConfigEdit[],
  ports: EditPorts,
): Promise<{ readonly changed: boolean; readonly keys: readonly EditedKey[] }> {
  let keys: readonly EditedKey[] = [];
  const changed = await ports.change((text) => {
    const result = previewEdit(text, edits, ports);
    keys = result.keys;
    return result.text;
  });
  return { changed, keys };
}

/**
 * The text that the file would have then.
 * @throws as editConfig
 */
export function previewEdit(
  text: string,
  edits: readonly ConfigEdit[],
  { file, sources, judgeShares }: Pick<EditPorts, 'file' | 'sources' | 'judgeShares'>,
): { readonly text: string; readonly keys: readonly EditedKey[] } {
  const others = sources().filter(({ path }) => path !== file);
  const errorsWith = (own: string) => readConfig(withOwn(sources(), { path: file, text: own })).errors;
  const before = text === '' ? [] : errorsWith(text);
  const faulty = before.find(({ message }) => message.startsWith(`cannot read ${file}:`));
  if (faulty !== undefined) {
    const reason = faulty.message.replace(/^cannot read /, '');
    throw new RingfenceError('InvalidArgument', `cannot change ${reason}; correct that first`, { cause: faulty });
  }
  const keys = edits.map((edit) => ({ edit, before: writtenValue(text, edit) }));
  let next: string;
  try {
    next = editConfigText(text, edits);
  } catch (error) {
    if (isRingfenceError(error)) throw error;
    throw new RingfenceError('Failed', `cannot change ${file}: ${(error as Error).message}; edit the file by hand`, {
      cause: error,
    });
  }
  const known = new Set([...readConfig(others).errors, ...before].map(({ message }) => message));
  const added = errorsWith(next).find(({ message }) => !known.has(message));
  if (added !== undefined) {
    const task = edits.length === 1 && edits[0] !== undefined ? describeEdit(edits[0]) : `change ${listed(edits)}`;
    throw new RingfenceError(
      'InvalidArgument',
      `cannot ${task}: the file would be faulty then: ${added.message.replace(/^cannot read /, '')}`,
      { cause: added },
    );
  }
  const configOf = (own: string) => readConfig(withOwn(sources(), { path: file, text: own })).config;
  for (const edit of edits) {
    if (edit.key !== 'shared-folders' || edit.value === undefined) continue;
    const known = new Set(text === '' ? [] : faultyShares(configOf(text), edit, judgeShares));
    const fault = faultyShares(configOf(next), edit, judgeShares).find((one) => !known.has(one));
    if (fault !== undefined) throw new RingfenceError('InvalidArgument', `cannot ${describeEdit(edit)}: ${fault}`);
  }
  return { text: next, keys };
}

/** What of all that would be shared with an app or by a profile then could not be let in. */
function faultyShares(config: Config, { section }: ConfigKey, judgeShares: JudgeShares): string[] {
  if (section.kind !== 'app' && !config.profiles.has('name' in section ? section.name : '')) return [];
  const shared = effectiveSettings(config, section).filter(({ key }) => key === 'shared-folders');
  const words = shared.map(({ value }) => value);
  return judgeShares(words).flatMap((reason, at) =>
    reason === undefined ? [] : [`${JSON.stringify(words[at])}: ${reason}`],
  );
}

function withOwn(sources: readonly ConfigSource[], own: ConfigSource): readonly ConfigSource[] {
  const isThere = sources.some(({ path }) => path === own.path);
  return isThere ? sources.map((source) => (source.path === own.path ? own : source)) : [...sources, own];
}

function listed(edits: readonly ConfigEdit[]): string {
  return edits.map(describeKey).join(', ');
}
