import { describe, expect, it } from 'vitest';
import { decodeBody, decodeHeaderFields } from '../../../../src/platform/dbus/decode.ts';
import { Variant } from '../../../../src/platform/dbus/signature.ts';

const little = 0x6c;
const big = 0x42;
const bytes = (...parts: (number[] | string)[]) =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from(part))));

// The bytes are those of the D-Bus specification's section "Marshaling (Wire Format)", written by hand.

describe('decodeBody', () => {
  it.each<[string, Buffer, unknown[]]>([
    ['yy', bytes([1, 255]), [1, 255]],
    ['b', bytes([1, 0, 0, 0]), [true]],
    ['nq', bytes([0xff, 0xff, 0xff, 0xff]), [-1, 65535]],
    ['iu', bytes([0xfe, 0xff, 0xff, 0xff, 0xfe, 0xff, 0xff, 0xff]), [-2, 4294967294]],
    ['yx', bytes([7], Array(7).fill(0), Array(8).fill(0xff)), [7, -1n]],
    ['yt', bytes([7], Array(7).fill(0), Array(8).fill(0xff)), [7, 2n ** 64n - 1n]],
    ['d', bytes([0, 0, 0, 0, 0, 0, 0xf0, 0x3f]), [1]],
    ['h', bytes([2, 0, 0, 0]), [2]],
    ['s', bytes([3, 0, 0, 0], 'a\xc3\xa9\0'), ['aé']],
    ['o', bytes([2, 0, 0, 0], '/a\0'), ['/a']],
    ['g', bytes([5], 'a{sv}\0'), ['a{sv}']],
    ['as', bytes([14, 0, 0, 0], [1, 0, 0, 0], 'a\0\0\0', [1, 0, 0, 0], 'b\0'), [['a', 'b']]],
    ['ay', bytes([2, 0, 0, 0, 8, 9]), [new Uint8Array([8, 9])]],
    ['ay', bytes([0, 0, 0, 0]), [new Uint8Array()]],
    ['at', bytes([0, 0, 0, 0], [0, 0, 0, 0]), [[]]],
    ['(ys)', bytes([5, 0, 0, 0], [1, 0, 0, 0], 'x\0'), [[5, 'x']]],
    ['a(y)', bytes([9, 0, 0, 0], [0, 0, 0, 0], [1], Array(7).fill(0), [2]), [[[1], [2]]]],
    ['a{yy}', bytes([2, 0, 0, 0], [0, 0, 0, 0], [3, 4]), [new Map([[3, 4]])]],
    ['v', bytes([1], 'y\0', [9]), [new Variant('y', 9)]],
    ['', bytes(), []],
  ])('%s', (signature, body, values) => expect(decodeBody(body, signature, little)).toEqual(values));

  it('reads big-endian', () => {
    const body = bytes([0, 0, 0, 1], 'a\0', [0, 0], [0, 0, 0, 0, 0, 0, 1, 0]);
    expect(decodeBody(body, 'st', big)).toEqual(['a', 256n]);
  });

  const variants = (depth: number) => bytes(...Array(depth - 1).fill([1, 0x76, 0]), [1, 0x79, 0], [5]);

  it('reads 64 variants in one another, and no more', () => {
    let value = decodeBody(variants(64), 'v', little)[0];
    let depth = 0;
    for (; value instanceof Variant; depth += 1) value = value.value;
    expect([depth, value]).toEqual([64, 5]);
    expect(() => decodeBody(variants(65), 'v', little)).toThrow(new TypeError('variants nested too deeply'));
  });

  it.each<[string, Buffer, Error]>([
    ['y', bytes([1, 2]), new TypeError("the body does not fit its signature 'y'")],
    ['s', bytes([2, 0, 0, 0], 'a\0'), new RangeError('a string ends outside the message')],
    // Without its NUL.
    ['s', bytes([1, 0, 0, 0], 'a'), new RangeError('a string ends outside the message')],
    ['ay', bytes([2, 0, 0, 0], [1]), new RangeError('an array ends outside the message')],
    ['au', bytes([8, 0, 0, 0], [1, 0, 0, 0]), new RangeError('an array ends outside the message')],
    ['au', bytes([2, 0, 0, 0], [1, 0, 0, 0]), new TypeError('an array does not end with an element')],
  ])('refuses what does not fit %s', (signature, body, error) => {
    expect(() => decodeBody(body, signature, little)).toThrow(error);
  });
});

describe('decodeHeaderFields', () => {
  const path = bytes([1, 1], 'o\0', [2, 0, 0, 0], '/a\0');
  const padding = (part: Buffer) => Buffer.concat([part, Buffer.alloc(-part.length & 7)]);
  const read = (endian: number, ...parts: Buffer[]) => {
    const all = Buffer.concat([...parts.slice(0, -1).map(padding), ...parts.slice(-1)]);
    return [...decodeHeaderFields(padding(all), all.length, endian)];
  };

  it('reads paths, strings, signatures and numbers, each from an 8-byte boundary', () => {
    const member = bytes([3, 1], 's\0', [3, 0, 0, 0], 'Abc\0');
    const serial = bytes([5, 1], 'u\0', [1, 2, 0, 0]);
    const signature = bytes([8, 1], 'g\0', [2], 'as\0');
    const fields = [
      [1, '/a'],
      [3, 'Abc'],
      [5, 513],
      [8, 'as'],
    ];
    expect(read(little, path, member, serial, signature)).toEqual(fields);
    expect(read(little, serial)).toEqual([[5, 513]]);
    expect(read(big, bytes([5, 1], 'u\0', [0, 0, 2, 1]), bytes([3, 1], 's\0', [0, 0, 0, 1], 'A\0'))).toEqual([
      [5, 513],
      [3, 'A'],
    ]);
    expect(read(little)).toEqual([]);
  });

  it('reads fields of any other type, and all beside them', () => {
    const list = bytes([200, 2], 'ay\0', [0, 0, 0], [2, 0, 0, 0], [6, 7]);
    expect(read(little, list, path)).toEqual([
      [200, new Uint8Array([6, 7])],
      [1, '/a'],
    ]);
    expect(read(little, bytes([201, 1], 'y\0', [4]), path)).toEqual([
      [201, 4],
      [1, '/a'],
    ]);
  });

  it('refuses a string that ends outside, and fields that do not end where the header does', () => {
    const long = bytes([1, 1], 'o\0', [200, 0, 0, 0], '/a\0');
    expect(() => read(little, long)).toThrow(new RangeError('a string ends outside the message'));
    // Its NUL is missing.
    expect(() => decodeHeaderFields(bytes([1, 1], 'o\0', [2, 0, 0, 0], '/a'), 10, little)).toThrow(RangeError);
    expect(() => decodeHeaderFields(padding(path), path.length - 1, little)).toThrow(
      new TypeError('the header does not end with a field'),
    );
  });
});
