import type { OwnedFile } from '../../domain/owned-file.ts';

/** A file or symbolic link as it should be. */
export interface DesiredFile {
  /** Absolute. */
  readonly path: string;
  /** The files of one group are written all or none. */
  readonly group: string;
  /** What the owner calls it; only noted here. */
  readonly kind: string;
  /** Where the owner read what it was made from; only noted here. */
  readonly source?: string;
  /** All that the contents are made from, in short: the same again means the same file, which is then not even read. */
  readonly fingerprint?: string;
  /** Where somebody else's file in this place is kept meanwhile. Without it such a file stays, and ours is not written. */
  readonly aside?: string;
  /** Whether such contents in this place can only be ours, so that they are even where they are in no notes. */
  readonly unmistakable?: boolean;
  readonly contents: Contents;
}

/** What a file or a link consists of. */
export type Contents =
  | {
      readonly type: 'file';
      /** Permission bits. */
      readonly mode: number;
      /** Whether a file with other permission bits counts as edited. */
      readonly modeCounts: boolean;
      /** Made when it is asked for; throws when there is to be no such file after all. */
      bytes(): Uint8Array;
    }
  | { readonly type: 'link'; readonly target: string };

/** All that is noted, by absolute path. */
export type OwnedRecord = Readonly<Record<string, OwnedFile>>;

/** The notes on the disk. */
export interface Notes {
  /** Folders that we made, removed once nothing of ours is below them and they are empty. */
  readonly folders: readonly string[];
  readonly files: OwnedRecord;
}

/** What is in a place. A symbolic link counts as the file that it leads to. */
export type Look =
  | { readonly state: 'missing' }
  | {
      readonly state: 'file';
      /** Changes whenever the file does. */
      readonly stat: string;
      readonly size: number;
      readonly mode: number;
      /** What it leads to, of a symbolic link. */
      readonly link?: string | undefined;
    }
  | { readonly state: 'unusable'; readonly reason: string; readonly link?: string | undefined };

/** The same with its contents, which are read only when somebody asks. */
export type Found =
  | Exclude<Look, { state: 'file' }>
  | (Extract<Look, { state: 'file' }> & {
      /** Undefined when it cannot be read. */
      bytes(): Uint8Array | undefined;
      /** SHA-256 in hex; undefined when it cannot be read. */
      hash(): string | undefined;
    });

/** One step. Each is atomic: the place has what it had, or what it is to have. */
export type Step = { readonly path: string; readonly group: string; readonly kind: string } & (
  | {
      readonly action: 'write';
      readonly contents:
        | { readonly type: 'file'; readonly mode: number; readonly bytes: Uint8Array }
        | { readonly type: 'link'; readonly target: string };
      readonly replaces: 'nothing' | 'ours' | 'own';
      readonly file: OwnedFile;
    }
  | { readonly action: 'remove' }
  | { readonly action: 'put-back'; readonly from: string }
  /** The place is empty, or its owner has put a newer file there: our notes go, and the older file that was kept aside. */
  | { readonly action: 'forget'; readonly dropAside?: string | undefined; readonly left: boolean }
);

/** A place that stays as it is, though it should be otherwise. */
export interface Conflict {
  readonly path: string;
  readonly group: string;
  readonly kind: string;
  readonly reason: string;
  /**
   * `edited`: we wrote it and somebody changed it; `foreign`: it was never ours; `unusable`: it cannot be used at all;
   * `withheld`: see withholdSteps.
   */
  readonly cause: 'edited' | 'foreign' | 'unusable' | 'withheld';
}

/** What to do, what cannot be done, and what is as it should be. */
export interface Plan {
  readonly steps: readonly Step[];
  readonly conflicts: readonly Conflict[];
  /** The notes to keep of what stays. */
  readonly kept: ReadonlyMap<string, OwnedFile>;
  /** The order of the notes: that of what is desired, then the rest as it was. */
  readonly order: readonly string[];
  /** How many places are as desired already. */
  readonly unchanged: number;
}
