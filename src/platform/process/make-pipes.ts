import { spawn } from 'node:child_process';
import { RingfenceError } from '../../domain/errors.ts';

/** Where a system has its programs: a folder of the user's may hang, and with it the daemon, which waits for the exec(3). */
const systemPath = '/usr/bin:/bin:/run/current-system/sw/bin';

/**
 * Makes named pipes, mode 600, at absolute paths, with mkfifo(1): node has no mkfifo(3).
 * @throws RingfenceError ScopeFailed
 */
export function makePipes(paths: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (reason: string, cause?: unknown) =>
      reject(new RingfenceError('ScopeFailed', `cannot make named pipes: ${reason}`, { cause }));
    const child = spawn('mkfifo', ['-m', '600', '--', ...paths], {
      stdio: 'ignore',
      cwd: '/',
      env: { PATH: systemPath },
    });
    child.once('error', (error) => failed(error.message, error));
    child.once('exit', (code) => (code === 0 ? resolve() : failed(`mkfifo ended with ${code}`)));
  });
}
