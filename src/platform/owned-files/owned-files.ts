import { createHash } from 'node:crypto';
import type { OwnedFile } from '../../domain/owned-file.ts';
import { type CarriedOut, type CarryOutTools, carryOut } from './carry-out.ts';
import { type OwnedDisk, openOwnedDisk } from './disk.ts';
import { isOurs } from './identity.ts';
import type { DesiredFile, Found, Notes, OwnedRecord, Plan, Step } from './model.ts';
import { namesAside, planFiles, withholdSteps } from './plan.ts';
import { unifiedDiff } from './unified-diff.ts';

/**
 * Files that we write among those of the user, and take back: plan, note, write, note. What the user changed since is left
 * alone; what was in a place before comes back to the byte. Each place is looked at once, when it is first asked for.
 */
export interface OwnedFiles {
  readonly disk: OwnedDisk;
  look(path: string): Found;
  isOurs(owned: OwnedFile, found: Found): boolean;
  /** Where the owner's file of a place is kept while ours, edited or not, stands there or somebody has removed it. */
  keptFor(path: string, owned: OwnedFile | undefined): string | undefined;
  /** SHA-256 in hex. */
  hash(bytes: Uint8Array): string;
  /** See planFiles. */
  plan(desired: readonly DesiredFile[], owned: OwnedRecord): Plan;
  /** See withholdSteps. */
  withhold(plan: Plan, owned: OwnedRecord, reasonAgainst: (path: string) => string | undefined): Plan;
  /** See carryOut. */
  carryOut(plan: Plan, before: Notes, tools: Omit<CarryOutTools, 'disk' | 'durable'>): Promise<CarriedOut>;
  /** A unified diff of what a step would do. */
  diff(step: Step): string;
}

/** How owned files are kept. */
export interface OwnedFilesOptions {
  /** A folder of our own, on the same file system if possible, in which files are made before they take their place. */
  readonly staging: string;
  /** Whether contents wait for the disk. Otherwise a crash of the machine may leave a file empty, which then counts as ours. */
  readonly durable: boolean;
  /** See PlanInput; nothing is marked by default. */
  readonly marked?: (bytes: Uint8Array) => boolean;
  /** Larger files, in bytes, count as unusable. */
  readonly maxSize?: number;
}

/** Opens them for one run. */
export function openOwnedFiles({ staging, durable, marked = () => false, maxSize }: OwnedFilesOptions): OwnedFiles {
  const disk = openOwnedDisk(staging, maxSize);
  const seen = new Map<string, Found>();
  const look = (path: string) => {
    const known = seen.get(path) ?? find(disk, path);
    seen.set(path, known);
    return known;
  };
  const emptied = !durable;
  return {
    disk,
    look,
    isOurs: (owned, found) => isOurs(owned, found, emptied),
    keptFor(path, owned) {
      if (owned?.aside === undefined || look(owned.aside).state === 'missing') return undefined;
      const found = look(path);
      if (found.state === 'missing' || isOurs(owned, found, emptied)) return owned.aside;
      const bytes = found.state === 'file' ? found.bytes() : undefined;
      return bytes !== undefined && (marked(bytes) || namesAside(owned, bytes)) ? owned.aside : undefined;
    },
    hash,
    plan: (desired, owned) => planFiles({ desired, owned, look, hash, marked, emptied }),
    withhold: withholdSteps,
    carryOut(plan, before, tools) {
      seen.clear();
      return carryOut(plan, before, { ...tools, disk, durable });
    },
    diff: (step) => diffOf(step, disk),
  };
}

function find(disk: OwnedDisk, path: string): Found {
  const look = disk.look(path);
  if (look.state !== 'file') return look;
  const bytes = once(() => {
    try {
      return disk.read(path);
    } catch {
      return undefined;
    }
  });
  const hashed = once(() => {
    const read = bytes();
    return read && hash(read);
  });
  return { ...look, bytes, hash: hashed };
}

function diffOf(step: Step, disk: OwnedDisk): string {
  const text = (path: string) => (disk.look(path).state === 'file' ? disk.read(path).toString('utf8') : undefined);
  if (step.action === 'forget' || (step.action === 'write' && step.contents.type === 'link')) return '';
  const old = text(step.path);
  const next =
    step.action === 'write' && step.contents.type === 'file'
      ? Buffer.from(step.contents.bytes).toString('utf8')
      : step.action === 'put-back'
        ? text(step.from)
        : undefined;
  const name = (there: string | undefined) => (there === undefined ? '/dev/null' : step.path);
  return unifiedDiff(name(old), name(next), old ?? '', next ?? '');
}

function hash(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
