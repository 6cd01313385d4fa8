import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Ends every process in a cgroup, a folder, and below it. The kernel does it in one go where it can (cgroup.kill, since 5.14); else all are
 * frozen first: whoever sends signals to one process after the other never catches up with a fork bomb.
 * @throws what node throws where the cgroup can be neither killed nor frozen
 */
export async function killCgroup(folder: string): Promise<void> {
  try {
    if (existsSync(`${folder}/cgroup.kill`)) return write(folder, 'cgroup.kill', '1');
  } catch {
    // A threaded cgroup has the file and cannot be killed by it.
  }
  if (!existsSync(folder)) return;
  write(folder, 'cgroup.freeze', '1');
  for (let waited = 0; waited < longestFreeze && !hasEvent(folder, 'frozen'); waited += pause) await sleep(pause);
  for (const pid of processesBelow(folder)) kill(pid);
  write(folder, 'cgroup.freeze', '0');
}

/** Processes in uninterruptible sleep freeze when they wake. In ms. */
const longestFreeze = 2000;
const pause = 5;

/** A cgroup that has ended meanwhile needs nothing more. */
function write(folder: string, file: string, text: string): void {
  try {
    writeFileSync(`${folder}/${file}`, text, { flag: 'r+' });
  } catch (error) {
    if (existsSync(folder)) throw error;
  }
}

function hasEvent(folder: string, name: string): boolean {
  return read(`${folder}/cgroup.events`).includes(`${name} 1`);
}

function processesBelow(folder: string): number[] {
  const own = read(`${folder}/cgroup.procs`).split('\n').filter(Boolean).map(Number);
  return [...own, ...foldersIn(folder).flatMap((child) => processesBelow(`${folder}/${child}`))];
}

function foldersIn(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  } catch {
    return [];
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
