import { asFileError } from '../domain/errno-text.ts';
import { type EditPorts, previewEdit } from './edit-config.ts';
import type { ConfigEdit } from './pure/edit-config-text.ts';
import {
  type KeptLimits,
  takeBack,
  withEmptyFile,
  withFolders,
  withKept,
  withoutKept,
  withoutTouched,
} from './pure/kept-limits.ts';

/** What keeping limits works with: the config file, and the record of what was put there. */
export interface KeepPorts extends EditPorts {
  readonly kept: { read(): KeptLimits; write(record: KeptLimits): void };
  /** Of the config file: those that would have to be made for it, the outermost first; and removes those of a list that are empty. */
  readonly folders: { missing(): readonly string[]; removeEmpty(folders: readonly string[]): void };
}

/**
 * Puts the limits with which apps are enabled into the user's config file and remembers them, so that `takeLimitsBack` can undo it.
 * Ids are without ".desktop".
 * @throws RingfenceError as editConfig
 */
export async function keepLimits(
  apps: readonly string[],
  limits: readonly Pick<ConfigEdit, 'key' | 'value'>[],
  ports: KeepPorts,
): Promise<void> {
  const edits = editsFor(apps, limits);
  const made = ports.folders.missing();
  await ports.change((text, exists) => {
    const { text: next, keys } = previewEdit(text, edits, ports);
    // Before the file says so: a record of what was never set takes nothing back.
    remember(ports, (record) =>
      apps.reduce(
        (known, app) =>
          withKept(
            known,
            app,
            keys.filter(({ edit }) => edit.section.kind === 'app' && edit.section.name === app),
          ),
        withFolders(exists && text === '' ? withEmptyFile(record) : record, made),
      ),
    );
    return next;
  });
  // Where nothing was to be set after all.
  ports.folders.removeEmpty(made);
}

/** The changes that `keepLimits` makes. */
export function editsFor(
  apps: readonly string[],
  limits: readonly Pick<ConfigEdit, 'key' | 'value'>[],
): readonly ConfigEdit[] {
  return apps.flatMap((name) => limits.map((limit) => ({ section: { kind: 'app', name } as const, ...limit })));
}

/** What became of the limits of an app that was disabled. */
export interface TakenLimits {
  readonly app: string;
  readonly back: readonly string[];
  /** Not as they were set any more: they are the user's now and stay. */
  readonly left: readonly string[];
}

/**
 * Takes the limits out of the config file that these apps (undefined: all) were enabled with, unless they were changed since.
 * @throws RingfenceError as editConfig; they are taken back the next time then
 */
export async function takeLimitsBack(
  apps: readonly string[] | undefined,
  ports: KeepPorts,
): Promise<readonly TakenLimits[]> {
  const record = ports.kept.read();
  const known = Object.keys(record.apps).filter((app) => apps === undefined || apps.includes(app));
  if (known.length === 0) return [];
  let taken: readonly TakenLimits[] = [];
  await ports.change(
    (text) => {
      if (text === '') return text;
      // A file that cannot be read is said to be that, before anything is looked for in it.
      previewEdit(text, [], ports);
      const plans = known.map((app) => ({ app, ...takeBack(text, record, app) }));
      taken = plans.map(({ app, edits, changed }) => ({ app, back: edits.map(({ key }) => key), left: changed }));
      const edits = plans.flatMap((plan) => plan.edits);
      return edits.length === 0 ? text : previewEdit(text, edits, ports).text;
    },
    { keepEmpty: record.wasEmpty ?? false },
  );
  remember(ports, (now) => withoutKept(now, known));
  if (Object.keys(record.apps).length === known.length) ports.folders.removeEmpty(record.folders ?? []);
  return taken.filter(({ back, left }) => back.length + left.length > 0);
}

/** To be called after an edit that a user has asked for: what it set is theirs. */
export function forgetKept(edits: readonly ConfigEdit[], { kept }: Pick<KeepPorts, 'kept'>): void {
  const record = kept.read();
  const next = withoutTouched(record, edits);
  if (JSON.stringify(next) !== JSON.stringify(record)) remember({ kept }, () => next);
}

function remember({ kept }: Pick<KeepPorts, 'kept'>, alter: (record: KeptLimits) => KeptLimits): void {
  try {
    kept.write(alter(kept.read()));
  } catch (error) {
    throw asFileError('remember the limits', error);
  }
}
