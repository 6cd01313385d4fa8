import { encodeMessage } from './encode.ts';
import { messageType } from './frames.ts';
import type { CallTarget } from './messages.ts';

/** The serials of the first messages; what is sent later counts on from there. */
export const helloSerial = 1;
export const nameSerial = 2;

/** DBUS_NAME_FLAG_DO_NOT_QUEUE */
export const doNotQueue = 4;

const busName = 'org.freedesktop.DBus';

/** A method of the bus itself. */
export function driver(member: string): CallTarget {
  return { destination: busName, path: '/org/freedesktop/DBus', interface: busName, member };
}

/** What goes out with the authentication, in one write: Hello, and the request for `name`. */
export function joinMessages(name: string | undefined): Buffer {
  const call = { type: messageType.call };
  const hello = encodeMessage({ ...call, serial: helloSerial, ...driver('Hello') });
  if (name === undefined) return hello;
  const request = { ...call, serial: nameSerial, ...driver('RequestName'), signature: 'su', body: [name, doNotQueue] };
  return Buffer.concat([hello, encodeMessage(request)]);
}
