import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Frame, FrameReader, maxCallBytes } from '../../../../src/platform/dbus/frames.ts';
import { RawBody, type RawMessage, rawMessage } from '../../../fixtures/raw-client.ts';

const call = { path: '/a', interface: 'a.b', member: 'C' };

function read(bytes: Buffer, chunkBytes = bytes.length): Frame[] {
  const frames: Frame[] = [];
  const reader = new FrameReader((frame) => frames.push(frame));
  for (let at = 0; at < bytes.length; at += chunkBytes) reader.push(bytes.subarray(at, at + chunkBytes));
  return frames;
}

function message(more: RawMessage): Buffer {
  return rawMessage({ ...call, ...more }, 9);
}

describe('FrameReader', () => {
  it.each([1, 7, 4096, 70_000])('skips the body of a call that is too long, in pieces of %d bytes', (chunkBytes) => {
    const huge = message({ signature: 's', body: Buffer.alloc(maxCallBytes + (chunkBytes === 1 ? 1 : 99_999)) });
    const small = message({ member: 'D', signature: 's', body: new RawBody().string('x').buffer() });
    const [first, second, ...more] = read(Buffer.concat([huge, small]), chunkBytes);
    expect(first).toMatchObject({ member: 'C', serial: 9, oversized: true, bytes: huge.length });
    expect(() => first?.decode()).toThrow(RangeError);
    expect(second?.decode()).toEqual(['x']);
    expect(more).toEqual([]);
  });

  it('reads a string of many pieces in one go', () => {
    const text = 'x'.repeat(1_000_000);
    const [frame] = read(message({ signature: 's', body: new RawBody().string(text).buffer() }), 1000);
    expect(frame?.decode()).toEqual([text]);
  });

  it('reads big-endian', () => {
    const body = new RawBody('B').string('x').uint64(1n).buffer();
    expect(read(message({ endian: 'B', signature: 'st', body }))[0]?.decode()).toEqual(['x', 1n]);
  });

  it('gives an index for a descriptor, and the lowest 64-bit integer', () => {
    const body = new RawBody()
      .uint32(3)
      .uint64(-(2n ** 63n))
      .buffer();
    expect(read(message({ signature: 'hx', body }))[0]?.decode()).toEqual([3, -(2n ** 63n)]);
  });

  it('drops a message whose header cannot be read, and goes on', () => {
    const broken = message({});
    broken.writeUInt8(0xff, 17 + 1);
    expect(read(Buffer.concat([broken, message({})])).map((frame) => frame.member)).toEqual(['C']);
  });

  it.each([Buffer.from('HTTP/1.1 400 Bad'), Buffer.alloc(16), Buffer.from('6c01000100000000010000ffffffff7f', 'hex')])(
    'refuses a stream that is none',
    (bytes) => {
      expect(() => read(bytes)).toThrow(RangeError);
    },
  );

  it('throws only TypeError or RangeError for a body of any bytes', () => {
    const signatures = fc.constantFrom(
      's',
      'as',
      'a{sv}',
      'av',
      'v',
      'ay',
      '(sv)x',
      'aat',
      'g',
      'a{sa{sv}}',
      'yyv',
      'b',
      'd',
    );
    fc.assert(
      fc.property(signatures, fc.uint8Array({ maxLength: 60 }), (signature, bytes) => {
        const [frame] = read(message({ signature, body: Buffer.from(bytes) }));
        try {
          frame?.decode();
        } catch (error) {
          expect(error instanceof TypeError || error instanceof RangeError).toBe(true);
        }
      }),
      { numRuns: 3000 },
    );
  });

  it.each([
    ['s', Buffer.from([5, 0, 0, 0, 120, 0])],
    ['s', Buffer.from([255, 255, 255, 255])],
    ['as', Buffer.from([255, 255, 255, 127])],
    ['ay', Buffer.from([9, 0, 0, 0, 1])],
    ['au', Buffer.from([6, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0])],
    ['y', Buffer.from([1, 2])],
    ['v', Buffer.from([2, 115, 115, 0])],
    ['v', Buffer.from([9])],
  ])("refuses for '%s' bytes that do not fit", (signature, body) => {
    expect(() => read(message({ signature, body }))[0]?.decode()).toThrow();
  });
});
