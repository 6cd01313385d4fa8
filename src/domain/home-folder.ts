import { sha256 } from './sha256.ts';

/**
 * The name of an app's home: its id where that counts, one apart for every other app. An id that looks like a home of another sort
 * ("local.x") is set apart as well, or two apps would have one home.
 */
export function appHomeName(id: string, counts: boolean): string {
  return counts && !/^(?:local|named|passing)\./.test(id) ? id : `local.${id}`;
}

/** The folder of a home: its name where that is plain, else the name with what is not replaced, and a number that tells it from others. */
export function homeFolder(name: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._+-]{0,200}$/.test(name) && !name.endsWith('.import')) return name;
  return `${name.replaceAll(/[^A-Za-z0-9._+-]/g, '_').slice(0, 120)}#${nameNumber(name)}`;
}

/** A number, in letters and digits, that tells a name from others: also from one that somebody has looked for to have the same. */
export function nameNumber(name: string): string {
  return BigInt(`0x${sha256(name).slice(0, 32)}`).toString(36);
}
