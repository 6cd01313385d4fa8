/** Where a value comes from: Ringfence itself, a line of a config file, or the request that launched the app. */
export type Origin =
  | { readonly kind: 'built-in' }
  | { readonly kind: 'file'; readonly path: string; readonly line: number; readonly key: string }
  | { readonly kind: 'request' };

/** A value that knows where it comes from. */
export interface Setting<T> {
  readonly value: T;
  readonly origin: Origin;
}

/** An origin in one word or place: `built-in`, `request`, `/etc/xdg/ringfence/config.toml:7`. */
export function describeOrigin(origin: Origin): string {
  return origin.kind === 'file' ? `${origin.path}:${origin.line}` : origin.kind;
}
