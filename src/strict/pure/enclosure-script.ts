import { shellQuote } from '../../domain/shell-quote.ts';
import type { SandboxOp } from './model.ts';

/** The descriptors that ringfence-shell opens for bubblewrap, as `renderBwrapArgs` wants them. */
export const enclosureFds = { seccomp: 8, sync: 5 };

/** What bubblewrap is told: everything but the environment, which no shell on the way is to see. */
export function enclosureOps(ops: readonly SandboxOp[]): SandboxOp[] {
  return ops.filter(({ op }) => op !== 'setenv' && op !== 'unsetenv');
}

/**
 * The line that releases the gate inside: "go" and, quoted for a shell, the words for env(1) that strict changes the
 * environment with. Cut short it is no line, and nothing runs.
 */
export function enclosureGoLine(ops: readonly SandboxOp[]): string {
  const taken = ops.flatMap((op) => (op.op === 'unsetenv' ? ['-u', op.name] : []));
  const given = ops.flatMap((op) => (op.op === 'setenv' ? [`${op.name}=${op.value}`] : []));
  return `go ${[...taken, '--', ...given].map(shellQuote).join(' ')}\n`;
}

/** The line that ends the gate inside: the exit code, and what it is to say. */
export function enclosureRefusal(exitCode: number, message: string): string {
  return `${exitCode} ${message.replaceAll(/\s+/g, ' ').slice(0, longestMessage)}\n`;
}

/** PIPE_BUF (limits.h), up to which a write arrives whole, with room for three bytes a character. */
const longestMessage = 1200;
