/** How an instance ended, as the Ended signal tells it. */
export type Outcome = ReadonlyMap<string, string>;

/** How a main process ended: one of the two is null, as in node's exit event. */
export interface ProcessEnd {
  readonly exitCode: number | null;
  readonly signal: string | null;
}

/** Processes that the kernel killed for memory: since the start, and while this daemon looked on. */
export interface OomKills {
  readonly all: number;
  readonly seen: number;
  /** Whether the last was killed as all apps together, or the machine, had no memory left, and not at the limit of its own. */
  readonly ofOthers: boolean;
}

/** What the end of a scope (`result`: systemd's) and of its main process come to. */
export function describeOutcome(result: string, exit: ProcessEnd | undefined, oomKills: OomKills): Outcome {
  const outcome = new Map<string, string>([['oom-kills', String(oomKills.all)]]);
  if (exit !== undefined && exit.exitCode !== null) outcome.set('exit-code', String(exit.exitCode));
  if (exit !== undefined && exit.signal !== null) outcome.set('signal', exit.signal);
  outcome.set('result', resultOf(result, exit, oomKills.seen));
  if (oomKills.ofOthers && outcome.get('result') === 'oom-kill') outcome.set('cause', 'others');
  return outcome;
}

// systemd knows nothing of a scope's exit codes (it is not the parent), and with OOMPolicy=continue nothing of single kills.
function resultOf(result: string, exit: ProcessEnd | undefined, oomKills: number): string {
  if (result !== 'success') return result;
  if (exit === undefined) return oomKills > 0 ? 'oom-kill' : 'unknown';
  if (wasKilled(exit) && oomKills > 0) return 'oom-kill';
  if (exit.signal !== null) return 'signal';
  return exit.exitCode === 0 ? 'success' : 'exit-code';
}

/** bubblewrap tells that its child was killed as a shell does, by 128 + 9. */
export function wasKilled(exit: ProcessEnd | undefined): boolean {
  return exit?.signal === 'SIGKILL' || exit?.exitCode === 137;
}

/** The same in words, after the name: "ended with exit code 3". */
export function endInWords(outcome: Outcome): string {
  const result = outcome.get('result') ?? 'unknown';
  const [code, signal] = [outcome.get('exit-code'), outcome.get('signal')];
  if (result === 'oom-kill' && outcome.has('cause')) {
    return 'was killed, as all apps together, or this machine, had no memory left';
  }
  if (result === 'oom-kill') return 'was killed at its memory limit';
  if (signal !== undefined) return `was ended by ${signal}`;
  const refused = outcome.get('refused-name');
  const why = refused === undefined ? '' : `, at once: it was refused the bus name ${refused}`;
  if (code !== undefined) return `ended with exit code ${code}${why}`;
  return ['success', 'unknown'].includes(result) ? 'ended' : `ended: ${result}`;
}
