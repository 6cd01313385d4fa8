/**
 * SHA-256 (FIPS 180-4) of a text in UTF-8, in hexadecimal digits: of its own, as the window, which is no node, has to come to the same names.
 */
export function sha256(text: string): string {
  const bytes = padded(new TextEncoder().encode(text));
  const state = Uint32Array.from(initial);
  for (let at = 0; at < bytes.byteLength; at += 64) addBlock(state, new DataView(bytes.buffer, at, 64));
  return [...state].map((word) => word.toString(16).padStart(8, '0')).join('');
}

/** With a one bit, zeros, and the length in bits, to whole blocks. */
function padded(text: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(Math.ceil((text.length + 9) / 64) * 64);
  bytes.set(text);
  bytes[text.length] = 0x80;
  new DataView(bytes.buffer).setBigUint64(bytes.length - 8, BigInt(text.length) * 8n);
  return bytes;
}

function addBlock(state: Uint32Array, block: DataView): void {
  const words = new Uint32Array(64);
  const word = (index: number) => words[index] ?? 0;
  for (let t = 0; t < 64; t += 1) {
    const [early, late] = [word(t - 15), word(t - 2)];
    words[t] =
      t < 16
        ? block.getUint32(t * 4)
        : word(t - 16) +
          (turn(early, 7) ^ turn(early, 18) ^ (early >>> 3)) +
          word(t - 7) +
          (turn(late, 17) ^ turn(late, 19) ^ (late >>> 10));
  }
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state;
  for (const [t, constant] of constants.entries()) {
    const first = h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + constant + word(t);
    const second = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    [a, b, c, d, e, f, g, h] = [(first + second) >>> 0, a, b, c, (d + first) >>> 0, e, f, g];
  }
  for (const [index, value] of [a, b, c, d, e, f, g, h].entries()) state[index] = (state[index] ?? 0) + value;
}

function turn(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits));
}

const primes = firstPrimes(64);
/** The first 32 bits behind the point of the square roots of the first primes, and of their cube roots. */
const initial = primes.slice(0, 8).map((prime) => fraction(prime, 2n));
const constants = primes.map((prime) => fraction(prime, 3n));

function firstPrimes(count: number): bigint[] {
  const found: bigint[] = [];
  for (let one = 2n; found.length < count; one += 1n) if (found.every((prime) => one % prime !== 0n)) found.push(one);
  return found;
}

/** By whole numbers: what is looked for is the largest whose power is not above the prime, 32 bits up. */
function fraction(prime: bigint, power: bigint): number {
  let [low, high] = [0n, 1n << 40n];
  while (high - low > 1n) {
    const middle = (low + high) >> 1n;
    if (middle ** power <= prime << (32n * power)) low = middle;
    else high = middle;
  }
  return Number(low & 0xffffffffn);
}
