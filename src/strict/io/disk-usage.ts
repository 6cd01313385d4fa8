import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants, setPriority } from 'node:os';

/** Folders that are being measured: whoever asks meanwhile gets the same answer. */
const underWay = new Map<string, Promise<number | undefined>>();

/**
 * Bytes on disk of all that is below a folder, each file once, by du(1): a process of its own, as a browser's home may have millions of files.
 * Undefined where there is no du, or it cannot tell.
 */
export function diskUsage(folder: string): Promise<number | undefined> {
  const known = underWay.get(folder);
  if (known !== undefined) return known;
  const measuring = measure(folder).finally(() => underWay.delete(folder));
  underWay.set(folder, measuring);
  return measuring;
}

async function measure(folder: string): Promise<number | undefined> {
  const du = ['/usr/bin/du', '/bin/du'].find((path) => existsSync(path));
  if (du === undefined) return undefined;
  return new Promise((resolve) => {
    const child = spawn(du, ['-sk', '--', folder], { cwd: '/', env: {}, stdio: ['ignore', 'pipe', 'ignore'] });
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    child.once('error', () => resolve(undefined));
    // What cannot be read, or goes meanwhile, is an error of its own: there is a sum all the same.
    child.once('close', () => {
      const kibibytes = /^(\d+)\s/.exec(said)?.[1];
      resolve(kibibytes === undefined ? undefined : Number(kibibytes) * 1024);
    });
    try {
      if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_BELOW_NORMAL);
    } catch {
      // It has ended by now.
    }
  });
}
