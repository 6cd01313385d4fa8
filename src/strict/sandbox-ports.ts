import type { Instance } from '../domain/instance.ts';
import type { Cgroups } from '../platform/kernel/cgroups.ts';
import type { GatePlan } from '../platform/process/gate-script.ts';
import type { ClaimPorts } from './home-claims.ts';
import type { LetInPorts } from './let-in.ts';
import type { DocumentLettingPorts } from './let-in-documents.ts';
import type {
  Doors,
  EnclosureWire,
  IdleProxy,
  IdleSandboxGate,
  KnownApps,
  LinkQuestions,
  LiveMounts,
  PortalInstances,
  SandboxFolders,
  SandboxPrograms,
  SandboxSight,
  ServiceGuards,
  SessionBus,
  WaylandDisplays,
} from './ports.ts';
import type { MissingPart } from './pure/evidence.ts';
import type { SandboxHostFacts } from './pure/host.ts';

/** What is to be started strictly. */
export interface SandboxRequest {
  readonly name: string;
  readonly unitStem: string;
  readonly gates: readonly GatePlan[];
  /** The user manager's environment, without what a caller has put on top of it. */
  readonly session: ReadonlyMap<string, string>;
  /** What the caller of a command has put on top; undefined for an app that is started as by its icon. */
  readonly variables?: ReadonlyMap<string, string> | undefined;
  /** Files and folders to open. */
  readonly documents?: readonly string[] | undefined;
  /** They are let in to be read. */
  readonly once?: boolean | undefined;
  /** The folder that a command was started in. */
  readonly folder?: string | undefined;
  /** A home of the user's choosing for a command. */
  readonly home?: string | undefined;
}

/** What sandboxes are made with. */
export interface SandboxPorts extends LetInPorts, DocumentLettingPorts, ClaimPorts {
  readonly cgroups: Cgroups;
  readonly apps: KnownApps;
  readonly services: ServiceGuards;
  readonly folders: SandboxFolders;
  readonly doors: Doors;
  readonly portalInstances: PortalInstances;
  readonly bus: SessionBus;
  readonly links: LinkQuestions;
  readonly liveMounts: LiveMounts;
  readonly waylandDisplays: WaylandDisplays;
  readonly sight: SandboxSight;
  /** Ends all of a scope. */
  killUnit(unit: string): void;
  /** Of the session bus. */
  readonly busAddress: string;
  /** Really tries: takes tens of milliseconds. */
  probeHost(): Promise<{
    readonly facts: Omit<SandboxHostFacts, 'sessionAddress' | 'a11yAddress' | 'network'>;
    readonly programs: SandboxPrograms;
  }>;
  /** Whether the programs that it found are there still. */
  areThere(programs: SandboxPrograms): boolean;
  /** `sockets`: the folder that it may write; `pipe`: the named pipe that another process takes the proxy over by. */
  startProxy(programs: SandboxPrograms, sockets: string, pipe?: string): Promise<IdleProxy>;
  openWire(folder: string): Promise<EnclosureWire>;
  openGate(fds: { readonly seccomp: number; readonly sync: number }): Promise<IdleSandboxGate>;
  /** Once nothing more urgent is to be done. */
  later(work: () => void): void;
  running(): readonly Instance[];
  scopeCgroup(unit: string): string;
  /** Whether what runs in a scope may watch it for memory pressure. */
  watchesPressure(): boolean;
  /** Resolves after so many milliseconds. */
  sleep(milliseconds: number): Promise<void>;
  /** A fresh name of a sandbox's folder. */
  id(): string;
  /** What bubblewrap is given, for tests that take something away. */
  readonly alterArgs?: (args: readonly string[]) => readonly string[];
}

/** What this machine can do for a sandbox. */
export interface SandboxMachine {
  look(): ReturnType<SandboxPorts['probeHost']>;
  /** Forgets what was seen. */
  lookAgain(): void;
  /** What stands in the way, undefined when nothing does. */
  refusal(
    facts: Awaited<ReturnType<SandboxPorts['probeHost']>>['facts'],
    start: { a11yAddress?: string | undefined; network?: boolean },
  ): (MissingPart & { fix: string }) | undefined;
}
