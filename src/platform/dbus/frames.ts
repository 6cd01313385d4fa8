import { decodeBody, decodeHeaderFields } from './decode.ts';

/** The longest method call that is read: twice what a Linux command line usually holds (a quarter of an 8 MiB stack). */
export const maxCallBytes = 4 * 1024 * 1024;
/** The longest reply or signal that is read; systemd's ListUnits with 10,000 units is about 3 MiB. */
const maxReplyBytes = 32 * 1024 * 1024;

const maxHeaderBytes = 256 * 1024;
const fixedBytes = 16;

/** Message types by number (D-Bus specification, "Message Format"). */
export const messageType = { call: 1, reply: 2, error: 3, signal: 4 } as const;

/** A received message; its body is decoded only on demand, so that nobody is made to decode what nobody wants. */
export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly serial: number;
  readonly path: string | undefined;
  readonly interface: string | undefined;
  readonly member: string | undefined;
  readonly errorName: string | undefined;
  readonly replySerial: number | undefined;
  readonly sender: string;
  readonly signature: string;
  /** The length of the whole message in bytes. */
  readonly bytes: number;
  /** Whether the body was longer than the limit of its type: it was skipped, and `decode` throws. */
  readonly oversized: boolean;
  /** The body's values; throws a TypeError or RangeError for bytes that do not fit the signature. */
  decode(): unknown[];
}

/** Cuts a byte stream into messages. Keeps at most one message of the allowed length; longer bodies are skipped. */
export class FrameReader {
  readonly #onFrame: (frame: Frame) => void;
  #chunks: Buffer[] = [];
  #buffered = 0;
  #needed = fixedBytes;
  #toSkip = 0;

  constructor(onFrame: (frame: Frame) => void) {
    this.#onFrame = onFrame;
  }

  /** Takes the next bytes. Throws a RangeError when they cannot be a D-Bus message stream any more. */
  push(chunk: Buffer): void {
    const kept = this.#skip(chunk);
    if (kept.length === 0) return;
    this.#chunks.push(kept);
    this.#buffered += kept.length;
    if (this.#buffered < this.#needed) return;

    let bytes = this.#chunks.length === 1 ? kept : Buffer.concat(this.#chunks, this.#buffered);
    for (;;) {
      this.#needed = fixedBytes;
      if (bytes.length < fixedBytes) break;
      const header = readFixedHeader(bytes);
      const isOversized = header.frameBytes > header.maxBytes;
      this.#needed = isOversized ? header.bodyStart : header.frameBytes;
      if (bytes.length < this.#needed) break;
      const frame = readFrame(bytes, header, isOversized);
      bytes = bytes.subarray(this.#needed);
      if (isOversized) {
        this.#toSkip = header.bodyBytes;
        bytes = this.#skip(bytes);
      }
      if (frame !== undefined) this.#onFrame(frame);
    }
    this.#chunks = bytes.length === 0 ? [] : [bytes];
    this.#buffered = bytes.length;
  }

  #skip(chunk: Buffer): Buffer {
    const skipped = Math.min(this.#toSkip, chunk.length);
    this.#toSkip -= skipped;
    return skipped === 0 ? chunk : chunk.subarray(skipped);
  }
}

interface FixedHeader {
  readonly endian: number;
  readonly type: number;
  readonly flags: number;
  readonly serial: number;
  readonly fieldBytes: number;
  readonly bodyStart: number;
  readonly bodyBytes: number;
  readonly frameBytes: number;
  readonly maxBytes: number;
}

function readFixedHeader(bytes: Buffer): FixedHeader {
  const endian = bytes.readUInt8(0);
  if (endian !== 0x6c && endian !== 0x42) throw new RangeError('the bus sent something that is no D-Bus message');
  const read = (at: number) => (endian === 0x6c ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at));
  const fieldBytes = read(12);
  if (fieldBytes > maxHeaderBytes) throw new RangeError(`the bus sent a message header of ${fieldBytes} bytes`);
  const bodyStart = fixedBytes + Math.ceil(fieldBytes / 8) * 8;
  const bodyBytes = read(4);
  const type = bytes.readUInt8(1);
  return {
    endian,
    type,
    flags: bytes.readUInt8(2),
    serial: read(8),
    fieldBytes,
    bodyStart,
    bodyBytes,
    frameBytes: bodyStart + bodyBytes,
    maxBytes: type === messageType.call ? maxCallBytes : maxReplyBytes,
  };
}

function readFrame(bytes: Buffer, header: FixedHeader, oversized: boolean): Frame | undefined {
  const fields = readFields(bytes, header);
  if (fields === undefined) return undefined;
  const text = (code: number) => {
    const value = fields.get(code);
    return typeof value === 'string' ? value : undefined;
  };
  const replySerial = fields.get(5);
  const signature = text(8) ?? '';
  const body = bytes.subarray(header.bodyStart, header.frameBytes);
  return {
    type: header.type,
    flags: header.flags,
    serial: header.serial,
    path: text(1),
    interface: text(2),
    member: text(3),
    errorName: text(4),
    replySerial: typeof replySerial === 'number' ? replySerial : undefined,
    sender: text(7) ?? '',
    signature,
    bytes: header.frameBytes,
    oversized,
    decode: () => {
      if (oversized) throw new RangeError(`a message of ${header.frameBytes} bytes is too long`);
      return decodeBody(body, signature, header.endian);
    },
  };
}

/** The bus checks every header; should one pass that cannot be read, that message is dropped and the rest goes on. */
function readFields(bytes: Buffer, header: FixedHeader): Map<number, unknown> | undefined {
  try {
    return decodeHeaderFields(bytes.subarray(fixedBytes, header.bodyStart), header.fieldBytes, header.endian);
  } catch {
    return undefined;
  }
}
