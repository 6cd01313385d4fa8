import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { errnoText } from '../../domain/errno-text.ts';
import { RingfenceError } from '../../domain/errors.ts';
import type { Gate, GateExit } from './gate.ts';
import { type GatePlan, gateScript, releaseLine } from './gate-script.ts';
import { openReserve } from './reserve.ts';

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
   * A gate for each plan. What they print goes to the journal under `identifier`.
   * @throws RingfenceError ScopeFailed when no process can be started; then none is left
   */
  open(plans: readonly GatePlan[], identifier: string): Promise<Gate[]>;
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
  isAlive(): boolean;
  /** From now on what it prints is in the journal under this name; false when that is not possible any more. */
  name(identifier: string): Promise<boolean>;
  kill(): void;
}

/**
 * Keeps one gate in reserve: forking and starting a shell would otherwise be a fifth of a click's time. Every gate is a
 * child of the daemon that ends with it: its standard input is a pipe from the daemon, and end of file means that nothing runs.
 */
export function openGateKeeper(options: GateOptions): GateKeeper {
  const reserve = openReserve<IdleGate>();
  const start = () => startIdleGate(options);
  const prepare = () => reserve.prepare(start);

  async function openGate(plan: GatePlan, identifier: string): Promise<Gate> {
    const named = async () => {
      const gate = await start();
      await gate.name(identifier);
      return gate;
    };
    const idle = await reserve.take(named, async (spare) => spare.isAlive() && (await spare.name(identifier)));
    // Off this launch's path, ready for the next.
    return arm(idle, plan, options.streams, () => setImmediate(prepare));
  }

  return {
    prepare,
    close: reserve.close,

    async open(plans, identifier) {
      const gates: Gate[] = [];
      try {
        // One after the other: forking blocks the daemon, and others wait for it as well.
        for (const plan of plans) gates.push(await openGate(plan, identifier));
        return gates;
      } catch (error) {
        for (const gate of gates) gate.kill();
        throw error;
      }
    },
  };
}

/** Starts a gate; `more` are its descriptors from 3 on. @throws RingfenceError ScopeFailed */
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
      reject(
        new RingfenceError('ScopeFailed', `cannot start a process: ${errnoText(cause) ?? cause.message}`, { cause }),
      ),
    );
  });
  if (openFiles !== undefined) child.stdin?.write(`ulimit -S -n ${openFiles} 2>/dev/null\n`);
  return {
    child,
    exited,
    output,
    isAlive: () => child.exitCode === null && child.signalCode === null && child.stdin?.writable === true,
    // A journald that was restarted has closed a stream without a name: what the app printed would then end it by SIGPIPE.
    name: async (identifier) => output === undefined || (await streams.name(output, identifier)),
    kill() {
      output?.destroy();
      child.stdin?.destroy();
      child.kill('SIGKILL');
    },
  };
}

/** Gives a gate its plan: it waits with the app's environment, in the app's folder. `afterUse` is called once it is needed no more. */
export function arm(idle: IdleGate, plan: GatePlan, streams: OutputStreams, afterUse: () => void): Gate {
  const { child, exited, output } = idle;
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
      afterUse();
    },
    kill() {
      idle.kill();
      afterUse();
    },
  };
}
