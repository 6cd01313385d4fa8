import { setTimeout as sleep } from 'node:timers/promises';
import type { Instance } from '../domain/instance.ts';
import type { TerminalPlace } from '../domain/report.ts';
import { terminalLine } from './pure/terminal-line.ts';
import type { ReachedLimit } from './reached-limits.ts';

/** What a terminal is told with. */
export interface TerminalPorts {
  /** @throws what node throws where it cannot be written */
  writeToTerminal(place: TerminalPlace, text: string): boolean;
}

/** In ms, between one attempt to write and the next. */
const pauses = [10, 20, 50, 100, 200, 500, 1000];

/** Says on the terminal of a command that has become its own process (ringfence-shell) what a limit did to it. */
export async function tellTerminal(
  { report }: Pick<Instance, 'report'>,
  { limit, details }: ReachedLimit,
  ports: TerminalPorts,
): Promise<void> {
  if (report.terminal === undefined) return;
  const line = terminalLine(limit, details);
  if (line === undefined) return;
  for (const pause of pauses) {
    try {
      // A prompt may stand there already.
      ports.writeToTerminal(report.terminal, `\r\n${line}\r\n`);
      return;
    } catch (error) {
      // Closed. The journal and the signal have it.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return;
    }
    // A shell that says "Killed" at the same moment has it for itself as long, and whoever presses Ctrl-S for longer.
    await sleep(pause);
  }
}
