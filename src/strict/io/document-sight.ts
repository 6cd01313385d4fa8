import { lstat, realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { askMounts, isSilent } from '../../platform/files/silent-mounts.ts';
import type { DocumentSight } from '../ports.ts';
import { readShare } from '../pure/shares.ts';
import { homes } from './homes.ts';
import { paths } from './look-at-paths.ts';

/** Where documents lie: anywhere of the user's, on file systems that hang among that. */
export const documentSight: Omit<DocumentSight, 'mountinfo'> = {
  askMounts: (looked, trusted) => askMounts(looked, { trusted }),

  document: (path) => inTime(look(path)).catch(() => ({ kind: 'other' as const, realFolder: undefined, around: [] })),

  ids: (folders) => inTime(Promise.all(folders.map(idOf))).then((all) => all.filter((id) => id !== undefined)),

  downloads: homes.allDownloads,

  shared: (words, home) =>
    words.flatMap((word) => {
      const { path, writable } = readShare(word, home);
      const found = writable ? paths.follow(path, home) : { fault: 'it is to be read' };
      return 'path' in found ? [found.path] : [];
    }),
};

async function look(path: string): ReturnType<DocumentSight['document']> {
  if (isSilent(path)) throw new Error('its file system does not answer');
  const outwards = [dirname(path)];
  while (outwards.at(-1) !== '/') outwards.push(dirname(outwards.at(-1) ?? '/'));
  const [facts, realFolder, ids] = await Promise.all([
    lstat(path).catch((error: NodeJS.ErrnoException) => error.code),
    realpath(dirname(path)).catch(() => undefined),
    Promise.all(outwards.map(idOf)),
  ]);
  const where = { realFolder, around: ids.filter((id) => id !== undefined) };
  if (facts === 'ENOENT') return { kind: 'missing', ...where };
  if (facts === undefined || typeof facts === 'string') return { kind: 'other', ...where };
  return { kind: facts.isFile() ? 'file' : facts.isDirectory() ? 'folder' : 'other', ...where };
}

/** Undefined for what is not there. */
async function idOf(path: string): Promise<string | undefined> {
  // Each would keep one of node's four threads for ever.
  if (isSilent(path)) throw new Error('its file system does not answer');
  try {
    const { dev, ino } = await stat(path, { bigint: true });
    return `${dev}:${ino}`;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}

async function inTime<T>(looking: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('a file system does not answer')), longestLook);
  });
  try {
    return await Promise.race([looking, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** In ms. */
const longestLook = 1000;
