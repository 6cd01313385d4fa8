import * as v from 'valibot';
import { RingfenceError } from '../../domain/errors.ts';
import { type LimitName, limitNames } from '../../domain/limits.ts';
import { type ConfigEdit, writtenValue } from './edit-config-text.ts';
import { tomlLiteral } from './toml-spelling.ts';

const kept = v.object({
  /** As it is written in the file: what was set, and what was there before. */
  set: v.string(),
  before: v.optional(v.string()),
});

const schema = v.object({
  format: v.literal(1),
  /** The config file that they are in. */
  file: v.string(),
  /** By app, without ".desktop", and by limit. */
  apps: v.record(v.string(), v.record(v.picklist(limitNames), kept)),
  /** The file was there, empty, before the first of them: it stays when they are gone. */
  wasEmpty: v.optional(v.boolean()),
  /** Folders that were made for the file, the outermost first: they go with it where nothing else is in them. */
  folders: v.optional(v.array(v.string())),
});

/** The limits that "enable" has put into the config file, so that "disable" can take them out again. */
export type KeptLimits = v.InferOutput<typeof schema>;

/** None yet. */
export function noKeptLimits(file: string): KeptLimits {
  return { format: 1, file, apps: {} };
}

/**
 * Reads the record.
 * @throws RingfenceError Failed when it is none
 */
export function parseKeptLimits(path: string, text: string): KeptLimits {
  try {
    return v.parse(schema, JSON.parse(text));
  } catch (error) {
    throw new RingfenceError('Failed', `cannot read ${path}: it is damaged; move it away`, { cause: error });
  }
}

/** The record with what an edit has set; what a limit was before is what it was before the first of them. */
export function withKept(
  record: KeptLimits,
  app: string,
  keys: readonly { readonly edit: ConfigEdit; readonly before: string | undefined }[],
): KeptLimits {
  const limits: Record<string, v.InferOutput<typeof kept>> = { ...record.apps[app] };
  for (const { edit, before } of keys) {
    if (edit.value === undefined) continue;
    const known = limits[edit.key];
    const isOurs = known !== undefined && known.set === before;
    const was = isOurs ? known.before : before;
    // What was there already is the user's own.
    const set = tomlLiteral(edit.value);
    if (!isOurs && set === was) continue;
    limits[edit.key] = { set, ...(was === undefined ? {} : { before: was }) };
  }
  return Object.keys(limits).length === 0 ? record : { ...record, apps: { ...record.apps, [app]: limits } };
}

/** The record that the file was there, without a word, before anything was put into it. */
export function withEmptyFile(record: KeptLimits): KeptLimits {
  return Object.keys(record.apps).length === 0 ? { ...record, wasEmpty: true } : record;
}

/** The record with folders that were made for the file. */
export function withFolders(record: KeptLimits, made: readonly string[]): KeptLimits {
  return made.length === 0 ? record : { ...record, folders: [...new Set([...made, ...(record.folders ?? [])])] };
}

/** The record without these apps. */
export function withoutKept(record: KeptLimits, apps: readonly string[]): KeptLimits {
  return { ...record, apps: Object.fromEntries(Object.entries(record.apps).filter(([app]) => !apps.includes(app))) };
}

/** The record without limits that the user has set to something since, by whatever way. */
export function withoutTouched(record: KeptLimits, edits: readonly ConfigEdit[]): KeptLimits {
  const apps = Object.entries(record.apps).map(([app, limits]) => {
    const touched = edits.filter(({ section }) => section.kind === 'app' && section.name === app).map(({ key }) => key);
    return [app, Object.fromEntries(Object.entries(limits).filter(([key]) => !touched.includes(key)))] as const;
  });
  return { ...record, apps: Object.fromEntries(apps.filter(([, limits]) => Object.keys(limits).length > 0)) };
}

/** How to take an app's limits out of the text of the config file again, and those that are no longer as they were set. */
export function takeBack(
  text: string,
  record: KeptLimits,
  app: string,
): { readonly edits: readonly ConfigEdit[]; readonly changed: readonly LimitName[] } {
  const section = { kind: 'app', name: app } as const;
  const edits: ConfigEdit[] = [];
  const changed: LimitName[] = [];
  for (const key of limitNames) {
    const limit = record.apps[app]?.[key];
    if (limit === undefined) continue;
    const now = writtenValue(text, { section, key });
    if (now === undefined) continue;
    const value = limit.before === undefined ? undefined : { toml: limit.before };
    if (now === limit.set) edits.push({ section, key, value });
    else changed.push(key);
  }
  return { edits, changed };
}
