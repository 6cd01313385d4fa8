import { connect, type Socket } from 'node:net';
import handshake from 'dbus-next/lib/handshake.js';
import { RingfenceError } from '../../core/errors.ts';
import { socketPaths } from './address.ts';

/**
 * Connects to the first socket of `address` that answers and authenticates as the current user (EXTERNAL). Throws
 * `Unreachable` with the reason of each path that did not, within `timeoutMs` for each.
 */
export async function openBusSocket(address: string, timeoutMs: number): Promise<Socket> {
  const failures: string[] = [];
  for (const path of socketPaths(address)) {
    try {
      return await openSocket(path, timeoutMs);
    } catch (error) {
      failures.push(`${path}: ${reasonOf(error)}`);
    }
  }
  throw new RingfenceError('Unreachable', `cannot connect to the bus at ${failures.join('; ')}`);
}

function openSocket(path: string, timeoutMs: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path });
    const fail = (error: unknown) => {
      clearTimeout(timer);
      socket.destroy();
      reject(error instanceof Error ? error : new Error(String(error)));
    };
    const timer = setTimeout(() => fail(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    const onClose = () => fail(new Error('the other side closed the connection while authenticating'));
    // Stays for good: an error after the first must not become an uncaught exception.
    socket.on('error', fail);
    socket.once('close', onClose);
    socket.once('end', onClose);
    socket.once('connect', () => {
      handshake(socket, { authMethods: ['EXTERNAL'] }, (error) => {
        if (error) return fail(new Error('it refused to authenticate this user'));
        clearTimeout(timer);
        socket.off('close', onClose);
        socket.off('end', onClose);
        return resolve(socket);
      });
    });
  });
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'no such socket',
  ECONNREFUSED: 'nobody listens on the socket',
  EACCES: 'permission denied',
  ENOTSOCK: 'not a socket',
};

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error ? String(error.code) : '';
  return reasons[code] ?? error.message;
}
