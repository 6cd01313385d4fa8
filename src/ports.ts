import type { Report } from './core/report.ts';
import type { Manifest } from './core/shadow/manifest.ts';

/** How the main process ended: one of the two is null, as in node's exit event. */
export interface GateExit {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A process that holds the app's place until it is released, and then is the app. */
export interface Gate {
  readonly pid: number;
  readonly exited: Promise<GateExit>;
  /** Lets it become the app. */
  release(): void;
  /** Ends it; when it was not released, nothing of the app has run. */
  kill(): void;
}

/** One property of StartTransientUnit, as plain data. */
export interface UnitProperty {
  readonly name: string;
  readonly signature: string;
  readonly value: unknown;
}

/** A scope as the user manager lists it. */
export interface ScopeListing {
  readonly unit: string;
  readonly description: string;
}

/** What the user manager of systemd does for us. Every call throws TimedOut or Unreachable when it does not answer. */
export interface Systemd {
  /** The major version, 252 for "252.38-1~deb12u1". */
  readonly version: number;
  /** The manager's own cgroup, the parent of app.slice. */
  readonly controlGroup: string;
  /** The soft limit of open files that the manager gives its services; undefined for none. */
  readonly openFiles: number | undefined;
  /** The manager's environment block, now. */
  environment(): Promise<Map<string, string>>;
  /**
   * Starts a transient scope and waits for its job.
   * @throws RingfenceError ScopeFailed with systemd's reason
   */
  startScope(unit: string, properties: readonly UnitProperty[]): Promise<void>;
  /** Sends a signal to every process of the scope; does nothing when it is gone. */
  killScope(unit: string, signal: number): Promise<void>;
  /** All loaded scopes whose names match the glob pattern. */
  listScopes(pattern: string): Promise<ScopeListing[]>;
  /** The time (µs since the epoch) at which the unit became active; 0 when unknown. */
  activeSince(unit: string): Promise<bigint>;
  /** Calls back once with systemd's Result ("success", "oom-kill" …) when the scope is gone. */
  onScopeGone(unit: string, listener: (result: string) => void): void;
}

/** The kernel's side of a scope: its cgroup's files. */
export interface Cgroups {
  /** The cgroup v2 path of a process ("/user.slice/…"), undefined when it is gone. */
  of(pid: number): string | undefined;
  /** A cgroup file's text, undefined when it is not there. */
  read(cgroup: string, file: string): string | undefined;
  pids(cgroup: string): number[];
  /** Calls back when the kernel killed processes at the memory limit (with the count so far); returns the end of it. */
  watchOomKills(cgroup: string, listener: (count: number) => void): () => void;
}

/** The records of running instances in the runtime folder; they outlive the daemon and end with the session. */
export interface Records {
  write(unit: string, text: string): void;
  read(unit: string): string | undefined;
  remove(unit: string): void;
  list(): string[];
}

/** The moments of a launch at which a test can kill the daemon. */
export type LaunchStep = 'resolved' | 'decided' | 'gated' | 'scoped' | 'verified' | 'recorded' | 'released';

/** A running instance. What can change is read anew at every call. */
export interface Instance {
  readonly path: string;
  readonly report: Report;
  pids(): number[];
  limits(): Map<string, string>;
  /** Returns when the scope is gone: SIGTERM to all, SIGKILL to what is left after `timeoutMs`. */
  stop(timeoutMs: number): Promise<void>;
  kill(signal: number): Promise<void>;
}

/** What is in a place on the disk; a symbolic link counts as the file it leads to. */
export type DiskLook =
  | { readonly state: 'missing' }
  | {
      readonly state: 'file';
      /** Changes whenever the file does. */
      readonly stat: string;
      readonly size: number;
      readonly mode: number;
      readonly link: boolean;
    }
  | { readonly state: 'unusable'; readonly reason: string };

/** The disk as shadows are written to it. Calls throw what node throws (ENOSPC, EROFS, EACCES …). */
export interface ShadowDisk {
  look(path: string): DiskLook;
  read(path: string): Buffer;
  /** The names in a folder, sorted; none when it cannot be read. */
  list(folder: string): string[];
  realPath(path: string): string;
  /** Makes a new file, not yet in its place; `durable`: it is on the disk when this returns. */
  stage(content: Uint8Array, mode: number, durable?: boolean): string;
  /** Puts a staged file into its place, at once. */
  commit(staged: string, path: string): void;
  discard(staged: string): void;
  /** Gives a file a second place; the first still has it. */
  setAside(path: string, aside: string): void;
  /** Moves it back with mode, times and attributes, at once. */
  putBack(aside: string, path: string): void;
  remove(path: string): void;
  makeFolder(path: string): void;
  /** Only when it is empty. */
  removeFolder(path: string): void;
  /** Removes what a crash has left in the staging folder and in these. */
  clean(folders: readonly string[]): void;
}

/** The manifest on the disk. */
export interface ManifestStore {
  read(): Manifest;
  /** Atomic and durable; an empty one is no file. */
  write(manifest: Manifest): void;
}
