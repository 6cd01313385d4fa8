import type { Socket } from 'node:net';
import { errorTable, RingfenceError } from '../../domain/errors.ts';
import type { BusConnection } from './bus-connection.ts';
import type { BusSocket } from './bus-socket.ts';
import { encodeMessage, type WireMessage } from './encode.ts';
import { type Frame, FrameReader, maxCallBytes, messageType } from './frames.ts';
import { doNotQueue, driver, helloSerial, nameSerial } from './join.ts';
import type { SignalMatch } from './match-rule.ts';
import {
  type CallTarget,
  dbusErrors,
  type MethodCall,
  RemoteError,
  type Reply,
  type Signal,
  tooManyAnswers,
} from './messages.ts';
import { isBusName, isInterfaceName } from './names.ts';
import { ReplyBacklog } from './reply-backlog.ts';
import type { Args } from './signature.ts';
import { type BusDriver, Subscriptions } from './subscriptions.ts';

/** Default time for a call to be answered, in ms; libdbus and GDBus wait as long. */
const defaultCallTimeoutMs = 25_000;

const busName = 'org.freedesktop.DBus';
/** What waits for `serve` may hold this many bytes; calls beyond that are refused. */
const maxHeldBytes = 16 * 1024 * 1024;
const noReplyExpected = 1;
const nameOwner = 1;
const alreadyOwner = 4;

interface PendingCall {
  readonly destination: string;
  /** The owner of the destination when the call was sent, where it was known. */
  readonly owner: string | undefined;
  readonly settle: (outcome: Frame | Error) => void;
  readonly timer: NodeJS.Timeout;
}

/** A connection over an authenticated socket; see connection.ts for how to get one. */
export class SocketConnection implements BusConnection {
  uniqueName = '';
  joinedAs: 'owner' | 'taken' | undefined;
  readonly lost: Promise<Error>;
  readonly #socket: Socket;
  readonly #onInternalError: (error: unknown) => void;
  readonly #subscriptions: Subscriptions;
  readonly #pending = new Map<number, PendingCall>();
  readonly #backlog = new ReplyBacklog();
  readonly #onSent: (bytes: number) => void;
  #lastSerial = 0;
  #lossReason: Error | undefined;
  #resolveLost: (reason: Error) => void = () => {};
  #handler: (call: MethodCall) => Promise<Reply> | Reply = (call) => ({
    errorName: dbusErrors.unknownObject,
    message: `no object ${call.path}`,
  });
  /** Calls that wait for `serve`. */
  #held: { readonly frames: Frame[]; bytes: number } | undefined;

  constructor(
    { socket, rest }: BusSocket,
    onInternalError: (error: unknown) => void,
    onSent: (bytes: number) => void = () => {},
  ) {
    this.#socket = socket;
    this.#onSent = onSent;
    this.#onInternalError = (error) => {
      try {
        onInternalError(error);
      } catch {
        // A log that fails must not take the connection with it.
      }
    };
    this.lost = new Promise((resolve) => {
      this.#resolveLost = resolve;
    });
    this.#subscriptions = new Subscriptions(this.#busDriver(), this.#onInternalError);
    const reader = new FrameReader((frame) => this.#receive(frame));
    const read = (chunk: Buffer) => {
      try {
        reader.push(chunk);
      } catch (error) {
        this.#lose(error instanceof Error ? error.message : String(error));
      }
    };
    if (rest.length > 0) socket.unshift(rest);
    socket.on('data', read);
    socket.on('error', (error) => this.#lose(error.message));
    socket.on('end', () => this.#lose('the bus closed the connection'));
    socket.on('close', () => this.#lose('the bus closed the connection'));
    socket.resume();
  }

  /** Waits for the answers to what was sent while joining. */
  async join(name: string | undefined, timeoutMs: number): Promise<void> {
    this.#lastSerial = name === undefined ? helloSerial : nameSerial;
    if (name !== undefined) this.#held = { frames: [], bytes: 0 };
    const hello = this.#answerTo(helloSerial, driver('Hello'), 's', timeoutMs);
    const request = name === undefined ? undefined : this.#answerTo(nameSerial, driver('RequestName'), 'u', timeoutMs);
    const [[uniqueName], result] = await Promise.all([hello, request]);
    this.uniqueName = String(uniqueName);
    if (result !== undefined) this.joinedAs = ownership(result[0]);
  }

  call<I extends string, O extends string>(
    target: CallTarget,
    signature: I,
    args: NoInfer<Args<I>>,
    reply: O,
    options: { timeoutMs?: number } = {},
  ): Promise<Args<O>> {
    return new Promise((resolve, reject) => {
      const values = args as unknown as readonly unknown[];
      this.#request(target, signature, values, options.timeoutMs ?? defaultCallTimeoutMs, (outcome) => {
        const result = outcome instanceof Error ? outcome : readReply(outcome, target, reply);
        if (result instanceof Error) reject(result);
        else resolve(result as Args<O>);
      });
    });
  }

  subscribe(match: SignalMatch, listener: (signal: Signal) => void): Promise<() => Promise<void>> {
    return this.#subscriptions.subscribe(match, listener);
  }

  async requestName(name: string): Promise<'owner' | 'taken'> {
    const [result] = await this.call(driver('RequestName'), 'su', [name, doNotQueue], 'u');
    return ownership(result);
  }

  async releaseName(name: string): Promise<void> {
    await this.call(driver('ReleaseName'), 's', [name], 'u');
  }

  emit<S extends string>(
    path: string,
    iface: string,
    member: string,
    signature: S,
    args: NoInfer<Args<S>>,
    destination?: string,
  ): void {
    const to = destination === undefined ? {} : { destination };
    this.#send({ type: messageType.signal, path, interface: iface, member, signature, body: args as unknown[], ...to });
  }

  serve(handler: (call: MethodCall) => Promise<Reply> | Reply): void {
    this.#handler = handler;
    const held = this.#held?.frames ?? [];
    this.#held = undefined;
    for (const frame of held) void this.#answer(frame);
  }

  async close(): Promise<void> {
    this.#lose('it was closed on this side');
    if (this.#socket.closed) return;
    await new Promise<void>((resolve) => {
      this.#socket.once('close', () => resolve());
    });
  }

  /** `settle` is called exactly once; for a reply, while it is being read. */
  #request(
    target: CallTarget,
    signature: string,
    args: readonly unknown[],
    timeoutMs: number,
    settle: (outcome: Frame | Error) => void,
  ): void {
    if (this.#lossReason !== undefined) {
      settle(this.#lossReason);
      return;
    }
    let serial: number;
    try {
      if (isBusName(target.destination)) this.#subscriptions.follow(target.destination);
      serial = this.#send({ type: messageType.call, ...target, signature, body: [...args] });
    } catch (error) {
      settle(error instanceof Error ? error : new TypeError(String(error)));
      return;
    }
    this.#await(serial, target, timeoutMs, settle);
  }

  #await(serial: number, target: CallTarget, timeoutMs: number, settle: (outcome: Frame | Error) => void): void {
    const timer = setTimeout(() => {
      this.#pending.delete(serial);
      const what = `${target.interface}.${target.member} of ${target.destination}`;
      settle(new RingfenceError('TimedOut', `cannot call ${what}: no answer within ${timeoutMs} ms`));
    }, timeoutMs);
    const { destination } = target;
    this.#pending.set(serial, { destination, owner: this.#subscriptions.ownerOf(destination), settle, timer });
  }

  /** The answer to a call that was sent before there was a connection to send it. */
  #answerTo(serial: number, target: CallTarget, signature: string, timeoutMs: number): Promise<unknown[]> {
    return new Promise((resolve, reject) => {
      this.#await(serial, target, timeoutMs, (outcome) => {
        const result = outcome instanceof Error ? outcome : readReply(outcome, target, signature);
        if (result instanceof Error) reject(result);
        else resolve(result);
      });
    });
  }

  #busDriver(): BusDriver {
    return {
      addMatch: async (rule) => void (await this.call(driver('AddMatch'), 's', [rule], '')),
      removeMatch: async (rule) => void (await this.call(driver('RemoveMatch'), 's', [rule], '')),
      getNameOwner: (name, onOwner) => this.#getNameOwner(name, onOwner),
    };
  }

  async #getNameOwner(name: string, onOwner: (owner: string | undefined) => void): Promise<void> {
    const target = driver('GetNameOwner');
    return new Promise((resolve, reject) => {
      this.#request(target, 's', [name], defaultCallTimeoutMs, (outcome) => {
        const result = outcome instanceof Error ? outcome : readReply(outcome, target, 's');
        const isUnowned = result instanceof RemoteError && result.dbusName === dbusErrors.nameHasNoOwner;
        if (result instanceof Error && !isUnowned) return reject(result);
        onOwner(result instanceof Error ? undefined : String(result[0]));
        return resolve();
      });
    });
  }

  /** Encodes and writes a message, and returns its serial. Throws a TypeError where it is invalid; nothing is sent. */
  #send(message: Omit<WireMessage, 'serial'>): number {
    // Serials are 32-bit and never 0 (D-Bus specification, "Message Format").
    const serial = this.#lastSerial >= 0xffffffff ? 1 : this.#lastSerial + 1;
    const bytes = encodeMessage({ ...message, serial });
    this.#lastSerial = serial;
    if (this.#lossReason === undefined) this.#write(bytes, message);
    return serial;
  }

  #write(bytes: Buffer, { type, destination }: Omit<WireMessage, 'serial'>): void {
    this.#onSent(bytes.length);
    const isReply = type === messageType.reply && destination !== undefined;
    this.#socket.write(bytes, isReply ? this.#backlog.add(destination, bytes.length) : undefined);
  }

  /**
   * The bus answers for a peer that is gone; a service that was just started, or has restarted, is the owner now; one that is
   * ending answers after it has given its name up.
   */
  #mayAnswer(sender: string, { destination, owner }: PendingCall): boolean {
    return sender === busName || sender === owner || sender === this.#subscriptions.lastOwnerOf(destination);
  }

  #receive(frame: Frame): void {
    switch (frame.type) {
      case messageType.reply:
      case messageType.error: {
        const pending = this.#pending.get(frame.replySerial ?? 0);
        if (pending === undefined || !this.#mayAnswer(frame.sender, pending)) return;
        this.#pending.delete(frame.replySerial ?? 0);
        clearTimeout(pending.timer);
        pending.settle(frame);
        return;
      }
      case messageType.signal:
        this.#subscriptions.deliver(frame);
        return;
      case messageType.call:
        if (this.#held === undefined) void this.#answer(frame);
        else this.#hold(frame, this.#held);
        return;
      default:
      // The specification: unknown message types must be ignored.
    }
  }

  #hold(frame: Frame, held: { readonly frames: Frame[]; bytes: number }): void {
    if (held.bytes + frame.bytes > maxHeldBytes) {
      this.#reply(frame, { errorName: dbusErrors.limitsExceeded, message: 'cannot take another call: still starting' });
      return;
    }
    held.frames.push(frame);
    held.bytes += frame.bytes;
  }

  async #answer(frame: Frame): Promise<void> {
    let reply: Reply;
    try {
      reply = await this.#handle(frame);
    } catch (error) {
      this.#onInternalError(error);
      reply = { errorName: errorTable.Failed.dbusName, message: 'internal error' };
    }
    if ((frame.flags & noReplyExpected) !== 0) return;
    try {
      this.#reply(frame, reply);
    } catch (error) {
      // The reply is not valid D-Bus: the caller still gets an answer.
      this.#onInternalError(error);
      this.#reply(frame, {
        errorName: errorTable.Failed.dbusName,
        message: 'internal error: the answer cannot be sent',
      });
    }
  }

  #handle(frame: Frame): Promise<Reply> | Reply {
    if (this.#backlog.isFull(frame.sender)) return tooManyAnswers;
    if (frame.oversized) {
      const message = `cannot take a call of ${frame.bytes} bytes: the limit is ${maxCallBytes} bytes`;
      return { errorName: dbusErrors.limitsExceeded, message };
    }
    const { sender, path = '/', interface: iface, member = '', signature, bytes } = frame;
    return this.#handler({
      sender,
      path,
      interface: iface,
      member,
      signature,
      bytes,
      decode: () => frame.decode(),
      isWanted: () => !this.#backlog.isFull(sender) && this.#lossReason === undefined,
    });
  }

  #reply(frame: Frame, answer: Reply): void {
    const to = { destination: frame.sender, replySerial: frame.serial };
    const reply = this.#backlog.isFull(frame.sender) ? tooManyAnswers : answer;
    if ('errorName' in reply) {
      const errorName = isInterfaceName(reply.errorName) ? reply.errorName : dbusErrors.failed;
      this.#send({ type: messageType.error, ...to, errorName, signature: 's', body: [sendableText(reply.message)] });
    } else {
      this.#send({ type: messageType.reply, ...to, signature: reply.signature, body: [...reply.body] });
    }
  }

  #lose(reason: string): void {
    if (this.#lossReason !== undefined) return;
    const error = new RingfenceError('Unreachable', `cannot talk to the bus any more: ${reason}`);
    this.#lossReason = error;
    for (const { settle, timer } of this.#pending.values()) {
      clearTimeout(timer);
      settle(error);
    }
    this.#pending.clear();
    // What was written before, such as a last reply, is still sent.
    this.#socket.destroySoon();
    this.#resolveLost(error);
  }
}

function ownership(result: unknown): 'owner' | 'taken' {
  return result === nameOwner || result === alreadyOwner ? 'owner' : 'taken';
}

function readReply(frame: Frame, target: CallTarget, signature: string): unknown[] | Error {
  const what = `${target.interface}.${target.member}`;
  try {
    if (frame.type === messageType.error) {
      const [text] = frame.signature.startsWith('s') ? frame.decode() : [];
      return new RemoteError(frame.errorName ?? dbusErrors.failed, typeof text === 'string' ? text : `${what} failed`);
    }
    if (frame.signature === signature) return frame.decode();
  } catch (error) {
    return new RemoteError(dbusErrors.failed, `${what} was answered unreadably: ${String(error)}`);
  }
  const got = `'${frame.signature}' instead of '${signature}'`;
  return new RemoteError(dbusErrors.failed, `${what} was answered with ${got}`);
}

/** Error texts may quote anything: what D-Bus does not take is replaced, and more than 4,096 characters are cut. */
function sendableText(text: string): string {
  const short = text.length > 4096 ? `${text.slice(0, 4096)}…` : text;
  return short.replaceAll('\0', '\u{fffd}').replace(/\p{Surrogate}/gu, '\u{fffd}');
}
