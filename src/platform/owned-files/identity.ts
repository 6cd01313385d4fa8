import type { OwnedFile } from '../../domain/owned-file.ts';
import type { Found } from './model.ts';

/**
 * What identifies contents in the notes, as a text: `<sha256>` for a file whatever its mode, `file:<mode>:<sha256>` for one
 * whose mode counts, `link:<target>` for a symbolic link.
 */
export function fileIdentity(hash: string, mode: number | undefined): string {
  return mode === undefined ? hash : `file:${mode.toString(8)}:${hash}`;
}

/** The identity of a symbolic link. */
export function linkIdentity(target: string): string {
  return `link:${target}`;
}

/** Whether a place has these contents. */
export function hasIdentity(found: Found, identity: string): boolean {
  if (found.state === 'missing') return false;
  if (identity.startsWith('link:')) return found.link !== undefined && identity === linkIdentity(found.link);
  if (found.state !== 'file') return false;
  const hash = found.hash();
  if (hash === undefined) return false;
  if (!identity.startsWith('file:')) return hash === identity;
  return found.link === undefined && fileIdentity(hash, found.mode & 0o7777) === identity;
}

/** Whether nobody has touched the file since we wrote it, as told without reading it. Its mode is not in `stat`. */
export function isUntouched({ is, stat }: OwnedFile, found: Found): boolean {
  if (found.state !== 'file' || stat === undefined || stat !== found.stat) return false;
  return !is.startsWith('file:') || is.startsWith(fileIdentity('', found.mode & 0o7777));
}

/**
 * Whether what is in the place is what the notes say that we wrote there. `emptied`: whether an empty file is ours, as a crash
 * of the machine leaves it of one that was written without waiting for the disk; nobody edits a file to nothing.
 */
export function isOurs(owned: OwnedFile, found: Found, emptied: boolean): boolean {
  if (isUntouched(owned, found)) return true;
  if (emptied && found.state === 'file' && found.size === 0) return owned.aside === undefined;
  return hasIdentity(found, owned.is) || (owned.was !== undefined && hasIdentity(found, owned.was));
}
