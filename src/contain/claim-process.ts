import { RingfenceError } from '../domain/errors.ts';
import type { ProcessFacts, ProcessTree } from '../platform/kernel/process-tree.ts';
import { sessionPiece } from './pure/protected-process.ts';

/** What a process is looked at with. */
export interface ClaimPorts {
  readonly processes: ProcessTree;
  /** The daemon's own pid. */
  readonly ownPid: number;
  /** Resolves after so many milliseconds. */
  sleep(milliseconds: number): Promise<void>;
}

/**
 * The facts of a process that may be contained with its descendants, or `alone`. `task` opens the messages: "contain process 5".
 * @throws RingfenceError NoSuchInstance (there is none), InvalidArgument (one that must stay where it is)
 */
export function requireOurs(pid: number, task: string, ports: ClaimPorts, alone = false): ProcessFacts {
  const { processes } = ports;
  const facts = processes.look(pid);
  if (facts === undefined || facts.hasEnded) throw gone(task);
  if (facts.isThread) throw new RingfenceError('InvalidArgument', `cannot ${task}: it is a thread, not a process`);
  requireMovable(facts, task, ports);
  for (const below of alone ? [] : processes.descendants(pid, false)) {
    const child = processes.look(below);
    if (child !== undefined) requireMovable(child, task, ports, `its descendant ${below} `);
  }
  return facts;
}

function requireMovable(facts: ProcessFacts, task: string, ports: ClaimPorts, which = ''): void {
  const reason = obstacle(facts, ports);
  if (reason !== undefined) throw new RingfenceError('InvalidArgument', `cannot ${task}: ${which || 'it '}${reason}`);
}

/** Why a process has to stay where it is: it belongs to others or to the session. */
export function obstacle(
  { pid, programs, users, isKernelThread }: ProcessFacts,
  ports: ClaimPorts,
): string | undefined {
  const [program = ''] = programs;
  if (pid === 1) return 'is the init process of this machine';
  if (isKernelThread) return `(${program}) is a part of the kernel`;
  if (users.some((user) => user !== ports.processes.user)) {
    return `(${program}) runs as another user, and only your own processes can be contained`;
  }
  if (pid === ports.ownPid) return 'is the Ringfence daemon itself';
  const piece = sessionPiece(programs);
  return piece === undefined ? undefined : `(${program}) is ${piece}, which stays outside every fence`;
}

/** The facts of the process now. @throws RingfenceError NoSuchInstance when it has ended, or its number is another's */
export function requireSame(root: ProcessFacts, task: string, { processes }: ClaimPorts): ProcessFacts {
  const now = processes.look(root.pid);
  if (now === undefined || now.hasEnded || now.startTime !== root.startTime) throw gone(task);
  return now;
}

/** A terminal's own move into a scope would take the process out of ours again: the last one wins (systemd issue 26925). */
export async function terminalHasLetGo({ pid }: ProcessFacts, { processes, sleep }: ClaimPorts): Promise<void> {
  for (let waited = 0; waited < longestWait && processes.awaitsTerminalScope(pid); waited += 1) await sleep(1);
}

/** In ms. A terminal that has not moved its child by then has no user manager to do it with. */
const longestWait = 1000;

/** The error for a process that is not there. */
export function gone(task: string): RingfenceError {
  return new RingfenceError('NoSuchInstance', `cannot ${task}: there is no such process`);
}
