import { spawn } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { RingfenceError } from '../../core/errors.ts';
import type { BusProxy } from '../../ports.ts';

/**
 * Starts xdg-dbus-proxy, which says on its descriptor 3 that it listens and ends when nobody holds the other end. The gate
 * inherits that end: with the daemon's own closed, the proxy lives as long as the sandbox, whatever becomes of the daemon.
 * Where another process makes the sandbox, the two ends are those of the named pipe `pipe`.
 */
export async function startBusProxy(program: string, argv: readonly string[], pipe?: string): Promise<BusProxy> {
  // The reader first: without one, opening for writing would wait.
  const reader = pipe === undefined ? undefined : openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK);
  const end = pipe === undefined ? 'pipe' : openSync(pipe, constants.O_WRONLY);
  const child = spawn(program, argv, { cwd: '/', env: {}, detached: true, stdio: ['ignore', 'ignore', 'ignore', end] });
  if (end !== 'pipe') closeSync(end);
  const sync =
    reader === undefined ? (child.stdio[3] as Socket) : new Socket({ fd: reader, readable: true, writable: false });
  sync.on('error', () => {});
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
    syncFd: (sync as unknown as { _handle: { fd: number } })._handle.fd,
    listens: Promise.race([new Promise<true>((resolve) => sync.once('data', () => resolve(true))), ended]),
    letGo: () => void sync.destroy(),
    kill() {
      sync.destroy();
      child.kill('SIGKILL');
    },
  };
}
