import { parseMountinfo, reachable } from '../domain/mounts.ts';
import type { DocumentPermissions, DocumentSight, SandboxFolders, SandboxRecord } from './ports.ts';
import { documentFolders } from './pure/document-names.ts';
import { judgeUse, placeOf } from './pure/documents.ts';
import { readShare } from './pure/shares.ts';

/** What of the portal's documents each strict app may write. */
export interface Documents {
  /** Where, inside a sandbox, one of its app's documents is to be used; lets it be written there where that is safe. */
  place(sandbox: string, document: string): Promise<string>;
  /** Looks which documents an app could write when it last ran. Never fails. */
  recall(writingId: string): Promise<void>;
  /**
   * Once a sandbox is recorded, and before anything runs in it: takes away what no app may write any more.
   * @throws where the portal does not do it
   */
  review(): Promise<void>;
  /** The sandbox has ended. `isLast`: its app will not come again. */
  forget(writingId: string, isLast: boolean): void;
}

/** What they are judged with. */
export interface DocumentPorts {
  readonly folders: Pick<SandboxFolders, 'list'>;
  readonly permissions: DocumentPermissions;
  readonly sight: DocumentSight;
  /** The words of every `shared-folders` that is in force for anything. */
  sharedWords(): readonly string[];
  /** A dialog has let an app write this, and it is to be read all the same. */
  keptOut(unit: string, path: string, isFolder: boolean): void;
  /** Says a line in the journal. */
  warn(text: string): void;
}

type Sandbox = SandboxRecord & { readonly id: string };

/** One question after the other: a sandbox that is recorded while another is judged is seen by the one or by the other. */
export function openDocuments(ports: DocumentPorts): Documents {
  const { folders, permissions, warn } = ports;
  /** What may be written, by the id at the portal that it is written with: document and path. Unknown until looked at. */
  const writable = new Map<string, Map<string, string>>();
  let isFailing = false;
  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = turn.then(work);
    turn = done.catch(() => {});
    return done;
  };

  const look = async (writingId: string): Promise<Map<string, string>> => {
    const known = writable.get(writingId);
    if (known !== undefined) return known;
    const found = new Map<string, string>();
    for (const document of await permissions.list(writingId)) {
      found.set(document, (await permissions.look(document))?.path ?? '');
    }
    writable.set(writingId, found);
    return found;
  };

  const placeNow = async (sandbox: string, document: string): Promise<string> => {
    const own = folders.list().find(({ id }) => id === sandbox);
    const found = own?.documents && (await permissions.look(document));
    if (!own?.documents || !found) return `${documentFolders.read}/${document}`;
    const { portalId, writingId } = own.documents;
    const allowed = found.apps.get(portalId) ?? [];
    const { use, kind } = await useOf(own, document, found.path, allowed, ports);
    if (use === 'read' && allowed.includes('write')) ports.keptOut(own.unit, found.path ?? '', kind === 'folder');
    const isWritable = found.apps.has(writingId) && found.apps.get(writingId)?.length !== 0;
    if (use === 'write') {
      (await look(writingId)).set(document, found.path ?? '');
      if (!isWritable) await permissions.allow(document, writingId);
    } else if (isWritable) {
      await permissions.forbid(document, writingId);
      writable.get(writingId)?.delete(document);
    }
    isFailing = false;
    return placeOf(use, document, found.path);
  };

  const reviewNow = async (): Promise<void> => {
    for (const sandbox of folders.list()) {
      const { documents } = sandbox;
      if (documents === undefined) continue;
      for (const [document, path] of await look(documents.writingId)) {
        if ((await useOf(sandbox, document, path || undefined, ['write'], ports)).use === 'write') continue;
        await permissions.forbid(document, documents.writingId);
        writable.get(documents.writingId)?.delete(document);
      }
    }
  };

  return {
    place: (sandbox, document) =>
      inTurn(() => placeNow(sandbox, document)).catch((error: unknown) => {
        // An app may ask many times a second.
        if (!isFailing) warn(`cannot tell what may be written of an app's documents: ${(error as Error).message}`);
        isFailing = true;
        throw error;
      }),

    recall: (writingId) =>
      inTurn(() => look(writingId)).then(
        () => {},
        () => {},
      ),

    review: () => inTurn(reviewNow),

    forget(writingId, isLast) {
      const known = writable.get(writingId);
      writable.delete(writingId);
      if (!isLast) return;
      for (const document of known?.keys() ?? []) permissions.forbid(document, writingId).catch(() => {});
    },
  };
}

async function useOf(
  sandbox: Sandbox,
  document: string,
  path: string | undefined,
  allowed: readonly string[],
  { folders, permissions, sight, sharedWords }: DocumentPorts,
) {
  const unknown = { use: 'read', kind: 'other' } as const;
  if (sandbox.documents === undefined || path === undefined) return unknown;
  const { home, grounds, downloads } = sandbox.documents;
  const words = sharedWords();
  const looked = [
    ...[path, downloads.data, downloads.folder, ...folders.list().flatMap(({ writes }) => writes)],
    ...words.map((word) => readShare(word, home).path),
  ];
  // An app may ask many times a second.
  await sight.askMounts(looked, 1000);
  const seen = await sight.document(path);
  const isFile = seen.kind === 'file' || (seen.kind === 'missing' && (await permissions.isFile(document)));
  const open = () => [
    ...folders.list().flatMap(({ writes }) => writes),
    ...sight.downloads(downloads.data, downloads.folder),
    ...sight.shared(words, home),
  ];
  const openIds = await sight.ids(open()).catch(() => undefined);
  const use = judgeUse(
    // What cannot be compared is not written.
    { path, permissions: openIds === undefined ? [] : allowed, isFile, ...seen },
    {
      ...grounds,
      mounts: reachable(parseMountinfo(sight.mountinfo())),
      own: sandbox.writes.filter((folder) => hasNow(sandbox, folder)),
      open: open(),
      openIds: [...(openIds ?? []), ...folders.list().flatMap(({ writeIds }) => writeIds)],
    },
  );
  return { use, kind: seen.kind };
}

/** What was unshared is no more where it was, and may still be the app's to write. */
function hasNow({ terms, home }: Sandbox, folder: string): boolean {
  return terms === undefined || folder === home || terms.shares.some(({ path }) => path === folder);
}
