import type { Socket } from 'node:net';
import { arm, type GateOptions, startIdleGate } from '../../platform/process/gate-keeper.ts';
import type { IdleSandboxGate } from '../ports.ts';
import { argsForDescriptor, sandboxedArgv } from '../pure/inner-gate.ts';

/** Bubblewrap's arguments come by it. */
const argsFd = 6;

/** What a gate of a sandbox is started with. */
export interface SandboxGateOptions extends GateOptions {
  /** How long the sandbox may take to be made, in ms. */
  readonly withinMs: number;
}

/**
 * A gate with four descriptors more: 3, a line to the daemon and one back, through which the gate inside the sandbox is
 * released; 4, the system call filter; 5, what keeps the bus filter alive; 6, bubblewrap's arguments. When the daemon ends, 3 does:
 * nothing runs.
 */
export async function openSandboxGate(
  options: SandboxGateOptions,
  fds: { readonly seccomp: number; readonly sync: number },
): Promise<IdleSandboxGate> {
  const { streams, withinMs } = options;
  const idle = await startIdleGate(options, ['pipe', fds.seccomp, fds.sync, 'pipe']);
  const streamsOf = idle.child.stdio as readonly unknown[];
  const [wire, plan] = [streamsOf[3] as Socket, streamsOf[argsFd] as Socket];
  for (const socket of [wire, plan]) socket.on('error', () => {});
  const line = firstLine(wire);
  let told = '';
  return {
    pid: idle.child.pid ?? 0,
    exited: idle.exited,
    isAlive: idle.isAlive,
    name: idle.name,
    enter(bwrap, args, script) {
      told = script;
      plan.end(argsForDescriptor(args));
      const outer = {
        argv: sandboxedArgv(bwrap, argsFd),
        environment: new Map<string, string>(),
        workingDirectory: '/',
      };
      arm(idle, outer, streams, () => {}).release();
      return firstOf([line, idle.exited.then(() => undefined)], withinMs);
    },
    release() {
      wire.end(told, () => wire.destroy());
    },
    kill() {
      wire.destroy();
      plan.destroy();
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
