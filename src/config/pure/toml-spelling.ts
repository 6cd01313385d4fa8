/** What a key may be set to. Integers are bigints, so that nothing is rounded. */
export type TomlLiteral = string | boolean | bigint | readonly string[] | WrittenToml;

/** A value as it is written in TOML already. */
export interface WrittenToml {
  readonly toml: string;
}

/** A value as it is written in TOML. */
export function tomlLiteral(value: TomlLiteral): string {
  if (typeof value === 'string') return quoteToml(value);
  if (typeof value !== 'object') return String(value);
  return 'toml' in value ? value.toml : `[${value.map(quoteToml).join(', ')}]`;
}

/** A key as it is written in TOML: bare where that is possible. */
export function tomlKey(name: string): string {
  return /^[A-Za-z0-9_-]+$/.test(name) ? name : quoteToml(name);
}

/** A path as it is written in TOML. */
export function showPath(path: readonly (string | number)[]): string {
  return path.map((part) => tomlKey(String(part))).join('.');
}

/** JSON's escapes are TOML's, but for DEL, which JSON leaves as it is. */
function quoteToml(text: string): string {
  return JSON.stringify(text).replaceAll('\x7f', '\\u007f');
}
