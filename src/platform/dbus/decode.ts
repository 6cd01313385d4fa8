import DBusBuffer from 'dbus-next/lib/dbus-buffer.js';
import { parseSignature, parseSingleType, type Type, Variant } from './signature.ts';

const maxVariantDepth = 64;
const littleEndian = 0x6c;

/**
 * Decodes a message body. Dictionaries become Maps and variants `Variant`s, in one pass over dbus-next's reader
 * (its own conversion makes plain objects, whose prototype a `__proto__` key replaces). Throws a TypeError or
 * RangeError where the bytes do not fit the signature; nothing else is ever thrown.
 *
 * @param bytes the body, which starts at an 8-byte boundary of its message
 * @param endian the first byte of the message: `l` or `B`
 */
export function decodeBody(bytes: Buffer, signature: string, endian: number): unknown[] {
  const types = parseSignature(signature);
  const reader = new BodyReader(bytes, 0, endian);
  const values = types.map((type) => readValue(reader, type, 0));
  if (reader.pos !== bytes.length) throw new TypeError(`the body does not fit its signature '${signature}'`);
  return values;
}

/**
 * The header fields of a message by their code, from `bytes` that begin after the 16 fixed bytes of the header. The types that
 * the specification gives to fields are read straight: a click waits for eight messages of systemd's.
 */
export function decodeHeaderFields(bytes: Buffer, length: number, endian: number): Map<number, unknown> {
  const fields = new Map<number, unknown>();
  const readUint32 = (at: number) => (endian === littleEndian ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at));
  let at = 0;
  while (at < length) {
    // A structure each; a signature of one character, and its NUL.
    at = (at + 7) & ~7;
    const code = bytes[at] ?? 0;
    const type = bytes[at + 1] === 1 && bytes[at + 3] === 0 ? bytes[at + 2] : 0;
    at += 4;
    if (type === fieldTypes.uint32) {
      fields.set(code, readUint32(at));
      at += 4;
    } else if (type === fieldTypes.string || type === fieldTypes.path || type === fieldTypes.signature) {
      const start = at + (type === fieldTypes.signature ? 1 : 4);
      const end = start + (type === fieldTypes.signature ? bytes.readUInt8(at) : readUint32(at));
      if (end >= bytes.length) throw new RangeError('a string ends outside the message');
      fields.set(code, bytes.toString('utf8', start, end));
      at = end + 1;
    } else {
      return decodeAnyFields(bytes, length, endian);
    }
  }
  if (at !== length) throw new TypeError('the header does not end with a field');
  return fields;
}

/** The characters of their signatures. */
const fieldTypes = { string: 0x73, path: 0x6f, signature: 0x67, uint32: 0x75 };

function decodeAnyFields(bytes: Buffer, length: number, endian: number): Map<number, unknown> {
  const reader = new BodyReader(bytes, 0, endian);
  const fields = readElements(reader, parseSingleType('(yv)'), length, 0) as [number, Variant][];
  return new Map(fields.map(([code, field]) => [code, field.value]));
}

/** dbus-next's reader, made safe for what any client may send. */
class BodyReader extends DBusBuffer {
  override readString(length: number): string {
    // dbus-next would return what is left of the buffer.
    if (this.pos + length + 1 > this.buffer.length) throw new RangeError('a string ends outside the message');
    return super.readString(length);
  }

  override readSimpleType(code: string): unknown {
    switch (code) {
      case 'h':
        // The bus forwards an index without a descriptor; dbus-next throws here, in the socket's event handler.
        return this.readInt32();
      case 'x':
        return BigInt.asIntN(64, this.#readWord64());
      case 't':
        return this.#readWord64();
      default:
        return super.readSimpleType(code);
    }
  }

  #readWord64(): bigint {
    this.align(3);
    const at = this.pos;
    this.pos += 8;
    return this.endian === littleEndian ? this.buffer.readBigUInt64LE(at) : this.buffer.readBigUInt64BE(at);
  }
}

function readValue(reader: BodyReader, type: Type, depth: number): unknown {
  switch (type.code) {
    case 'a':
      return readArray(reader, type, depth);
    case '(':
    case '{':
      reader.align(3);
      return type.members.map((member) => readValue(reader, member, depth));
    case 'v': {
      if (depth >= maxVariantDepth) throw new TypeError('variants nested too deeply');
      const inner = parseSingleType(String(reader.readSimpleType('g')));
      return new Variant(inner.signature, readValue(reader, inner, depth + 1));
    }
    default:
      return reader.readSimpleType(type.code);
  }
}

function readArray(reader: BodyReader, type: Type, depth: number): unknown {
  const [element] = type.members;
  if (element === undefined) throw new TypeError('an array without an element type');
  const length = reader.readInt32();
  if (element.code === 'y') {
    const start = reader.pos;
    if (start + length > reader.buffer.length) throw new RangeError('an array ends outside the message');
    reader.pos += length;
    return new Uint8Array(reader.buffer.subarray(start, reader.pos));
  }
  const values = readElements(reader, element, length, depth);
  return element.code === '{' ? new Map(values as [unknown, unknown][]) : values;
}

function readElements(reader: BodyReader, element: Type, length: number, depth: number): unknown[] {
  if ('xtd({'.includes(element.code)) reader.align(3);
  const end = reader.pos + length;
  if (end > reader.buffer.length) throw new RangeError('an array ends outside the message');
  const values: unknown[] = [];
  while (reader.pos < end) values.push(readValue(reader, element, depth));
  if (reader.pos !== end) throw new TypeError('an array does not end with an element');
  return values;
}
