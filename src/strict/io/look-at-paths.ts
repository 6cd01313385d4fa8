import { lstatSync, realpathSync, statSync } from 'node:fs';
import type { PathFact } from '../pure/model.ts';

/** What is on the disk at each path. */
export function lookAtPaths(paths: readonly string[]): Map<string, PathFact> {
  return new Map(paths.map((path) => [path, factOf(path)]));
}

/** The folder without symlinks; itself where it is missing. */
export function realFolder(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function factOf(path: string): PathFact {
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return { kind: 'missing' };
  let target: string;
  try {
    target = realpathSync(path);
  } catch {
    return { kind: 'symlink', target: path, targetKind: 'missing' };
  }
  return target === path ? { kind: kindOf(path) } : { kind: 'symlink', target, targetKind: kindOf(target) };
}

function kindOf(path: string): 'folder' | 'file' | 'missing' {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return 'missing';
  return stat.isDirectory() ? 'folder' : 'file';
}
