import { RingfenceError } from './errors.ts';

/** The identity of an app: the name of its desktop entry below an `applications` folder, slashes written as dashes. */
export interface DesktopId {
  /** With the suffix: `firefox.desktop`. */
  readonly id: string;
  /** Without it: `firefox`. */
  readonly name: string;
}

const suffix = '.desktop';
/** NAME_MAX: a longer id cannot be the name of a file. */
const maxBytes = 255;

/**
 * Reads a desktop id with or without its `.desktop` suffix (Desktop Entry Specification 1.5, "Desktop File ID").
 * Spaces and letters outside ASCII are accepted, as files of such names are in use.
 *
 * @throws RingfenceError InvalidArgument when it could name anything but an entry below an `applications` folder
 */
export function parseDesktopId(text: string): DesktopId {
  const name = text.endsWith(suffix) ? text.slice(0, -suffix.length) : text;
  const id = name + suffix;
  const fault = faultOf(name, id);
  if (fault !== undefined) {
    throw new RingfenceError('InvalidArgument', `cannot use ${JSON.stringify(shortened(text))} as an app id: ${fault}`);
  }
  return { id, name };
}

function faultOf(name: string, id: string): string | undefined {
  if (name === '') return 'it is empty';
  if (name.includes('/')) return 'it contains a slash; give the name of the .desktop file, not its path';
  if (name.startsWith('.')) return 'it starts with a dot';
  // A dash may stand for a slash, so "a-..-b" would be looked up as "a/../b".
  if (name.split('-').includes('..')) return 'it contains ".."';
  if (/\p{Cc}/u.test(name)) return 'it contains a control character';
  if (/\p{Surrogate}/u.test(name)) return 'it is not valid Unicode';
  if (new TextEncoder().encode(id).length > maxBytes) return `it is longer than ${maxBytes} bytes`;
  return undefined;
}

function shortened(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
