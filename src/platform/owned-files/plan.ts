import type { OwnedFile } from '../../domain/owned-file.ts';
import { fileIdentity, hasIdentity, isOurs, isUntouched, linkIdentity } from './identity.ts';
import type { Conflict, DesiredFile, Found, OwnedRecord, Plan, Step } from './model.ts';

/** What a plan is made from. */
export interface PlanInput {
  /** In the order in which they are to be written. */
  readonly desired: readonly DesiredFile[];
  readonly owned: OwnedRecord;
  readonly look: (path: string) => Found;
  /** SHA-256 in hex. */
  readonly hash: (bytes: Uint8Array) => string;
  /** Whether contents tell by themselves that we wrote them, whatever the notes say. */
  readonly marked: (bytes: Uint8Array) => boolean;
  /** See isOurs. */
  readonly emptied: boolean;
}

type Outcome = Step | Conflict | { readonly keep: OwnedFile | undefined };

/**
 * What to do so that the disk is as desired; undo is the same with nothing desired. What is neither ours, by the notes, nor
 * to be kept aside is never touched, and what is kept aside is lost only to a newer file of its owner. What is not desired any more goes last, and in the reverse order of the notes.
 */
export function planFiles(input: PlanInput): Plan {
  const steps: Step[] = [];
  const conflicts: Conflict[] = [];
  const kept = new Map<string, OwnedFile>();
  let unchanged = 0;
  const add = (path: string, outcome: Outcome) => {
    const owned = input.owned[path];
    if ('action' in outcome) steps.push(outcome);
    else if ('keep' in outcome) {
      unchanged++;
      if (outcome.keep !== undefined) kept.set(path, outcome.keep);
    } else {
      conflicts.push(outcome);
      if (owned !== undefined) kept.set(path, owned);
    }
  };
  for (const desired of input.desired) add(desired.path, planFile(desired, input.owned[desired.path], input));
  const paths = new Set(input.desired.map(({ path }) => path));
  const rest = Object.entries(input.owned).filter(([path]) => !paths.has(path));
  for (const [path, owned] of [...rest].reverse()) add(path, planRemoval(path, owned, input));
  return { steps, conflicts, kept, unchanged, order: [...paths, ...rest.map(([path]) => path)] };
}

/** The plan without the steps for which there is a reason not to take them: they become conflicts. */
export function withholdSteps(
  plan: Plan,
  owned: OwnedRecord,
  reasonAgainst: (path: string) => string | undefined,
): Plan {
  const steps: Step[] = [];
  const conflicts = [...plan.conflicts];
  const kept = new Map(plan.kept);
  for (const step of plan.steps) {
    const { path, group, kind } = step;
    const reason = step.action === 'forget' ? undefined : reasonAgainst(path);
    const recorded = owned[path];
    if (reason === undefined) steps.push(step);
    else {
      conflicts.push({ path, group, kind, reason, cause: 'withheld' });
      if (recorded !== undefined) kept.set(path, recorded);
    }
  }
  return { ...plan, steps, conflicts, kept };
}

function planFile(desired: DesiredFile, owned: OwnedFile | undefined, input: PlanInput): Outcome {
  const { path, group, kind } = desired;
  const place = { path, group, kind };
  const found = input.look(path);
  const ours = owned !== undefined && isOurs(owned, found, input.emptied);
  if (
    ours &&
    desired.fingerprint !== undefined &&
    owned.fingerprint === desired.fingerprint &&
    isCurrent(owned, found)
  ) {
    return { keep: settled(owned, found) };
  }
  let made: ReturnType<typeof make>;
  try {
    made = make(desired, input);
  } catch (error) {
    // The plan goes on with the others; what we wrote for something that cannot be had any more goes.
    if (ours) return planRemoval(path, owned, input);
    return { ...place, reason: (error as Error).message, cause: 'unusable' };
  }
  const { contents, is } = made;
  const file: OwnedFile = {
    group,
    kind,
    is,
    ...(desired.fingerprint === undefined ? {} : { fingerprint: desired.fingerprint }),
    ...(desired.source === undefined ? {} : { source: desired.source }),
  };
  const write = { ...place, action: 'write', contents } as const;
  const next = owned?.aside === undefined ? file : { ...file, aside: owned.aside };
  if (found.state === 'missing') return { ...write, replaces: 'nothing', file: isKept(owned, input) ? next : file };
  // What nobody touched need not be read.
  const present = owned !== undefined && isUntouched(owned, found) ? owned.is : undefined;
  if (present === undefined ? hasIdentity(found, is) : present === is) {
    return { keep: isTakenOver(desired, owned, found, input) ? settled(next, found) : undefined };
  }
  if (ours) {
    const isOlder = present === undefined && owned.was !== undefined && hasIdentity(found, owned.was);
    const was = isOlder ? owned.was : owned.is;
    return { ...write, replaces: 'ours', file: { ...next, was } };
  }
  return (
    conflictIn(desired, owned, found, input) ?? {
      ...write,
      replaces: 'own',
      file: { ...file, aside: desired.aside },
    }
  );
}

function make(desired: DesiredFile, input: PlanInput) {
  const { contents } = desired;
  if (contents.type === 'link') return { contents, is: linkIdentity(contents.target) };
  const { mode, modeCounts } = contents;
  const bytes = contents.bytes();
  const is = fileIdentity(input.hash(bytes), modeCounts ? mode : undefined);
  return { contents: { type: 'file', mode, bytes } as const, is };
}

/** Contents that are in no notes but as desired: ours after the loss of the notes, where they tell so; else anybody's. */
function isTakenOver(
  { unmistakable }: DesiredFile,
  owned: OwnedFile | undefined,
  found: Found,
  { marked }: PlanInput,
): boolean {
  return owned !== undefined || unmistakable === true || (found.state === 'file' && marked(found.bytes() ?? noBytes));
}

/** Why a file that is not ours stays in the place of one that is desired. */
function conflictIn(
  { path, group, kind, aside }: DesiredFile,
  owned: OwnedFile | undefined,
  found: Found,
  { marked }: PlanInput,
): Conflict | undefined {
  const place = { path, group, kind };
  // A link that leads nowhere can be told from ours, but not be kept aside: it would lead elsewhere from there.
  if (found.state === 'unusable' && (aside !== undefined || found.link === undefined)) {
    return { ...place, reason: found.reason, cause: 'unusable' };
  }
  if (aside === undefined) {
    return owned === undefined
      ? { ...place, reason: foreign, cause: 'foreign' }
      : { ...place, reason: edited, cause: 'edited' };
  }
  const bytes = found.state === 'file' ? found.bytes() : undefined;
  if (bytes === undefined) return { ...place, reason: unreadable, cause: 'unusable' };
  const isEdited = marked(bytes) || namesAside(owned, bytes);
  return isEdited ? { ...place, reason: edited, cause: 'edited' } : undefined;
}

/** Ours with changes, even without its mark: whoever writes a file of their own does not lead it to what we keep. */
export function namesAside(owned: OwnedFile | undefined, bytes: Uint8Array): boolean {
  if (owned?.aside === undefined) return false;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes(owned.aside);
}

/** Whether the owner's file is still where it was kept. A link that was kept may lead nowhere from there. */
function isKept(owned: OwnedFile | undefined, { look }: PlanInput): boolean {
  return owned?.aside !== undefined && look(owned.aside).state !== 'missing';
}

function planRemoval(path: string, owned: OwnedFile, input: PlanInput): Outcome {
  const { group, kind, aside } = owned;
  const place = { path, group, kind };
  const found = input.look(path);
  const isMissing = found.state === 'missing';
  if (isMissing || isOurs(owned, found, input.emptied)) {
    // Whoever removed ours has not seen what is kept: it is not ours to delete.
    if (aside !== undefined && isKept(owned, input)) return { ...place, action: 'put-back', from: aside };
    return isMissing ? { ...place, action: 'forget', left: false } : { ...place, action: 'remove' };
  }
  if (found.state === 'unusable') return { ...place, reason: found.reason, cause: 'unusable' };
  const bytes = found.bytes();
  if (bytes === undefined) return { ...place, reason: unreadable, cause: 'unusable' };
  if (input.marked(bytes) || namesAside(owned, bytes)) {
    return {
      ...place,
      reason: editedToTheEnd(aside === undefined || !isKept(owned, input) ? undefined : aside),
      cause: 'edited',
    };
  }
  return { ...place, action: 'forget', dropAside: aside, left: true };
}

const noBytes = new Uint8Array();
const unreadable = 'it cannot be read';
const foreign = 'it was there before Ringfence, so it stays; move it away and run this again';
const edited = 'you have edited it since Ringfence wrote it, so it stays; delete it to have it written again';

/** The way out where nothing is to be written any more. */
function editedToTheEnd(aside: string | undefined): string {
  const wayOut = aside === undefined ? 'delete it if you no longer need it' : `your original is ${aside}`;
  return `you have edited it since Ringfence wrote it, so it stays; ${wayOut}`;
}

function isCurrent(owned: OwnedFile, found: Found): boolean {
  return isUntouched(owned, found) || hasIdentity(found, owned.is);
}

/** Notes of what is certainly there. */
function settled(owned: OwnedFile, found: Found): OwnedFile {
  // The very same notes where nothing is new, in the same order: they are compared as text.
  const stat = found.state === 'file' ? found.stat : undefined;
  if (owned.was === undefined && (stat === undefined || owned.stat === stat)) return owned;
  const { was: _was, ...file } = owned;
  return stat === undefined ? file : { ...file, stat };
}
