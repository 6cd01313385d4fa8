import { constants, fstatSync, openSync, write } from 'node:fs';
import { Socket } from 'node:net';

const firstRetryMs = 20;
const longestRetryMs = 1000;

/** Writes all of `bytes`, as fast as the reader takes them; rejects when there is no reader any more. */
export type ByteWriter = (bytes: Buffer) => Promise<void>;

/**
 * Opens a way to write to `fd` that never blocks, neither the event loop nor one of node's worker threads: a thread stuck in
 * write(2) would hold up the exit of the process for ever.
 *
 * @param stream a socket to use instead of `fd`
 * @throws Error EBADF when `fd` is closed
 */
export function openByteWriter(fd: number, stream?: Socket): ByteWriter {
  if (stream !== undefined) return socketWriter(stream);
  const stat = fstatSync(fd);
  if (stat.isSocket()) return socketWriter(new Socket({ fd, readable: false, writable: true }));
  if (stat.isFIFO() || stat.isCharacterDevice()) return fileWriter(reopen(fd));
  return fileWriter(fd);
}

function socketWriter(socket: Socket): ByteWriter {
  socket.on('error', () => {});
  socket.unref();
  return (bytes) =>
    new Promise((resolve, reject) => {
      socket.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
}

/** A descriptor of our own for the same pipe or terminal, without blocking; `fd` itself where that is not allowed. */
function reopen(fd: number): number {
  try {
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    return fd;
  }
}

function fileWriter(fd: number): ByteWriter {
  return async (bytes) => {
    let retryMs = firstRetryMs;
    for (let rest = bytes; rest.length > 0; ) {
      const written = await writeSome(fd, rest);
      rest = rest.subarray(written);
      if (written > 0) retryMs = firstRetryMs;
      else {
        await new Promise((resolve) => setTimeout(resolve, retryMs).unref());
        retryMs = Math.min(retryMs * 2, longestRetryMs);
      }
    }
  };
}

/** The number of bytes written; 0 when the reader takes none now. */
function writeSome(fd: number, bytes: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    write(fd, bytes, (error, written) => {
      if (error === null) resolve(written);
      else if (error.code === 'EAGAIN' || error.code === 'EINTR') resolve(0);
      else reject(error);
    });
  });
}
