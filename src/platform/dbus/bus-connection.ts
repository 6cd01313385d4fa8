import type { SignalMatch } from './match-rule.ts';
import type { CallTarget, MethodCall, Reply, Signal } from './messages.ts';
import type { Args } from './signature.ts';

/** A connection to a message bus. No client of the bus can make it throw, leave the bus, or grow without bound. */
export interface BusConnection {
  /** The name the bus gave this connection, such as `:1.42`. */
  readonly uniqueName: string;
  /** What came of the name that was asked for while joining; undefined where none was. */
  readonly joinedAs: 'owner' | 'taken' | undefined;
  /** Resolves once, with the reason, when the connection ends for whatever cause, `close` included. Never rejects. */
  readonly lost: Promise<Error>;
  /**
   * Calls a method. Rejects with RemoteError for an error reply (also one whose signature is not `reply`),
   * RingfenceError `TimedOut` after `timeoutMs`, `Unreachable` when the bus is or gets lost, and TypeError, with
   * nothing sent, for arguments that the bus would not take.
   */
  call<I extends string, O extends string>(
    target: CallTarget,
    signature: I,
    args: NoInfer<Args<I>>,
    reply: O,
    options?: { timeoutMs?: number },
  ): Promise<Args<O>>;
  /** Listens to signals of one sender, whoever owns its name at the time; resolves to the way of ending it. */
  subscribe(match: SignalMatch, listener: (signal: Signal) => void): Promise<() => Promise<void>>;
  /** Takes a well-known name, or says that somebody else has it; never queues for it. */
  requestName(name: string): Promise<'owner' | 'taken'>;
  /** Gives a well-known name up. */
  releaseName(name: string): Promise<void>;
  /**
   * Sends a signal to everybody who listens, or to the one with that unique name. Throws a TypeError for what the bus would not take; does
   * nothing once the bus is lost.
   */
  emit<S extends string>(
    path: string,
    iface: string,
    member: string,
    signature: S,
    args: NoInfer<Args<S>>,
    destination?: string,
  ): void;
  /**
   * Sets who answers method calls, those included that have come since a name was asked for while joining. A handler that
   * throws is answered with `Failed` and reported.
   */
  serve(handler: (call: MethodCall) => Promise<Reply> | Reply): void;
  /** Sends what is still to be sent and disconnects. */
  close(): Promise<void>;
}
