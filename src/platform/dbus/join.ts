import { type BusSocket, openBusSocket } from './bus-socket.ts';

/** A connection to a bus that is under way: Hello is sent, and with it the request for `name` where one is given. */
export interface Joining {
  /** Rejects with Unreachable. */
  readonly opened: Promise<BusSocket>;
  /** Resolves when everything is sent, or cannot be. */
  readonly sent: Promise<void>;
  readonly name: string | undefined;
}

/** The serials of the first messages; what is sent later counts on from there. */
export const helloSerial = 1;
export const nameSerial = 2;

/**
 * Starts to join the bus at `address`: authentication, Hello and RequestName (not queueing) go out in one write. Without
 * the D-Bus layer proper, so that a daemon can have it under way while the rest of it is loaded; `timeoutMs` is for each
 * socket of the address. Throws `Unreachable` for an address that names no socket.
 */
export function joinBus(address: string, name?: string, timeoutMs = 10_000): Joining {
  const messages = [driverCall(helloSerial, 'Hello')];
  if (name !== undefined) messages.push(driverCall(nameSerial, 'RequestName', name));
  let sent = () => {};
  const whenSent = new Promise<void>((resolve) => {
    sent = resolve;
  });
  const opened = openBusSocket(address, timeoutMs, Buffer.concat(messages), sent);
  // Whoever takes it up sees the error; until then it is nobody's.
  opened.catch(sent);
  return { opened, sent: whenSent, name };
}

/** DBUS_NAME_FLAG_DO_NOT_QUEUE */
const doNotQueue = 4;

/** A call of the bus itself, little-endian (D-Bus specification, "Message Format"): no argument, or a name and flags. */
export function driverCall(serial: number, member: string, name?: string): Buffer {
  const body = name === undefined ? Buffer.alloc(0) : Buffer.concat([padded(string(name), 4), uint32(doNotQueue)]);
  const fields = [
    field(1, 'o', string('/org/freedesktop/DBus')),
    field(6, 's', string('org.freedesktop.DBus')),
    field(2, 's', string('org.freedesktop.DBus')),
    field(3, 's', string(member)),
    ...(name === undefined ? [] : [field(8, 'g', signature('su'))]),
  ];
  // Each field is a structure, and so starts on a multiple of 8; the last one's padding does not count.
  const last = fields.pop() ?? Buffer.alloc(0);
  const all = Buffer.concat([...fields.map((one) => padded(one, 8)), last]);
  const fixed = Buffer.from([0x6c, 1, 0, 1]);
  return Buffer.concat([fixed, uint32(body.length), uint32(serial), uint32(all.length), padded(all, 8), body]);
}

function field(code: number, type: string, value: Buffer): Buffer {
  return Buffer.concat([Buffer.from([code]), signature(type), value]);
}

function string(text: string): Buffer {
  return Buffer.concat([uint32(Buffer.byteLength(text)), Buffer.from(`${text}\0`)]);
}

function signature(text: string): Buffer {
  return Buffer.concat([Buffer.from([text.length]), Buffer.from(`${text}\0`)]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function padded(bytes: Buffer, alignment: number): Buffer {
  const missing = (alignment - (bytes.length % alignment)) % alignment;
  return missing === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(missing)]);
}
