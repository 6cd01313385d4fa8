import type { GatePlan } from './core/gate-script.ts';
import type { Report } from './core/report.ts';
import type { SandboxEvidence } from './core/sandbox/evidence.ts';
import type { PathFact, Placeholder } from './core/sandbox/model.ts';
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

/** A gate that is to be told what it becomes. */
export interface WaitingGate extends Gate {
  /**
   * Has it wait with the app's environment, in the app's folder; nothing of the app runs. Once, and before `release`. False
   * when it is of no use any more, as its output leads nowhere: another is to be taken.
   */
  arm(plan: GatePlan): Promise<boolean>;
}

/** A gate that makes a sandbox first and waits once more inside, before it is the app. */
export interface SandboxGate extends Gate {
  /**
   * Tells it to become the sandbox. Resolves with the line that the gate inside says once all is mounted; undefined when it
   * has ended without one or says nothing in time.
   */
  enter(plan: GatePlan): Promise<string | undefined>;
}

/** A gate of a sandbox whose app is not known yet. */
export interface IdleSandboxGate extends SandboxGate {
  isAlive(): boolean;
  /** From now on what it prints is in the journal under this name; false when that is not possible any more. */
  name(identifier: string): Promise<boolean>;
}

/** The bus filter of one sandbox. */
export interface BusProxy {
  readonly pid: number;
  /** The descriptor whose other holders keep the proxy alive. */
  readonly syncFd: number;
  /** Whether it has come to listen; false when it ended instead. */
  readonly listens: Promise<boolean>;
  /** From now on it lives as long as the sandbox. */
  letGo(): void;
  kill(): void;
}

/** A bus filter that does not know yet what it is to let through. */
export interface IdleProxy extends BusProxy {
  isAlive(): boolean;
  /** Gives it its arguments, once. */
  begin(argv: readonly string[]): void;
}

/** Absolute paths. */
export interface SandboxPrograms {
  readonly bwrap: string;
  readonly proxy: string;
}

/** What strict starts have placed in the home, to mount over. */
export interface Placeholders {
  /** @throws what node throws, for one that cannot be made */
  make(placeholders: readonly Placeholder[]): void;
  /** All that are still as they were made. */
  removeAll(): void;
}

/** Service files that keep the bus from starting a strict app's own service outside. */
export interface ServiceGuards {
  /** `foreign`: somebody else's file is in that place. */
  put(name: string): 'put' | 'there' | 'foreign';
  /** Whether there was one. */
  remove(name: string): boolean;
}

/** The sandboxes' folders in the runtime folder. */
export interface SandboxFolders {
  /** Makes one and returns its path. */
  make(id: string): string;
  record(id: string, record: { readonly unit: string; readonly services: readonly string[] }): void;
  list(): { readonly id: string; readonly unit: string; readonly services: readonly string[] }[];
  remove(id: string): void;
  /** Files in it, and a symbolic link. */
  write(id: string, name: string, content: string | Uint8Array): void;
  link(id: string, name: string, target: string): void;
  discard(id: string, name: string): void;
  /** A descriptor from which the bytes can be read; no file is left. */
  holdBytes(bytes: Uint8Array): { readonly fd: number; close(): void };
}

/** The line to a gate inside a sandbox that another process makes. When the daemon ends, so does the line, and nothing runs. */
export interface EnclosureWire {
  /** What the gate says first. */
  readonly line: Promise<string>;
  /** The named pipe that keeps the bus filter alive. */
  readonly syncPath: string;
  /** Says a line, 4096 bytes at most, and ends. */
  say(line: string): void;
  close(): void;
}

/** What a strict start asks the session bus. */
export interface SessionBus {
  activatableNames(): Promise<readonly string[]>;
  /** The process of a name's owner; undefined when nobody owns it. */
  ownerPid(name: string): Promise<number | undefined>;
  /** Undefined when there is no accessibility bus now. */
  a11yAddress(): Promise<string | undefined>;
  /** Has the bus read its service files again. */
  reload(): Promise<void>;
}

/** The file system and the processes as a sandbox needs to know them. */
export interface SandboxSight {
  lookAtPaths(paths: readonly string[]): Map<string, PathFact>;
  /** Without symlinks. */
  realFolder(path: string): string;
  /** Of the gate inside, found among the processes of the scope; undefined when it is not there. */
  readEvidence(pids: readonly number[], gatePid: number, toldPid: number): SandboxEvidence | undefined;
  /** The daemon's own /proc/self/mountinfo. */
  mountinfo(): string;
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
  /** The manager's environment block, now. The same object as the last, when nothing has changed. */
  environment(): Promise<ReadonlyMap<string, string>>;
  /** What `environment` gave last; undefined before the first time. */
  lastEnvironment(): ReadonlyMap<string, string> | undefined;
  /**
   * Starts a transient scope and waits for its job.
   * @throws RingfenceError ScopeFailed with systemd's reason
   */
  startScope(unit: string, properties: readonly UnitProperty[]): Promise<void>;
  /** Sends a signal to every process of the scope; does nothing when it is gone. */
  killScope(unit: string, signal: number): Promise<void>;
  /** Has systemd end a scope; one without processes is gone at once. */
  stopScope(unit: string): Promise<void>;
  /** All loaded scopes whose names match the glob pattern. */
  listScopes(pattern: string): Promise<ScopeListing[]>;
  /** The time (µs since the epoch) at which the unit became active; 0 when unknown. */
  activeSince(unit: string): Promise<bigint>;
  /** Calls back once with systemd's Result ("success", "oom-kill" …) when the scope is gone. */
  onScopeGone(unit: string, listener: (result: string) => void): void;
}

/** Watches a scope for processes that the kernel kills. */
export interface OomWatch {
  /** Looks now, without waiting for the kernel to tell. */
  look(): void;
  /** The scope is gone; `mayBeKilled`: its main process ended by SIGKILL, by whatever hand, or nobody knows how. */
  end(mayBeKilled: boolean): void;
}

/** The kernel's side of a scope: its cgroup's files. */
export interface Cgroups {
  /** The cgroup v2 path of a process ("/user.slice/…"), undefined when it is gone or a zombie. */
  of(pid: number): string | undefined;
  /** A cgroup file's text, undefined when it is not there. */
  read(cgroup: string, file: string): string | undefined;
  pids(cgroup: string): number[];
  /** Calls back when the kernel killed processes at the memory limit, with the count so far. */
  watchOomKills(cgroup: string, listener: (count: number) => void): OomWatch;
}

/** The records of running instances in the runtime folder; they outlive the daemon and end with the session. */
export interface Records {
  write(unit: string, text: string): void;
  read(unit: string): string | undefined;
  remove(unit: string): void;
  list(): string[];
}

/** The moments of a launch at which a test can kill the daemon. */
export type LaunchStep =
  | 'resolved'
  | 'decided'
  | 'gated'
  // The scope is being started; the gates know what they are for.
  | 'armed'
  | 'scoped'
  | 'verified'
  | 'recorded'
  | 'released'
  // Of a strict launch only: the gate has been told to make the sandbox; it has been read back.
  | 'entering'
  | 'enclosed';

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

/** A process as /proc shows it (proc(5)). Its pid and start time together name it for as long as the machine runs. */
export interface ProcessFacts {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  /** Clock ticks since the machine started. */
  readonly startTime: number;
  /** Real, effective, saved and file system user. */
  readonly users: readonly number[];
  /** The executable's name, where it may be read, and the process's own (15 bytes at most). */
  readonly programs: readonly string[];
  readonly isKernelThread: boolean;
  /** Zombie or dead: all of it that is left is an exit status. */
  readonly hasEnded: boolean;
  /** A thread's number, not a process's. */
  readonly isThread: boolean;
}

/** Processes and their descendants, and the way from one cgroup to another. */
export interface ProcessTree {
  /** The user that this process belongs to. */
  readonly user: number;
  /** Undefined when there is no such process (any more). */
  look(pid: number): ProcessFacts | undefined;
  /**
   * The processes below `pid`, without itself. `thorough` reads all of /proc: a list of children that changes while it is
   * read may come short.
   */
  descendants(pid: number, thorough: boolean): number[];
  /** The processes of one cgroup, without those of its children. */
  members(cgroup: string): number[];
  /**
   * Moves a process into a cgroup; false when it has ended.
   * @throws what node throws when the kernel refuses (EACCES: a cgroup above both is not ours)
   */
  move(pid: number, cgroup: string): boolean;
  /** Whether the terminal that started the process is about to put it into a scope of its own. */
  awaitsTerminalScope(pid: number): boolean;
  /** What it was started with. */
  environment(pid: number): Map<string, string>;
}

/** The desktop's settings, values as GVariant text; `schema` may have a path: "org.gnome.X:/org/gnome/x/". */
export interface DesktopSettings {
  /** Undefined when there is no such schema or key here. */
  get(schema: string, key: string): Promise<string | undefined>;
  set(schema: string, key: string, value: string): Promise<void>;
  /** Back to the schema's default. */
  reset(schema: string, key: string): Promise<void>;
}
