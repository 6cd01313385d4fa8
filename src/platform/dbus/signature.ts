/** The TypeScript value of each basic D-Bus type. `h` stands for its index: file descriptors are never passed. */
interface BasicValues {
  s: string;
  o: string;
  g: string;
  b: boolean;
  y: number;
  n: number;
  q: number;
  i: number;
  u: number;
  h: number;
  d: number;
  x: bigint;
  t: bigint;
  v: Variant;
}

type Take<S extends string> = string extends S
  ? [unknown, string]
  : S extends `a${infer R}`
    ? R extends `{${infer D}`
      ? TakeDict<D>
      : R extends `y${infer T}`
        ? [Uint8Array, T]
        : Take<R> extends [infer E, infer T]
          ? [E[], T]
          : never
    : S extends `(${infer R}`
      ? TakeStruct<R, []>
      : S extends `${infer C}${infer R}`
        ? C extends keyof BasicValues
          ? [BasicValues[C], R]
          : never
        : never;

type TakeDict<S extends string> =
  Take<S> extends [infer K, infer R extends string]
    ? Take<R> extends [infer V, `}${infer T}`]
      ? [Map<K, V>, T]
      : never
    : never;

type TakeStruct<S extends string, Members extends unknown[]> = string extends S
  ? [unknown[], string]
  : S extends `)${infer R}`
    ? [Members, R]
    : Take<S> extends [infer V, infer R extends string]
      ? TakeStruct<R, [...Members, V]>
      : never;

type TakeAll<S extends string, Values extends unknown[]> = string extends S
  ? unknown[]
  : S extends ''
    ? Values
    : Take<S> extends [infer V, infer R extends string]
      ? TakeAll<R, [...Values, V]>
      : never;

/**
 * The argument tuple of a signature: `Args<'sa{sv}t'>` is `[string, Map<string, Variant>, bigint]`. Dictionaries are
 * Maps (a key such as `__proto__` is only a key), `ay` is a Uint8Array, structs are tuples, `x` and `t` are bigint.
 */
export type Args<S extends string> = TakeAll<S, []>;

/** The value of a signature of one complete type. */
export type Value<S extends string> = string extends S ? unknown : Take<S> extends [infer V, ''] ? V : never;

/** A D-Bus variant: a value that carries its own signature of one complete type. */
export class Variant<S extends string = string> {
  readonly signature: S;
  readonly value: unknown;

  constructor(signature: S, value: unknown) {
    this.signature = signature;
    this.value = value;
  }
}

/** Makes a variant; the value is checked by its signature at compile time and again before it is sent. */
export function variant<S extends string>(signature: S, value: NoInfer<Value<S>>): Variant<S> {
  return new Variant(signature, value);
}

/** One complete type: its code (`a`, `(`, `{` or a basic one), its members and its own signature. */
export interface Type {
  readonly code: string;
  readonly members: readonly Type[];
  readonly signature: string;
}

const basicCodes = 'ybnqiuxtdsogh';
const maxDepth = 32;
const maxLength = 255;
const cacheSize = 256;
const cache = new Map<string, readonly Type[]>();

/**
 * Parses a signature into its complete types, strictly by the D-Bus specification ("Type System"): at most 255
 * bytes, 32 nested arrays and 32 nested structs, no empty struct, dictionary entries in arrays only, with a basic key.
 * Throws a TypeError that quotes the signature otherwise.
 */
export function parseSignature(signature: string): readonly Type[] {
  const known = cache.get(signature);
  if (known !== undefined) return known;
  const types = parse(signature);
  // Variants bring signatures of the sender's choosing, so the cache must not grow with them.
  if (cache.size >= cacheSize) cache.clear();
  cache.set(signature, types);
  return types;
}

/** Parses a signature that must be exactly one complete type, as a variant's is. */
export function parseSingleType(signature: string): Type {
  const [type, more] = parseSignature(signature);
  if (type === undefined || more !== undefined) throw invalid(signature, 'not one complete type');
  return type;
}

function parse(signature: string): readonly Type[] {
  if (signature.length > maxLength) throw invalid(`${signature.slice(0, 40)}…`, `longer than ${maxLength} bytes`);
  const types: Type[] = [];
  for (let at = 0; at < signature.length; ) {
    const [type, next] = parseType(signature, at, 0, 0);
    types.push(type);
    at = next;
  }
  return types;
}

function parseType(signature: string, at: number, arrays: number, structs: number): [Type, number] {
  const code = signature.charAt(at);
  if (code === 'v' || (code !== '' && basicCodes.includes(code)))
    return [{ code, members: [], signature: code }, at + 1];
  if (code === 'a') {
    if (arrays >= maxDepth) throw invalid(signature, 'arrays nested too deeply');
    const isDict = signature.charAt(at + 1) === '{';
    const [element, next] = isDict
      ? parseEntry(signature, at + 1, arrays + 1, structs)
      : parseType(signature, at + 1, arrays + 1, structs);
    return [{ code, members: [element], signature: signature.slice(at, next) }, next];
  }
  if (code === '(') {
    if (structs >= maxDepth) throw invalid(signature, 'structs nested too deeply');
    return parseMembers(signature, at, ')', arrays, structs + 1);
  }
  throw invalid(signature, code === '' ? 'it ends too early' : `'${code}' at ${at} is no type`);
}

function parseEntry(signature: string, at: number, arrays: number, structs: number): [Type, number] {
  const [entry, next] = parseMembers(signature, at, '}', arrays, structs + 1);
  const [key] = entry.members;
  if (entry.members.length !== 2 || key === undefined || !basicCodes.includes(key.code)) {
    throw invalid(signature, 'a dictionary entry is a basic key and one value');
  }
  return [entry, next];
}

function parseMembers(
  signature: string,
  start: number,
  close: string,
  arrays: number,
  structs: number,
): [Type, number] {
  const members: Type[] = [];
  let at = start + 1;
  while (signature.charAt(at) !== close) {
    const [member, next] = parseType(signature, at, arrays, structs);
    members.push(member);
    at = next;
  }
  if (members.length === 0) throw invalid(signature, 'an empty struct');
  return [{ code: signature.charAt(start), members, signature: signature.slice(start, at + 1) }, at + 1];
}

function invalid(signature: string, reason: string): TypeError {
  return new TypeError(`invalid signature '${signature}': ${reason}`);
}
