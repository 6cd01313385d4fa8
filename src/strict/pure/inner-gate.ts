/**
 * The argv that the outer gate becomes: bubblewrap, which makes the sandbox and starts in it a second gate. That one says
 * `inner PID` (its pid inside) on descriptor 3, reads a script there to its end and runs it; what is cut short is a syntax error
 * or nothing. Bubblewrap's arguments come by the descriptor `argsFd`, which it closes: a command line can be read inside, and they
 * tell of the host. Descriptors 4 and up that bubblewrap was not told of would reach the app: open none.
 */
export function sandboxedArgv(bwrap: string, argsFd: number): string[] {
  return [bwrap, '--args', String(argsFd), '--', '/bin/sh', '-c', innerScript, 'ringfence-gate'];
}

/** Arguments as bubblewrap reads them from a descriptor. */
export function argsForDescriptor(args: readonly string[]): string {
  return args.map((word) => `${word}\0`).join('');
}

/** The pid that the inner gate told, undefined when the line is not its. */
export function parseInnerLine(line: string): number | undefined {
  const found = /^inner (\d{1,10})\n?$/.exec(line)?.[1];
  return found === undefined ? undefined : Number(found);
}

/** The inner gate and the first process of its PID namespace, both by their pids outside. */
export interface InnerProcess {
  readonly pid: number;
  readonly initPid: number;
}

/**
 * Finds the inner gate among the processes of the scope (pid → /proc/PID/status): its pid inside is the one it told,
 * its parent is pid 1 inside, and that one's parent is bubblewrap: the gate itself, or a child of it.
 */
export function findInnerProcess(
  statuses: ReadonlyMap<number, string>,
  gatePid: number,
  toldPid: number,
): InnerProcess | undefined {
  for (const [pid, status] of statuses) {
    const inner = parseStatus(status);
    const init = parseStatus(statuses.get(inner.parent) ?? '');
    if (inner.pids.length < 2 || inner.pids.at(-1) !== toldPid) continue;
    const isOurs = init.parent === gatePid || parseStatus(statuses.get(init.parent) ?? '').parent === gatePid;
    if (isOurs && init.pids.at(-1) === 1 && init.pids.length === inner.pids.length) {
      return { pid, initPid: inner.parent };
    }
  }
  return undefined;
}

const innerScript = 'printf "inner %s\\n" $$ >&3 && script=$(cat <&3) && exec 3<&- && eval "unset script; $script"';

function parseStatus(status: string): { parent: number; pids: number[] } {
  const field = (name: string): string => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1] ?? '';
  return { parent: Number(field('PPid') || -1), pids: field('NSpid').split(/\s+/).filter(Boolean).map(Number) };
}
