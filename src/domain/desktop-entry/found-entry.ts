/** A desktop entry as it was found. */
export interface FoundEntry {
  /** Absolute, symlinks not resolved. */
  readonly path: string;
  readonly bytes: Uint8Array;
}
