import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, realpathSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { isatty } from 'node:tty';
import { type ErrorCode, errorTable, RingfenceError } from '../../domain/errors.ts';
import { openCgroups } from '../../platform/kernel/cgroups.ts';
import { cgroupRoot } from '../../platform/kernel/host.ts';
import { openProcessTree } from '../../platform/kernel/process-tree.ts';
import type { Context } from './command.ts';
import { hitsInWords, type LimitHits, readLimitHits } from './pure/limit-hits.ts';

/** Counts what a scope's limits do to its processes, to their end. */
interface Witness {
  hits(): LimitHits;
}

/** What the command gets to see of the caller's terminal. */
export type TerminalUse = 'required' | 'as-is' | 'none';

/**
 * Runs a command in a fence as a child of this process, with its input and output; returns its exit status, 128 + n when
 * signal n ended it. The child is `ringfence-shell`, which contains itself and becomes the command: it is never outside.
 * `onContained` is called as soon as it is fenced, when it may be running already. With `json`, the last line on stderr (the output is the command's) is a document with how it ended.
 * @throws RingfenceError InvalidArgument (no terminal)
 */
export async function runHere(
  argv: readonly string[],
  options: ReadonlyMap<string, string>,
  { terminalUse, json }: { readonly terminalUse: TerminalUse; readonly json: boolean },
  { terminal, onContained }: Pick<Context, 'terminal'> & { onContained(instance: string): Promise<void> },
): Promise<number> {
  // Lies beside this program.
  const shellProgram = join(dirname(realpathSync(process.argv[1] ?? '')), 'ringfence-shell');
  if (terminalUse === 'required' && !isatty(0)) {
    throw new RingfenceError('InvalidArgument', 'cannot run: --tty needs a terminal, and standard input is none');
  }
  const isAlone = terminalUse === 'none';
  const words = [...options].map(([name, value]) => `--${name === 'app-id' ? 'app' : name}=${value}`);
  const child = spawn(shellProgram, ['--or-fail', '--instance-fd=3', ...words, '--', ...argv], {
    stdio: [isAlone && isatty(0) ? 'ignore' : 'inherit', 'inherit', 'inherit', 'pipe'],
    detached: isAlone,
  });
  const stopForwarding = forwardSignals(child, isAlone);
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal ?? 'SIGKILL']));
  });
  let witness: Witness | undefined;
  // At its first word, while it is still the shell: what it becomes may end before node comes to look again.
  const told = await firstWords(child.stdio[3] as NodeJS.ReadableStream, (words) => {
    if (isFence(words)) witness ??= watchScope(child.pid ?? 0);
  });
  const isContained = isFence(told);
  if (isContained) await onContained(instanceOf(told));
  const status = await ended;
  stopForwarding();
  if (!isContained && told !== '') {
    terminal.fail(refusal(told, status));
    return status;
  }
  const hits = witness?.hits();
  for (const says of hits === undefined ? [] : hitsInWords(hits, status))
    terminal.warn(`ringfence: ${argv[0]}: ${says}`);
  if (json) terminal.sayJson({ instance: instanceOf(told), exitCode: status, oomKills: hits?.killed ?? 0 });
  return status;
}

/** All that it says, in one text; `onWords` gets what has come so far. */
async function firstWords(from: NodeJS.ReadableStream, onWords: (words: string) => void): Promise<string> {
  let words = '';
  for await (const part of from.setEncoding('utf8')) {
    words += part;
    onWords(words.trim());
  }
  return words.trim();
}

function isFence(told: string): boolean {
  return told.startsWith('/org/ringfence/');
}

/** What a strict start adds is the folder of its sandbox. */
function instanceOf(told: string): string {
  return told.split(/\s/)[0] ?? '';
}

/** Why ringfence-shell has no fence: "org.ringfence.Error.NoSuchProfile: cannot …", or ": cannot …" where it says so itself. */
function refusal(told: string, exitCode: number) {
  const [, dbusName = '', message = told] = /^(\S*): (.*)$/s.exec(told) ?? [];
  const codes = Object.entries(errorTable);
  const [code = 'Failed'] =
    codes.find(([, one]) => one.dbusName === dbusName) ?? codes.find(([, one]) => one.exitCode === exitCode) ?? [];
  return { code: code as ErrorCode, message, exitCode };
}

/**
 * Keeps a scope, and with it the count of kills, for a moment longer than its processes: the kernel forgets it with the last
 * of them. A small process of ours waits in it, and ends with this one at the latest.
 */
function watchScope(pid: number): Witness | undefined {
  const cgroups = openCgroups(cgroupRoot());
  const scope = cgroups.of(pid);
  if (scope === undefined) return undefined;
  const holder = spawn('cat', { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  holder.once('error', () => {});
  try {
    if (holder.pid !== undefined) openProcessTree(cgroupRoot()).move(holder.pid, scope);
  } catch {
    // The scope is gone already, and nothing in it was killed for its memory in so short a time.
  }
  return {
    hits() {
      const hits = readLimitHits((file) => cgroups.read(scope, file));
      holder.kill('SIGKILL');
      return hits;
    },
  };
}

// What the keyboard sends reaches all of the terminal's foreground group by itself: passed on, it would come twice.
function forwardSignals(child: ChildProcess, isAlone: boolean): () => void {
  const listeners = forwarded.map((signal) => {
    const listener = () => {
      const fromKeyboard = (signal === 'SIGINT' || signal === 'SIGQUIT') && !isAlone && isInForeground();
      if (!fromKeyboard) child.kill(signal);
    };
    process.on(signal, listener);
    return [signal, listener] as const;
  });
  return () => {
    for (const [signal, listener] of listeners) process.off(signal, listener);
  };
}

const forwarded: readonly NodeJS.Signals[] = ['SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'];

/** Whether this process is in its terminal's foreground group: fields pgrp and tpgid of proc(5). */
function isInForeground(): boolean {
  const stat = readFileSync('/proc/self/stat', 'utf8');
  const [, , group, , , foreground] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return group === foreground;
}
