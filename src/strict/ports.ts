import type { Gate } from '../platform/process/gate.ts';
import type { GatePlan } from '../platform/process/gate-script.ts';
import type { SandboxEvidence } from './pure/evidence.ts';
import type { PathFact, Placeholder } from './pure/model.ts';

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
