import { connect } from 'node:net';

/** `pong`: journald takes connections. `missing`: there is no socket. `refused`: nobody listens, or its backlog is full. */
export type PingAnswer = 'pong' | 'missing' | 'refused';

/** A class of node's that is only reachable through an open socket: a handle around a file descriptor. */
export interface PipeHandleClass {
  new (type: number): { open(fd: number): unknown; unref(): void };
}

/**
 * Asks journald for a sign of life, without anything that can block: it connects to the stream socket and waits for the end of
 * file. journald closes its sending side as soon as it has accepted a stream (stdout_stream_install(), systemd 38 and later)
 * and logs nothing for a stream that ends before its header. While journald hangs the promise stays pending, with no timer
 * running, and does not keep the process alive; when journald goes on, the answer comes by itself.
 *
 * @param path the stream socket, /run/systemd/journal/stdout
 */
export function pingJournald(path: string, onHandle?: (handle: PipeHandleClass) => void): Promise<PingAnswer> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.unref();
    let failure: PingAnswer | undefined;
    socket.on('connect', () => {
      const handle = (socket as unknown as { _handle?: { constructor: unknown } })._handle;
      if (handle !== undefined && handle !== null) onHandle?.(handle.constructor as PipeHandleClass);
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      failure = error.code === 'ENOENT' || error.code === 'ENOTDIR' ? 'missing' : 'refused';
    });
    // Its own end is sent by itself after the peer's (allowHalfOpen is off).
    socket.on('close', () => resolve(failure ?? 'pong'));
    socket.resume();
  });
}
