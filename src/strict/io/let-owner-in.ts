import { chmodSync, closeSync, constants, fstatSync, openSync } from 'node:fs';

const { O_DIRECTORY, O_NOFOLLOW } = constants;
/** Of asm-generic/fcntl.h; node has no name for it. What is opened so need not be readable. */
const O_PATH = 0o10000000;

/**
 * Gives the user back a folder of his that an app has closed to everybody by its mode: it could not be opened, nor moved, as a folder that
 * is moved is written to. No symlink is followed.
 * @throws what node throws where there is no folder
 */
export function letOwnerIn(folder: string): void {
  const fd = openSync(folder, O_PATH | O_DIRECTORY | O_NOFOLLOW);
  try {
    const { mode, uid } = fstatSync(fd);
    if ((mode & 0o700) !== 0o700 && uid === process.getuid?.())
      chmodSync(`/proc/self/fd/${fd}`, (mode & 0o7777) | 0o700);
  } finally {
    closeSync(fd);
  }
}
