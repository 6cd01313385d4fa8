import { shellQuote } from '../../domain/shell-quote.ts';
import type { EnvironmentChange } from './environment.ts';

/** The descriptors that ringfence-shell opens for bubblewrap, as `renderBwrapArgs` wants them. */
export const enclosureFds = { seccomp: 8, sync: 5 };

/**
 * The line that releases the gate inside: "go" and, quoted for a shell, the words for env(1) that strict changes the
 * environment with. Cut short it is no line, and nothing runs.
 */
export function enclosureGoLine({ unset, set }: EnvironmentChange): string {
  const taken = unset.flatMap((name) => ['-u', name]);
  const given = [...set].map(([name, value]) => `${name}=${value}`);
  return `go ${[...taken, '--', ...given].map(shellQuote).join(' ')}\n`;
}

/** The line that ends the gate inside: the exit code, and what it is to say. */
export function enclosureRefusal(exitCode: number, message: string): string {
  return `${exitCode} ${message.replaceAll(/\s+/g, ' ').slice(0, longestMessage)}\n`;
}

/** PIPE_BUF (limits.h), up to which a write arrives whole, with room for three bytes a character. */
const longestMessage = 1200;
