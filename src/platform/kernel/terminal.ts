import { closeSync, constants, fstatSync, openSync, readlinkSync, statSync, writeSync } from 'node:fs';
import type { TerminalPlace } from '../../domain/report.ts';
import { readKernelFile } from './kernel-file.ts';

/** The terminal of a process's session (proc(5)), where its input, output or errors are on it. */
export function terminalOf(pid: number): TerminalPlace | undefined {
  const leader = sessionOf(pid)?.leader ?? 0;
  const session = sessionOf(leader);
  if (session === undefined) return undefined;
  const device = [0, 1, 2].map((number) => fileOf(pid, number)).find((one) => one?.rdev === session.terminal)?.file;
  return device === undefined ? undefined : { device, leader, startTime: session.startTime };
}

function fileOf(pid: number, descriptor: number): { file: string; rdev: number } | undefined {
  try {
    const file = readlinkSync(`/proc/${pid}/fd/${descriptor}`);
    return { file, rdev: statSync(file).rdev };
  } catch {
    return undefined;
  }
}

/**
 * Writes to a terminal, if it is still that of the same session. What a terminal that is held (Ctrl-S) has no room for is lost:
 * nothing waits for it. mesg(1) is about other users' messages, and many systems have it off unless told.
 * @throws what node throws where it cannot be opened or written
 */
export function writeToTerminal({ device, leader, startTime }: TerminalPlace, text: string): boolean {
  const session = sessionOf(leader);
  if (session?.startTime !== startTime) return false;
  const descriptor = openSync(device, constants.O_WRONLY | constants.O_NOCTTY | constants.O_NONBLOCK);
  try {
    if (fstatSync(descriptor).rdev !== session.terminal) return false;
    writeSync(descriptor, text);
    return true;
  } finally {
    closeSync(descriptor);
  }
}

/** The session of a process; `terminal`: the number of its device, 0 where it has none, and `startTime` are the process's own. */
function sessionOf(pid: number): { leader: number; terminal: number; startTime: number } | undefined {
  const stat = readKernelFile(`/proc/${pid}/stat`);
  if (pid === 0 || stat === undefined) return undefined;
  const fields = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  return { leader: fields[3] ?? 0, terminal: fields[4] ?? 0, startTime: fields[19] ?? 0 };
}
