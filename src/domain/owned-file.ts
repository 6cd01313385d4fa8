/** What is noted of a file that we wrote, or were about to write. */
export interface OwnedFile {
  readonly group: string;
  readonly kind: string;
  /** What identifies the contents: see platform/owned-files/identity.ts. */
  readonly is: string;
  /** What we wrote before, as long as it is not certain which of the two is in the place. */
  readonly was?: string | undefined;
  readonly fingerprint?: string | undefined;
  /** Of the file once it was written, to tell without reading it that nobody touched it. */
  readonly stat?: string | undefined;
  readonly source?: string | undefined;
  /** Where somebody else's file that was in this place is kept. */
  readonly aside?: string | undefined;
}
