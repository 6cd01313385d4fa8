import { dirname } from 'node:path';
import { RingfenceError } from '../domain/errors.ts';
import type { ShadowDisk } from '../platform/owned-files/shadow-disk.ts';
import type { ManifestStore } from './ports.ts';
import { isEmptyManifest, type Manifest, type ManifestFile, withoutApps } from './pure/manifest.ts';
import type { ShadowPlan, ShadowStep } from './pure/plan.ts';
import { reasonOf, resultOf, type ShadowResult } from './shadow-results.ts';

/** What a plan is carried out with. */
export interface PlanTools {
  readonly store: ManifestStore;
  readonly disk: ShadowDisk;
  readonly ports: { servicesChanged(): Promise<void>; dropInsChanged(): Promise<void>; breathe(): Promise<void> };
  readonly verb: string;
}

/**
 * Does what a plan says. Before the first file is touched, the manifest on the disk says what may be ours from now on, so
 * that an end at any moment leaves nothing that the next run doesn't know.
 * @throws RingfenceError Failed when the manifest cannot be written; nothing was changed then
 */
export async function carryOutPlan(
  before: Manifest,
  wanted: Manifest,
  plan: ShadowPlan,
  tools: PlanTools,
): Promise<ShadowResult[]> {
  const { disk, ports, verb } = tools;
  const files: Record<string, ManifestFile> = Object.fromEntries(plan.kept);
  if (plan.steps.length === 0) {
    const after = { ...wanted, files };
    // With nothing enabled, a run that was killed before its first note may have left an empty folder.
    const isNoted = JSON.stringify(after) === JSON.stringify(before) && unusedFolders(after).length === 0;
    if (isEmptyManifest(after) || !isNoted) save(verb, after, tools);
    return [];
  }
  // First what is going to be: whatever happens from here on, the next start knows every file that may be ours.
  const made = missingFolders(plan.steps, disk);
  for (const step of plan.steps) {
    const recorded = step.action === 'write' ? step.file : before.files[step.path];
    if (recorded !== undefined) files[step.path] = recorded;
  }
  const intended = { ...wanted, folders: [...new Set([...wanted.folders, ...made])], files: { ...files } };
  if (plan.steps.some(({ action }) => action === 'write')) save(verb, intended, tools);
  // To take files away needs no room and no notes beyond those there are: a full disk must not hold it up.
  else attempt(() => save(verb, intended, tools));
  const results: ShadowResult[] = [];
  for (const [count, steps] of groupByApp(plan.steps).entries()) {
    if (count % 50 === 49) await ports.breathe();
    results.push(...carryOutGroup(steps, files, before, disk));
  }
  const rest: Manifest = { ...wanted, folders: [...new Set([...wanted.folders, ...made])], files };
  save(verb, verb === 'enable' ? withoutFailed(rest, before, results) : rest, tools);
  if (plan.steps.some(({ kind }) => kind === 'service')) await ports.servicesChanged();
  if (plan.steps.some(({ kind }) => kind === 'drop-in')) await ports.dropInsChanged();
  return results;
}

/** All files of an app or none: everything that takes room is made before anything is put into its place. */
function carryOutGroup(
  steps: readonly ShadowStep[],
  files: Record<string, ManifestFile>,
  before: Manifest,
  disk: ShadowDisk,
): ShadowResult[] {
  const staged: string[] = [];
  const undo: (() => void)[] = [];
  try {
    for (const step of steps) {
      if (step.action !== 'write') continue;
      disk.makeFolder(dirname(step.path));
      staged.push(disk.stage(step.content, step.mode));
      // A file to go back to, should one that comes after it fail.
      if (step.replaces === 'own') disk.setAside(step.path, step.file.aside ?? '');
    }
    const waiting = [...staged];
    return steps.map((step) => {
      undo.unshift(takeStep(step, waiting, files, disk));
      return resultOf(step);
    });
  } catch (error) {
    for (const back of undo) attempt(back);
    for (const path of staged) attempt(() => disk.discard(path));
    for (const step of steps) restoreNotes(step, files, before, disk);
    const reason = reasonOf(error);
    return [
      {
        app: steps[0]?.app ?? '',
        state: 'failed',
        error: 'Failed',
        reason: `cannot write ${steps.at(-1)?.path}: ${reason}`,
        file: steps.at(-1)?.path ?? '',
      },
    ];
  }
}

/** Takes one step and gives the way back. */
function takeStep(
  step: ShadowStep,
  staged: string[],
  files: Record<string, ManifestFile>,
  disk: ShadowDisk,
): () => void {
  const { path } = step;
  if (step.action === 'write') {
    disk.commit(staged.shift() ?? '', path);
    if (step.dropAside !== undefined) disk.remove(step.dropAside);
    const look = disk.look(path);
    const { was: _was, ...file } = step.file;
    files[path] = look.state === 'file' ? { ...file, stat: look.stat } : file;
    if (step.replaces === 'own') return () => disk.putBack(step.file.aside ?? '', path);
    return step.replaces === 'nothing' ? () => disk.remove(path) : () => {};
  }
  if (step.action === 'put-back') disk.putBack(step.from, path);
  else if (step.action === 'remove') disk.remove(path);
  else if (step.dropAside !== undefined) disk.remove(step.dropAside);
  delete files[path];
  return () => {};
}

/** After a failure the notes say what is on the disk now. */
function restoreNotes(step: ShadowStep, files: Record<string, ManifestFile>, before: Manifest, disk: ShadowDisk): void {
  const recorded = before.files[step.path];
  if (step.action === 'write' && recorded === undefined) {
    delete files[step.path];
    if (step.replaces === 'own' && step.file.aside !== undefined) {
      const aside = step.file.aside;
      attempt(() => disk.remove(aside));
    }
  } else if (recorded !== undefined && (step.action === 'write' || disk.look(step.path).state !== 'missing')) {
    files[step.path] = step.action === 'write' ? { ...step.file, was: recorded.hash } : recorded;
  }
}

function withoutFailed(manifest: Manifest, before: Manifest, results: readonly ShadowResult[]): Manifest {
  const failed = new Set(results.filter(({ state }) => state === 'failed').map(({ app }) => app));
  return withoutApps(manifest, before, failed);
}

function missingFolders(steps: readonly ShadowStep[], disk: ShadowDisk): string[] {
  const missing = new Set<string>();
  const known = new Set<string>();
  for (const step of steps) {
    if (step.action !== 'write') continue;
    for (const folder of ancestors(step.path)) {
      if (known.has(folder)) break;
      known.add(folder);
      if (disk.look(folder).state === 'missing') missing.add(folder);
    }
  }
  return [...missing].sort();
}

function ancestors(path: string): string[] {
  const folders: string[] = [];
  for (let folder = dirname(path); folder !== dirname(folder); folder = dirname(folder)) folders.push(folder);
  return folders;
}

function groupByApp(steps: readonly ShadowStep[]): ShadowStep[][] {
  const groups = new Map<string, ShadowStep[]>();
  for (const step of steps) {
    const group = groups.get(step.app);
    if (group === undefined) groups.set(step.app, [step]);
    else group.push(step);
  }
  return [...groups.values()];
}

/**
 * Removes the folders that Ringfence made and that nothing needs any more, then writes the manifest without them: in that
 * order, since of a folder that no manifest has nobody knows.
 */
function save(verb: string, manifest: Manifest, { store, disk }: PlanTools): void {
  const unused = unusedFolders(manifest);
  for (const folder of unused) disk.removeFolder(folder);
  const folders = manifest.folders.filter((folder) => !unused.includes(folder)).sort();
  try {
    store.write({ ...manifest, folders });
  } catch (error) {
    throw new RingfenceError('Failed', `cannot ${verb}: ${reasonOf(error)}; nothing further was changed`, {
      cause: error,
    });
  }
}

/** The deepest first. */
function unusedFolders({ files, folders }: Manifest): string[] {
  const used = new Set(Object.keys(files).flatMap(ancestors));
  return folders.filter((folder) => !used.has(folder)).sort((a, b) => b.length - a.length);
}

function attempt(work: () => void): void {
  try {
    work();
  } catch {
    // On the way back from a failure: what cannot be undone now, the next sync finds in the manifest.
  }
}
