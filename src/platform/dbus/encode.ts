import { isBusName, isInterfaceName, isMemberName, isObjectPath } from './names.ts';
import { parseSignature, parseSingleType, type Type } from './signature.ts';

/** Header fields and the body of a message, as signature.ts types it (Maps, Variants, bigint). */
export interface WireMessage {
  readonly type: number;
  readonly serial: number;
  readonly flags?: number;
  readonly path?: string;
  readonly interface?: string;
  readonly member?: string;
  readonly errorName?: string;
  readonly replySerial?: number;
  readonly destination?: string;
  readonly signature?: string;
  readonly body?: readonly unknown[];
}

const maxMessageBytes = 64 * 1024 * 1024;
const maxVariantDepth = 60;

/**
 * Encodes a whole message, little-endian, after checking every header field and value by the D-Bus specification: the bus
 * disconnects whoever sends it an invalid path, name, string or an over-long message, and with that takes the service
 * away. Throws a TypeError that says which value is wrong; `wire` is not modified. (dbus-next's marshaller, which its
 * test holds it against, takes six times as long: a click has no time for that.)
 */
export function encodeMessage(wire: WireMessage): Buffer {
  checkField('destination', wire.destination, isBusName);
  checkField('object path', wire.path, isObjectPath);
  checkField('interface', wire.interface, isInterfaceName);
  checkField('member', wire.member, isMemberName);
  checkField('error name', wire.errorName, isInterfaceName);
  const signature = wire.signature ?? '';
  const out = new Writer();
  for (const byte of [0x6c, wire.type, wire.flags ?? 0, 1]) out.byte(byte);
  const bodyBytes = out.reserveLength();
  out.uint32(wire.serial);
  const fieldBytes = out.reserveLength();
  const fieldsStart = out.length;
  writeField(out, 1, 'o', wire.path);
  writeField(out, 2, 's', wire.interface);
  writeField(out, 3, 's', wire.member);
  writeField(out, 4, 's', wire.errorName);
  if (wire.replySerial !== undefined) {
    out.field(5, 'u');
    out.uint32(wire.replySerial);
  }
  writeField(out, 6, 's', wire.destination);
  if (signature !== '') {
    out.field(8, 'g');
    out.signature(signature);
  }
  out.setLength(fieldBytes, out.length - fieldsStart);
  out.align(8);
  const bodyStart = out.length;
  writeBody(out, signature, wire.body ?? []);
  out.setLength(bodyBytes, out.length - bodyStart);
  if (out.length > maxMessageBytes) throw new TypeError(`a message of ${out.length} bytes is too long to send`);
  return out.bytes();
}

/** Checks `values` against `signature`: throws the TypeError that sending them would. */
export function checkBody(signature: string, values: readonly unknown[]): void {
  writeBody(new Writer(), signature, values);
}

function writeBody(out: Writer, signature: string, values: readonly unknown[]): void {
  const types = parseSignature(signature);
  if (types.length !== values.length) {
    throw new TypeError(`'${signature}' takes ${types.length} values, not ${values.length}`);
  }
  for (const [index, type] of types.entries()) writeValue(out, type, values[index], 0);
}

function writeField(out: Writer, code: number, type: 'o' | 's', value: string | undefined): void {
  if (value === undefined) return;
  out.field(code, type);
  out.string(value);
}

function checkField(what: string, value: string | undefined, isValid: (value: string) => boolean): void {
  if (value !== undefined && !isValid(value)) throw new TypeError(`invalid ${what} ${quote(value)}`);
}

function writeValue(out: Writer, type: Type, value: unknown, depth: number): void {
  switch (type.code) {
    case 'a':
      writeArray(out, type, value, depth);
      return;
    case '(':
      if (!Array.isArray(value) || value.length !== type.members.length) throw mismatch(type, value);
      out.align(8);
      for (const [index, member] of type.members.entries()) writeValue(out, member, value[index], depth);
      return;
    case 'v':
      if (!isVariant(value)) throw mismatch(type, value);
      if (depth >= maxVariantDepth) throw new TypeError('variants nested too deeply to send');
      out.signature(value.signature);
      writeValue(out, parseSingleType(value.signature), value.value, depth + 1);
      return;
    default:
      checkBasic(type, value);
      writeBasic(out, type.code, value as never);
  }
}

function writeArray(out: Writer, type: Type, value: unknown, depth: number): void {
  const [element] = type.members;
  if (element === undefined) throw mismatch(type, value);
  const bytes = out.reserveLength();
  out.align(alignments[element.code] ?? 1);
  const start = out.length;
  if (element.code === '{') {
    const [keyType, valueType] = element.members;
    if (!(value instanceof Map) || keyType === undefined || valueType === undefined) throw mismatch(type, value);
    for (const [key, item] of value) {
      out.align(8);
      writeValue(out, keyType, key, depth);
      writeValue(out, valueType, item, depth);
    }
  } else if (element.code === 'y' && value instanceof Uint8Array) {
    out.raw(value);
  } else {
    if (!Array.isArray(value)) throw mismatch(type, value);
    for (const item of value) writeValue(out, element, item, depth);
  }
  out.setLength(bytes, out.length - start);
}

/** D-Bus specification, "Summary of D-Bus marshalling"; what is not here is on every byte. */
const alignments: Readonly<Record<string, number>> = {
  ...{ n: 2, q: 2, i: 4, u: 4, b: 4, s: 4, o: 4, a: 4, x: 8, t: 8, d: 8, '(': 8, '{': 8 },
};

function writeBasic(out: Writer, code: string, value: never): void {
  switch (code) {
    case 'y':
      out.byte(value);
      return;
    case 'n':
    case 'q':
      out.uint16(value);
      return;
    case 'i':
    case 'u':
      out.uint32(value);
      return;
    case 'b':
      out.uint32(value ? 1 : 0);
      return;
    case 'x':
    case 't':
      out.uint64(value);
      return;
    case 'd':
      out.double(value);
      return;
    case 'g':
      out.signature(value);
      return;
    default:
      out.string(value);
  }
}

/** Little-endian bytes that grow; every number starts on a multiple of its size, counted from the message's start. */
class Writer {
  #bytes = Buffer.allocUnsafe(1024);
  length = 0;

  bytes(): Buffer {
    return this.#bytes.subarray(0, this.length);
  }

  align(size: number): void {
    const padding = -this.length & (size - 1);
    const at = this.#grow(padding);
    for (let index = 0; index < padding; index += 1) this.#bytes[at + index] = 0;
  }

  byte(value: number): void {
    const at = this.#grow(1);
    this.#bytes[at] = value;
  }

  uint16(value: number): void {
    this.align(2);
    const at = this.#grow(2);
    this.#bytes.writeUInt16LE(value & 0xffff, at);
  }

  uint32(value: number): void {
    this.align(4);
    const at = this.#grow(4);
    this.#bytes.writeUInt32LE(value >>> 0, at);
  }

  uint64(value: bigint): void {
    this.align(8);
    const at = this.#grow(8);
    this.#bytes.writeBigUInt64LE(BigInt.asUintN(64, value), at);
  }

  double(value: number): void {
    this.align(8);
    const at = this.#grow(8);
    this.#bytes.writeDoubleLE(value, at);
  }

  string(value: string): void {
    const bytes = Buffer.byteLength(value);
    this.uint32(bytes);
    this.#text(value, bytes);
  }

  signature(value: string): void {
    this.byte(value.length);
    this.#text(value, value.length);
  }

  raw(value: Uint8Array): void {
    const at = this.#grow(value.length);
    this.#bytes.set(value, at);
  }

  /** The code of a header field and its variant's signature; its value follows. */
  field(code: number, type: string): void {
    this.align(8);
    this.byte(code);
    this.signature(type);
  }

  /** Room for a length that is known later; returns where. */
  reserveLength(): number {
    this.uint32(0);
    return this.length - 4;
  }

  setLength(at: number, length: number): void {
    this.#bytes.writeUInt32LE(length, at);
  }

  #text(value: string, bytes: number): void {
    const at = this.#grow(bytes + 1);
    this.#bytes.write(value, at, bytes, 'utf8');
    this.#bytes[at + bytes] = 0;
  }

  /** Makes room for so many bytes more; returns where they start. */
  #grow(count: number): number {
    const at = this.length;
    this.length += count;
    if (this.length > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.length, this.#bytes.length * 2));
      this.#bytes.copy(larger, 0, 0, at);
      this.#bytes = larger;
    }
    return at;
  }
}

function isVariant(value: unknown): value is { signature: string; value: unknown } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'signature' in value &&
    typeof value.signature === 'string' &&
    'value' in value
  );
}

const integerRanges: Readonly<Record<string, readonly [number, number]>> = {
  y: [0, 0xff],
  n: [-0x8000, 0x7fff],
  q: [0, 0xffff],
  i: [-0x80000000, 0x7fffffff],
  u: [0, 0xffffffff],
};
const wideRanges: Readonly<Record<string, readonly [bigint, bigint]>> = {
  x: [-(2n ** 63n), 2n ** 63n - 1n],
  t: [0n, 2n ** 64n - 1n],
};

function checkBasic(type: Type, value: unknown): void {
  const narrow = integerRanges[type.code];
  const wide = wideRanges[type.code];
  if (narrow !== undefined) {
    if (!Number.isInteger(value) || Number(value) < narrow[0] || Number(value) > narrow[1]) throw mismatch(type, value);
  } else if (wide !== undefined) {
    if (typeof value !== 'bigint' || value < wide[0] || value > wide[1]) throw mismatch(type, value);
  } else if (type.code === 'b') {
    if (typeof value !== 'boolean') throw mismatch(type, value);
  } else if (type.code === 'd') {
    if (typeof value !== 'number' || !Number.isFinite(value)) throw mismatch(type, value);
  } else if (type.code === 'h') {
    throw new TypeError('file descriptors cannot be sent');
  } else {
    checkText(type, value);
  }
}

function checkText(type: Type, value: unknown): void {
  if (typeof value !== 'string') throw mismatch(type, value);
  if (value.includes('\0')) throw new TypeError(`a string with a NUL byte cannot be sent: ${quote(value)}`);
  if (type.code === 'o' && !isObjectPath(value)) throw new TypeError(`invalid object path ${quote(value)}`);
  if (type.code === 'g') parseSignature(value);
  // A lone surrogate has no UTF-8 form.
  if (/\p{Surrogate}/u.test(value))
    throw new TypeError(`a string that is no valid Unicode cannot be sent: ${quote(value)}`);
}

function mismatch(type: Type, value: unknown): TypeError {
  const kind = Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value;
  const shown = ['number', 'bigint', 'boolean'].includes(kind) ? String(value) : `a value of type ${kind}`;
  return new TypeError(`${shown} does not fit '${type.signature}'`);
}

function quote(value: string): string {
  return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value);
}
