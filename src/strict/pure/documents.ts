import { isAtOrBelow } from '../../domain/path-relations.ts';
import { documentFolders } from './document-names.ts';
import { liesIn, spotOf, spotsOf } from './mounts.ts';
import { judgeDocument, type ShareGrounds } from './shares.ts';

/** A document of the portal's, as it is now. */
export interface DocumentFacts {
  /** As the portal has it, which was without symlinks when the document was made; undefined when that is no text. */
  readonly path: string | undefined;
  /** What the portal lets the app do with it. */
  readonly permissions: readonly string[];
  /** What is at that path; `missing` where there is nothing, as before a file is first saved. */
  readonly kind: 'file' | 'folder' | 'other' | 'missing';
  /** Of the folder that it lies in, without symlinks; undefined where that cannot be told. */
  readonly realFolder: string | undefined;
  /** Of that folder and all around it, device and inode. */
  readonly around: readonly string[];
  /** Whether the portal made it of a file: a folder can be missing, too. */
  readonly isFile: boolean;
}

/** What a document is held against. */
export interface DocumentGrounds extends ShareGrounds {
  /** Folders that the app itself can write, which it sees at the same paths. */
  readonly own: readonly string[];
  /** Folders that any strict app can write, now or at its next start. */
  readonly open: readonly string[];
  /** Of these, device and inode: where case does not count, a folder has more names than one. */
  readonly openIds: readonly string[];
}

/** How an app may use a document: as what its own sandbox has at that path, to be written, or to be read. */
export type DocumentUse = 'own' | 'write' | 'read';

/**
 * The document portal follows a link that an app has put in the place of a file which it may write (xdg-desktop-portal 1.16 to 1.22,
 * xdp_document_inode_open_child_fd: O_CREAT without O_NOFOLLOW), in the user's own view of the file system. So nothing is to be written by it
 * where a strict app can make links; and of a folder nothing at all, as links can be made in there by the portal itself.
 */
export function judgeUse(facts: DocumentFacts, grounds: DocumentGrounds): DocumentUse {
  const { path, permissions, kind, realFolder, isFile } = facts;
  if (path === undefined || realFolder === undefined) return 'read';
  if (grounds.own.some((folder) => isAtOrBelow(path, folder))) return 'own';
  if (!permissions.includes('write') || !isFile) return 'read';
  if (kind !== 'file' && kind !== 'missing') return 'read';
  if (realFolder !== folderOf(path)) return 'read';
  if (facts.around.some((id) => grounds.openIds.includes(id))) return 'read';
  if (grounds.open.some((folder) => lies(path, folder, grounds))) return 'read';
  return judgeDocument(path, grounds) === 'read-write' ? 'write' : 'read';
}

/** Where, inside, the folder with a document is. */
export function placeOf(use: DocumentUse, document: string, path: string | undefined): string {
  if (use === 'own') return folderOf(path ?? '/');
  return `${documentFolders[use]}/${document}`;
}

/** Of an absolute path. */
function folderOf(path: string): string {
  return path.slice(0, Math.max(1, path.lastIndexOf('/')));
}

/** By name, or by another mount of the same folder or of what is mounted in it. */
function lies(path: string, folder: string, { mounts }: DocumentGrounds): boolean {
  if (isAtOrBelow(path, folder)) return true;
  const inner = spotOf(folderOf(path), mounts);
  return inner !== undefined && spotsOf(folder, mounts).some((outer) => liesIn(inner, outer));
}
