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
    const huge = message({ signature: 's', body: Buffer.alloc(maxCallBytes + 99_999) });
    const small = message({ member: 'D', signature: 's', body: new RawBody().string('x').buffer() });
    const bytes = Buffer.concat([huge, small]);
    // All but its ends comes at once: four million single bytes take seconds.
    const [start, end] = [10 * chunkBytes + 200, huge.length - 200];
    const parts = [bytes.subarray(0, start), bytes.subarray(start, end), bytes.subarray(end)];
    const frames: Frame[] = [];
    const reader = new FrameReader((frame) => frames.push(frame));
    for (const [index, part] of parts.entries()) {
      const step = index === 1 ? part.length : chunkBytes;
      for (let at = 0; at < part.length; at += step) reader.push(part.subarray(at, at + step));
    }
    const [first, second, ...more] = frames;
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

  it('tells all that the header says', () => {
    const [frame] = read(message({ type: 3, flags: 2, errorName: 'a.E', replySerial: 7, destination: ':1.2' }));
    expect(frame).toMatchObject({
      type: 3,
      flags: 2,
      serial: 9,
      path: '/a',
      interface: 'a.b',
      member: 'C',
      errorName: 'a.E',
      replySerial: 7,
      sender: '',
      signature: '',
      oversized: false,
    });
    expect(frame?.decode()).toEqual([]);
    expect(read(rawMessage({ type: 2 }, 1))[0]).toMatchObject({ path: undefined, replySerial: undefined });
  });

  it('reads a call of four megabytes, and a signal or a reply of more', () => {
    const sized = (type: number, bytes: number) => {
      const empty = message({ type, signature: 'ay', body: new RawBody().uint32(0).buffer() }).length;
      const array = new RawBody().uint32(bytes - empty).buffer();
      return read(message({ type, signature: 'ay', body: Buffer.concat([array, Buffer.alloc(bytes - empty)]) }))[0];
    };
    expect(sized(1, 4 * 1024 * 1024)).toMatchObject({ oversized: false, bytes: 4 * 1024 * 1024 });
    const longer = sized(1, 4 * 1024 * 1024 + 1);
    expect(longer).toMatchObject({ oversized: true });
    expect(() => longer?.decode()).toThrow(new RangeError('a message of 4194305 bytes is too long'));
    for (const type of [2, 3, 4]) expect(sized(type, 4 * 1024 * 1024 + 1)).toMatchObject({ oversized: false });
    expect(sized(2, 32 * 1024 * 1024)).toMatchObject({ oversized: false });
    expect(sized(2, 32 * 1024 * 1024 + 1)).toMatchObject({ oversized: true });
  });

  it('refuses a header of more than 256 KiB before it has come', () => {
    const header = (bytes: number) => {
      const start = Buffer.alloc(16);
      start.write('l');
      start.writeUInt32LE(bytes, 12);
      return start;
    };
    expect(read(header(256 * 1024))).toEqual([]);
    expect(() => read(header(256 * 1024 + 1))).toThrow(new RangeError('the bus sent a message header of 262145 bytes'));
    expect(() => read(Buffer.alloc(16))).toThrow(new RangeError('the bus sent something that is no D-Bus message'));
  });
});
