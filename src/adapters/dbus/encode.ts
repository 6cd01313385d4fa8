import aligning from 'dbus-next/lib/align.js';
import marshallers, { type PutStream, type SimpleMarshaller } from 'dbus-next/lib/marshallers.js';
import message, { type WireMessage } from 'dbus-next/lib/message.js';
import { isBusName, isInterfaceName, isMemberName, isObjectPath } from './names.ts';
import { parseSignature, parseSingleType, type Type } from './signature.ts';

export type { WireMessage } from 'dbus-next/lib/message.js';

const maxMessageBytes = 64 * 1024 * 1024;
const maxVariantDepth = 60;

/**
 * Encodes a whole message, after checking every header field and value by the D-Bus specification: the bus
 * disconnects whoever sends it an invalid path, name, string or an over-long message, and with that takes the service
 * away. Throws a TypeError that says which value is wrong.
 *
 * @param wire header fields and the body as signature.ts types it (Maps, Variants, bigint); not modified
 */
export function encodeMessage(wire: WireMessage): Buffer {
  checkField('destination', wire.destination, isBusName);
  checkField('object path', wire.path, isObjectPath);
  checkField('interface', wire.interface, isInterfaceName);
  checkField('member', wire.member, isMemberName);
  checkField('error name', wire.errorName, isInterfaceName);
  const signature = wire.signature ?? '';
  const [bytes] = message.marshall({ ...wire, signature, body: encodeBody(signature, wire.body ?? []) });
  if (bytes.length > maxMessageBytes) throw new TypeError(`a message of ${bytes.length} bytes is too long to send`);
  return bytes;
}

/** Checks `values` against `signature`, and returns them in the form that dbus-next's marshaller takes. */
export function encodeBody(signature: string, values: readonly unknown[]): unknown[] {
  const types = parseSignature(signature);
  if (types.length !== values.length) {
    throw new TypeError(`'${signature}' takes ${types.length} values, not ${values.length}`);
  }
  return types.map((type, index) => encodeValue(type, values[index], 0));
}

function checkField(what: string, value: string | undefined, isValid: (value: string) => boolean): void {
  if (value !== undefined && !isValid(value)) throw new TypeError(`invalid ${what} ${quote(value)}`);
}

function encodeValue(type: Type, value: unknown, depth: number): unknown {
  switch (type.code) {
    case 'a':
      return encodeArray(type, value, depth);
    case '(':
      if (!Array.isArray(value) || value.length !== type.members.length) throw mismatch(type, value);
      return type.members.map((member, index) => encodeValue(member, value[index], depth));
    case 'v': {
      if (!isVariant(value)) throw mismatch(type, value);
      if (depth >= maxVariantDepth) throw new TypeError('variants nested too deeply to send');
      return [value.signature, encodeValue(parseSingleType(value.signature), value.value, depth + 1)];
    }
    default:
      checkBasic(type, value);
      return value;
  }
}

function encodeArray(type: Type, value: unknown, depth: number): unknown[] {
  const [element] = type.members;
  if (element === undefined) throw mismatch(type, value);
  if (element.code === '{') {
    const [keyType, valueType] = element.members;
    if (!(value instanceof Map) || keyType === undefined || valueType === undefined) throw mismatch(type, value);
    return Array.from(value, ([key, item]) => [encodeValue(keyType, key, depth), encodeValue(valueType, item, depth)]);
  }
  if (element.code === 'y' && value instanceof Uint8Array) return Array.from(value);
  if (!Array.isArray(value)) throw mismatch(type, value);
  return value.map((item) => encodeValue(element, item, depth));
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

/**
 * dbus-next 0.10.2 makes a new marshaller for every single value, and refuses the lowest `x` (-2^63). The factory is
 * replaced by one that keeps them and writes 64-bit integers from native bigint.
 */
function replaceMarshallers(): void {
  const makeOriginal = marshallers.MakeSimpleMarshaller;
  const made = new Map<string, SimpleMarshaller>([
    ['x', wideMarshaller],
    ['t', wideMarshaller],
  ]);
  marshallers.MakeSimpleMarshaller = (type) => {
    let marshaller = made.get(type);
    if (marshaller === undefined) {
      marshaller = makeOriginal(type);
      made.set(type, marshaller);
    }
    return marshaller;
  };
}

const wideMarshaller: SimpleMarshaller = {
  check: () => undefined,
  marshall(stream: PutStream, value: unknown): void {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value as bigint)));
    aligning.align(stream, 8);
    stream.put(bytes);
    stream._offset += 8;
  },
};

replaceMarshallers();
