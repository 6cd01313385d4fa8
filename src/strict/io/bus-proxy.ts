import { spawn } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { RingfenceError } from '../../domain/errors.ts';
import type { IdleProxy } from '../ports.ts';

/**
 * Starts xdg-dbus-proxy, which waits for its arguments on descriptor 4, says on descriptor 3 that it listens and ends when nobody
 * holds the other end of that. The gate inherits that end: with the daemon's own closed, the proxy lives as long as the sandbox,
 * whatever becomes of the daemon. Where another process makes the sandbox, the two ends are those of the named pipe `pipe`.
 */
export async function startBusProxy(program: string, pipe?: string): Promise<IdleProxy> {
  // The reader first: without one, opening for writing would wait.
  const reader = pipe === undefined ? undefined : openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK);
  const end = pipe === undefined ? 'pipe' : openSync(pipe, constants.O_WRONLY);
  const stdio = ['ignore', 'ignore', 'ignore', end, 'pipe'] as const;
  const child = spawn(program, ['--args=4'], { cwd: '/', env: {}, detached: true, stdio: [...stdio] });
  if (end !== 'pipe') closeSync(end);
  const sync =
    reader === undefined ? (child.stdio[3] as Socket) : new Socket({ fd: reader, readable: true, writable: false });
  const args = child.stdio[4] as Socket;
  for (const socket of [sync, args]) socket.on('error', () => {});
  const ended = new Promise<false>((resolve) => {
    child.once('exit', () => resolve(false));
    child.once('error', () => resolve(false));
  });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (cause) =>
      reject(new RingfenceError('NotEnforceable', `cannot start the bus filter: ${cause.message}`, { cause })),
    );
  });
  return {
    pid: child.pid ?? 0,
    isAlive: () => child.exitCode === null && child.signalCode === null,
    begin: (argv) => void args.end(argv.map((word) => `${word}\0`).join('')),
    syncFd: (sync as unknown as { _handle: { fd: number } })._handle.fd,
    listens: Promise.race([new Promise<true>((resolve) => sync.once('data', () => resolve(true))), ended]),
    letGo: () => void sync.destroy(),
    kill() {
      sync.destroy();
      args.destroy();
      child.kill('SIGKILL');
    },
  };
}
