import type { Manifest, ManifestFile } from './manifest.ts';

/** A file as it should be. */
export interface DesiredFile {
  readonly path: string;
  readonly app: string;
  readonly kind: ManifestFile['kind'];
  readonly fingerprint: string;
  /** See ManifestFile. */
  readonly source: string;
  /** Permission bits. */
  readonly mode: number;
  /** Where the user's own file in this place goes. */
  readonly asidePath: string;
  /** Made when it is asked for; throws RingfenceError BadEntry when there is to be no file after all. */
  content(): Uint8Array;
}

/** What is in a place on the disk. */
export type DiskState =
  | { readonly state: 'missing' }
  | { readonly state: 'file'; readonly stat: string; readonly size: number; hash(): string; marked(): boolean }
  | { readonly state: 'unusable'; readonly reason: string };

/** One step to take. Every step leaves the old file or the new one in the place, never neither. */
export type ShadowStep = { readonly path: string; readonly app: string; readonly kind: ManifestFile['kind'] } & (
  | {
      readonly action: 'write';
      readonly content: Uint8Array;
      readonly hash: string;
      readonly mode: number;
      readonly replaces: 'nothing' | 'ours' | 'own';
      readonly file: ManifestFile;
      /** An original of before that nothing needs any more. */
      readonly dropAside?: string;
    }
  | { readonly action: 'remove' }
  | { readonly action: 'put-back'; readonly from: string }
  /** The place is somebody else's by now: only our notes of it go, and what was set aside. */
  | { readonly action: 'forget'; readonly dropAside?: string }
);

/** A file that stays as it is, though it should be otherwise. */
export interface Conflict {
  readonly path: string;
  readonly app: string;
  readonly kind: ManifestFile['kind'];
  readonly reason: string;
  /** The user has changed what Ringfence wrote, as opposed to something that cannot be written. */
  readonly edited: boolean;
}

export interface ShadowPlan {
  readonly steps: readonly ShadowStep[];
  readonly conflicts: readonly Conflict[];
  /** What is on the disk as it should be: the notes to keep of it. */
  readonly kept: ReadonlyMap<string, ManifestFile>;
}

export interface PlanInput {
  readonly desired: ReadonlyMap<string, DesiredFile>;
  readonly manifest: Manifest;
  readonly disk: (path: string) => DiskState;
  readonly hash: (bytes: Uint8Array) => string;
  /** Whether the user wants this app (or "" for what serves all) behind Ringfence, installed or not. */
  readonly wanted: (app: string) => boolean;
}

/**
 * What to do so that the disk is as desired: undo is the same with nothing desired. A file that is neither what Ringfence
 * wrote nor an original is never touched.
 */
export function planShadows(input: PlanInput): ShadowPlan {
  const steps: ShadowStep[] = [];
  const conflicts: Conflict[] = [];
  const kept = new Map<string, ManifestFile>();
  for (const path of new Set([...Object.keys(input.manifest.files), ...input.desired.keys()])) {
    const recorded = input.manifest.files[path];
    const desired = input.desired.get(path);
    const outcome =
      desired === undefined ? recorded && planRemoval(path, recorded, input) : planFile(desired, recorded, input);
    if (outcome === undefined) continue;
    if ('keep' in outcome) kept.set(path, outcome.keep);
    else if ('action' in outcome) steps.push(outcome);
    else {
      conflicts.push(outcome);
      if (recorded !== undefined) kept.set(path, recorded);
    }
  }
  return { steps, conflicts, kept };
}

type Outcome = ShadowStep | Conflict | { readonly keep: ManifestFile };

function planFile(desired: DesiredFile, recorded: ManifestFile | undefined, input: PlanInput): Outcome {
  const { path, app, kind, fingerprint, source, mode, asidePath } = desired;
  const disk = input.disk(path);
  if (disk.state === 'unusable') return { path, app, kind, reason: disk.reason, edited: false };
  const ours = recorded !== undefined && isOurs(recorded, disk);
  if (ours && recorded.fingerprint === fingerprint && disk.state === 'file' && isCurrent(recorded, disk)) {
    return { keep: settled(recorded, disk.stat) };
  }
  let content: Uint8Array;
  try {
    content = desired.content();
  } catch (error) {
    // The plan goes on with the other files; a shadow of something that can't be shadowed any more goes.
    if (recorded !== undefined && ours) return planRemoval(path, recorded, input);
    return { path, app, kind, reason: (error as Error).message, edited: false };
  }
  const hash = input.hash(content);
  const file: ManifestFile = { app, kind, hash, fingerprint, source };
  if (disk.state === 'missing') {
    const drop = recorded?.aside === undefined ? {} : { dropAside: recorded.aside };
    return { action: 'write', path, app, kind, content, hash, mode, replaces: 'nothing', file, ...drop };
  }
  const present = recorded?.stat === disk.stat ? recorded.hash : disk.hash();
  if (ours || present === hash) {
    const aside = recorded?.aside === undefined ? {} : { aside: recorded.aside };
    const next = { ...file, ...aside };
    if (present === hash) return { keep: settled(next, disk.stat) };
    return {
      action: 'write',
      path,
      app,
      kind,
      content,
      hash,
      mode,
      replaces: 'ours',
      file: { ...next, was: present },
    };
  }
  if (disk.marked()) return { path, app, kind, reason: editedReason, edited: true };
  return {
    action: 'write',
    path,
    app,
    kind,
    content,
    hash,
    mode,
    replaces: 'own',
    file: { ...file, aside: asidePath },
  };
}

function planRemoval(path: string, recorded: ManifestFile, input: PlanInput): Outcome {
  const { app, kind, aside } = recorded;
  const disk = input.disk(path);
  const place = { path, app, kind };
  const dropAside = aside === undefined ? {} : { dropAside: aside };
  if (disk.state === 'unusable') return { ...place, reason: disk.reason, edited: false };
  // A link that was set aside may lead nowhere from where it is now.
  const asideIsThere = aside !== undefined && input.disk(aside).state !== 'missing';
  if (disk.state === 'missing') {
    // Whoever removed the file removed the app by it, unless the user is just taking Ringfence back.
    const back = asideIsThere && !input.wanted(app);
    return back ? { ...place, action: 'put-back', from: aside } : { ...place, action: 'forget', ...dropAside };
  }
  if (isOurs(recorded, disk)) {
    return asideIsThere ? { ...place, action: 'put-back', from: aside } : { ...place, action: 'remove' };
  }
  if (disk.marked()) return { ...place, reason: editedReason, edited: true };
  return { ...place, action: 'forget', ...dropAside };
}

const editedReason = 'it was edited since Ringfence wrote it, so it is left alone; remove it to have it written anew';

/** An empty file is what a crash of the machine leaves of one just written; nobody edits a file to nothing. */
export function isOurs(recorded: ManifestFile, disk: DiskState): disk is DiskState & { state: 'file' } {
  if (disk.state !== 'file') return false;
  if (recorded.stat === disk.stat) return true;
  if (disk.size === 0) return recorded.aside === undefined;
  const hash = disk.hash();
  return hash === recorded.hash || hash === recorded.was;
}

function isCurrent(recorded: ManifestFile, disk: DiskState & { state: 'file' }): boolean {
  return recorded.stat === disk.stat || disk.hash() === recorded.hash;
}

function settled({ was: _was, ...file }: ManifestFile, stat: string): ManifestFile {
  return { ...file, stat };
}
