import { closeSync } from 'node:fs';
import { Socket } from 'node:net';
import { socketPaths } from './address.ts';
import { encodeMessage } from './encode.ts';
import { type Frame, FrameReader, messageType } from './frames.ts';
import { driver, helloSerial } from './join.ts';
import { type CallTarget, RemoteError } from './messages.ts';

declare class PipeHandle {
  constructor(kind: number);
  open(fd: number): number;
  close(): void;
  connect(request: object, path: string): number;
  writeLatin1String(request: object, text: string, sent?: PipeHandle): number;
}
/** node's own pipes, which send a descriptor with what they write: nothing that is documented does. */
interface Bindings {
  readonly Pipe: typeof PipeHandle;
  readonly PipeConnectWrap: new () => { oncomplete: (status: number) => void };
  readonly WriteWrap: new () => { oncomplete: (status: number) => void; handle: unknown; async: boolean };
  readonly constants: { readonly SOCKET: number; readonly IPC: number };
}

const callSerial = 2;

/**
 * Calls a method over a connection of its own, with a descriptor that the body names as index 0 (D-Bus specification, UNIX_FD). `fd` is
 * closed. The answer's body is decoded as it comes.
 * @throws Error where node has no such pipes, the bus cannot be reached or nothing comes within `timeoutMs`; RemoteError as answered
 */
export function callWithFile(
  address: string,
  target: CallTarget,
  signature: string,
  body: readonly unknown[],
  fd: number,
  timeoutMs: number,
): Promise<unknown[]> {
  return new Promise((resolve, reject) => {
    let socket: Socket | undefined;
    let file: PipeHandle | undefined;
    const end = (act: () => void) => {
      clearTimeout(timer);
      socket?.destroy();
      if (file === undefined) closeSync(fd);
      else file.close();
      act();
    };
    let isDone = false;
    const finish = (act: () => void) => {
      if (!isDone) end(act);
      isDone = true;
    };
    const fail = (error: Error) => finish(() => reject(error));
    const timer = setTimeout(() => fail(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    try {
      const { Pipe, PipeConnectWrap, WriteWrap, constants } = bindings();
      const handle = new Pipe(constants.IPC);
      const send = () => {
        file = new Pipe(constants.SOCKET);
        if (file.open(fd) !== 0) return fail(new Error('the file cannot be handed on'));
        const request = new WriteWrap();
        request.handle = handle;
        request.oncomplete = () => {};
        const call = { type: messageType.call, serial: callSerial, ...target, signature, body, unixFds: 1 };
        if (handle.writeLatin1String(request, encodeMessage(call).toString('latin1'), file) !== 0)
          fail(new Error('the call cannot be sent'));
      };
      const onFrame = (frame: Frame) => {
        if (frame.replySerial === helloSerial && frame.type === messageType.reply) send();
        else if (frame.replySerial === callSerial) finish(() => answer(frame, resolve, reject));
      };
      const connecting = new PipeConnectWrap();
      connecting.oncomplete = (status) => {
        if (status !== 0) return fail(new Error('cannot connect to the bus'));
        socket = new Socket({ handle, readable: true, writable: true } as never);
        socket.on('error', fail);
        socket.once('close', () => fail(new Error('the bus closed the connection')));
        socket.on('data', readAnswers(onFrame, fail));
        const user = Buffer.from(String(process.getuid?.() ?? 0)).toString('hex');
        const hello = encodeMessage({ type: messageType.call, serial: helloSerial, ...driver('Hello') });
        socket.write(Buffer.concat([Buffer.from(`\0AUTH EXTERNAL ${user}\r\nNEGOTIATE_UNIX_FD\r\nBEGIN\r\n`), hello]));
      };
      if (handle.connect(connecting, socketPaths(address)[0] ?? '') !== 0) fail(new Error('cannot connect to the bus'));
    } catch (error) {
      fail(error as Error);
    }
  });
}

/** Two lines of authentication, and messages. */
function readAnswers(onFrame: (frame: Frame) => void, fail: (error: Error) => void): (chunk: Buffer) => void {
  const reader = new FrameReader(onFrame);
  let lines: Buffer | undefined = Buffer.alloc(0);
  return (chunk) => {
    try {
      if (lines === undefined) return reader.push(chunk);
      lines = Buffer.concat([lines, chunk]);
      const text = lines.toString('latin1');
      const found = /^OK [0-9a-f]*\r\nAGREE_UNIX_FD\r\n/.exec(text)?.[0];
      if (found !== undefined) {
        const rest = lines.subarray(found.length);
        lines = undefined;
        reader.push(rest);
      } else if ((text.match(/\r\n/g)?.length ?? 0) >= 2 || text.length > 4096) {
        fail(new Error('the bus takes no descriptors'));
      }
    } catch (error) {
      fail(error as Error);
    }
  };
}

function answer(frame: Frame, resolve: (body: unknown[]) => void, reject: (error: Error) => void): void {
  try {
    const body = frame.decode();
    if (frame.type === messageType.error) reject(new RemoteError(frame.errorName ?? '', String(body[0] ?? '')));
    else resolve(body);
  } catch (error) {
    reject(error as Error);
  }
}

/** @throws Error where this node has none */
function bindings(): Bindings {
  const get = (process as unknown as { binding(name: string): unknown }).binding.bind(process);
  return { ...(get('pipe_wrap') as object), ...(get('stream_wrap') as object) } as Bindings;
}
