import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { RingfenceError } from '../../domain/errors.ts';
import type { Gate, GateExit, WaitingGate } from './gate.ts';
import { type GatePlan, gateScript, releaseLine } from './gate-script.ts';

// dash starts in a third of bash's time and adds nothing of its own to an environment.
const shell = existsSync('/bin/dash') ? '/bin/dash' : '/bin/sh';

/** The journal's side of an app's output. */
export interface OutputStreams {
  /** A stream without a name yet; undefined where there is no journal. */
  connect(): Promise<Socket | undefined>;
  /** Names it; false when the journal has closed it meanwhile. */
  name(stream: Socket, identifier: string): Promise<boolean>;
  /** $JOURNAL_STREAM for a program whose output it is. */
  variable(stream: Socket): string | undefined;
}

/** Hands out gates. */
export interface GateKeeper {
  /**
   * So many gates, which do not know yet what they are for. What they print goes to the journal under `identifier`.
   * @throws RingfenceError ScopeFailed when no process can be started; then none is left
   */
  open(count: number, identifier: string): Promise<WaitingGate[]>;
  /** Starts the spare gate: once the daemon has nothing more urgent to do. */
  prepare(): void;
  /** Sends the spare gate away. */
  close(): void;
}

/** What all gates have in common. */
export interface GateOptions {
  /** Where what the apps print goes. */
  readonly streams: OutputStreams;
  /**
   * The soft limit of open files (setrlimit(2)) that apps get. node raises its own to the hard one, which breaks programs
   * that use select(2) and slows down those that close every descriptor.
   */
  readonly openFiles: number | undefined;
}

/** A shell that waits for its script on its standard input, its output connected to the journal. */
export interface IdleGate {
  readonly child: ChildProcess;
  readonly exited: Promise<GateExit>;
  /** Our end of its output, until the stream has been named. */
  readonly output: Socket | undefined;
}

/**
 * Keeps one gate in reserve: forking and starting a shell would otherwise be a quarter of a click's time. Every gate is a
 * child of the daemon that ends with it: its standard input is a pipe from the daemon, and end of file means that nothing runs.
 */
export function openGateKeeper(options: GateOptions): GateKeeper {
  const { streams } = options;
  let spare: Promise<IdleGate> | undefined;
  let closed = false;

  const prepareSpare = () => {
    if (closed || spare !== undefined) return;
    spare = startIdleGate(options);
    spare.catch(() => {
      // The next launch tries again and tells its caller.
      spare = undefined;
    });
  };
  const take = async (): Promise<{ gate: IdleGate; isSpare: boolean }> => {
    const reserved = spare;
    spare = undefined;
    const gate = await reserved;
    if (gate !== undefined && isAlive(gate.child)) return { gate, isSpare: true };
    return { gate: await startIdleGate(options), isSpare: false };
  };

  return {
    prepare: prepareSpare,

    async open(count, identifier) {
      const taken = await Promise.allSettled(Array.from({ length: count }, take));
      const gates = taken.flatMap((each) => {
        if (each.status !== 'fulfilled') return [];
        const { gate, isSpare } = each.value;
        const name = async () => (await isNamed(gate, identifier, streams)) || !isSpare;
        return [waitingGate(gate, streams, name, prepareSpare)];
      });
      const failed = taken.find((each) => each.status === 'rejected');
      if (failed === undefined) return gates;
      for (const gate of gates) gate.kill();
      throw failed.reason;
    },
    close() {
      closed = true;
      spare?.then(({ child }) => child.kill('SIGKILL')).catch(() => {});
    },
  };
}

/** Starts a gate; `more` are its descriptors from 3 on. */
export async function startIdleGate(
  { openFiles, streams }: GateOptions,
  more: readonly ('pipe' | number)[] = [],
): Promise<IdleGate> {
  const output = await streams.connect();
  const child = spawn(shell, [], {
    argv0: 'ringfence-gate',
    cwd: '/',
    env: {},
    // A session of its own: neither a terminal's Ctrl-C nor a signal to the daemon's group reaches the app.
    detached: true,
    stdio: ['pipe', output ?? 'inherit', output ?? 'inherit', ...more],
  });
  // A gate may be gone when it is written to: that shows as its exit, not as an error of the pipe.
  child.stdin?.on('error', () => {});
  const exited = new Promise<GateExit>((resolve) =>
    child.once('exit', (exitCode, signal) => resolve({ exitCode, signal })),
  );
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (cause) =>
      reject(new RingfenceError('ScopeFailed', `cannot start a process: ${cause.message}`, { cause })),
    );
  });
  if (openFiles !== undefined) child.stdin?.write(`ulimit -S -n ${openFiles} 2>/dev/null\n`);
  return { child, exited, output };
}

// A journald that was restarted has closed a stream without a name: what the app printed would then end it by SIGPIPE.
async function isNamed({ output }: IdleGate, identifier: string, streams: OutputStreams): Promise<boolean> {
  return output === undefined || (await streams.name(output, identifier));
}

function waitingGate(
  idle: IdleGate,
  streams: OutputStreams,
  name: () => Promise<boolean>,
  afterUse: () => void,
): WaitingGate {
  let armed: Gate | undefined;
  return {
    pid: idle.child.pid ?? 0,
    exited: idle.exited,
    async arm(plan) {
      if (!(await name())) return false;
      armed = arm(idle, plan, streams, afterUse);
      return true;
    },
    release() {
      if (armed === undefined) throw new TypeError('a gate is released before it has its plan');
      armed.release();
    },
    kill() {
      if (armed !== undefined) {
        armed.kill();
        return;
      }
      idle.output?.destroy();
      idle.child.stdin?.destroy();
      idle.child.kill('SIGKILL');
      setImmediate(afterUse);
    },
  };
}

/** Gives a gate its plan. */
export function arm(
  { child, exited, output }: IdleGate,
  plan: GatePlan,
  streams: OutputStreams,
  afterRelease: () => void,
): Gate {
  const environment = new Map(plan.environment);
  const journalStream = output === undefined ? undefined : streams.variable(output);
  output?.destroy();
  if (journalStream === undefined) environment.delete('JOURNAL_STREAM');
  else environment.set('JOURNAL_STREAM', journalStream);
  const stdin = child.stdin as Writable;
  stdin.write(gateScript({ ...plan, environment }));
  return {
    pid: child.pid ?? 0,
    exited,
    release() {
      stdin.end(releaseLine);
      // Off this launch's path, ready for the next.
      setImmediate(afterRelease);
    },
    kill() {
      stdin.destroy();
      child.kill('SIGKILL');
      setImmediate(afterRelease);
    },
  };
}

function isAlive({ exitCode, signalCode, stdin }: ChildProcess): boolean {
  return exitCode === null && signalCode === null && stdin?.writable === true;
}
