import { connect, type Socket } from 'node:net';
import { RingfenceError } from '../../domain/errors.ts';
import { socketPaths } from './address.ts';

/** An authenticated socket, paused; `rest` is what the other side has sent of its first messages already. */
export interface BusSocket {
  readonly socket: Socket;
  readonly rest: Buffer;
}

/**
 * Connects to the first socket of `address` that answers and authenticates as the current user (EXTERNAL). The whole of our
 * side goes out at once, `first` with it (messages; the D-Bus specification lets a client send on before it is answered, and
 * sd-bus does): a start has no time for two more round trips. Throws `Unreachable` with the
 * reason of each path that did not answer, within `timeoutMs` for each.
 */
export async function openBusSocket(address: string, timeoutMs: number, first: Uint8Array): Promise<BusSocket> {
  const failures: string[] = [];
  for (const path of socketPaths(address)) {
    try {
      return await openSocket(path, timeoutMs, first);
    } catch (error) {
      failures.push(`${path}: ${reasonOf(error)}`);
    }
  }
  throw new RingfenceError('Unreachable', `cannot connect to the bus at ${failures.join('; ')}`);
}

function openSocket(path: string, timeoutMs: number, first: Uint8Array): Promise<BusSocket> {
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
    let answer: Buffer = Buffer.alloc(0);
    const onData = (chunk: Buffer) => {
      answer = Buffer.concat([answer, chunk]);
      const end = answer.indexOf('\r\n');
      if (end === -1 && answer.length < longestLine) return;
      if (end === -1 || !answer.subarray(0, end).toString('latin1').startsWith('OK ')) {
        fail(new Error('it refused to authenticate this user'));
        return;
      }
      clearTimeout(timer);
      socket.pause();
      socket.off('data', onData);
      socket.off('close', onClose);
      socket.off('end', onClose);
      resolve({ socket, rest: answer.subarray(end + 2) });
    };
    socket.on('data', onData);
    const user = Buffer.from(String(process.getuid?.() ?? 0)).toString('hex');
    socket.write(Buffer.concat([Buffer.from(`\0AUTH EXTERNAL ${user}\r\nBEGIN\r\n`), first]));
  });
}

/** Of an answer while authenticating, in bytes: "OK" and 32 hex digits are what there is. */
const longestLine = 4096;

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
