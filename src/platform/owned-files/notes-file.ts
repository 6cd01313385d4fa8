import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { asFileError } from '../../domain/errno-text.ts';
import type { OwnedDisk } from './disk.ts';

/** The file that a user of owned files keeps its notes in. */
export interface NotesFile<T> {
  /** Undefined when there is none. @throws RingfenceError Failed when it cannot be read, and what the parser throws */
  read(): T | undefined;
  /** Atomic and durable. */
  write(document: NotesDocument): void;
  remove(): void;
}

/** What is written: anything, and the files by their path. */
export type NotesDocument = Readonly<Record<string, unknown>> & { readonly files: Readonly<Record<string, unknown>> };

/** What was read last and from which file: notes of 1,000 files take 10 ms to understand, and each run reads them. */
export interface NotesMemory<T> {
  last: { readonly file: string; readonly notes: T } | undefined;
}

/** The notes in this file. `memory` outlives the opening. */
export function openNotesFile<T>(
  path: string,
  parse: (path: string, text: string) => T,
  disk: OwnedDisk,
  memory: NotesMemory<T> = { last: undefined },
): NotesFile<T> {
  return {
    read() {
      let fd: number;
      try {
        fd = openSync(path, 'r');
      } catch (error) {
        if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
        throw asFileError(`read ${path}`, error);
      }
      try {
        const { dev, ino, size, mtimeNs } = fstatSync(fd, { bigint: true });
        // Every write makes another file of it.
        const file = [path, dev, ino, size, mtimeNs].join(':');
        if (memory.last?.file !== file) memory.last = { file, notes: parse(path, readFileSync(fd, 'utf8')) };
        return memory.last.notes;
      } finally {
        closeSync(fd);
      }
    },
    write: (document) => disk.commit(disk.stage(Buffer.from(notesText(document)), 0o600, true), path),
    remove: () => disk.remove(path),
  };
}

/** As JSON with one file a line, so that a person finds theirs. */
function notesText({ files, ...rest }: NotesDocument): string {
  const lines = Object.entries(files).map(([path, one]) => `    ${JSON.stringify(path)}: ${JSON.stringify(one)}`);
  const head = JSON.stringify(rest, null, 2).replace(/\n}$/, '');
  return `${head},\n  "files": {${lines.length === 0 ? '' : `\n${lines.join(',\n')}\n  `}}\n}\n`;
}
