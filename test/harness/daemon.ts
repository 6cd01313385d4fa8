import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach } from 'vitest';
import { dbusSend, isOwned } from './bus-call.ts';
import { command } from './command.ts';
import { type TempHome, tempHome } from './temp-home.ts';
import { requireTestbed } from './testbed.ts';
import { waitFor } from './wait-for.ts';

/** The built daemon, started by a test. */
export interface Daemon {
  readonly process: ChildProcess;
  /** The home it was given; deleted once it is stopped, unless the test passed its own. */
  readonly home: TempHome;
  /** What it wrote to stdout and stderr so far. */
  log(): string;
  /** SIGTERM, and waits for the end. Returns the exit code. */
  stop(): Promise<number | null>;
  /** SIGKILL, and waits for the end and for the bus to notice. The home stays for the next daemon. */
  kill9(): Promise<void>;
}

/** Environment on top of the session's (undefined removes a name), arguments, a home to use again, another build, and whether to wait. */
export interface DaemonOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly args?: readonly string[];
  readonly home?: TempHome;
  /** dist/ringfenced unless said otherwise. */
  readonly program?: string;
  /** Resolve once it answers; true unless said otherwise. */
  readonly waitUntilReady?: boolean;
}

const builtProgram = fileURLToPath(new URL('../../dist/ringfenced', import.meta.url));
const busName = 'org.ringfence.Ringfence1';
const running = new Set<Daemon>();

// A log is only worth reading when something went wrong.
afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail') return;
  for (const daemon of running) {
    const { pid } = daemon.process;
    const told = await command([
      'journalctl',
      '--quiet',
      '--no-pager',
      '--output=short-precise',
      '--lines=200',
      `_PID=${pid}`,
    ])
      .then(({ stdout }) => stdout)
      .catch(String);
    console.error(`--- log of ringfenced (${pid}):\n${daemon.log()}${told}---`);
  }
});
afterAll(async () => {
  for (const daemon of running) await daemon.stop();
});

/**
 * Starts dist/ringfenced with a home of its own on the testbed's session bus and user manager, and resolves when it answers
 * calls to its name. Fails with its log if it ends before that. Refuses to run outside a testbed.
 */
export async function startDaemon(options: DaemonOptions = {}): Promise<Daemon> {
  requireTestbed(['session', 'machine']);
  const program = options.program ?? builtProgram;
  if (!existsSync(program)) throw new Error(`${program} is missing: npm run build`);
  const home = options.home ?? tempHome();
  let log = '';
  const child = spawn(program, options.args ?? [], {
    env: { ...process.env, ...home.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      log += chunk;
    });
  }
  const end = once(child, 'close');
  const ended = () => child.exitCode !== null || child.signalCode !== null;
  const daemon: Daemon = {
    process: child,
    home,
    log: () => log,
    async stop() {
      if (!ended()) child.kill('SIGTERM');
      await end;
      running.delete(daemon);
      if (options.home === undefined) home.remove();
      return child.exitCode;
    },
    async kill9() {
      child.kill('SIGKILL');
      await end;
      running.delete(daemon);
      await waitFor(async () => !(await isOwned(busName)), { what: `${busName} to be free again` });
    },
  };
  running.add(daemon);
  if (options.waitUntilReady !== false) {
    // Asked only once it has its name: the bus would start another.
    const answers = async () =>
      (await isOwned(busName)) && (await dbusSend('org.freedesktop.DBus.Peer.Ping')).code === 0 && 'ready';
    const outcome = await waitFor(async () => (ended() ? 'ended' : answers()), { what: `${busName} to answer` });
    if (outcome === 'ended') throw new Error(`ringfenced ended with ${child.exitCode} before it answered:\n${log}`);
  }
  return daemon;
}
