import type { Socket } from 'node:net';
import { arm, type GateOptions, startIdleGate } from '../../platform/process/gate-keeper.ts';
import type { IdleSandboxGate } from '../ports.ts';

/** What a gate of a sandbox is started with. */
export interface SandboxGateOptions extends GateOptions {
  /** How long the sandbox may take to be made, in ms. */
  readonly withinMs: number;
}

/**
 * A gate with three descriptors more: 3, a line to the daemon and one back, through which the gate inside the sandbox is
 * released; 4, the system call filter; 5, what keeps the bus filter alive. When the daemon ends, 3 does: nothing runs.
 */
export async function openSandboxGate(
  options: SandboxGateOptions,
  fds: { readonly seccomp: number; readonly sync: number },
): Promise<IdleSandboxGate> {
  const { streams, withinMs } = options;
  const idle = await startIdleGate(options, ['pipe', fds.seccomp, fds.sync]);
  const wire = idle.child.stdio[3] as Socket;
  wire.on('error', () => {});
  const line = firstLine(wire);
  let told = '';
  return {
    pid: idle.child.pid ?? 0,
    exited: idle.exited,
    isAlive: idle.isAlive,
    name: idle.name,
    enter(plan, script) {
      told = script;
      arm(idle, plan, streams, () => {}).release();
      return firstOf([line, idle.exited.then(() => undefined)], withinMs);
    },
    release() {
      wire.end(told, () => wire.destroy());
    },
    kill() {
      wire.destroy();
      idle.kill();
    },
  };
}

function firstLine(wire: Socket): Promise<string | undefined> {
  return new Promise((resolve) => {
    let text = '';
    wire.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      // More than any line of the gate's: not its.
      if (text.includes('\n') || text.length > 100) resolve(text);
    });
    wire.once('close', () => resolve(undefined));
  });
}

async function firstOf<T>(promises: readonly Promise<T>[], withinMs: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), withinMs);
  });
  try {
    return await Promise.race([...promises, late]);
  } finally {
    clearTimeout(timer);
  }
}
