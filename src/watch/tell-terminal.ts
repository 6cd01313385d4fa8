import type { Instance } from '../domain/instance.ts';
import type { TerminalPlace } from '../domain/report.ts';
import type { Cgroups } from '../platform/kernel/cgroups.ts';
import { terminalLine } from './pure/terminal-line.ts';
import type { ReachedLimit } from './reached-limits.ts';

/** What a terminal is told with. */
export interface TerminalPorts {
  readonly cgroups: Pick<Cgroups, 'read'>;
  scopeCgroup(unit: string): string;
  /** @throws what node throws where it cannot be written */
  writeToTerminal(place: TerminalPlace, text: string): boolean;
}

/** Says on the terminal of a command that has become its own process (ringfence-shell) what a limit did to it. */
export function tellTerminal({ report }: Instance, { limit, details }: ReachedLimit, ports: TerminalPorts): void {
  if (report.terminal === undefined) return;
  const events = ports.cgroups.read(ports.scopeCgroup(details.get('scope') ?? report.unit), 'memory.events');
  const reached = /^oom (\d+)$/m.exec(events ?? '')?.[1];
  const line = terminalLine(limit, details, reached === undefined ? undefined : Number(reached));
  if (line === undefined) return;
  try {
    // A prompt may stand there already.
    ports.writeToTerminal(report.terminal, `\r\n${line}\r\n`);
  } catch {
    // It was closed, or has no room. The journal and the signal have it.
  }
}
