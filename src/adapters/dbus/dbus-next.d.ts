/**
 * The parts of dbus-next 0.10.2 that Ringfence uses, typed by hand: its wire marshalling.
 * Its MessageBus, proxies and service classes are not used, and neither are the packages behind them.
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

declare module 'dbus-next/lib/marshallers.js' {
  /** The output stream of one message body; `_offset` counts for alignment. */
  interface PutStream {
    _offset: number;
    put(bytes: Buffer): PutStream;
    word8(value: number): PutStream;
    word32le(value: number): PutStream;
  }
  interface SimpleMarshaller {
    check(value: unknown): void;
    marshall(stream: PutStream, value: unknown): void;
  }
  const marshallers: { MakeSimpleMarshaller: (type: string) => SimpleMarshaller };

  export type { PutStream, SimpleMarshaller };
  export default marshallers;
}

declare module 'dbus-next/lib/align.js' {
  import type { PutStream } from 'dbus-next/lib/marshallers.js';

  const module: { align(stream: PutStream, bytes: number): void };
  export default module;
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
