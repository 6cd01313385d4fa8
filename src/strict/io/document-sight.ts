import { lstat, realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { DocumentSight } from '../ports.ts';
import { readShare } from '../pure/shares.ts';
import { homes } from './homes.ts';
import { paths } from './look-at-paths.ts';

/** Where documents lie: anywhere of the user's, on file systems that hang among that. */
export const documentSight: Omit<DocumentSight, 'mountinfo'> = {
  async document(path) {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<Awaited<ReturnType<typeof look>>>((resolve) => {
      timer = setTimeout(() => resolve({ kind: 'other', realFolder: undefined }), longestLook);
    });
    const seen = await Promise.race([look(path), late]);
    clearTimeout(timer);
    return seen;
  },

  downloads: homes.allDownloads,

  shared: (words, home) =>
    words.flatMap((word) => {
      const { path, writable } = readShare(word, home);
      const found = writable ? paths.follow(path, home) : { fault: 'it is to be read' };
      return 'path' in found ? [found.path] : [];
    }),
};

async function look(path: string): ReturnType<DocumentSight['document']> {
  const [facts, realFolder] = await Promise.all([
    lstat(path).catch((error: NodeJS.ErrnoException) => error.code),
    realpath(dirname(path)).catch(() => undefined),
  ]);
  if (facts === 'ENOENT') return { kind: 'missing', realFolder };
  if (facts === undefined || typeof facts === 'string') return { kind: 'other', realFolder };
  return { kind: facts.isFile() ? 'file' : facts.isDirectory() ? 'folder' : 'other', realFolder };
}

/** In ms. */
const longestLook = 1000;
