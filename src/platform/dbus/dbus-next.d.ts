/**
 * The parts of dbus-next 0.10.2 that Ringfence uses, typed by hand: the reader of its wire format, and
 * for the tests its marshaller. Its MessageBus, proxies and service classes are not used, and neither are the packages behind them.
 */
declare module 'dbus-next/lib/dbus-buffer.js' {
  /** Reads little- or big-endian D-Bus values from `buffer`; `pos` is relative to `startPos` for alignment. */
  export default class DBusBuffer {
    constructor(buffer: Buffer, startPos: number, endian: number);
    readonly buffer: Buffer;
    readonly endian: number;
    pos: number;
    align(power: number): void;
    readInt32(): number;
    readString(length: number): string;
    readSimpleType(type: string): unknown;
  }
}

declare module 'dbus-next/lib/message.js' {
  interface WireMessage {
    type: number;
    serial: number;
    flags?: number;
    path?: string;
    interface?: string;
    member?: string;
    errorName?: string;
    replySerial?: number;
    destination?: string;
    signature?: string;
    body?: unknown[];
  }
  const message: { marshall(message: WireMessage): [Buffer, unknown[]] };

  export type { WireMessage };
  export default message;
}
