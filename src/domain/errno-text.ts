import { RingfenceError } from './errors.ts';

/** What went wrong, and the way out. The path follows in parentheses. */
const texts: Readonly<Record<string, readonly [reason: string, wayOut: string]>> = {
  ENOSPC: ['the disk is full', 'make room and try again'],
  EDQUOT: ['your disk quota is used up', 'make room and try again'],
  EROFS: ['the file system is read-only', 'remount it writable and try again'],
  EACCES: ['permission denied', 'look at its owner and mode with "ls -ld"'],
  EPERM: ['permission denied', 'look at its owner and attributes with "ls -ld" and lsattr'],
  ENOENT: ['a folder of this path is missing', 'make it and try again'],
  ENOTDIR: ['a folder of this path is a file', 'move that away and try again'],
  EISDIR: ['there is a folder in its place', 'move that away and try again'],
  ELOOP: ['its symbolic links lead in a circle', 'remove one of them'],
  ENAMETOOLONG: ['the path is too long', 'choose a shorter one'],
  EMFILE: ['too many files are open', 'see "ulimit -n"'],
  ENFILE: ['too many files are open on this system', 'see "sysctl fs.file-max"'],
  ENOMEM: ['there is too little memory', 'close something and try again'],
  ETIMEDOUT: ['its file system does not answer', 'connect it again, or unmount it'],
  EIO: ['the disk reports an error', 'see "journalctl --dmesg"'],
};

/**
 * Why a call to the file system failed, in the user's words, with the path and the way out.
 * @returns undefined for anything that is no such failure
 */
export function errnoText(error: unknown): string | undefined {
  const { code, path, dest } = (error ?? {}) as NodeJS.ErrnoException & { dest?: string };
  if (typeof code !== 'string' || !/^E[A-Z0-9]+$/.test(code)) return undefined;
  // Of a rename it is the new place that people know.
  const place = dest ?? path;
  const [reason, wayOut] = texts[code] ?? [code, ''];
  return [reason, place === undefined ? '' : ` (${place})`, wayOut === '' ? '' : `; ${wayOut}`].join('');
}

/**
 * A failure of the file system as an error for the user: "cannot <doing>: <reason>". Every other error is returned as it is.
 * `after` says what has become of things meanwhile.
 */
export function asFileError(doing: string, error: unknown, after?: string): unknown {
  const reason = errnoText(error);
  if (reason === undefined) return error;
  const end = after === undefined ? '' : `; ${after}`;
  return new RingfenceError('Failed', `cannot ${doing}: ${reason}${end}`, { cause: error });
}

/** Whether a call failed because there are too few descriptors or too little memory, and not for what it was asked. */
export function isShortage(error: unknown): boolean {
  return ['EMFILE', 'ENFILE', 'ENOMEM'].includes((error as NodeJS.ErrnoException).code ?? '');
}
