import type { Config } from '../domain/config/model.ts';
import type { Setting } from '../domain/config/setting.ts';
import type { FoundEntry } from '../domain/desktop-entry/found-entry.ts';
import type { DesktopId } from '../domain/desktop-id.ts';
import type { HostFacts } from '../domain/host-facts.ts';
import type { Instance } from '../domain/instance.ts';
import type { Mount } from '../domain/mounts.ts';
import type { Report } from '../domain/report.ts';
import type { Cgroups } from '../platform/kernel/cgroups.ts';
import type { ProcessTree } from '../platform/kernel/process-tree.ts';
import type { Gate } from '../platform/process/gate.ts';
import type { GatePlan } from '../platform/process/gate-script.ts';
import type { Systemd } from '../platform/systemd/user-manager.ts';
import type { Sandboxes } from '../strict/sandboxes.ts';
import type { HostFacts as ProgramFacts } from './pure/resolve-app.ts';

/** The records of running instances in the runtime folder; they outlive the daemon and end with the session. */
export interface Records {
  /** @throws what node throws when it cannot be written: what is not recorded is not started */
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
  // The call is on its way to systemd.
  | 'scoping'
  | 'scoped'
  | 'verified'
  | 'recorded'
  | 'released'
  // Of a strict launch only: the gate has been told to make the sandbox; it has been read back.
  | 'entering'
  | 'enclosed'
  // Of one that goes into a sandbox that runs: it stands in the record and in the sandbox's folder; the sandbox has begun it.
  | 'noted'
  | 'entered';

/** The mounts on which a look may hang, of which one launch asks each once; see `platform/files/silent-mounts.ts`. */
export interface Mounts {
  /** Asks those that these paths lead into: nothing else looks there before. `desktops`: by links into gvfs as well. */
  ask(paths: readonly string[], how?: { readonly desktops?: boolean }): Promise<void>;
  /** Whether there are any, but for those of the desktop in the runtime folder. */
  mayHang(): boolean;
  /** The one that a path leads into, and that does not answer. */
  silent(path: string): Mount | undefined;
}

/** What every fence is made with, whether around a new process or one that runs. */
export interface FencePorts {
  readonly systemd: Systemd;
  readonly cgroups: Cgroups;
  readonly records: Records;
  openMounts(): Mounts;
  config(): Config;
  /** The profile that the app was enabled with. */
  enabledProfile(app: string): Setting<string> | undefined;
  host(): HostFacts;
  /** The cgroup of a unit in app.slice. */
  scopeCgroup(unit: string): string;
  /** Takes the instance in and watches for its end; without a gate, for a process that ran before. */
  register(report: Report, gate: Gate | undefined): Instance;
  /** Milliseconds since 1970. */
  now(): number;
  /** The file by which a unit in app.slice may watch for memory pressure, absolute; undefined where it may not. */
  pressureFile(unit: string): string | undefined;
  /** A fresh number for a unit's name. */
  number(): bigint;
  /** Told of each step when it is done, for tests that kill the daemon there. */
  readonly onStep?: (step: LaunchStep) => void;
}

/** What a launch works with. */
export interface LaunchPorts extends FencePorts {
  readonly processes: Pick<ProcessTree, 'startTime'>;
  /** More is shared with an app that runs than it has. */
  sharesChanged(app: string): void;
  /** The entry of an app, as the app's own environment finds it. */
  findEntry(id: DesktopId, environment: ReadonlyMap<string, string>): FoundEntry;
  /** Where it may lie. */
  entryPaths(id: DesktopId, environment: ReadonlyMap<string, string>): string[];
  programFacts(environment: ReadonlyMap<string, string>): ProgramFacts;
  /** The absolute path of ringfence-shell; undefined where it is not installed. */
  readonly shellProgram?: string | undefined;
  /**
   * A gate for each plan; what the apps print is in the journal under `identifier`.
   * @throws RingfenceError ScopeFailed when no process can be started; then none is left
   */
  openGates(plans: readonly GatePlan[], identifier: string): Promise<Gate[]>;
  /** For strict starts. */
  readonly sandboxes: Pick<Sandboxes, 'claim' | 'enter' | 'prepare'>;
  /** The instance of a unit; undefined when there is none. */
  running(unit: string): Instance | undefined;
}
