import { expect, it } from 'vitest';
import { encodeMessage } from '../../../../src/platform/dbus/encode.ts';
import { type Frame, FrameReader } from '../../../../src/platform/dbus/frames.ts';
import { driverCall } from '../../../../src/platform/dbus/join.ts';

const driver = {
  destination: 'org.freedesktop.DBus',
  path: '/org/freedesktop/DBus',
  interface: 'org.freedesktop.DBus',
} as const;

function read(bytes: Buffer): unknown[] {
  const frames: Frame[] = [];
  new FrameReader((frame) => frames.push(frame)).push(bytes);
  return frames.map(({ decode, ...rest }) => ({ ...rest, body: decode() }));
}

it.each(['org.ringfence.Ringfence1', 'a.b', 'org.example.AnotherLength'])(
  'says what the marshaller would say, for %s',
  (name) => {
    const hello = encodeMessage({ type: 1, serial: 1, ...driver, member: 'Hello', signature: '', body: [] });
    const request = { type: 1, serial: 2, ...driver, member: 'RequestName', signature: 'su', body: [name, 4] };
    const both = Buffer.concat([driverCall(1, 'Hello'), driverCall(2, 'RequestName', name)]);
    expect(read(both)).toEqual(read(Buffer.concat([hello, encodeMessage(request)])));
  },
);
