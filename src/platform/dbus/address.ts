import { isAbsolute } from 'node:path';
import { RingfenceError } from '../../domain/errors.ts';

/**
 * The address of the session bus: $DBUS_SESSION_BUS_ADDRESS, else `unix:path=$XDG_RUNTIME_DIR/bus` (what
 * sd-bus and GDBus try too). Throws `Unreachable` when neither is set or no socket is named in it.
 */
export function sessionBusAddress(env: Readonly<Record<string, string | undefined>>): string {
  const address = env['DBUS_SESSION_BUS_ADDRESS'];
  if (address !== undefined && address !== '') {
    socketPaths(address);
    return address;
  }
  const runtimeDir = env['XDG_RUNTIME_DIR'];
  if (runtimeDir === undefined || !isAbsolute(runtimeDir)) {
    throw new RingfenceError(
      'Unreachable',
      'cannot find the session bus: neither DBUS_SESSION_BUS_ADDRESS nor XDG_RUNTIME_DIR is set',
    );
  }
  return unixAddress(`${runtimeDir}/bus`);
}

/** The address `unix:path=…` of a socket, escaped (D-Bus specification, "Server Addresses"). */
export function unixAddress(path: string): string {
  const isPlain = (byte: number) => /[-0-9A-Za-z_/.\\*]/.test(String.fromCharCode(byte));
  const escaped = Array.from(Buffer.from(path), (byte) =>
    isPlain(byte) ? String.fromCharCode(byte) : `%${byte.toString(16).padStart(2, '0')}`,
  );
  return `unix:path=${escaped.join('')}`;
}

/**
 * The socket paths of an address list, in the order they are to be tried: `;` separates addresses, `%XX` is unescaped.
 * Addresses of other kinds are passed over; throws `Unreachable`, naming the reason, when none is left. Abstract
 * sockets are among them: Node 20 cannot connect to one.
 */
export function socketPaths(address: string): string[] {
  const parsed = address
    .split(';')
    .filter((entry) => entry !== '')
    .map(parseEntry);
  const paths = parsed.flatMap((entry) => ('path' in entry ? [entry.path] : []));
  if (paths.length > 0) return paths;
  const reasons = parsed.flatMap((entry) => ('reason' in entry ? [entry.reason] : []));
  const reason = reasons.length === 0 ? 'it is empty' : reasons.join(', ');
  throw new RingfenceError('Unreachable', `cannot use the bus address '${clip(address)}': ${reason}`);
}

function parseEntry(entry: string): { path: string } | { reason: string } {
  const colon = entry.indexOf(':');
  if (colon < 1) return { reason: `'${clip(entry)}' has no transport` };
  const transport = entry.slice(0, colon);
  if (transport !== 'unix') return { reason: `${clip(transport)} addresses are not supported, only unix:path=` };
  const pairs = entry
    .slice(colon + 1)
    .split(',')
    .map((pair) => pair.split('='));
  const parameters = new Map(pairs.map(([key = '', ...value]) => [key, value.join('=')]));
  if (parameters.has('abstract')) return { reason: 'abstract sockets are not supported, only unix:path=' };
  const path = parameters.get('path');
  if (path === undefined || path === '') return { reason: 'it names no socket (unix:path=)' };
  const unescaped = unescapeValue(path);
  return unescaped === undefined ? { reason: 'a % escape in it is not two hex digits of a path' } : { path: unescaped };
}

function unescapeValue(value: string): string | undefined {
  if (/%(?![0-9A-Fa-f]{2})/.test(value)) return undefined;
  const bytes: Buffer[] = value
    .split(/(%[0-9A-Fa-f]{2})/)
    .map((part) => (/^%[0-9A-Fa-f]{2}$/.test(part) ? Buffer.from(part.slice(1), 'hex') : Buffer.from(part)));
  const path = Buffer.concat(bytes).toString();
  return path.includes('\0') ? undefined : path;
}

function clip(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
