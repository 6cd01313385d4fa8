import { RingfenceError } from '../../domain/errors.ts';
import type { BusConnection } from './bus-connection.ts';
import { openBusSocket } from './bus-socket.ts';
import { joinMessages } from './join.ts';
import { SocketConnection } from './socket-connection.ts';

export type { BusConnection } from './bus-connection.ts';
export * from './messages.ts';

/**
 * Options of `connectBus`. `onInternalError` gets what a listener or handler threw: always a bug of ours. `name` is asked for
 * while joining (see `joinedAs`); calls then wait until `serve`.
 */
export interface BusOptions {
  readonly timeoutMs?: number;
  readonly onInternalError?: (error: unknown) => void;
  readonly name?: string;
  /** Told the length of each message that is sent. */
  readonly onSent?: (bytes: number) => void;
}

/** Connects to a bus by its address and says Hello. Throws `Unreachable` with the reason where that fails. */
export async function connectBus(address: string, options: BusOptions = {}): Promise<BusConnection> {
  const timeoutMs = options.timeoutMs ?? 10_000;
  const opened = await openBusSocket(address, timeoutMs, joinMessages(options.name));
  const connection = new SocketConnection(opened, options.onInternalError ?? warn, options.onSent);
  try {
    await connection.join(options.name, timeoutMs);
  } catch (error) {
    await connection.close();
    const reason = error instanceof Error ? error.message : String(error);
    throw new RingfenceError('Unreachable', `cannot join the bus: ${reason}`, { cause: error });
  }
  return connection;
}

function warn(error: unknown): void {
  process.emitWarning(error instanceof Error ? error : String(error));
}
