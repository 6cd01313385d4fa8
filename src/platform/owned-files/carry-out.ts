import { dirname } from 'node:path';
import type { OwnedFile } from '../../domain/owned-file.ts';
import type { OwnedDisk } from './disk.ts';
import type { Notes, OwnedRecord, Plan, Step } from './model.ts';

/** What a plan is carried out with. */
export interface CarryOutTools {
  readonly disk: OwnedDisk;
  /**
   * Writes the notes to the disk, atomically and durably: before the first step with all that may be ours from then on, and
   * after the last. `failed`: the groups that could not be written.
   */
  save(notes: Notes, failed: ReadonlySet<string>): void;
  /** Whether contents are to be on the disk before they take their place. */
  readonly durable: boolean;
  /** Places that the owner fills by itself: the folders above them count as needed as long as any file is owned. */
  readonly alsoUsed?: readonly string[];
  /** Called now and then, to let others work. */
  breathe?(): Promise<void>;
}

/** What came of a plan. */
export interface CarriedOut {
  readonly done: readonly Step[];
  readonly failed: readonly FailedGroup[];
}

/** A group that could not be written. */
export interface FailedGroup {
  readonly group: string;
  /** Whether all its files are as they were before. If not, the notes name all that may be there. */
  readonly restored: boolean;
  /** Of the step that failed. */
  readonly path: string;
  readonly error: unknown;
}

/**
 * Does what a plan says. Before the first file is touched, the notes on the disk name all that may be ours from now on, so that
 * an end at any moment leaves nothing that the next run does not know.
 * @throws what `save` throws; before the first step nothing was changed then
 */
export async function carryOut(plan: Plan, before: Notes, tools: CarryOutTools): Promise<CarriedOut> {
  const { disk } = tools;
  const files: Record<string, OwnedFile> = Object.fromEntries(plan.kept);
  const isWriting = plan.steps.some(({ action }) => action === 'write');
  const made = missingFolders(plan.steps, tools);
  const folders = [...new Set([...before.folders, ...made])];
  const failed: FailedGroup[] = [];
  if (plan.steps.length > 0) {
    for (const step of plan.steps) {
      const owned = step.action === 'write' ? step.file : before.files[step.path];
      if (owned !== undefined) files[step.path] = owned;
    }
    try {
      save({ folders, files: inOrder(plan, files) }, failed, tools);
    } catch (error) {
      // To take files away needs no room and no notes beyond those there are: a full disk must not hold it up.
      if (isWriting) {
        attempt(() => disk.clean([]));
        for (const folder of deepestFirst(made)) disk.removeFolder(folder);
        throw error;
      }
    }
  }
  const done: Step[] = [];
  for (const [count, steps] of groupSteps(plan.steps).entries()) {
    if (count % 50 === 49) await tools.breathe?.();
    const failure = carryOutGroup(steps, files, before.files, tools);
    if (failure === undefined) done.push(...steps);
    else failed.push(failure);
  }
  save({ folders, files: inOrder(plan, files) }, failed, tools);
  attempt(() => disk.clean([]));
  // Once more: the notes or what was staged may have been in one of them.
  if (plan.steps.length > 0 || plan.order.length === 0) removeUnused(folders, files, tools);
  return { done, failed };
}

function inOrder({ order }: Plan, files: OwnedRecord): OwnedRecord {
  const sorted: Record<string, OwnedFile> = {};
  for (const path of order) {
    const file = files[path];
    if (file !== undefined) sorted[path] = file;
  }
  return sorted;
}

/** All files of a group or none: all that takes room is made before anything is put into its place. */
function carryOutGroup(
  steps: readonly Step[],
  files: Record<string, OwnedFile>,
  before: OwnedRecord,
  { disk, durable }: CarryOutTools,
): FailedGroup | undefined {
  const staged = new Map<Step, string>();
  const back: (() => void)[] = [];
  let current = steps[0];
  try {
    for (const step of steps) {
      if (step.action !== 'write') continue;
      current = step;
      disk.makeFolder(dirname(step.path));
      const { contents } = step;
      staged.set(
        step,
        contents.type === 'link' ? disk.stageLink(contents.target) : disk.stage(contents.bytes, contents.mode, durable),
      );
      // A file to go back to, should one that comes after it fail.
      if (step.replaces === 'own') disk.setAside(step.path, step.file.aside ?? '');
    }
    for (const [at, step] of steps.entries()) {
      current = step;
      // What comes last needs no way back.
      const old: Old = at < steps.length - 1 ? holdOld(step, disk) : { state: 'nothing' };
      takeStep(step, staged.get(step), disk);
      back.unshift(() => undo(step, old, disk));
    }
  } catch (error) {
    const isBack = back.map(attempt).every((worked) => worked);
    for (const path of staged.values()) attempt(() => disk.discard(path));
    for (const step of steps) restoreNotes(step, isBack, files, before, disk);
    return { group: steps[0]?.group ?? '', restored: isBack, path: current?.path ?? '', error };
  }
  for (const step of steps) {
    if (step.action === 'forget' && step.dropAside !== undefined) {
      const { dropAside } = step;
      attempt(() => disk.remove(dropAside));
    }
    noteStep(step, files, disk);
  }
  return undefined;
}

function takeStep(step: Step, staged: string | undefined, disk: OwnedDisk): void {
  if (step.action === 'write') disk.commit(staged ?? '', step.path);
  else if (step.action === 'put-back') disk.putBack(step.from, step.path);
  else if (step.action === 'remove') disk.remove(step.path);
}

/** What a step takes out of its place: nothing, held under another name, or lost for want of room. */
type Old = { readonly state: 'nothing' | 'lost' } | { readonly state: 'held'; readonly path: string };

/** What is only removed goes even where there is no room to hold it. */
function holdOld(step: Step, disk: OwnedDisk): Old {
  const { action, path } = step;
  if (action === 'forget' || (action === 'write' && step.replaces !== 'ours')) return { state: 'nothing' };
  if (disk.look(path).state === 'missing') return { state: 'nothing' };
  try {
    return { state: 'held', path: disk.hold(path) };
  } catch (error) {
    if (action === 'write') throw error;
    return { state: 'lost' };
  }
}

function undo(step: Step, old: Old, disk: OwnedDisk): void {
  if (step.action === 'forget') return;
  if (old.state === 'lost') throw new Error(`${step.path} cannot be had back`);
  if (step.action === 'put-back') disk.setAside(step.path, step.from);
  if (old.state === 'held') disk.commit(old.path, step.path);
  else if (step.action === 'write' && step.replaces === 'own') disk.putBack(step.file.aside ?? '', step.path);
  else disk.remove(step.path);
}

/** The notes of what is certainly there. */
function noteStep(step: Step, files: Record<string, OwnedFile>, disk: OwnedDisk): void {
  if (step.action !== 'write') {
    delete files[step.path];
    return;
  }
  const look = disk.look(step.path);
  const { was: _was, ...file } = step.file;
  files[step.path] = look.state === 'file' ? { ...file, stat: look.stat } : file;
}

/** After a failure: what was noted before, and where it is not certain what is there, both. */
function restoreNotes(
  step: Step,
  isBack: boolean,
  files: Record<string, OwnedFile>,
  before: OwnedRecord,
  disk: OwnedDisk,
): void {
  const owned = before[step.path];
  if (!isBack) {
    const noted = step.action === 'write' ? { ...step.file, was: owned?.is } : owned;
    if (noted !== undefined) files[step.path] = noted;
    return;
  }
  if (owned === undefined) delete files[step.path];
  else files[step.path] = owned;
  if (step.action === 'write' && step.replaces === 'own' && step.file.aside !== owned?.aside) {
    const { aside } = step.file;
    if (aside !== undefined) attempt(() => disk.remove(aside));
  }
}

/**
 * Removes the folders that we made and that nothing needs any more, then writes the notes without them: in that order, since of
 * a folder that is in no notes nobody knows.
 */
function save({ folders, files }: Notes, failed: readonly FailedGroup[], tools: CarryOutTools): void {
  const used = removeUnused(folders, files, tools);
  const kept = folders.filter((folder) => used.has(folder)).sort();
  tools.save({ folders: kept, files }, new Set(failed.map(({ group }) => group)));
}

function removeUnused(
  folders: readonly string[],
  files: OwnedRecord,
  { disk, alsoUsed = [] }: CarryOutTools,
): Set<string> {
  const paths = Object.keys(files);
  const used = new Set<string>();
  for (const path of paths.length > 0 ? [...paths, ...alsoUsed] : []) addAncestors(path, used);
  for (const folder of deepestFirst(folders)) if (!used.has(folder)) disk.removeFolder(folder);
  return used;
}

function missingFolders(steps: readonly Step[], { disk, alsoUsed = [] }: CarryOutTools): string[] {
  const paths = steps.flatMap(({ action, path }) => (action === 'write' ? [path] : []));
  const above = new Set<string>();
  for (const path of paths.length > 0 ? [...paths, ...alsoUsed] : []) addAncestors(path, above);
  return [...above].filter((folder) => disk.look(folder).state === 'missing').sort();
}

/** Of one that is known, those above are known too. */
function addAncestors(path: string, known: Set<string>): void {
  for (let folder = dirname(path); folder !== dirname(folder) && !known.has(folder); folder = dirname(folder)) {
    known.add(folder);
  }
}

function deepestFirst(folders: readonly string[]): string[] {
  return [...folders].sort((a, b) => b.length - a.length);
}

function groupSteps(steps: readonly Step[]): Step[][] {
  const groups = new Map<string, Step[]>();
  for (const step of steps) {
    const group = groups.get(step.group);
    if (group === undefined) groups.set(step.group, [step]);
    else group.push(step);
  }
  return [...groups.values()];
}

/** On the way back from a failure: what cannot be undone now, the next run finds in the notes. */
function attempt(work: () => void): boolean {
  try {
    work();
    return true;
  } catch {
    return false;
  }
}
