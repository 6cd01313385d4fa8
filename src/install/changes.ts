import type { Plan, Step } from '../platform/owned-files/model.ts';
import type { OwnedFiles } from '../platform/owned-files/owned-files.ts';

/** What becomes of a file. */
export interface InstallChange {
  readonly path: string;
  readonly change: 'created' | 'updated' | 'removed' | 'kept';
  /** Why it is kept as it is. */
  readonly reason?: string;
  /** What a link leads to. */
  readonly target?: string;
  /** Of the new contents, in bytes. */
  readonly size?: number;
  /** A unified diff, where the file is a short text. */
  readonly diff?: string;
}

const longestDiff = 20_000;

/** The changes of a plan, before they are made. */
export function listChanges({ steps, conflicts }: Plan, files: OwnedFiles): InstallChange[] {
  return [
    ...steps.flatMap((step) => changeOf(step, files)),
    ...conflicts.map(({ path, reason }): InstallChange => ({ path, change: 'kept', reason })),
  ];
}

function changeOf(step: Step, files: OwnedFiles): InstallChange[] {
  const { path } = step;
  if (step.action === 'forget') return step.left ? [{ path, change: 'kept', reason: edited }] : [];
  if (step.action !== 'write') return [{ path, change: 'removed' }];
  const { contents } = step;
  const change = step.replaces === 'nothing' ? 'created' : 'updated';
  if (contents.type === 'link') return [{ path, change, target: contents.target }];
  const size = contents.bytes.length;
  if (size > longestDiff || contents.bytes.includes(0)) return [{ path, change, size }];
  return [{ path, change, size, diff: files.diff(step) }];
}

const edited = 'you have edited it since Ringfence wrote it, so it stays; delete it if you no longer need it';
