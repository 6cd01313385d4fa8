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

/** A number, in letters and digits, that tells a name from others. */
export function nameNumber(name: string): string {
  const bytes = [...new TextEncoder().encode(name)];
  return bytes.reduce((sum, byte) => (sum * 257n + BigInt(byte) + 1n) % prime, 0n).toString(36);
}

/** 2^89 - 1. */
const prime = 618_970_019_642_690_137_449_562_111n;
